package publisher

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/acme/inventory-service/api/events"
	v1 "github.com/acme/inventory-service/api/v1"
)

// delivery is how far the sending of one outcome has come. The queue gives an outcome
// to one worker at a time; final and waiting are under the publisher's lock.
type delivery struct {
	// failures and refusals count attempts, for their backoffs.
	failures, refusals int
	// note is the condition that is to be written before anything else; nil if none.
	note *note
	// final is the object as it was deleted.
	final *v1.Reservation
	// waiting says that the object is gone and its deletion not met yet.
	waiting bool
}

// work delivers what the queue has, until the context ends.
func (p *Publisher) work(ctx context.Context) {
	for {
		uid, shutdown := p.queue.Get()
		if shutdown || ctx.Err() != nil {
			return
		}
		if again, after := p.deliver(ctx, uid); again {
			p.queue.AddAfter(uid, after)
		}
		p.queue.Done(uid)
	}
}

// job is a pending outcome and its object: the one in the store, or the final one of a
// Reservation that is gone.
type job struct {
	*outcome
	r    *v1.Reservation
	gone bool
}

// deliver takes the next step for one outcome and tells whether, and after how long,
// there is another one.
func (p *Publisher) deliver(ctx context.Context, uid types.UID) (again bool, after time.Duration) {
	j, ok := p.find(uid)
	if !ok {
		return false, 0
	}
	if j.delivery.note != nil {
		return p.write(ctx, j)
	}
	e, ok := events.Outcome(j.r)
	if !ok { // cannot be: an outcome stays
		p.log.Error(nil, "a decided Reservation has no outcome any more: its event is not sent",
			"namespace", j.namespace, "reservation", j.name)
		p.drop(j)
		return false, 0
	}
	a := p.send(ctx, e)
	switch {
	case ctx.Err() != nil && a.verdict != accepted:
		return false, 0
	case a.verdict == accepted:
		return p.succeeded(ctx, j)
	case a.verdict == refused:
		return p.gaveUp(ctx, j, a)
	default:
		j.delivery.failures++
		return true, max(p.afterFailure.delay(j.delivery.failures, p.random), a.retryAfter)
	}
}

// find looks up an outcome; false if there is nothing to do now. The store may be ahead
// of the handler: then the object is gone from it and the deletion is still to come.
func (p *Publisher) find(uid types.UID) (job, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	o := p.tracker.pending[uid]
	if o == nil {
		return job{}, false
	}
	if o.delivery.final != nil {
		return job{outcome: o, r: o.delivery.final, gone: true}, true
	}
	object, exists, err := p.store.GetByKey(o.namespace + "/" + o.name)
	if r, ok := object.(*v1.Reservation); err == nil && exists && ok && r.UID == uid {
		return job{outcome: o, r: r}, true
	}
	o.delivery.waiting = true
	return job{}, false
}

// succeeded ends an outcome, at once unless its Reservation says that it was refused.
func (p *Publisher) succeeded(ctx context.Context, j job) (again bool, after time.Duration) {
	if !j.gone && undelivered(j.r) {
		j.delivery.note = noteDelivered()
		return p.write(ctx, j)
	}
	p.acknowledge(j)
	return false, 0
}

// gaveUp lets the cursor go past an outcome once its Reservation says that it was
// refused.
func (p *Publisher) gaveUp(ctx context.Context, j job, a answer) (again bool, after time.Duration) {
	j.delivery.refusals++
	if !j.gone && !undelivered(j.r) {
		j.delivery.note = noteRefused(a)
		return p.write(ctx, j)
	}
	return p.putAside(j)
}

func (p *Publisher) putAside(j job) (again bool, after time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tracker.setAside(j.outcome)
	return true, p.afterRefusal.delay(j.delivery.refusals, p.random)
}

func (p *Publisher) acknowledge(j job) {
	latency.Observe(p.options.Clock.Since(j.r.Status.DecidedAt.Time).Seconds())
	p.drop(j)
}

func (p *Publisher) drop(j job) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tracker.acknowledged(j.outcome)
}
