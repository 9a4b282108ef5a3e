package webhook

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/acme/inventory-service/api/events"
	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/test/fixture"
)

// A replica that neither leads nor forwards answers queries and no commands, until it takes
// over.
func TestStandby(t *testing.T) {
	s := newStore(t)
	leader := newBridge(t, s.options())
	first := ask(t, leader, request(t, http.MethodPost, "/reservations", cart, "Idempotency-Key", "k")).wantStatus(http.StatusCreated)
	at, told := first.header.Get("Location"), first.header.Get("Inventory-Position")
	other := newProcess(t, s.config)
	other.open(t, s.namespace)
	standby := newBridge(t, other.options(s.namespace))

	var view reservationView
	ask(t, standby, request(t, http.MethodGet, at, "", "Inventory-Position", told)).wantStatus(http.StatusOK).into(&view)
	if view.Phase != v1.PhaseReserved {
		t.Errorf("the standby tells %s", view.Phase)
	}
	quickly(t, 6*patience, func() {
		for _, asked := range []*http.Request{
			request(t, http.MethodPost, "/reservations", cart, "Idempotency-Key", "k"),
			request(t, http.MethodPost, at+"/release", ""), request(t, http.MethodPost, at+"/consume", ""),
			eventRequest(t, modeBinary, "/", commandEvent(events.TypeReserve, "k", cart)),
		} {
			p := ask(t, standby, asked).wantProblem(http.StatusServiceUnavailable, tryLater)
			if p.ReservationID != "" {
				t.Errorf("%s: nothing can have been done, and %s is named", asked.URL, p.ReservationID)
			}
		}
	})
	// That it knows of nothing says nothing.
	ask(t, standby, request(t, http.MethodGet, "/reservations/unheard", "")).wantProblem(http.StatusServiceUnavailable, tryLater)

	s.set.Elect(false)
	other.set.Elect(true)
	again := ask(t, standby, request(t, http.MethodPost, "/reservations", cart, "Idempotency-Key", "k")).wantStatus(http.StatusCreated)
	if diff := cmp.Diff(first.body, again.body); diff != "" {
		t.Error(diff)
	}
	ask(t, standby, request(t, http.MethodGet, "/reservations/unheard", "")).wantProblem(http.StatusNotFound, notFound)
}

// A command that comes while this process takes over waits for it.
func TestCommandDuringTakeOver(t *testing.T) {
	s := newStore(t)
	s.set.Elect(false)
	bridge := newBridge(t, s.options())
	elected := time.AfterFunc(patience/2, func() { s.set.Elect(true) })
	defer elected.Stop()
	ask(t, bridge, request(t, http.MethodPost, "/reservations", cart)).wantStatus(http.StatusCreated)
}

// Whoever was told something sees it wherever it asks next.
func TestReadYourWrites(t *testing.T) {
	s := newStore(t)
	leader := newBridge(t, s.options())
	other := newProcess(t, s.config)
	other.open(t, s.namespace)
	standby := newBridge(t, other.options(s.namespace))
	for range 20 {
		reserved := ask(t, leader, request(t, http.MethodPost, "/reservations", tinyCart)).wantStatus(http.StatusCreated)
		position := reserved.header.Get("Inventory-Position")
		level := request(t, http.MethodGet, "/stock/plenty", "", "Inventory-Position", position)
		got := ask(t, standby, level).wantStatus(http.StatusOK)
		if want := ask(t, leader, level).wantStatus(http.StatusOK); got.body != want.body {
			t.Errorf("the standby tells %s, the leader %s", got.body, want.body)
		}
		if !covers(t, got.header.Get("Inventory-Position"), position) {
			t.Errorf("asked for %s, answered at %s", position, got.header.Get("Inventory-Position"))
		}
		ask(t, standby, request(t, http.MethodGet, reserved.header.Get("Location"), "", "Inventory-Position", position)).wantStatus(http.StatusOK)
	}
}

func covers(t *testing.T, at, told string) bool {
	t.Helper()
	a, err := allocator.ParsePosition(at)
	if err != nil {
		t.Fatal(err)
	}
	b, err := allocator.ParsePosition(told)
	if err != nil {
		t.Fatal(err)
	}
	return a.Covers(b)
}

// Every answer carries the position, whatever it is, and one that is never reached is told
// in time.
func TestPosition(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		defer time.Sleep(proofEvery) // until nothing is left to be proven
		m := newMemory(t, fixedNow)
		options := over(t, everywhere{Journal: m})
		options.Wait = 50 * time.Millisecond
		bridge := newBridge(t, options)
		here := func() string { return m.Position().String() }
		query := commandEvent(events.TypeStockLevelGet, "q", `{"productId":"p"}`)
		for name, asked := range map[string]*http.Request{
			"reserved":    request(t, http.MethodPost, "/reservations", pCart),
			"unavailable": request(t, http.MethodPost, "/reservations", bigCart),
			"released":    request(t, http.MethodPost, "/reservations/held/release", ""),
			"event":       eventRequest(t, modeBinary, "/", commandEvent(events.TypeReserve, "k", pCart)),
			"query":       eventRequest(t, modeStructured, "/", query),
			"level":       request(t, http.MethodGet, "/stock/p", ""),
			"reservation": request(t, http.MethodGet, "/reservations/held", ""),
			"unknown":     request(t, http.MethodGet, "/stock/unheard", ""),
			"refused":     request(t, http.MethodPost, "/reservations/unheard/consume", ""),
		} {
			if got := ask(t, bridge, asked); got.header.Get("Inventory-Position") != here() || here() == "" {
				t.Errorf("%s: told %q at %q: %s", name, got.header.Get("Inventory-Position"), here(), got.body)
			}
		}
		ahead := m.Position()
		ahead.Page++
		for _, asked := range []*http.Request{
			request(t, http.MethodGet, "/stock/p", "", "Inventory-Position", ahead.String()),
			request(t, http.MethodGet, "/reservations/held", "", "Inventory-Position", ahead.String()),
		} {
			ask(t, bridge, asked).wantProblem(http.StatusServiceUnavailable, tryLater)
		}
		// What another journal said is included in the one that replaced it.
		ask(t, bridge, request(t, http.MethodGet, "/stock/p", "", "Inventory-Position", "gone.7.3")).wantStatus(http.StatusOK)
	})
}

