package allocator_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"k8s.io/client-go/rest"

	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/controlplane/controlplanetest"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/stock"
)

func TestMain(m *testing.M) { os.Exit(controlplanetest.Main(m, "../../config/crd")) }

// shop is one namespace of a real API server, and the processes that work in it.
type shop struct {
	tb        testing.TB
	config    *rest.Config
	namespace string
	processes int
	// refuses is the status with which the API server answers every write, 0 while it does what is
	// asked.
	refuses atomic.Int32
	load    allocator.Load
}

func newShop(tb testing.TB) *shop {
	cp := controlplanetest.Shared(tb)
	return &shop{tb: tb, config: cp.RESTConfig(), namespace: controlplanetest.Namespace(tb, cp)}
}

// start runs one more process until it is stopped.
func (s *shop) start() (r *allocator.Runner, stop func()) {
	s.tb.Helper()
	s.processes++
	name := fmt.Sprintf("p%d", s.processes)
	clock := &allocator.ServerClock{}
	config := rest.CopyConfig(s.config)
	config.Wrap(func(next http.RoundTripper) http.RoundTripper { return clock.Transport(s.refusing(next)) })
	client, err := journal.NewClient(config, nil)
	if err != nil {
		s.tb.Fatal(err)
	}
	r = allocator.NewRunner(allocator.RunnerOptions{
		Client: client, Namespace: s.namespace, Now: clock.Now, Policy: policy, Load: &s.load,
		Config: journal.Config{
			Self: journal.Leader{Name: name}, Process: name + "-" + uuid.NewString(), Fill: 16 << 10, MaxPage: 512 << 10,
			Spare: 4, WriteFormat: journal.Format, Pack: journal.Pack,
		},
	})
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := r.Run(ctx); err != nil {
			s.tb.Error(err)
		}
	})
	stop = func() {
		cancel()
		running.Wait()
	}
	s.tb.Cleanup(stop)
	return r, stop
}

// roundTrip is a transport.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func (s *shop) refusing(next http.RoundTripper) http.RoundTripper {
	return roundTrip(func(r *http.Request) (*http.Response, error) {
		code := int(s.refuses.Load())
		if r.Method == http.MethodGet || code == 0 {
			return next.RoundTrip(r)
		}
		answer := httptest.NewRecorder()
		answer.Header().Set("Content-Type", "application/json")
		answer.WriteHeader(code)
		_, _ = fmt.Fprintf(answer, `{"kind":"Status","apiVersion":"v1","status":"Failure","code":%d}`, code)
		return answer.Result(), nil
	})
}

var policy = stock.Policy{
	Retention: 24 * 3600 * 1e6, Grace: 300 * 1e6, Limit: 64 << 20, CompactAbove: 1 << 20, Batch: 256 << 10,
}

// receive declares mugs, and waits until they count. What was read before
// the process led is read, and told, again.
func receive(tb testing.TB, r *allocator.Runner, units int64) {
	tb.Helper()
	request := stock.PutItem{Item: stock.Item{
		UID: stock.ID(uuid.NewString()), Name: "mug", Product: "mug", Location: "default",
		Generation: 1, Version: 1, Received: units, Sellable: units,
	}}
	ctx, cancel := context.WithTimeout(tb.Context(), atMost)
	defer cancel()
	for {
		answer, err := r.Ask(ctx, request)
		switch {
		case err == nil && answer.Verdict == stock.Outdated:
		case err != nil || answer.Verdict != stock.Done:
			tb.Fatalf("%+v, %v", answer, err)
		default:
			return
		}
	}
}

// cart is the command of a cart that wants a mug.
func cart(n int) stock.Reserve {
	id := stock.ID(uuid.NewSHA1(uuid.NameSpaceURL, fmt.Append(nil, "cart", n)).String())
	return stock.Reserve{
		Hold: 900 * 1e6,
		Wanted: stock.Reservation{
			ID: id, Outcome: stock.ID(uuid.NewString()), Cart: id, Lines: []stock.Line{{Product: "mug", Quantity: 1}},
			Command: stock.Command{Source: "/shop", ID: id, Time: stock.Time(time.Now().UnixMicro()), Hash: "h"},
		},
	}
}

// Many carts at once, while the leader is stopped and another takes over: each gets one
// outcome, and what was sold is what there was.
func TestRunnerTakeOver(t *testing.T) {
	const carts, units, clients = 600, 400, 64
	s := newShop(t)
	first, stopFirst := s.start()
	second, _ := s.start()
	first.Elect(true)
	receive(t, first, units)

	var leader atomic.Pointer[allocator.Runner]
	leader.Store(first)
	var decided, numbers atomic.Int64
	var reserved, refused sync.Map
	var group sync.WaitGroup
	for range clients {
		group.Go(func() {
			for {
				n := int(numbers.Add(1))
				if n > carts {
					return
				}
				command := cart(n)
				answer := ask(t, &leader, command)
				switch answer.Reservation.Phase {
				case stock.PhaseReserved:
					reserved.Store(n, answer.Reservation.Outcome)
				case stock.PhaseRefused:
					refused.Store(n, answer.Reservation.Outcome)
				}
				if decided.Add(1) == carts/2 {
					stopFirst()
					second.Elect(true)
					leader.Store(second)
				}
			}
		})
	}
	group.Wait()

	count := 0
	reserved.Range(func(n, outcome any) bool {
		count++
		answer := ask(t, &leader, cart(n.(int)))
		if answer.Verdict != stock.Repeated || answer.Reservation.Outcome != outcome {
			t.Errorf("cart %d, told %v, is asked for again and gets %+v", n, outcome, answer)
		}
		return true
	})
	if count != units {
		t.Errorf("%d carts were told that they have one of %d units", count, units)
	}
	third, _ := s.start()
	equal(t, second, third)
}

