package webhook

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/acme/inventory-service/api/events"
	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/controlplane/controlplanetest"
	"github.com/acme/inventory-service/internal/forward"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/test/fixture"
)

// pair are two processes that forward to each other: first leads.
type pair struct {
	*store
	first, second *member
}

// member is one of them, and what callers and others ask of it.
type member struct {
	*process
	runner *allocator.Runner
	bridge http.Handler
	// taken counts what was forwarded to it. around, if set, stands around that.
	taken  atomic.Int64
	around atomic.Pointer[func(w http.ResponseWriter, r *http.Request, next http.Handler)]
	hangUp func() error
}

func newPair(t *testing.T) *pair {
	t.Helper()
	cp := controlplanetest.Shared(t)
	namespace := controlplanetest.Namespace(t, cp)
	leader := newForwarding(t, cp.RESTConfig())
	p := &pair{store: stockUp(t, leader, cp.RESTConfig(), namespace)}
	p.first = p.join(t, leader)
	p.second = p.join(t, newForwarding(t, cp.RESTConfig()))
	return p
}

// join lets a process be asked.
func (p *pair) join(t *testing.T, process *process) *member {
	t.Helper()
	m := &member{process: process, runner: process.open(t, p.namespace), bridge: newBridge(t, process.options(p.namespace))}
	forwarded := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m.taken.Add(1)
		if around := m.around.Load(); around != nil {
			(*around)(w, r, m.bridge)
			return
		}
		m.bridge.ServeHTTP(w, r)
	})
	server := NewForwardServer(process.port.Listener(), forward.Receive(forwarded), 0)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- server.Start(ctx) }()
	m.hangUp = sync.OnceValue(func() error { cancel(); return <-ended })
	t.Cleanup(func() { _ = m.hangUp() })
	return m
}

// succeed has second lead instead of first.
func (p *pair) succeed() {
	p.first.set.Elect(false)
	p.second.set.Elect(true)
}

// held is how many carts there are, as a process knows them that has read what was told.
func (m *member) held(t *testing.T) (n int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if _, err := m.runner.Ask(ctx, stock.Show{Reservation: noReservation}); err != nil {
		t.Fatal(err)
	}
	m.runner.Read(func(s *stock.State, _ *journal.Log) { n = s.Remembered() })
	return n
}

// until waits for what has to come.
func until(t *testing.T, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it never comes")
		}
	}
}

// await returns what has to come over a channel.
func await[T any](t *testing.T, from <-chan T) (what T) {
	t.Helper()
	select {
	case what = <-from:
	case <-time.After(time.Minute):
		t.Fatal("it never comes")
	}
	return what
}

// quickly fails the test unless what is done ends within a limit. It is done some times until it
// does: a machine that was busy elsewhere for moments says nothing about the bridge.
func quickly(t *testing.T, limit time.Duration, do func()) {
	t.Helper()
	var took time.Duration
	for range 5 {
		began := time.Now()
		do()
		if took = time.Since(began); took <= limit {
			return
		}
	}
	t.Errorf("it takes %s, and has to end within %s", took, limit)
}

