package webhook

import (
	"context"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/namespaces"
	"github.com/acme/inventory-service/internal/stock"
)

// Journal is that of one namespace, as an allocator.Runner follows or leads it.
type Journal interface {
	// Ask has a request decided and returns once the answer may be told.
	Ask(ctx context.Context, request stock.Request) (stock.Answer, error)
	// Read calls read with the stock and the journal as they are. Neither may be kept.
	Read(read func(*stock.State, *journal.Log))
	// News is closed as soon as State, who leads, or what is in the way changes.
	News() <-chan struct{}
	// Position is that of what State includes.
	Position() allocator.Position
	// Await returns once State includes what was told at a position.
	Await(ctx context.Context, position allocator.Position) error
}

// Namespaces are those in which this process works.
type Namespaces interface {
	// Find returns the journal of a namespace that is worked in already.
	Find(name string) (Journal, bool)
	// Open returns that of any namespace, begun if need be. It fails as Serves does.
	Open(ctx context.Context, name string) (Journal, error)
	// Serves is nil where this process works in a namespace, or would once it is asked. It fails
	// with a *namespaces.MissingError where nothing can be decided, and with a
	// *namespaces.OutsideError where other deployments may.
	Serves(ctx context.Context, name string) error
}

// Runners are the Namespaces of a Set.
func Runners(set *namespaces.Set) Namespaces { return runners{set} }

type runners struct{ set *namespaces.Set }

func (r runners) Find(name string) (Journal, bool) {
	if runner, ok := r.set.Find(name); ok {
		return runner, true
	}
	return nil, false
}

func (r runners) Open(ctx context.Context, name string) (Journal, error) {
	runner, err := r.set.Open(ctx, name)
	if err != nil {
		return nil, err
	}
	return runner, nil
}

func (r runners) Serves(ctx context.Context, name string) error { return r.set.Serves(ctx, name) }

// role is how this process stands to a journal.
type role struct {
	// elected says that it should lead.
	elected bool
	// read says that State is what the journal said, at most moments ago.
	read bool
	// foreign says that the journal was written by a newer release than this one, which can
	// neither decide nor tell what it says.
	foreign bool
	// broken says that the journal serves nobody before a person has seen to it.
	broken string
	// leader is who made its newest write.
	leader journal.Leader
}

// unread is the stage of a Log that waits for a list of the pages. With nothing applied
// before, it knows nothing.
const unread = "reading"

func roleIn(j Journal) (r role) {
	j.Read(func(s *stock.State, l *journal.Log) {
		if s.HoldsBack() {
			r.broken = "awaits what was shipped and held elsewhere, and decides nothing before: run kubectl inventory restore FILE, or, if there is nothing to restore, remove the annotation " +
				v1.AwaitRestoreAnnotation + " of the Namespace"
		}
		r.elected = l.Elected()
		r.read = l.Stage() != unread || l.Identity() != (journal.Identity{})
		r.foreign, r.leader = l.Foreign(), l.Leader()
		if l.Damage() != nil {
			r.broken = "is damaged: the condition JournalDamaged of the StockLedger says what to do"
		}
	})
	return r
}

// decides tells whether what is asked for is decided here.
func (r role) decides() bool { return r.elected && !r.foreign }

// failure is what is told where the journal serves nobody, nil where it does.
func (r role) failure(namespace string) error {
	if r.broken == "" {
		return nil
	}
	return fail(tryLater, "the journal of namespace %s %s", namespace, r.broken)
}

// awaitRead waits until this process has read a journal, or ctx ends. A journal that is
// broken is not waited for.
func awaitRead(ctx context.Context, namespace string, j Journal) error {
	for {
		news := j.News()
		r := roleIn(j)
		if err := r.failure(namespace); err != nil {
			return err
		}
		if r.foreign {
			return decidedElsewhere(j)
		}
		if r.read {
			return nil
		}
		select {
		case <-news:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
