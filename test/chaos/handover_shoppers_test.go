package chaos

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/acme/inventory-service/api/events"
	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/test/testbed"
)

const (
	// attemptTimeout is when a client gives an attempt up and asks the next bridge.
	attemptTimeout = 5 * time.Second
	// cartPause is about how long a client rests between two carts.
	cartPause = 150 * time.Millisecond
	// lotsPatience is how long a client insists on an outcome.
	lotsPatience = 2 * time.Minute
)

// shoppers are clients that reserve until nothing is left, and then give back or
// consume what they hold, so that stock is scarce all the time. They go on until
// they are told to stop.
type shoppers struct {
	w        *testbed.World
	name     string
	products []string
	bridges  func() []string
	stopped  chan struct{}
	running  sync.WaitGroup

	mu      sync.Mutex
	refused map[string]bool        // by the Reservation's name
	ended   map[string]stock.Phase // what a client was told that became of its hold
	answers []time.Time
	// took is how long each command waited for its outcome, and sent how often one was sent
	// at most.
	took    []time.Duration
	sent    int
	changed chan struct{}
}

// shop lets clients begin, each with its own draws of a seed. Bridges are taken
// in turn, by each client for each attempt.
func shop(w *testbed.World, seed uint64, clients int, products []string, bridges func() []string) *shoppers {
	s := &shoppers{
		w: w, name: fmt.Sprintf("s%d", seed), products: products, bridges: bridges, stopped: make(chan struct{}),
		refused: map[string]bool{}, ended: map[string]stock.Phase{}, changed: make(chan struct{}),
	}
	for client := range clients {
		c := &shopper{shoppers: s, number: client, draw: rand.New(rand.NewPCG(seed, uint64(client)))}
		s.running.Go(c.run)
	}
	w.Cleanup(s.stop)
	return s
}

// stop ends the shopping once every command has its outcome.
func (s *shoppers) stop() {
	s.mu.Lock()
	select {
	case <-s.stopped:
	default:
		close(s.stopped)
	}
	s.mu.Unlock()
	s.running.Wait()
}

// awaitNews waits until a client is told an outcome after a moment.
func (s *shoppers) awaitNews(moment time.Time) {
	s.w.Helper()
	timeout := time.After(testbed.Patience)
	for {
		s.mu.Lock()
		changed := s.changed
		for _, at := range s.answers {
			if at.After(moment) {
				s.mu.Unlock()
				return
			}
		}
		s.mu.Unlock()
		select {
		case <-changed:
		case <-timeout:
			s.w.Fatalf("no client was told an outcome within %v", testbed.Patience)
		}
	}
}

// awaitMore waits until clients were told so many more outcomes.
func (s *shoppers) awaitMore(outcomes int) {
	s.w.Helper()
	began := time.Now()
	for range outcomes {
		s.awaitNews(time.Now())
		if time.Since(began) > testbed.Patience {
			s.w.Fatalf("clients were not told %d outcomes within %v", outcomes, testbed.Patience)
		}
	}
}

// percentile is how long at most a share of the commands waited for their outcomes.
func (s *shoppers) percentile(share float64) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	slices.Sort(s.took)
	return s.took[int(share*float64(len(s.took)-1))]
}

// check compares what the clients were told with what the journal says: one outcome for
// each cart, and no other. It returns how many there are.
func (s *shoppers) check(t testing.TB) int {
	t.Helper()
	all := s.w.Journal().Carts()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(all) != len(s.refused) {
		t.Errorf("%d carts became %d reservations", len(s.refused), len(all))
	}
	for _, r := range all {
		name := string(r.ID)
		refused, told := s.refused[name]
		if !told || refused != (r.Phase == stock.PhaseRefused) {
			t.Errorf("reservation %s is in phase %d, and its client was told refused=%v, told=%v", name, r.Phase, refused, told)
		}
		want, ended := s.ended[name]
		if !ended {
			want = stock.PhaseReserved
		}
		if !refused && r.Phase != want {
			t.Errorf("reservation %s is in phase %d, and its client was told %d", name, r.Phase, want)
		}
	}
	return len(all)
}

