// Command go-checkout is a checkout that sells one cart with the Inventory Service:
//
//	go run ./examples/go-checkout --cart 5f0c7a52-3b0e-4a57-9d3c-6f0f3f1d8a11 \
//	  --item 4465ca67-98d0-4514-baf8-1f97a0af0c27=2 [--decline]
//
// It reserves, takes the payment, and then ships, or gives the units back where the payment was
// declined. It may be killed anywhere and run again with the same cart: each command has an id made from
// the cart, so what was done is not done twice.
//
// It ends with 0 once the cart is shipped, 3 where it was unavailable, 4 where the payment was declined.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/acme/inventory-service/api/events"
)

const (
	exitFailed      = 1
	exitUnavailable = 3
	exitDeclined    = 4
)

// timeout bounds a checkout with all that is tried again in it.
const timeout = time.Minute

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	switch {
	case err == nil:
	case errors.Is(err, flag.ErrHelp):
	case errors.Is(err, ErrUnavailable):
		os.Exit(exitUnavailable)
	case errors.Is(err, ErrDeclined):
		os.Exit(exitDeclined)
	default:
		fmt.Fprintln(os.Stderr, "go-checkout:", err)
		os.Exit(exitFailed)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("go-checkout", flag.ContinueOnError)
	bridge := flags.String("bridge", "http://127.0.0.1:8080", "address of the inventory's bridge, with /namespaces/NAME for another namespace than its default")
	cart := flags.String("cart", "", "id of the cart, a UUID")
	decline := flags.Bool("decline", false, "the customer's card is declined")
	var items []events.Item
	flags.Func("item", "PRODUCT=UNITS, once for each product", func(text string) error {
		product, units, _ := strings.Cut(text, "=")
		quantity, err := strconv.ParseInt(units, 10, 64)
		items = append(items, events.Item{ProductID: product, Quantity: quantity})
		return err
	})
	if err := flags.Parse(args); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	pay := func(context.Context, string) (paid bool, err error) { return !*decline, nil }
	return Checkout{Inventory: &Inventory{bridge: *bridge}, Pay: pay, Out: out}.Sell(ctx, *cart, items)
}
