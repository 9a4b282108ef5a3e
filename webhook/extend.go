package webhook

import (
	"context"
	"net/http"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/acme/inventory-service/api/events"
	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/internal/view"
)

// postExtend lets a hold last longer, over plain HTTP.
func (b *bridge) postExtend(x *exchange, r *http.Request) error {
	return postChange(b, x, r, b.decode.ExtendOf, b.extend, events.Extended)
}

func (b *bridge) extendEvent(ctx context.Context, x *exchange, namespace string, command *message) (cloudevents.Event, error) {
	payload, err := b.decode.Extend(command.data)
	if err != nil {
		return cloudevents.Event{}, err
	}
	reservation, err := b.extend(ctx, x, namespace, payload)
	if err != nil {
		return cloudevents.Event{}, err
	}
	extended := events.Extended(reservation)
	// The same end has the same event.
	id := reservation.Status.OutcomeID + ".extended." + extended.ExpiresAt.UTC().Format("20060102T150405Z")
	return replyTo(command, events.Reply(namespace, events.TypeExtended, id, reservation.ReservationID(), extended)), nil
}

// extend has a hold last longer.
func (b *bridge) extend(ctx context.Context, x *exchange, namespace string, command *events.ExtendReservation) (*v1.Reservation, error) {
	until := endOf(command, time.Now())
	return b.carryOut(ctx, x, namespace, change{
		text: command.ReservationID,
		request: func(id stock.ID, _ []stock.Part) stock.Request {
			return stock.Extend{Reservation: id, Expires: stock.Time(until.UnixMicro()), Actor: x.actor()}
		},
		refusal:   func(r *v1.Reservation) error { return refuseExtend(r, until) },
		withdrawn: func(r *v1.Reservation) error { return refuseExtend(r, until) },
	})
}

// endOf is until when a command wants a hold to last, in whole seconds: that long at least, but
// for a whole day, which is the most.
func endOf(command *events.ExtendReservation, now time.Time) time.Time {
	if command.ExpiresAt != nil {
		return command.ExpiresAt.Time
	}
	until := now.Add(command.HoldFor.Duration + time.Second - 1).Truncate(time.Second)
	if most := now.Add(time.Duration(stock.MaxExtension) * time.Microsecond).Truncate(time.Second); until.After(most) {
		return most
	}
	return until
}

// refuseExtend says why a hold does not last until a time.
func refuseExtend(r *v1.Reservation, until time.Time) error {
	expires := r.Status.ExpiresAt
	switch {
	case r.CurrentPhase() != v1.PhaseReserved:
		return fail(notReserved, "reservation %s is %s (%s): its hold has ended and cannot be made longer", r.Name, r.CurrentPhase(), view.Ending(r))
	case expires == nil:
		return fail(unextendable, "reservation %s is held without end", r.Name)
	case until.Before(expires.Time):
		return fail(unextendable, "reservation %s is held until %s already: a hold is never made shorter", r.Name, stamp(expires))
	default:
		return events.Invalid("expiresAt", "is more than 24 hours from now: a hold is made longer by that at most")
	}
}

func stamp(t *metav1.Time) string { return t.UTC().Format(time.RFC3339) }

// replyTo makes an event the answer to a message.
func replyTo(to *message, reply cloudevents.Event) cloudevents.Event {
	events.Answering(&reply, to.source, to.id, to.extensions)
	return reply
}