// shopper is one client.
type shopper struct {
	*shoppers
	number, commands, attempts int
	draw                       *rand.Rand
	held                       []string
}

func (c *shopper) run() {
	for {
		pause := cartPause/2 + time.Duration(c.draw.Int64N(int64(cartPause)))
		select {
		case <-c.stopped:
			return
		case <-time.After(pause): // a person thinks
		}
		if !c.cart() {
			return
		}
	}
}

// cart reserves a cart, and gives up an earlier one if that is refused. It is
// false when a command got no outcome.
func (c *shopper) cart() bool {
	first := c.draw.IntN(len(c.products))
	items := []events.Item{testbed.Item(c.products[first], 1+c.draw.Int64N(3))}
	if len(c.products) > 1 && c.draw.IntN(2) == 0 {
		items = append(items, testbed.Item(c.products[(first+1)%len(c.products)], 1+c.draw.Int64N(3)))
	}
	answer := c.ask(testbed.Reserve(c.id(), c.transport(), items...))
	if answer == nil {
		return false
	}
	c.mu.Lock()
	if before, repeated := c.refused[answer.Reservation]; repeated && before != answer.Refused {
		c.w.Errorf("reservation %s was refused=%v before and %v now", answer.Reservation, before, answer.Refused)
	}
	c.refused[answer.Reservation] = answer.Refused
	c.mu.Unlock()
	if !answer.Refused {
		c.held = append(c.held, answer.Reservation)
		return true
	}
	return len(c.held) == 0 || c.giveUp()
}

// giveUp releases or consumes the oldest cart.
func (c *shopper) giveUp() bool {
	oldest := c.held[0]
	c.held = c.held[1:]
	command, phase := testbed.Release(c.id(), c.transport(), oldest), stock.PhaseReleased
	if c.draw.IntN(6) == 0 {
		command, phase = testbed.Consume(c.id(), c.transport(), oldest), stock.PhaseConsumed
	}
	if c.ask(command) == nil {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended[oldest] = phase
	return true
}

func (c *shopper) id() string {
	c.commands++
	return fmt.Sprintf("%s-%d-%d", c.name, c.number, c.commands)
}

func (c *shopper) transport() testbed.Transport {
	return []testbed.Transport{testbed.BinaryMode, testbed.StructuredMode, testbed.PlainHTTP}[c.draw.IntN(3)]
}

// ask repeats a command until its outcome is told. It is nil if that never was.
func (c *shopper) ask(command testbed.Command) *testbed.Told {
	began := time.Now()
	answer, sent, err := insist(c.w, command, c.bridges, c.number+c.attempts, lotsPatience)
	c.attempts++
	if err != nil {
		c.w.Error(err)
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answers = append(c.answers, time.Now())
	c.took, c.sent = append(c.took, time.Since(began)), max(c.sent, sent)
	close(c.changed)
	c.changed = make(chan struct{})
	return answer
}

// insist repeats a command, at one bridge after the other beginning with the given
// one, until its outcome is told, and says how often it was sent. No attempt lasts longer
// than attemptTimeout.
func insist(
	w *testbed.World, command testbed.Command, bridges func() []string, from int, patience time.Duration,
) (told *testbed.Told, sent int, err error) {
	const pause = 50 * time.Millisecond
	for began := time.Now(); ; from++ {
		sent++
		all := bridges()
		ctx, cancel := context.WithTimeout(context.WithoutCancel(w.Context()), attemptTimeout)
		answer, err := command.Send(ctx, all[from%len(all)])
		cancel()
		if err == nil {
			return answer, sent, nil
		}
		if time.Since(began) > patience {
			return nil, sent, fmt.Errorf("a command has no outcome: %w", err)
		}
		time.Sleep(pause) // as a broker would
	}
}