// Whatever is asked of a standby is answered as the leader answers it.
func TestForwarded(t *testing.T) {
	p := newPair(t)
	before := counted(t, forwardedTotal.WithLabelValues(resultAnswered))
	first := ask(t, p.second.bridge, request(t, http.MethodPost, "/reservations", cart, "Idempotency-Key", "k")).wantStatus(http.StatusCreated)
	again := ask(t, p.first.bridge, request(t, http.MethodPost, "/reservations", cart, "Idempotency-Key", "k")).wantStatus(http.StatusCreated)
	if diff := cmp.Diff(first.body, again.body); diff != "" {
		t.Error(diff)
	}
	at, position := first.header.Get("Location"), first.header.Get(headerPosition)
	if at != again.header.Get("Location") || !covers(t, again.header.Get(headerPosition), position) || first.header.Get("Content-Type") != contentTypeJSON {
		t.Errorf("told %v, and by the leader %v", first.header, again.header)
	}
	for _, mode := range []string{modeBinary, modeStructured} {
		command := commandEvent(events.TypeReserve, mode, cart)
		one := ask(t, p.second.bridge, eventRequest(t, mode, "/", command)).event()
		if other := ask(t, p.first.bridge, eventRequest(t, mode, "/", command)).event(); one.String() != other.String() {
			t.Errorf("%s and %s", one, other)
		}
	}
	ask(t, p.second.bridge, request(t, http.MethodPost, "/namespaces/"+p.namespace+"/reservations", `{"cartId":"c","items":[{"productId":"none","quantity":1}]}`)).
		wantStatus(http.StatusConflict)
	ask(t, p.second.bridge, request(t, http.MethodPost, "/reservations/unheard/release", "")).wantProblem(http.StatusNotFound, notFound)
	ask(t, p.second.bridge, request(t, http.MethodGet, "/reservations/unheard", "")).wantProblem(http.StatusNotFound, notFound)
	ask(t, p.second.bridge, request(t, http.MethodGet, at, "", headerPosition, position)).wantStatus(http.StatusOK)
	p.object(t, "by-hand") // which nobody has decided
	ask(t, p.second.bridge, request(t, http.MethodGet, "/reservations/by-hand", "")).wantStatus(http.StatusOK)

	part := request(t, http.MethodPost, at+"/consume", `{"items":[{"productId":"plenty","locationId":"north","quantity":1}]}`)
	var told events.InventoryConsumed
	ask(t, p.second.bridge, part).wantStatus(http.StatusOK).into(&told)
	if told.Phase != v1.PhaseReserved {
		t.Errorf("%+v", told)
	}
	ask(t, p.second.bridge, request(t, http.MethodPost, at+"/release", "")).wantStatus(http.StatusOK)
	ask(t, p.first.bridge, request(t, http.MethodPost, at+"/consume", "")).wantProblem(http.StatusConflict, notReserved)

	// What can never be accepted is refused where it comes in.
	taken := p.second.taken.Load() + p.first.taken.Load()
	ask(t, p.second.bridge, request(t, http.MethodPost, "/reservations", "{")).wantProblem(http.StatusBadRequest, invalid)
	ask(t, p.second.bridge, request(t, http.MethodGet, "/stock/plenty", "")).wantStatus(http.StatusOK)
	if got := p.first.taken.Load() + p.second.taken.Load(); got != taken {
		t.Errorf("%d requests were forwarded that need not be", got-taken)
	}
	if p.second.taken.Load() != 0 || float64(p.first.taken.Load()) != counted(t, forwardedTotal.WithLabelValues(resultAnswered))-before {
		t.Errorf("%d were taken by the leader, %d by the standby", p.first.taken.Load(), p.second.taken.Load())
	}
	if n := p.first.held(t); n != 4 {
		t.Errorf("%d carts", n)
	}
}

// A replica that does not know all that a question names has the leader answer it, as the same
// question also where the first who is asked does not lead.
func TestForwardedQuestions(t *testing.T) {
	p := newPair(t)
	depose := func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		p.first.around.Store(nil)
		w.Header().Set(forward.HeaderNotLeading, "true")
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	replacing := `{"cartId":"c","replaces":"unheard","items":[{"productId":"plenty","quantity":1}]}`
	for name, tc := range map[string]struct {
		asked  *http.Request
		status int
		says   string
	}{
		"level":              {request(t, http.MethodGet, "/stock/unheard", ""), http.StatusNotFound, `nobody stocks product \"unheard\"`},
		"levels":             {request(t, http.MethodGet, "/stock?productId=plenty&productId=unheard", ""), http.StatusOK, `"unknown":["unheard"]`},
		"level, by event":    {eventRequest(t, modeBinary, "/", commandEvent(events.TypeStockLevelGet, "l", `{"productId":"unheard"}`)), http.StatusUnprocessableEntity, "nobody stocks"},
		"replaced":           {request(t, http.MethodPost, "/reservations?dryRun=All", replacing), http.StatusConflict, `there is no reservation \"unheard\"`},
		"replaced, by event": {eventRequest(t, modeStructured, "/", commandEvent(events.TypeCheck, "c", replacing)), http.StatusUnprocessableEntity, "there is no reservation"},
	} {
		t.Run(name, func(t *testing.T) {
			p.first.around.Store(&depose)
			taken := p.first.taken.Load()
			if got := ask(t, p.second.bridge, tc.asked).wantStatus(tc.status); !strings.Contains(got.body, tc.says) {
				t.Errorf("told %s", got.body)
			}
			if got := p.first.taken.Load() - taken; got != 2 {
				t.Errorf("the leader was asked %d times", got)
			}
		})
	}
	if n := p.first.held(t); n != 0 {
		t.Errorf("%d carts of questions", n)
	}
}

