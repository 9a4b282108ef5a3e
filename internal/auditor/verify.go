package auditor

import (
	"context"
	"errors"
	"time"

	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/replay"
)

// Report is what Verify found.
type Report struct {
	// Differences are what is wrong, the worst first; More is how many of the journal's own
	// contradictions there are beside them.
	Differences []Difference
	More        int
	// Unsettled is the number of figures that did not agree while they kept changing, or that
	// lag: they were not judged.
	Unsettled int
	// Position is the place up to which the journal was read, as statuses name places.
	Position string
	// Reservations and Items are how many of each the journal knows.
	Reservations, Items int
}

// Verify replays the journal of a namespace and compares it with itself and with what objects
// show, as an audit does, but for what an operator has in memory: it needs no operator. It
// looks more than once, pause apart (DefaultPause if it is 0), at what seems wrong. It fails
// with replay.ErrNone where there is no journal. That pages are damaged is a difference.
func Verify(ctx context.Context, pages *journal.Client, objects client.Reader, namespace string, pause time.Duration) (Report, error) {
	if pause == 0 {
		pause = DefaultPause
	}
	a := &audit{
		namespace: namespace, pages: storedPages{client: pages}, objects: objects, clock: clock.RealClock{}, pause: pause,
		// From outside nobody knows whether views wait to be written, so what lags is not judged.
		busy: func() bool { return true },
		wait: func(ctx context.Context, d time.Duration) error {
			select {
			case <-time.After(d):
				return nil
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		},
	}
	r, err := a.run(ctx)
	var damage *damageError
	switch {
	case errors.As(err, &damage):
		return Report{Differences: []Difference{damage.difference()}}, nil
	case errors.Is(err, errNone):
		return Report{}, replay.ErrNone
	case err != nil:
		return Report{}, err
	}
	b := a.reading.book
	return Report{
		Differences: r.found, More: r.more, Unsettled: r.unsettled, Position: b.at.position(b.journal).String(),
		Reservations: len(b.carts), Items: len(b.items),
	}, nil
}

// difference is damage as an audit tells it.
func (e *damageError) difference() Difference {
	return Difference{Kind: KindJournal, Object: "the journal", Figure: "its pages", Expected: "sound", Found: e.reason}
}
