package publisher

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/test/fixture"
)

// life is a shop whose sink, API server and processes fail at random.
type life struct {
	t       *testing.T
	w       *world
	dice    dice
	objects *objects
	seen    *payloads

	// carts are the outcomes by their numbers, from 1; shown says which have objects.
	carts map[uint64]*stock.Reservation
	shown map[uint64]bool
	// accepted and refused are the events that the sink has answered so.
	accepted, refused map[string]bool
	// era counts how often another process than before was elected.
	era    atomic.Int64
	leader *process
	// members are the processes that run, with what stops their publishers.
	members []member
}

// dice are random, until everything works.
type dice struct {
	mu     sync.Mutex
	random *rand.Rand
	calm   bool
}

// roll is less than sides; 0 once all is calm.
func (d *dice) roll(sides int) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.calm {
		return 0
	}
	return d.random.IntN(sides)
}

func (d *dice) calmDown() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.calm = true
}

type member struct {
	*process
	b    *bench
	stop func()
}

// join starts one more process.
func (l *life) join() {
	b := newBench(l.t, 1+2*l.dice.roll(2), l.seen.before(l.answer))
	b.options.Client, b.objects, b.era = l.objects, l.objects, &l.era
	b.lookAhead, b.most, b.mostRefused = 3, 6, 4
	p := l.w.start()
	l.members = append(l.members, member{process: p, b: b, stop: b.attend("shop", p)})
}

// answer is the sink's.
func (l *life) answer(w http.ResponseWriter, r *http.Request) {
	id, choice := r.Header.Get("Ce-Id"), l.dice.roll(10)
	if choice > 6 {
		time.Sleep(time.Duration(choice) * 300 * time.Millisecond)
	}
	l.w.mu.Lock()
	defer l.w.mu.Unlock()
	switch {
	case r.Context().Err() != nil:
	case choice < 4 || choice < 7 && l.accepted[id]: // it knows what it has
		l.accepted[id] = true
	case choice < 7:
		w.WriteHeader(http.StatusBadRequest)
		l.refused[id] = true
	default:
		w.WriteHeader(http.StatusServiceUnavailable)
	}
}

// moved judges a mark: all that it passes is accepted, or refused and said to be.
func (l *life) moved(_ *process, mark uint64) {
	for number := uint64(1); number <= mark; number++ {
		r := l.carts[number]
		switch id := eventID(r); {
		case l.accepted[id]:
		case !l.refused[id]:
			l.t.Errorf("the mark is moved to %d, and the sink has not answered outcome %d", mark, number)
		case l.shown[number] && l.objects.says(r) != "False":
			l.t.Errorf("the mark is moved to %d, and no object says that outcome %d is refused", mark, number)
		}
	}
}

// step does one thing at random.
func (l *life) step() {
	m := l.members[l.dice.roll(len(l.members))]
	switch n := l.dice.roll(20); {
	case n < 8:
		l.reserve()
	case n == 8:
		m.depose()
	case n < 12:
		l.elect(m)
	case n == 12 && len(l.members) > 1:
		m.process.stop()
		m.stop()
		l.members = slices.DeleteFunc(l.members, func(other member) bool { return other.process == m.process })
	case n == 13 && len(l.members) < 3:
		l.join()
	default:
		time.Sleep(time.Duration(l.dice.roll(2000)) * time.Millisecond)
	}
	synctest.Wait()
}

// elect has one process lead alone.
func (l *life) elect(m member) {
	if m.process != l.leader {
		l.era.Add(1)
		l.leader = m.process
	}
	for _, other := range l.members {
		if other.process != m.process {
			other.depose()
		}
	}
	m.elect()
}

// reserve has a cart decided where somebody leads. Half of them have an object at once.
func (l *life) reserve() {
	for _, m := range l.members {
		if m.term() == 0 {
			continue
		}
		l.w.mu.Lock()
		number := uint64(len(l.carts) + 1)
		id := stock.ID(fmt.Sprintf("cart-%d", number))
		cart := fixture.Reserve(id, fixture.WithoutTime()).Wanted
		cart.Phase, cart.Number = stock.PhaseReserved, number
		l.carts[number] = &cart
		if l.shown[number] = number%2 == 0; l.shown[number] {
			cart.At = 1
			l.objects.show(&cart)
		}
		l.w.mu.Unlock()
		m.ask(fixture.Reserve(id, fixture.WithoutTime()))
		return
	}
}

// settle lets everything work, and judges what came of all.
func (l *life) settle() {
	l.dice.calmDown()
	l.elect(l.members[0])
	time.Sleep(time.Hour)
	synctest.Wait()
	for number, r := range l.carts {
		if !l.accepted[eventID(r)] && (l.shown[number] || number > l.members[0].marksOf().Published) {
			l.t.Errorf("outcome %d is never delivered", number)
		}
		if l.objects.says(r) == "False" {
			l.t.Errorf("the object of outcome %d still says that it is not delivered", number)
		}
	}
	if mark := l.members[0].marksOf().Published; mark != uint64(len(l.carts)) {
		l.t.Errorf("the mark is %d of %d", mark, len(l.carts))
	}
	for _, m := range l.members {
		m.stop()
		once := map[attempt]bool{}
		for _, a := range m.b.all(func(a attempt) bool { return a.accepted }) {
			a.at = 0
			if once[a] {
				l.t.Errorf("a process delivers %s twice", a.id)
			}
			once[a] = true
		}
	}
	l.seen.check(l.t)
}

// Whatever fails, the mark passes nothing that was neither taken nor refused and noted; all
// is delivered in the end, under one payload, and once by each process while no other leads.
func TestMarkNeverPassesWhatIsNotDelivered(t *testing.T) {
	seeds := uint64(300)
	if testing.Short() {
		seeds = 60
	}
	for seed := range seeds {
		synctest.Test(t, func(t *testing.T) {
			defer func() {
				if t.Failed() {
					t.Logf("seed %d", seed)
				}
			}()
			l := &life{
				t: t, w: newWorld(t), dice: dice{random: rand.New(rand.NewPCG(seed, 1))}, objects: newObjects(), seen: newPayloads(),
				carts: map[uint64]*stock.Reservation{}, shown: map[uint64]bool{}, accepted: map[string]bool{}, refused: map[string]bool{},
			}
			l.w.moved = l.moved
			l.objects.fail = func() error {
				if l.dice.roll(4) == 1 {
					return errors.New("the API server is busy")
				}
				return nil
			}
			l.join()
			l.elect(l.members[0])
			l.members[0].ask(stock.PutItem{Item: fixture.Item("mugs", fixture.Stocks("mug", "ams", 1<<40)), Read: 1})
			for range 60 {
				l.step()
			}
			l.settle()
		})
		if t.Failed() {
			return
		}
	}
}