// The answer to a forwarded command is lost, with an Idempotency-Key and without: it is
// repeated as the same command, and no cart is held twice.
func TestForwardedAnswerLost(t *testing.T) {
	p := newPair(t)
	for _, headers := range [][]string{{"Idempotency-Key", "k"}, nil} {
		var first atomic.Pointer[string]
		lose := func(w http.ResponseWriter, r *http.Request, next http.Handler) {
			recorded := httptest.NewRecorder()
			next.ServeHTTP(recorded, r)
			body := recorded.Body.String()
			if first.CompareAndSwap(nil, &body) {
				panic(http.ErrAbortHandler)
			}
			for name, values := range recorded.Header() {
				w.Header()[name] = values
			}
			w.WriteHeader(recorded.Code)
			_, _ = w.Write(recorded.Body.Bytes())
		}
		p.first.around.Store(&lose)
		got := ask(t, p.second.bridge, request(t, http.MethodPost, "/reservations", cart, headers...)).wantStatus(http.StatusCreated)
		if diff := cmp.Diff(*first.Load(), got.body+"\n"); diff != "" {
			t.Error(diff)
		}
	}
	if n := p.first.held(t); n != 2 {
		t.Errorf("%d carts of two commands", n)
	}
}

// The leader ends before it decides, or afterwards and before it answers: another one takes
// over, and the command that waits is carried out once.
func TestLeaderEndsUnderForwarded(t *testing.T) {
	for name, lands := range map[string]bool{"before it decides": false, "before it answers": true} {
		t.Run(name, func(t *testing.T) {
			p := newPair(t)
			die := func(_ http.ResponseWriter, r *http.Request, next http.Handler) {
				if lands {
					next.ServeHTTP(httptest.NewRecorder(), r)
				}
				go func() { _ = p.first.hangUp() }()
				p.first.end() // whoever waits there is not answered any more
				p.second.set.Elect(true)
				panic(http.ErrAbortHandler)
			}
			p.first.around.Store(&die)
			third := p.join(t, newForwarding(t, p.config))
			got := ask(t, third.bridge, request(t, http.MethodPost, "/reservations", cart)).wantStatus(http.StatusCreated)
			again := ask(t, p.second.bridge, request(t, http.MethodGet, got.header.Get("Location"), "")).wantStatus(http.StatusOK)
			if again.body == "" || p.second.taken.Load() == 0 {
				t.Errorf("%d were forwarded to the next leader", p.second.taken.Load())
			}
			if n := p.second.held(t); n != 1 {
				t.Errorf("%d carts of one command", n)
			}
		})
	}
}

// A command that waits where nobody is elected goes on where somebody is, be that another
// process or the one that took it in.
func TestWaitsForALeader(t *testing.T) {
	for name, own := range map[string]bool{"the one that took it in": true, "another one": false} {
		t.Run(name, func(t *testing.T) {
			p := newPair(t)
			next := p.first.set
			if own {
				next = p.second.set
			}
			quickly(t, 2*patience+2*time.Second, func() {
				p.first.set.Elect(false)
				p.second.set.Elect(false)
				time.AfterFunc(2*patience, func() { next.Elect(true) })
				ask(t, p.second.bridge, request(t, http.MethodPost, "/reservations", cart)).wantStatus(http.StatusCreated)
			})
		})
	}
}

// A command that waits in a process which is deposed is decided by the next leader: as the
// one that was forwarded there, and as the one that the process took in itself.
func TestDeposedPassesOn(t *testing.T) {
	p := newPair(t)
	// A delivery is declared and not shown yet: a cart that needs it waits.
	p.ask(t, stock.PutItem{Item: fixture.Item("few-north", fixture.Stocks("few", "north", 100), fixture.Revised(2, 2))})
	const waits = `{"cartId":"c","items":[{"productId":"few","quantity":50}]}`
	var asking sync.WaitGroup
	var answers [2]answer
	for i, bridge := range []http.Handler{p.first.bridge, p.second.bridge} {
		asking.Go(func() { answers[i] = ask(t, bridge, request(t, http.MethodPost, "/reservations", waits)) })
	}
	until(t, func() bool { return p.runner.Waiting() == 2 })
	p.succeed()
	until(t, func() bool { return p.second.runner.Waiting() == 2 })
	if answer, err := p.second.runner.Ask(t.Context(), stock.ShowItem{UID: "uid-of-few-north", Generation: 2}); err != nil || answer.Verdict != stock.Done {
		t.Fatal(fixture.Words(answer), err)
	}
	asking.Wait()
	for _, got := range answers {
		got.wantStatus(http.StatusCreated)
	}
	if n := p.second.held(t); n != 2 || p.second.taken.Load() != 1 {
		t.Errorf("%d carts of two commands, %d forwarded back", n, p.second.taken.Load())
	}
}

