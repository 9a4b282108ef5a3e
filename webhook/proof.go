package webhook

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/stock"
)

// proofEvery is how often at most questions make the journal prove something.
const proofEvery = time.Second

// noReservation is an id that no reservation has: it is no name of an object.
const noReservation = "(nobody)"

// prover shares proofs that State is complete. That something is unknown counts only by an
// append, or a read past the caches, that began after the question: one at a time for
// each journal, one a second.
type prover struct {
	// within bounds a proof.
	within time.Duration

	mu sync.Mutex
	// queues are those of the journals whose proofs are asked for.
	queues map[Journal]*proofQueue
}

// proofQueue is what waits for one journal.
type proofQueue struct {
	// next has not begun: whoever comes now may still join it.
	next *proof
}

type proof struct {
	done chan struct{}
	err  error
}

func newProver(within time.Duration) *prover {
	return &prover{within: within, queues: map[Journal]*proofQueue{}}
}

// prove returns once State includes all that was decided before it was called.
func (p *prover) prove(ctx context.Context, j Journal) error {
	shared := p.join(j)
	select {
	case <-shared.done:
		return shared.err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// join returns a proof that has not begun.
func (p *prover) join(j Journal) *proof {
	p.mu.Lock()
	defer p.mu.Unlock()
	q := p.queues[j]
	if q == nil {
		q = &proofQueue{}
		p.queues[j] = q
		go p.run(j, q)
	}
	if q.next == nil {
		q.next = &proof{done: make(chan struct{})}
	}
	return q.next
}

// run makes proofs for as long as somebody waits for one.
func (p *prover) run(j Journal, q *proofQueue) {
	for next := p.begin(j, q); next != nil; next = p.begin(j, q) {
		pause := time.NewTimer(proofEvery)
		ctx, cancel := context.WithTimeout(context.Background(), p.within)
		_, next.err = j.Ask(ctx, stock.Show{Reservation: noReservation})
		cancel()
		close(next.done)
		<-pause.C
	}
}

// begin takes the proof that waits, and the journal off where there is none.
func (p *prover) begin(j Journal, q *proofQueue) *proof {
	p.mu.Lock()
	defer p.mu.Unlock()
	next := q.next
	q.next = nil
	if next == nil {
		delete(p.queues, j)
	}
	return next
}

// proveAbsence returns once State is proven to include all that was decided before it was called: what
// it does not have then, there was not. A process that does not lead has the one that does answer,
// where it can be asked.
func (b *bridge) proveAbsence(ctx context.Context, j Journal) error {
	if !roleIn(j).elected {
		return b.unproven(j)
	}
	err := b.proofs.prove(ctx, j)
	if errors.Is(err, allocator.ErrDeposed) {
		return b.unproven(j)
	}
	return err
}

// unproven is why a process that does not lead tells nobody that something is unknown: it may merely
// not have heard of it.
func (b *bridge) unproven(j Journal) error {
	if b.Forward != nil {
		return decidedElsewhere(j)
	}
	return fail(tryLater, "this replica does not know all that is asked for and does not lead, so another may: ask again")
}
