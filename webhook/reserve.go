package webhook

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/acme/inventory-service/api/events"
	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/internal/tracing"
	"github.com/acme/inventory-service/internal/view"
)

// hashDigits is how much of a command's hash is kept: two commands that a caller sends under
// one id are told apart by 64 bits.
const hashDigits = 16

// reserveCommand asks for a cart.
type reserveCommand struct {
	id identity
	// at is the command's own time, nil where it has none.
	at      *time.Time
	payload *events.ReserveInventory
	// actor is who asks, as far as known.
	actor stock.ID
	// extensions are those that the outcome's event carries on.
	extensions map[string]string
	// replaces is the hold whose place the cart takes.
	replaces stock.ID
	// oneHold lets it take the place of the hold that the cart has.
	oneHold bool
	// dropped is how many it cannot carry.
	dropped int
}

// request is what a cart asks of the journal. Each attempt brings a uid of its own for the
// outcome, and the one of the attempt that is decided stays.
func (c reserveCommand) request(defaultHold time.Duration) (stock.Reserve, error) {
	outcome, err := uuid.NewRandom()
	if err != nil {
		return stock.Reserve{}, err
	}
	hold := defaultHold
	if c.payload.HoldFor != nil {
		hold = c.payload.HoldFor.Duration
	}
	wanted := stock.Reservation{
		ID: stock.ID(c.id.uuid()), Outcome: stock.ID(outcome.String()),
		Cart: stock.ID(c.payload.CartID), Customer: stock.ID(c.payload.CustomerID), Order: stock.ID(c.payload.OrderID),
		Command: stock.Command{
			Source: c.id.source, ID: stock.ID(c.id.id), Time: commandTime(c.at),
			Hash: c.payload.Hash()[:hashDigits], Given: c.id.source == "",
		},
		Extensions: c.extensions, Replaces: c.replaces, Actor: c.actor,
	}
	for _, item := range c.payload.Items {
		wanted.Lines = append(wanted.Lines, stock.Line{Product: stock.ID(item.ProductID), Quantity: item.Quantity})
	}
	return stock.Reserve{Wanted: wanted, Hold: stock.Time(hold.Microseconds()), OneHold: c.oneHold}, nil
}

// commandTime is a command's time as the journal has it: 0 says that there is none, so the
// times before 1970 are all the first.
func commandTime(at *time.Time) stock.Time {
	if at == nil {
		return 0
	}
	return stock.Time(max(1, at.UnixMicro()))
}

// reserve has a cart decided, or meets the outcome of the same command before.
func (b *bridge) reserve(ctx context.Context, x *exchange, namespace string, c reserveCommand) (*v1.Reservation, error) {
	ctx, cancel := x.bound(ctx, b.Wait)
	defer cancel()
	c.actor = x.actor()
	x.reservationID = c.id.uuid()
	x.reservation, x.cartID = x.reservationID, c.payload.CartID
	j, err := b.enterToAsk(ctx, x, namespace)
	if err != nil {
		return nil, err
	}
	if c.payload.Replaces != "" {
		c.replaces = stock.ID(c.payload.Replaces)
		if r := find(j, c.payload.Replaces); r != nil {
			c.replaces = r.ID
		}
	}
	c.oneHold = b.OneHold != nil && b.OneHold(namespace)
	request, err := c.request(b.DefaultHold)
	if err != nil {
		return nil, err
	}
	answer, err := b.ask(ctx, x, j, request)
	if f := asFailure(err); f != nil && f.kind == tryLater {
		f.reservationID = x.reservationID // it may have been decided
	}
	if err != nil {
		return nil, err
	}
	switch answer.Verdict {
	case stock.Done:
		extensionsDropped.Add(float64(c.dropped))
		return view.Reservation(namespace, answer.Reservation), nil
	case stock.Repeated:
		return view.Reservation(namespace, answer.Reservation), nil
	case stock.Conflicting:
		return nil, fail(idReused, "another command was taken under this id: give every command an id of its own and repeat it unchanged")
	case stock.Irreplaceable:
		return nil, nothingToReplace(namespace, c.payload, answer.Reservation)
	case stock.TooOld:
		return nil, b.refuseOld(ctx, j, namespace, &request.Wanted)
	case stock.Full:
		return nil, fail(tryLater, "the journal of namespace %s is at its bound and nothing in it may be forgotten yet: nothing was reserved, repeat the request unchanged", namespace)
	default:
		return nil, unexpected(answer.Verdict)
	}
}

// nothingToReplace says why a cart cannot take the place of a hold.
func nothingToReplace(namespace string, payload *events.ReserveInventory, r *stock.Reservation) error {
	named := clip(payload.Replaces, 100)
	if r == nil {
		return fail(irreplaceable, "there is no reservation %q in namespace %s that could be replaced: nothing was reserved", named, namespace)
	}
	if r.Cart != stock.ID(payload.CartID) {
		return fail(irreplaceable, "reservation %s is of another cart and cannot be replaced: nothing was reserved", named)
	}
	ended := view.Reservation(namespace, r)
	return fail(irreplaceable, "reservation %s has ended (%s, %s) and cannot be replaced: nothing was reserved, leave replaces out", named, ended.CurrentPhase(), view.Ending(ended))
}

// ask has a request decided, and tells in the bridge's words why it was not.
func (b *bridge) ask(ctx context.Context, x *exchange, j Journal, request stock.Request) (stock.Answer, error) {
	x.asked = true
	waiting, span := tracing.Begin(x.spanning(ctx), "await append")
	answer, err := j.Ask(waiting, request)
	span.End()
	switch {
	case errors.Is(err, allocator.ErrDeposed):
		return answer, decidedElsewhere(j)
	case errors.Is(err, allocator.ErrUnwritable):
		unwritableTotal.WithLabelValues(x.operation).Inc()
		f := fail(unwritable, "the API server does not store this command, though it stores others: nothing was done, and repeating it does not help")
		f.cause = err
		return answer, f
	case err != nil:
		// It may have turned out only meanwhile that nobody is served.
		why := ""
		if now := roleIn(j); now.broken != "" {
			why = ". The journal of namespace " + x.namespace + " " + now.broken
		}
		return answer, orElse(err, "there was no answer in time, and the command may have been carried out: repeat the request unchanged%s", why)
	case answer.Verdict == stock.TooLarge:
		return answer, fail(tooLarge, "the command, or what it leads to, is larger than what one write of the journal holds: split it")
	}
	return answer, nil
}
