package chaos

import (
	"context"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/test/testbed"
)

// plenty is how many units were received of what is to be had all the time, and
// few of what all want.
const plenty, few = 1_000_000, 20

// quiet is how long no operator may write anything for a system to be at rest:
// longer than anything that is done now and then, such as the cursor's second.
const quiet = 1500 * time.Millisecond

// life is a stock room whose visitors reserve, release, ship and forget carts,
// while something breaks. At the end every command has had one outcome.
type life struct {
	*testbed.Killing
	watched *testbed.Observer
	seed    uint64

	visitors sync.WaitGroup
	over     chan struct{} // closed when there are to be no further carts

	mu       sync.Mutex
	commands int
	wants    map[string]want // by Reservation
}

// want is what is to become of a reservation.
type want struct {
	phases []stock.Phase // any of them
	// consumed is how many units are shipped.
	consumed int64
	// deleted says that somebody has deleted its object.
	deleted bool
}

func newLife(t *testing.T, seed uint64) *life {
	t.Helper()
	t.Logf("SEED=%d", seed)
	l := &life{
		Killing: testbed.NewKilling(testbed.NewWorld(t)), seed: seed,
		over: make(chan struct{}), wants: map[string]want{},
	}
	l.watched = l.Observe(map[string]int64{"mug amsterdam": plenty, "plate amsterdam": plenty, "vase amsterdam": few})
	l.Declare("mug", "mug", "amsterdam", plenty)
	l.Declare("plate", "plate", "amsterdam", plenty)
	l.Declare("vase", "vase", "amsterdam", few)
	t.Cleanup(func() {
		l.close()
		l.visitors.Wait() // the test's context is done by then
	})
	return l
}

func (l *life) bridge() string { return "http://" + l.Address }

// admit lets so many visitors shop until the life is over, each with a name
// that no other has.
func (l *life) admit(name string, visitors int) {
	for i := range visitors {
		l.visitors.Go(func() {
			v := l.visitor(fmt.Sprintf("%s%d", name, i))
			for cart := 0; !l.isOver(); cart++ {
				if err := v.shop(cart); err != nil {
					if l.Context().Err() == nil {
						l.Errorf("visitor %s: %v", v.name, err)
					}
					return
				}
			}
		})
	}
}

// visit lets visitors shop so many carts each, and waits until they have.
func (l *life) visit(name string, visitors, carts int) {
	l.Helper()
	var group sync.WaitGroup
	for i := range visitors {
		group.Go(func() {
			v := l.visitor(fmt.Sprintf("%s%d", name, i))
			for cart := range carts {
				if err := v.shop(cart); err != nil {
					l.Errorf("visitor %s: %v", v.name, err)
					return
				}
			}
		})
	}
	group.Wait()
}

func (l *life) visitor(name string) *visitor {
	hash := fnv.New64a()
	_, _ = hash.Write([]byte(name))
	return &visitor{life: l, name: name, rng: rand.New(rand.NewPCG(l.seed, hash.Sum64()))}
}

func (l *life) isOver() bool {
	select {
	case <-l.over:
		return true
	default:
		return l.Failed()
	}
}

func (l *life) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case <-l.over:
	default:
		close(l.over)
	}
}

// expect notes what is to become of a Reservation.
func (l *life) expect(reservation string, w want) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.wants[reservation] = w
}

// probe has a new cart decided and tells how long that took since a moment.
func (l *life) probe(id string, since time.Time) time.Duration {
	l.Helper()
	ctx, cancel := context.WithTimeout(l.Context(), testbed.Patience)
	defer cancel()
	answer, err := testbed.Reserve(id, testbed.PlainHTTP, testbed.Item("mug", 1)).Repeat(ctx, l.bridge)
	l.Must(err)
	took := time.Since(since)
	l.expect(answer.Reservation, want{phases: []stock.Phase{stock.PhaseReserved}})
	return took
}

// finish lets the visitors end and checks everything there is to check. It
// returns how many checks that were.
func (l *life) finish() (checks int) {
	l.Helper()
	l.close()
	l.visitors.Wait()
	if l.Failed() {
		return 0
	}
	l.awaitWants()
	l.Settle()
	l.Sink.CheckAll(l.watched.Outcomes())
	l.Proxy.AwaitRest(quiet)
	l.Settle()
	l.watched.CatchUp()
	l.watched.Stop()
	return l.watched.Versions + l.commands
}

// awaitWants waits until the journal has what the visitors were told and nothing else.
func (l *life) awaitWants() {
	l.Helper()
	l.watched.CatchUp()
	var problem string
	defer func() {
		if problem != "" {
			l.Logf("when last looked at: %s", problem)
		}
	}()
	l.watched.Await("every reservation become what its visitor was told", func() bool {
		problem = l.problem()
		return problem == ""
	})
	for _, r := range l.Reservations() {
		if l.wants[r.Name].deleted {
			l.Errorf("reservation %s was deleted, and is there again: %+v", r.Name, r.Status)
		}
	}
}

// problem runs under the observer's lock.
func (l *life) problem() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	for name, w := range l.wants {
		r, decided := l.watched.Books.Cart(name)
		if !decided {
			return fmt.Sprintf("reservation %s was told of, and is in no record", name)
		}
		if !w.met(r) {
			return fmt.Sprintf("reservation %s is %+v, want %+v", name, *r, w)
		}
	}
	if have := l.watched.Decided; have != len(l.wants) {
		return fmt.Sprintf("%d carts were decided, and %d were told of", have, len(l.wants))
	}
	return ""
}

func (w want) met(r *stock.Reservation) bool {
	var consumed int64
	for _, a := range r.Allocations {
		consumed += a.Consumed
	}
	return slices.Contains(w.phases, r.Phase) && consumed == w.consumed
}