// Many who ask for what is unknown share a proof, which begins after they asked.
func TestProofsAreShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		defer time.Sleep(proofEvery) // until nothing is left to be proven
		m := newMemory(t, fixedNow)
		bridge := newBridge(t, over(t, everywhere{Journal: m}))
		m.stall(true)
		asks := m.asks()
		var asking sync.WaitGroup
		question := func(path string) func() {
			return func() {
				ask(t, bridge, request(t, http.MethodGet, path, "")).wantProblem(http.StatusNotFound, notFound)
			}
		}
		asking.Go(question("/reservations/unheard"))
		synctest.Wait()
		for range 20 { // they come while the first proof is under way
			asking.Go(question("/reservations/unheard"))
			asking.Go(question("/stock/unheard"))
		}
		synctest.Wait()
		start := time.Now()
		m.stall(false)
		asking.Wait()
		if got := m.asks() - asks; got != 2 {
			t.Errorf("%d proofs, want the first and one for all who came later", got)
		}
		if passed := time.Since(start); passed > 2*proofEvery {
			t.Errorf("they waited for %s", passed)
		}
	})
}

// news is a reservation of cart "fresh".
const news = "5ef58b8d-aa56-436e-9a30-a53581ed9809"

// aboutNews are questions about what has been decided of late, or never, for each of which it
// has to be known that there is nothing else.
func aboutNews(t *testing.T) map[string]*http.Request {
	t.Helper()
	const replacing = `{"cartId":"fresh","replaces":"` + news + `","items":[{"productId":"p","quantity":1}]}`
	return map[string]*http.Request{
		"reservation":        request(t, http.MethodGet, "/reservations/"+news, ""),
		"of a cart":          request(t, http.MethodGet, "/reservations?cartId=fresh", ""),
		"level":              request(t, http.MethodGet, "/stock/fresh", ""),
		"levels":             request(t, http.MethodGet, "/stock?productId=p&productId=fresh", ""),
		"level, by event":    eventRequest(t, modeBinary, "/", commandEvent(events.TypeStockLevelGet, "l", `{"productId":"fresh"}`)),
		"levels, by event":   eventRequest(t, modeBinary, "/", commandEvent(events.TypeStockLevelGet, "ls", `{"productIds":["p","fresh"]}`)),
		"replaced":           request(t, http.MethodPost, "/reservations?dryRun=All", replacing),
		"replaced, by event": eventRequest(t, modeBinary, "/", commandEvent(events.TypeCheck, "c", replacing)),
	}
}

// newBehind is the journal of a process that has not heard of what its leader has decided of late.
func newBehind(t *testing.T) *memory {
	t.Helper()
	leader := newMemory(t, fixedNow)
	m := followMemory(leader.Server, fixedNow)
	item := fixture.Item("item-of-fresh", fixture.Stocks("fresh", "here", 2))
	cart := fixture.Reserve(news, fixture.Line("fresh", 1))
	cart.Wanted.Cart = "fresh"
	for _, decided := range []stock.Request{stock.PutItem{Item: item}, cart} {
		if answer, err := leader.Ask(t.Context(), decided); err != nil || answer.Verdict != stock.Done {
			t.Fatal(fixture.Words(answer), err)
		}
	}
	if find(m, news) != nil {
		t.Fatal("this process is not behind")
	}
	return m
}

// An elected process that is behind tells nobody that something is unknown: the question is
// answered once it has proven what it knows.
func TestAbsenceIsProven(t *testing.T) {
	for name, asked := range aboutNews(t) {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				defer time.Sleep(proofEvery) // until nothing is left to be proven
				m := newBehind(t)
				bridge := newBridge(t, over(t, everywhere{Journal: m}))
				m.stall(true)
				m.tell(elected)
				told := make(chan answer, 1)
				go func() { told <- ask(t, bridge, asked.WithContext(t.Context())) }()
				synctest.Wait()
				if m.asks() == 0 || len(told) > 0 {
					t.Error("it is told without a proof")
				}
				m.stall(false)
				if got := (<-told).wantStatus(http.StatusOK); !strings.Contains(got.body, "fresh") || strings.Contains(got.body, "unknown") {
					t.Errorf("told %s", got.body)
				}
			})
		})
	}
}

// A process that does not lead, and can ask nobody who does, proves nothing: neither what it has not
// heard of nor what there is not is told to be unknown, and nobody waits for that.
func TestStandbyProvesNothing(t *testing.T) {
	m := newBehind(t)
	bridge := newBridge(t, over(t, everywhere{Journal: m}))
	for name, asked := range aboutNews(t) {
		t.Run(name, func(t *testing.T) {
			ask(t, bridge, asked).wantProblem(http.StatusServiceUnavailable, tryLater)
		})
	}
	if m.asks() > 0 {
		t.Errorf("the journal was asked for %d proofs in vain", m.asks())
	}
	ask(t, bridge, request(t, http.MethodGet, "/stock/p", "")).wantStatus(http.StatusOK)
	ask(t, bridge, request(t, http.MethodGet, "/reservations?cartId=cart", "")).wantProblem(http.StatusServiceUnavailable, tryLater)
}