// ask repeats a command until it gets an answer, as a client of a bridge would. It waits longer
// each time, up to a bound: on a busy machine one write may take longer than the first wait, and a
// process that has ended answers at once.
func ask(t *testing.T, leader *atomic.Pointer[allocator.Runner], command stock.Reserve) stock.Answer {
	for wait, end := 300*time.Millisecond, time.Now().Add(atMost); ; wait = min(2*wait, atMost/6) {
		ctx, cancel := context.WithTimeout(t.Context(), wait)
		answer, err := leader.Load().Ask(ctx, command)
		cancel()
		if err == nil {
			return answer
		}
		if !errors.Is(err, allocator.ErrNoAnswer) || time.Now().After(end) || t.Failed() {
			t.Error(err)
			return stock.Answer{Reservation: &stock.Reservation{}}
		}
	}
}

// equal waits until two processes know the same, and fails unless their stock is the same.
func equal(t *testing.T, a, b *allocator.Runner) {
	t.Helper()
	await(t, "they are equally far", func() bool { return position(a) == position(b) })
	if one, other := dump(a), dump(b); one != other {
		t.Errorf("State that followed the journal:\n%s\nState made from a list:\n%s", one, other)
	}
}

func position(r *allocator.Runner) (p journal.Position) {
	r.Read(func(_ *stock.State, l *journal.Log) { p = l.Position() })
	return p
}

func dump(r *allocator.Runner) string {
	var text strings.Builder
	r.Read(func(s *stock.State, _ *journal.Log) { _ = s.Dump(&text) })
	return text.String()
}

// atMost is how long what must come is waited for.
const atMost = time.Minute

// await waits until something is so.
func await(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(atMost); !is(); time.Sleep(10 * time.Millisecond) { // nothing tells of it
		if time.Now().After(deadline) {
			t.Fatalf("%s: never", what)
		}
	}
}

// Who waits for a journal whose writes are refused is no load: nothing else is kept from its work.
// Who waits for an API server that is too slow is one.
func TestStuckIsNoLoad(t *testing.T) {
	for name, c := range map[string]struct {
		code int32
		load func(share float64) bool
	}{
		"refused": {http.StatusForbidden, func(share float64) bool { return share < 0.05 }},
		"slow":    {http.StatusGatewayTimeout, func(share float64) bool { return share > 0.95 }},
	} {
		t.Run(name, func(t *testing.T) { waitFor(t, c.code, c.load) })
	}
}

// waitFor has a cart wait while writes are answered with an error, and looks at the load meanwhile.
func waitFor(t *testing.T, code int32, load func(share float64) bool) {
	s := newShop(t)
	r, _ := s.start()
	r.Elect(true)
	receive(t, r, 10)
	s.refuses.Store(code)
	answered := make(chan error, 1)
	go func() {
		_, err := r.Ask(context.Background(), cart(1))
		answered <- err
	}()
	await(t, "the journal is in trouble", func() (is bool) {
		r.Read(func(_ *stock.State, l *journal.Log) { is = l.Trouble() != nil })
		return is
	})
	await(t, "the load is what it should be", func() bool { return r.Waiting() == 1 && load(s.load.Share()) })
	s.refuses.Store(0)
	select {
	case err := <-answered:
		if err != nil {
			t.Fatal(err)
		}
	case <-time.After(atMost):
		t.Fatal("no answer, though nothing is refused any more")
	}
	await(t, "the load is over", func() bool { return r.Waiting() == 0 && s.load.Share() < 0.05 })
}

// A question is not answered by a process that cannot prove that it leads.
func TestRunnerAnswersNothingUnproven(t *testing.T) {
	s := newShop(t)
	leader, _ := s.start()
	leader.Elect(true)
	receive(t, leader, 10)
	standby, _ := s.start()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if answer, err := standby.Ask(ctx, cart(1)); !errors.Is(err, allocator.ErrNoAnswer) {
		t.Errorf("a standby answers %+v, %v", answer, err)
	}
}

// BenchmarkRunner measures carts through the journal of a real API server, without a
// bridge: 64 clients that each wait for their outcome.
func BenchmarkRunner(b *testing.B) {
	s := newShop(b)
	r, _ := s.start()
	r.Elect(true)
	receive(b, r, 1<<40)
	var numbers atomic.Int64
	b.SetParallelism(32)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			answer, err := r.Ask(context.Background(), cart(int(numbers.Add(1))))
			if err != nil || answer.Verdict != stock.Done {
				b.Errorf("%+v, %v", answer, err)
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "carts/s")
}