// A leader that hangs is not waited for once another one leads.
func TestForwardedHangs(t *testing.T) {
	p := newPair(t)
	hang := func(_ http.ResponseWriter, r *http.Request, _ http.Handler) {
		go p.succeed()
		<-r.Context().Done()
	}
	p.first.around.Store(&hang)
	third := p.join(t, newForwarding(t, p.config))
	// If it were waited for, the time of the command would be over before it is decided.
	ask(t, third.bridge, request(t, http.MethodPost, "/reservations", cart)).wantStatus(http.StatusCreated)
}

// Nobody leads in time, or it cannot be asked: the caller is told to come again, and which
// reservation may have been made only if one may.
func TestForwardedInVain(t *testing.T) {
	p := newPair(t)
	options := p.second.options(p.namespace)
	options.Wait = 300 * time.Millisecond
	bridge := newBridge(t, options)
	asked := func() problem {
		return ask(t, bridge, request(t, http.MethodPost, "/reservations", cart)).wantProblem(http.StatusServiceUnavailable, tryLater)
	}
	lose := func(http.ResponseWriter, *http.Request, http.Handler) { panic(http.ErrAbortHandler) }
	p.first.around.Store(&lose)
	// heard returns what is told, and how often the first one was asked: on a busy machine the time
	// may be over before that.
	heard := func() (told problem, times int64) {
		until(t, func() bool {
			before := p.first.taken.Load()
			told = asked()
			times = p.first.taken.Load() - before
			return times > 0
		})
		return told, times
	}
	if got, _ := heard(); got.ReservationID == "" {
		t.Errorf("%+v", got)
	}
	p.first.around.Store(nil)
	p.first.set.Elect(false)
	if _, times := heard(); times > 10 {
		t.Errorf("who leads no more was asked %d times", times)
	}
	if err := p.first.hangUp(); err != nil {
		t.Fatal(err)
	}
	// At first it is perhaps asked over a connection of which it is not known yet that it has ended.
	until(t, func() bool { return asked().ReservationID == "" })
	ask(t, bridge, request(t, http.MethodGet, "/reservations/unheard", "")).wantProblem(http.StatusServiceUnavailable, tryLater)
}

// A leader that takes nothing that is forwarded, as an older release, is not waited for
// longer than it takes to be elected.
func TestLeaderWithoutPort(t *testing.T) {
	s := newStore(t)
	other := newForwarding(t, s.config)
	other.open(t, s.namespace)
	bridge := newBridge(t, other.options(s.namespace))
	quickly(t, 3*patience, func() {
		ask(t, bridge, request(t, http.MethodPost, "/reservations", cart)).wantProblem(http.StatusServiceUnavailable, tryLater)
	})
}

// What was forwarded is never forwarded again: who does not lead says so at once.
func TestOneHop(t *testing.T) {
	p := newPair(t)
	for _, asked := range []func() *http.Request{
		func() *http.Request { return request(t, http.MethodPost, "/reservations", cart) },
		func() *http.Request { return request(t, http.MethodGet, "/reservations/unheard", "") },
		func() *http.Request { return request(t, http.MethodPost, "/reservations/unheard/release", "") },
		func() *http.Request {
			return eventRequest(t, modeBinary, "/", commandEvent(events.TypeReserve, "k", cart))
		},
	} {
		quickly(t, patience/2, func() {
			r := asked()
			got := ask(t, forward.Receive(p.second.bridge), r)
			got.wantProblem(http.StatusServiceUnavailable, tryLater)
			if got.header.Get(forward.HeaderNotLeading) == "" {
				t.Errorf("%s: told %v", r.URL, got.header)
			}
		})
	}
	if p.first.taken.Load() != 0 {
		t.Error("it was forwarded again")
	}
	options := p.first.options(p.namespace)
	options.Ready = func() error { return errors.New("it starts") }
	if got := ask(t, forward.Receive(newBridge(t, options)), request(t, http.MethodPost, "/reservations", cart)); got.header.Get(forward.HeaderNotLeading) == "" {
		t.Error("who is not ready does not say so")
	}
	// A caller of the bridge is told nothing of it.
	options = p.second.options(p.namespace)
	options.Forward = nil
	if got := ask(t, newBridge(t, options), request(t, http.MethodPost, "/reservations", cart)); got.header.Get(forward.HeaderNotLeading) != "" || got.status != http.StatusServiceUnavailable {
		t.Errorf("%d, %v", got.status, got.header)
	}
}

