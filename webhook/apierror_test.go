package webhook

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/acme/inventory-service/api/events"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/journal/journaltest"
	"github.com/acme/inventory-service/internal/namespaces"
	"github.com/acme/inventory-service/internal/stock"
)

// What stands in the way of a command's namespace, or of reading an object, and what is
// made of it.
func TestAPIServerRefuses(t *testing.T) {
	resource := schema.GroupResource{Group: "inventory.acme.com", Resource: "reservations"}
	cases := map[string]struct {
		err          error
		plain, event int
		kind         *kind
	}{
		"connection refused":    {io.ErrUnexpectedEOF, 503, 503, tryLater},
		"wrapped time-out":      {fmt.Errorf("client rate limiter: %w", context.DeadlineExceeded), 503, 503, tryLater},
		"unavailable":           {apierrors.NewServiceUnavailable("etcd is away"), 503, 503, tryLater},
		"internal":              {apierrors.NewInternalError(io.EOF), 503, 503, tryLater},
		"time-out":              {apierrors.NewTimeoutError("slow", 1), 503, 503, tryLater},
		"server time-out":       {apierrors.NewServerTimeout(resource, "get", 1), 503, 503, tryLater},
		"too many requests":     {apierrors.NewTooManyRequests("busy", 3), 503, 503, tryLater},
		"forbidden":             {apierrors.NewForbidden(resource, "r", errors.New("no rights")), 503, 503, tryLater},
		"unauthorized":          {apierrors.NewUnauthorized("who?"), 503, 503, tryLater},
		"kind not served":       {apierrors.NewGenericServerResponse(404, "GET", resource, "r", "404 page not found", 0, true), 503, 503, tryLater},
		"not running":           {namespaces.ErrNotRunning, 503, 503, tryLater},
		"namespace missing":     {&namespaces.MissingError{Namespace: "shop"}, 404, 422, notFound},
		"namespace of others":   {&namespaces.OutsideError{Namespace: "shop"}, 404, 422, notFound},
		"namespace terminating": {&namespaces.MissingError{Namespace: "shop", Terminating: true}, 404, 422, notFound},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			bridge := newBridge(t, over(t, everywhere{missing: tc.err}))
			ask(t, bridge, request(t, http.MethodPost, "/reservations", tinyCart)).wantProblem(tc.plain, tc.kind)
			ask(t, bridge, request(t, http.MethodPost, "/reservations/r/consume", "")).wantProblem(tc.plain, tc.kind)
			ask(t, bridge, eventRequest(t, modeBinary, "/", commandEvent(events.TypeReserve, "k", tinyCart))).wantProblem(tc.event, tc.kind)
			if tc.kind != tryLater {
				return
			}
			options := over(t, everywhere{Journal: newMemory(t, fixedNow)})
			options.Objects = interceptor.NewClient(fake.NewClientBuilder().WithScheme(newScheme(t)).Build(), interceptor.Funcs{
				Get: func(context.Context, client.WithWatch, client.ObjectKey, client.Object, ...client.GetOption) error {
					return tc.err
				},
			})
			bridge = newBridge(t, options)
			ask(t, bridge, request(t, http.MethodPost, "/reservations/r/consume", "")).wantProblem(503, tryLater)
			ask(t, bridge, request(t, http.MethodGet, "/reservations/r", "")).wantProblem(503, tryLater)
		})
	}
}

// answering is a journal that gives one answer.
type answering struct {
	Journal
	answer stock.Answer
	err    error
}

func (a *answering) Ask(context.Context, stock.Request) (stock.Answer, error) { return a.answer, a.err }

