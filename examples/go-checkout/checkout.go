package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/acme/inventory-service/api/events"
)

// How a checkout may end besides success. Nothing is held afterwards.
var (
	ErrUnavailable = errors.New("the cart is unavailable")
	ErrDeclined    = errors.New("the payment was declined")
)

// Checkout sells carts. Its steps are a saga: each is safe to repeat, and what was reserved is
// given back where a later step fails for good.
type Checkout struct {
	Inventory *Inventory
	// Pay takes the payment of a cart; it has to be safe to repeat, too.
	Pay func(ctx context.Context, cart string) (paid bool, err error)
	// Out is told each step.
	Out io.Writer
}

// Sell reserves a cart, takes its payment, and ships it. It fails with ErrUnavailable or ErrDeclined;
// after any other error it is not known how far it came: call it again.
func (c Checkout) Sell(ctx context.Context, cart string, items []events.Item) error {
	reserved, short, err := c.Inventory.Reserve(ctx, cart, items)
	switch {
	case err != nil:
		return fmt.Errorf("reserve cart %s: %w", cart, err)
	case short != nil:
		for _, item := range short.UnavailableItems {
			c.tell("unavailable: %d of %s, of which there are %d", item.Requested, item.ProductID, item.Available)
		}
		return ErrUnavailable
	}
	c.tell("reserved: %s", reserved.ReservationID)

	paid, err := c.Pay(ctx, cart)
	switch {
	case err != nil:
		// Perhaps it was paid, so the hold stays. It runs out by itself if nobody comes again.
		return fmt.Errorf("take the payment of cart %s: %w", cart, err)
	case !paid:
		if err := c.Inventory.Release(ctx, reserved.ReservationID, cart); err != nil {
			return fmt.Errorf("release the cart %s, whose payment was declined: %w", cart, err)
		}
		c.tell("declined, released: %s", reserved.ReservationID)
		return ErrDeclined
	}

	if err := c.Inventory.Consume(ctx, reserved.ReservationID, cart); err != nil {
		return fmt.Errorf("ship cart %s, which is paid: %w", cart, err)
	}
	c.tell("paid, shipped: %s", reserved.ReservationID)
	return nil
}

func (c Checkout) tell(format string, args ...any) {
	_, _ = fmt.Fprintf(c.Out, format+"\n", args...) // for people alone
}