// Only who forwards names the id of a command, and only one as it is given.
func TestGivenID(t *testing.T) {
	p := newPair(t)
	id := uuid.NewString()
	asked := func(id string, more ...string) *http.Request {
		return request(t, http.MethodPost, "/reservations", tinyCart, append([]string{forward.HeaderID, id}, more...)...)
	}
	at := "/reservations/" + id
	for _, bridge := range []http.Handler{p.first.bridge, p.second.bridge, forward.Receive(p.first.bridge)} {
		got := ask(t, bridge, asked(id)).wantStatus(http.StatusCreated)
		if named := got.header.Get("Location") == at; named != (bridge != p.first.bridge && bridge != p.second.bridge) {
			t.Errorf("the id that the caller names is taken: %t", named)
		}
	}
	received := forward.Receive(p.first.bridge)
	if got := ask(t, received, asked(id)).wantStatus(http.StatusCreated); got.header.Get("Location") != at {
		t.Errorf("it comes again and becomes %s", got.header.Get("Location"))
	}
	if got := ask(t, received, asked(id, "Idempotency-Key", "k")).wantStatus(http.StatusCreated); got.header.Get("Location") == at {
		t.Error("the key does not count")
	}
	for _, bad := range []string{"x", "by-hand", uuid.NewSHA1(uuid.NameSpaceDNS, []byte("k")).String(), "{" + id + "}"} {
		ask(t, received, asked(bad)).wantProblem(http.StatusBadRequest, invalid)
	}
}

// A process with another key answers at the leader's address: it is sent nothing.
func TestForwardedToAnotherKey(t *testing.T) {
	p := newPair(t)
	impostor := newForwarding(t, p.config)
	heard := p.join(t, impostor)
	// The leader's journal names the address of another process.
	key, err := forward.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	named := runProcess(t, p.config, nil, journal.Leader{Name: "gone", URL: impostor.self.URL, Key: key.Hash()})
	p.first.set.Elect(false)
	runner := named.open(t, p.namespace)
	named.set.Elect(true)
	until(t, runner.Leading)
	until(t, func() bool { return roleIn(p.second.runner).leader.URL == impostor.self.URL }) // else first is asked
	options := p.second.options(p.namespace)
	options.Wait = time.Second
	got := ask(t, newBridge(t, options), request(t, http.MethodPost, "/reservations", cart)).wantProblem(http.StatusServiceUnavailable, tryLater)
	if heard.taken.Load() != 0 || got.ReservationID != "" {
		t.Errorf("%d requests were sent to somebody else: %+v", heard.taken.Load(), got)
	}
}

// Many who wait for a leader are all answered by the next one, each cart once.
func TestManyWaitForALeader(t *testing.T) {
	p := newPair(t)
	p.first.set.Elect(false)
	const carts = 100
	var asking sync.WaitGroup
	ids := make([]string, carts)
	for i := range ids {
		asking.Go(func() {
			got := ask(t, p.second.bridge, request(t, http.MethodPost, "/reservations", tinyCart))
			if got.status != http.StatusCreated {
				t.Errorf("%d: %s", got.status, got.body)
			}
			ids[i] = got.header.Get("Location")
		})
	}
	time.AfterFunc(patience/2, func() { p.first.set.Elect(true) })
	asking.Wait()
	seen := map[string]bool{}
	for _, id := range ids {
		seen[id] = true
	}
	if n := p.first.held(t); n != carts || len(seen) != carts {
		t.Errorf("%d carts, %d ids, of %d commands", n, len(seen), carts)
	}
}

// A process that stops answers what was forwarded to it, or says that another one has to.
func TestForwardServerStops(t *testing.T) {
	p := newPair(t)
	p.ask(t, stock.PutItem{Item: fixture.Item("few-north", fixture.Stocks("few", "north", 100), fixture.Revised(2, 2))})
	const waits = `{"cartId":"c","items":[{"productId":"few","quantity":50}]}`
	answered := make(chan answer, 1)
	go func() { answered <- ask(t, p.second.bridge, request(t, http.MethodPost, "/reservations", waits)) }()
	until(t, func() bool { return p.runner.Waiting() > 0 })
	stopped := make(chan error, 1)
	go func() { stopped <- p.first.hangUp() }()
	untilRefused(t, p.first.self.URL) // it takes nothing more
	p.ask(t, stock.ShowItem{UID: "uid-of-few-north", Generation: 2})
	if got := await(t, answered); got.status != http.StatusCreated {
		t.Errorf("%d: %s", got.status, got.body)
	}
	if err := await(t, stopped); err != nil {
		t.Error(err)
	}
}