// What the journal answers, and what is made of it.
func TestVerdicts(t *testing.T) {
	cases := map[stock.Verdict]struct {
		plain, event int
		kind         *kind
		says         string
	}{
		stock.Conflicting: {409, 422, idReused, "an id of its own"},
		stock.TooOld:      {422, 422, tooOld, "another id"},
		stock.TooLarge:    {413, 413, tooLarge, "split"},
		stock.Full:        {503, 503, tryLater, "bound"},
		stock.Premature:   {500, 503, internal, ""},
	}
	for verdict, tc := range cases {
		bridge := newBridge(t, over(t, everywhere{Journal: &answering{Journal: newMemory(t, fixedNow), answer: stock.Answer{Verdict: verdict}}}))
		told := ask(t, bridge, request(t, http.MethodPost, "/reservations", tinyCart)).wantProblem(tc.plain, tc.kind)
		ask(t, bridge, eventRequest(t, modeBinary, "/", commandEvent(events.TypeReserve, "k", tinyCart))).wantProblem(tc.event, tc.kind)
		if !strings.Contains(told.Detail, tc.says) {
			t.Errorf("verdict %d: told %q", verdict, told.Detail)
		}
		if told.ReservationID != "" {
			t.Errorf("verdict %d: nothing was made, and %s is named", verdict, told.ReservationID)
		}
	}
}

// At the bound of the journal new carts wait, and what was decided is told.
func TestJournalFull(t *testing.T) {
	m := newMemory(t, fixedNow, func(p *stock.Policy) { p.Limit = 1 })
	bridge := newBridge(t, over(t, everywhere{Journal: m}))
	ask(t, bridge, request(t, http.MethodPost, "/reservations", pCart, "Idempotency-Key", "k")).wantProblem(503, tryLater)
	if m.core.Stock().Remembered() != 0 {
		t.Error("a cart was taken beyond the bound")
	}
}

// A cart that the API server does not store, though it stores others, is told so at once
// and counted; others are served.
func TestUnwritable(t *testing.T) {
	m := newMemory(t, fixedNow)
	poison := errors.New("too long for a stranger's policy")
	m.Server.Reject = func(p *journal.Page) error {
		if strings.Contains(string(p.Blob), "poison") {
			return poison
		}
		return nil
	}
	bridge := newBridge(t, over(t, everywhere{Journal: m}))
	before := counted(t, unwritableTotal.WithLabelValues(operationReserve))
	poisoned := strings.Replace(pCart, "cart-p", "poison", 1)
	ask(t, bridge, request(t, http.MethodPost, "/reservations", poisoned)).wantProblem(422, unwritable)
	ask(t, bridge, eventRequest(t, modeBinary, "/", commandEvent(events.TypeReserve, "k", poisoned))).wantProblem(422, unwritable)
	if got := counted(t, unwritableTotal.WithLabelValues(operationReserve)) - before; got != 2 {
		t.Errorf("%v were counted", got)
	}
	ask(t, bridge, request(t, http.MethodPost, "/reservations", pCart)).wantStatus(http.StatusCreated)
}

// An API server that never answers: callers are told to come again in time, and the command
// that comes again finds its outcome. What is known is told meanwhile.
func TestJournalHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(t, time.Now)
		bridge := newBridge(t, over(t, everywhere{Journal: m}))
		m.stall(true)
		for _, asked := range []*http.Request{
			request(t, http.MethodPost, "/reservations", pCart, "Idempotency-Key", "k"),
			request(t, http.MethodPost, "/reservations/held/release", ""),
			request(t, http.MethodPost, "/reservations/unheard/consume", ""),
			request(t, http.MethodGet, "/reservations/unheard", ""),
			eventRequest(t, modeBinary, "/", commandEvent(events.TypeReserve, "e", pCart)),
		} {
			start := time.Now()
			told := ask(t, bridge, asked).wantProblem(http.StatusServiceUnavailable, tryLater)
			if passed := time.Since(start); passed > DefaultWait || passed < DefaultWait/2 {
				t.Errorf("%s %s: gave up after %s", asked.Method, asked.URL, passed)
			}
			if reserves := asked.URL.Path == "/reservations" || asked.URL.Path == "/"; reserves != (told.ReservationID != "") {
				t.Errorf("%s: tells %q as the reservation that may have been made", asked.URL, told.ReservationID)
			}
		}
		ask(t, bridge, request(t, http.MethodGet, "/stock/p", "")).wantStatus(http.StatusOK)
		ask(t, bridge, request(t, http.MethodGet, "/reservations/held", "")).wantStatus(http.StatusOK)
		m.stall(false)
		ask(t, bridge, request(t, http.MethodPost, "/reservations", pCart, "Idempotency-Key", "k")).wantStatus(http.StatusCreated)
		ask(t, bridge, request(t, http.MethodPost, "/reservations", pCart, "Idempotency-Key", "k")).wantStatus(http.StatusCreated)
		level := ask(t, bridge, request(t, http.MethodGet, "/stock/p", "")).wantStatus(http.StatusOK)
		// What was under way was carried out, what nobody waited for any more was not.
		if want := `{"productId":"p","available":2,"reserved":3}`; level.body != want {
			t.Errorf("%s, want %s", level.body, want)
		}
	})
}

