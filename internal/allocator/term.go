package allocator

import (
	"context"

	"github.com/acme/inventory-service/internal/journal"
)

// Leading tells whether this process appends what is decided.
func (r *Runner) Leading() bool { return r.term.Load() != 0 }

// Term is the number of this process's term, 0 while it does not lead.
func (r *Runner) Term() uint64 { return r.term.Load() }

// Terms calls lead for each term of this process, one after the other, with a context that
// ends with the term. It returns when ctx ends.
func (r *Runner) Terms(ctx context.Context, lead func(ctx context.Context, term uint64)) {
	var served uint64
	for ctx.Err() == nil {
		changed := r.role.wait()
		if term := r.term.Load(); term != 0 && term != served {
			served = term
			r.serve(ctx, term, lead)
			continue
		}
		select {
		case <-changed:
		case <-ctx.Done():
		}
	}
}

// serve calls lead for one term.
func (r *Runner) serve(ctx context.Context, term uint64, lead func(ctx context.Context, term uint64)) {
	ctx, end := context.WithCancel(ctx)
	defer end()
	go func() {
		defer end()
		for ctx.Err() == nil {
			changed := r.role.wait()
			if r.term.Load() != term {
				return
			}
			select {
			case <-changed:
			case <-ctx.Done():
			}
		}
	}()
	lead(ctx, term)
}

// Stocked says that State has taken in all StockItems as they are in this term.
func (r *Runner) Stocked(term uint64) { r.put(Stocked{Term: term}) }

// SeeLedger says which journal the StockLedger names, as it was watched.
func (r *Runner) SeeLedger(names journal.Identity) { r.put(Journal{journal.LedgerSeen{Names: names}}) }

// Repair says what the annotation of the StockLedger asks for, the zero value that it asks
// for nothing.
func (r *Runner) Repair(asked journal.Repair) { r.put(Journal{journal.RepairAsked{Repair: asked}}) }

// News returns a channel that is closed as soon as something changes: State, who leads, or
// what is in the way. Take it first, then look, then wait.
func (r *Runner) News() <-chan struct{} { return r.news.wait() }
