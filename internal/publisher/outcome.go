package publisher

import (
	"container/heap"
	"time"

	"github.com/acme/inventory-service/internal/stock"
)

// outcome is one that is on its way to the sink. While it is being sent, it belongs to
// the goroutine that does so.
type outcome struct {
	r *stock.Reservation
	// n is its number in its line, and end says that it tells the end of the reservation.
	n   uint64
	end bool
	// failures and refusals count attempts, for their backoffs.
	failures, refusals int
	// hurries counts how often it was brought forward since the sink took others.
	hurries int
	// to is the sink that it is being sent to.
	to *target
	// retrying says that the send under way is not the first.
	retrying bool
	// note is the condition that is to be written before anything else; nil if none.
	note *note
	// marked says that its object was seen, or made, to say Delivered=False.
	marked bool
	// passed says that the mark has passed it: it was refused.
	passed bool
	// at is when it is tried again, failedAt when it failed last, notBefore the earliest that
	// the sink asked for.
	at, failedAt, notBefore time.Time
}

func (o *outcome) number() uint64 { return o.n }

// decided is when that came about which it tells.
func (o *outcome) decided() stock.Time {
	if o.end {
		return o.r.Ended
	}
	return o.r.At
}

// retry tells whether it was tried before.
func (o *outcome) retry() bool { return o.failures+o.refusals > 0 }

// hurry brings an outcome forward that failed: the sink takes others again, and may take this
// one. Each time that turns out wrong, twice as long must have passed since it failed last.
func (o *outcome) hurry() {
	at := o.failedAt.Add(afterHurry.ceiling(o.hurries + 1))
	if at.Before(o.notBefore) {
		at = o.notBefore
	}
	if at.Before(o.at) {
		o.at = at
		o.hurries++
	}
}

// afterHurry bounds how often one outcome is brought forward.
var afterHurry = backoff{base: time.Second, limit: time.Minute}

// queue is a heap of outcomes, the first one on top.
type queue struct {
	outcomes []*outcome
	before   func(a, b *outcome) bool
}

var _ heap.Interface = (*queue)(nil)

func byNumber(a, b *outcome) bool { return a.number() < b.number() }
func byTime(a, b *outcome) bool   { return a.at.Before(b.at) }

// Len is for package container/heap, as are the others.
func (q *queue) Len() int           { return len(q.outcomes) }
func (q *queue) Less(i, j int) bool { return q.before(q.outcomes[i], q.outcomes[j]) }
func (q *queue) Swap(i, j int)      { q.outcomes[i], q.outcomes[j] = q.outcomes[j], q.outcomes[i] }

// Push is for package container/heap.
func (q *queue) Push(x any) { q.outcomes = append(q.outcomes, x.(*outcome)) }

// Pop is for package container/heap.
func (q *queue) Pop() any {
	last := len(q.outcomes) - 1
	o := q.outcomes[last]
	q.outcomes[last] = nil
	q.outcomes = q.outcomes[:last]
	return o
}

func (q *queue) add(o *outcome) { heap.Push(q, o) }
func (q *queue) take() *outcome { return heap.Pop(q).(*outcome) }

// first is the one on top, nil if there is none.
func (q *queue) first() *outcome {
	if len(q.outcomes) == 0 {
		return nil
	}
	return q.outcomes[0]
}

// keep drops what is not to be kept, and puts the rest in order.
func (q *queue) keep(wanted func(*outcome) bool) {
	kept := q.outcomes[:0]
	for _, o := range q.outcomes {
		if wanted(o) {
			kept = append(kept, o)
		}
	}
	clear(q.outcomes[len(kept):])
	q.outcomes = kept
	heap.Init(q)
}