// A caller that hangs up ends the wait, and leaves nothing behind that waits.
func TestCallerGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(t, fixedNow)
		bridge := newBridge(t, over(t, everywhere{Journal: m}))
		m.stall(true)
		asks := m.asks()
		ctx, hangUp := context.WithCancel(t.Context())
		done := make(chan answer)
		go func() { done <- ask(t, bridge, request(t, http.MethodPost, "/reservations", pCart).WithContext(ctx)) }()
		synctest.Wait()
		if m.asks() == asks {
			t.Fatal("it does not wait for the journal")
		}
		hangUp()
		if got := <-done; got.status != http.StatusServiceUnavailable {
			t.Errorf("status %d", got.status)
		}
		m.stall(false)
		if waiting := m.core.Waiting(); waiting != 0 {
			t.Errorf("%d requests are left", waiting)
		}
	})
}

// While this process does not know its namespaces nothing is told.
func TestNotReady(t *testing.T) {
	options := offline(t)
	var reason error
	options.Ready = func() error { return reason }
	bridge := newBridge(t, options)
	event := commandEvent(events.TypeStockLevelGet, "q", `{"productId":"p"}`)
	for name, fresh := range map[string]func() *http.Request{
		"readyz": func() *http.Request { return request(t, http.MethodGet, "/readyz", "") },
		"stock":  func() *http.Request { return request(t, http.MethodGet, "/stock/p", "") },
		"event":  func() *http.Request { return eventRequest(t, modeBinary, "/", event) },
	} {
		reason = errors.New("namespaces are still listed")
		told := ask(t, bridge, fresh()).wantProblem(http.StatusServiceUnavailable, tryLater)
		if !strings.Contains(told.Detail, reason.Error()) {
			t.Errorf("%s: told %q", name, told.Detail)
		}
		reason = nil
		ask(t, bridge, fresh()).wantStatus(http.StatusOK)
	}
	reason = errors.New("namespaces are still listed")
	for _, path := range []string{"/healthz", "/livez"} {
		ask(t, bridge, request(t, http.MethodGet, path, "")).wantStatus(http.StatusOK)
	}
}

// Asked to be verbose, it lists what it waits for.
func TestReadyVerbose(t *testing.T) {
	options := offline(t)
	var reason error
	options.Checks = []Check{{"watches", func() error { return nil }}, {"namespaces", func() error { return reason }}}
	bridge := newBridge(t, options)
	for _, tt := range []struct {
		reason error
		status int
		want   string
	}{
		{nil, http.StatusOK, "[+]watches ok\n[+]namespaces ok\nreadyz check passed\n"},
		{errors.New("none is known"), http.StatusServiceUnavailable, "[+]watches ok\n[-]namespaces failed: none is known\nreadyz check failed\n"},
	} {
		reason = tt.reason
		told := ask(t, bridge, request(t, http.MethodGet, "/readyz?verbose", "")).wantStatus(tt.status)
		if got := told.body; got != tt.want {
			t.Errorf("told %q, want %q", got, tt.want)
		}
	}
}

