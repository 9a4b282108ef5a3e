package publisher

import (
	"context"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/acme/inventory-service/api/events"
	"github.com/acme/inventory-service/internal/view"
)

// end is what became of an outcome for the time being.
type end int

const (
	// again: nothing is settled.
	again end = iota
	// delivered: nothing is left to be done.
	delivered
	// refusedForNow: the mark may pass it, and it is tried again.
	refusedForNow
)

// result is what came of a send.
type result struct {
	*outcome
	end end
	// after is how long to wait before it is tried again.
	after time.Duration
	// failed says that the sink failed, answered that it gave an answer of its own.
	failed, answered bool
	// answer is that of a send that failed.
	answer answer
}

// event is what tells an outcome.
func (c *course) event(o *outcome) (event.Event, bool) {
	r := view.Reservation(c.namespace, o.r)
	if o.end {
		return events.Ended(r)
	}
	return events.Outcome(r)
}

// deliver takes the next step for one outcome.
func (c *course) deliver(ctx context.Context, o *outcome) result {
	if o.note != nil {
		return c.write(ctx, o)
	}
	e, ok := c.event(o)
	if !ok { // cannot be: State has outcomes alone
		c.log.Error(nil, "a cart has no outcome: its event is not sent", "namespace", c.namespace, "reservation", o.r.ID)
		return result{outcome: o, end: delivered}
	}
	a := c.send(ctx, o.to, e, o.retry())
	var r result
	switch {
	case a.verdict == accepted:
		r = c.succeeded(ctx, o)
		r.answered = true
	case ctx.Err() != nil:
		return result{outcome: o, end: again}
	case a.verdict == refused:
		r = c.gaveUp(ctx, o, a)
		r.answered = true
	default:
		r = c.failed(o, a)
	}
	return r
}

// failed has an outcome tried again after a pause that grows with its failures. A sink that is
// not there costs nothing to be asked, and is to be found soon once it is.
func (c *course) failed(o *outcome, a answer) result {
	now := c.options.Clock.Now()
	o.failures++
	o.failedAt, o.notBefore = now, now.Add(a.retryAfter)
	pause := c.afterFailure
	if a.absent {
		pause = c.whileAbsent
	}
	return result{outcome: o, end: again, after: max(pause.delay(o.failures, c.random), a.retryAfter), failed: true, answer: a}
}

// succeeded ends an outcome, at once unless its object says that it was refused.
func (c *course) succeeded(ctx context.Context, o *outcome) result {
	if !o.marked {
		return result{outcome: o, end: delivered}
	}
	o.note = noteDelivered()
	return c.write(ctx, o)
}

// gaveUp lets the mark pass an outcome once its object, if there is one, says that it was
// refused. That is looked at each time: statuses can be erased.
func (c *course) gaveUp(ctx context.Context, o *outcome, a answer) result {
	o.refusals++
	if o.end {
		if o.refusals == 1 {
			c.log.Info("the sink refuses the event that a reservation has ended: it is tried again by this process alone",
				"namespace", c.namespace, "reservation", view.Name(o.r), "cart", o.r.Cart, "answer", a.status)
		}
		return c.putAside(o)
	}
	o.note = noteRefused(a)
	return c.write(ctx, o)
}

func (c *course) putAside(o *outcome) result {
	return result{outcome: o, end: refusedForNow, after: c.afterRefusal.delay(o.refusals, c.random)}
}
