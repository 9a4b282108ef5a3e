package webhook

import (
	"context"
	"net/http"
	"sync/atomic"

	cloudevents "github.com/cloudevents/sdk-go/v2"
	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"github.com/acme/inventory-service/api/events"
	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/internal/view"
)

// postOrderRelease releases all reservations of an order over plain HTTP.
func (b *bridge) postOrderRelease(x *exchange, r *http.Request) error {
	return postOrder(b, x, r, b.decode.ReleaseOrder, b.releaseOrder)
}

// postOrderConsume consumes all reservations of an order over plain HTTP.
func (b *bridge) postOrderConsume(x *exchange, r *http.Request) error {
	return postOrder(b, x, r, b.decode.ConsumeOrder, b.consumeOrder)
}

func postOrder[C any](
	b *bridge, x *exchange, r *http.Request,
	decode func(orderID string, data []byte) (C, error),
	carryOut func(ctx context.Context, x *exchange, namespace string, command C) (events.OrderSettled, error),
) error {
	namespace, err := b.namespace(x, r)
	if err != nil {
		return err
	}
	order := v1.CanonicalID(r.PathValue("order"))
	if wrong := b.IDs.Wrong(order); wrong != "" {
		return events.Invalid("orderId", "%s", wrong)
	}
	body, err := readJSON(x, r)
	if err != nil {
		return err
	}
	command, err := decode(order, body)
	if err != nil {
		return err
	}
	settled, err := carryOut(r.Context(), x, namespace, command)
	if err != nil {
		return err
	}
	if x.prefers.async {
		x.accept(x.orderLocation(order))
		return nil
	}
	return writeJSON(x, settled)
}

// orderEvent is the event that answers a change of all reservations of an order.
func orderEvent(namespace, eventType string, command *message, settled events.OrderSettled) cloudevents.Event {
	return replyTo(command, events.Reply(namespace, eventType, uuid.NewString()+".order", settled.OrderID, settled))
}

func (b *bridge) releaseOrder(ctx context.Context, x *exchange, namespace string, command *events.ReleaseInventory) (events.OrderSettled, error) {
	return b.settleOrder(ctx, x, namespace, command.OrderID, func(ctx context.Context, x *exchange, id string) (*v1.Reservation, error) {
		return b.release(ctx, x, namespace, &events.ReleaseInventory{ReservationID: id, Reason: command.Reason})
	})
}

func (b *bridge) consumeOrder(ctx context.Context, x *exchange, namespace string, command *events.ConsumeInventory) (events.OrderSettled, error) {
	return b.settleOrder(ctx, x, namespace, command.OrderID, func(ctx context.Context, x *exchange, id string) (*v1.Reservation, error) {
		return b.consume(ctx, x, namespace, &events.ConsumeInventory{ReservationID: id})
	})
}

// changeFunc changes one reservation of an order.
type changeFunc func(ctx context.Context, x *exchange, id string) (*v1.Reservation, error)

// settling is one reservation of an order, and what becomes of it.
type settling struct {
	x      exchange
	before *stock.Reservation
	became *v1.Reservation
	err    error
}

// orderAtOnce is how many reservations of an order are changed at a time, where there is room.
const orderAtOnce = maxBatch

// settleOrder changes the reservations of an order, those that were refused left out. Where one
// cannot be changed now, the whole is to be asked for again: what was done is not done twice. Where
// one cannot be changed at all, it says why, and the others are; where none can, the first says why.
func (b *bridge) settleOrder(ctx context.Context, x *exchange, namespace, order string, change changeFunc) (events.OrderSettled, error) {
	settled := events.OrderSettled{OrderID: order, Reservations: []events.ReservationSettled{}}
	ctx, cancel := x.bound(ctx, b.Wait)
	defer cancel()
	reservations, err := b.ofOrder(ctx, x, namespace, order)
	if err != nil {
		return settled, err
	}
	var first error
	done := 0
	for _, s := range b.settleEach(ctx, x, reservations, change) {
		x.journal, x.asked = s.x.journal, x.asked || s.x.asked
		switch f := asFailure(s.err); {
		case s.err == nil:
			done++
			settled.Reservations = append(settled.Reservations, events.Settled(s.became, ""))
		case s.later():
			x.reservation = string(s.before.ID)
			return settled, s.err
		default:
			if first == nil {
				first = s.err
			}
			settled.Reservations = append(settled.Reservations, events.Settled(view.Reservation(namespace, s.before), f.detail))
		}
	}
	if done == 0 {
		return settled, first
	}
	return settled, nil
}

// settleEach changes reservations together, so that they share writes, and tells what became of each
// in their order. No more are begun once one is to be asked for again, so what is left out comes
// after it. Each counts as a request, as the events of a batch do.
func (b *bridge) settleEach(ctx context.Context, x *exchange, reservations []*stock.Reservation, change changeFunc) []*settling {
	more := x.place.widen(min(len(reservations), orderAtOnce) - 1)
	defer x.place.narrow(more)
	var changing errgroup.Group
	changing.SetLimit(1 + more)
	var later atomic.Bool
	var all []*settling
	for _, r := range reservations {
		if later.Load() {
			break
		}
		s := &settling{x: *x, before: r}
		all = append(all, s)
		changing.Go(func() error {
			if b.settle(ctx, s, change); s.later() {
				later.Store(true)
			}
			return nil
		})
	}
	_ = changing.Wait()
	return all
}

// settle changes one reservation. A panic is its error alone, as it is that of a request.
func (b *bridge) settle(ctx context.Context, s *settling, change changeFunc) {
	defer func() {
		if p := recover(); p != nil {
			s.err = b.panicked(&s.x, "A change of an order ended in a panic", p)
		}
	}()
	s.became, s.err = change(ctx, &s.x, string(s.before.ID))
}

// later tells whether a change is to be asked for again.
func (s *settling) later() bool {
	f := asFailure(s.err)
	return s.err != nil && (f == nil || f.kind == tryLater || f.kind == internal)
}

// ofOrder are the reservations of an order that ever held something, as the process that leads
// knows them.
func (b *bridge) ofOrder(ctx context.Context, x *exchange, namespace, order string) ([]*stock.Reservation, error) {
	j, err := b.enterToAsk(ctx, x, namespace)
	if err != nil {
		return nil, err
	}
	// One that is not known yet must not be left out.
	if err := b.proveAbsence(ctx, j); err != nil {
		return nil, orElse(err, "which reservations order %q has cannot be told now: repeat the request unchanged", clip(order, 128))
	}
	all, err := indexed(j, &events.FindReservations{OrderID: order})
	if err != nil {
		return nil, err
	}
	var held []*stock.Reservation
	for _, r := range all {
		if r.Phase != stock.PhaseRefused {
			held = append(held, r)
		}
	}
	if len(held) == 0 {
		return nil, fail(notFound, "no reservation of order %q holds anything in namespace %s, or ever did", clip(order, 128), namespace)
	}
	return held, nil
}