// Before a journal was read, nothing is told from it: not even that something is unknown.
func TestJournalNotRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		leader := newMemory(t, time.Now)
		m := newIdle(leader.Server, time.Now)
		bridge := newBridge(t, over(t, everywhere{Journal: m}))
		for _, path := range []string{"/stock/p", "/stock/unheard", "/reservations/held", "/reservations/unheard"} {
			start := time.Now()
			ask(t, bridge, request(t, http.MethodGet, path, "")).wantProblem(http.StatusServiceUnavailable, tryLater)
			if passed := time.Since(start); passed > patience {
				t.Errorf("%s: told after %s", path, passed)
			}
		}
		m.mu.Lock()
		m.perform(m.core.Start())
		m.mu.Unlock()
		ask(t, bridge, request(t, http.MethodGet, "/stock/p", "")).wantStatus(http.StatusOK)
		ask(t, bridge, request(t, http.MethodGet, "/reservations/held", "")).wantStatus(http.StatusOK)
	})
}

// A journal that somebody damaged answers nobody, and says at once who has to act.
func TestJournalDamaged(t *testing.T) {
	leader := newMemory(t, fixedNow)
	for name := range leader.Server.Pages {
		leader.Server.Edit(name, func(p *journal.Page) { p.Broken = "edited by hand" })
	}
	m := followMemory(leader.Server, fixedNow)
	bridge := newBridge(t, over(t, everywhere{Journal: m}))
	for _, asked := range []*http.Request{
		request(t, http.MethodPost, "/reservations", pCart), request(t, http.MethodPost, "/reservations/held/release", ""),
		request(t, http.MethodGet, "/reservations/held", ""), request(t, http.MethodGet, "/stock/p", ""),
	} {
		if told := ask(t, bridge, asked).wantProblem(http.StatusServiceUnavailable, tryLater); !strings.Contains(told.Detail, "damaged") {
			t.Errorf("%s: told %q", asked.URL, told.Detail)
		}
	}
}

// A namespace in which nothing ever was is told from one of which nothing was heard yet.
func TestQueryBeginsNothing(t *testing.T) {
	bridge := newBridge(t, over(t, everywhere{}))
	ask(t, bridge, request(t, http.MethodGet, "/stock/p", "")).wantProblem(http.StatusNotFound, notFound)
	ask(t, bridge, request(t, http.MethodGet, "/reservations/r", "")).wantProblem(http.StatusNotFound, notFound)
}

// A panic ends in a problem document, and is counted.
func TestPanic(t *testing.T) {
	bridge := newBridge(t, over(t, everywhere{Journal: &panicking{newIdle(journaltest.NewServer(), fixedNow)}}))
	ask(t, bridge, request(t, http.MethodPost, "/reservations", tinyCart)).wantProblem(http.StatusInternalServerError, internal)
}

type panicking struct{ Journal }

func (*panicking) Read(func(*stock.State, *journal.Log)) { panic("boom") }

func TestOptionsAreChecked(t *testing.T) {
	for name, spoil := range map[string]func(*Options){
		"no namespaces": func(o *Options) { o.Namespaces = nil },
		"no objects":    func(o *Options) { o.Objects = nil },
		"no readiness":  func(o *Options) { o.Ready = nil },
		"no namespace":  func(o *Options) { o.DefaultNamespace = "" },
		"not served":    func(o *Options) { o.Serves = func(string) bool { return false } },
		"bad wait":      func(o *Options) { o.Wait = -1 },
		"bad hold":      func(o *Options) { o.DefaultHold = -1 },
		"bad bound":     func(o *Options) { o.MaxInFlight = -1 },
		"bad share":     func(o *Options) { o.MaxInFlightPerCaller = -1 },
	} {
		options := offline(t)
		spoil(&options)
		if _, err := New(options); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}
