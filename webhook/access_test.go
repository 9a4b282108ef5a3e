package webhook

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2"
	"github.com/go-logr/logr"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/client-go/rest"

	"github.com/acme/inventory-service/api/events"
	"github.com/acme/inventory-service/internal/access"
	"github.com/acme/inventory-service/internal/contract"
	"github.com/acme/inventory-service/internal/controlplane"
	"github.com/acme/inventory-service/internal/controlplane/controlplanetest"
	"github.com/acme/inventory-service/internal/stock"
)

const audience = "inventory-bridge"

// newAccess has callers reviewed under the rights of the operator's own ServiceAccount.
func newAccess(t *testing.T, cp *controlplane.ControlPlane) Access {
	t.Helper()
	operator := controlplanetest.NewAccount(t, cp, "inventory-system", "inventory-operator")
	config := rest.CopyConfig(cp.RESTConfig())
	config.BearerToken = operator.Token()
	control, err := access.New(config, audience)
	if err != nil {
		t.Fatal(err)
	}
	until(t, func() bool { // the API server learns of the operator's roles by a watch
		_, err := control.Authenticate(t.Context(), "token")
		_, askError := control.Allowed(t.Context(), &user.DefaultInfo{Name: "anybody"}, access.Right{})
		return errors.Join(err, askError) == nil
	})
	return control
}

// guarded are a bridge's options that has callers reviewed.
func (s *store) guarded(t *testing.T) Options {
	t.Helper()
	o := s.options()
	o.Access = newAccess(t, controlplanetest.Shared(t))
	return o
}

// accountWith is a ServiceAccount of a namespace that has a role there.
func accountWith(t *testing.T, namespace, role string) controlplanetest.Account {
	t.Helper()
	account := controlplanetest.NewAccount(t, controlplanetest.Shared(t), namespace, role)
	account.Bind(namespace, role)
	return account
}

func bearer(token string) []string { return []string{"Authorization", "Bearer " + token} }

// authorized adds a token to a request.
func authorized(r *http.Request, token string) *http.Request {
	r.Header.Set("Authorization", "Bearer "+token)
	return r
}

func postedBatch(t *testing.T, path string, batch ...cloudevents.Event) *http.Request {
	t.Helper()
	body, err := json.Marshal(batch)
	if err != nil {
		t.Fatal(err)
	}
	return request(t, http.MethodPost, path, string(body), "Content-Type", cloudevents.ApplicationCloudEventsBatchJSON)
}

// Whose token is none of this service's is told 401, whatever is asked and however, and
// nothing is done. That the bridge is there, and what it serves, everybody is told.
func TestUnauthenticated(t *testing.T) {
	s := newStore(t)
	bridge := newBridge(t, s.guarded(t))
	account := accountWith(t, s.namespace, "inventory-client")
	valid := account.Token(audience)
	at := s.position()
	const noToken, badToken = `Bearer realm="inventory"`, `Bearer realm="inventory", error="invalid_token"`
	for name, c := range map[string]struct {
		headers   []string
		challenge string
	}{
		"missing":               {nil, noToken},
		"empty":                 {bearer(""), badToken},
		"of another scheme":     {[]string{"Authorization", "Basic dXNlcjpwYXNz"}, badToken},
		"no token's text":       {bearer("a b"), badToken},
		"of quotes":             {bearer(`"` + valid + `"`), badToken},
		"twice":                 {append(bearer(valid), bearer(valid)...), badToken},
		"made up":               {bearer("e30.e30.e30"), badToken},
		"expired":               {bearer(account.TokenUntil(time.Now().Add(-time.Hour), audience)), badToken},
		"for another audience":  {bearer(account.Token("others")), badToken},
		"for the API server":    {bearer(account.Token()), badToken},
		"signed by nobody":      {bearer(valid[:strings.LastIndex(valid, ".")+1] + "AAAA"), badToken},
		"of the administrator":  {bearer(s.config.BearerToken), badToken},
		"in a query, not there": {[]string{"X-Authorization", "Bearer " + valid}, noToken},
	} {
		t.Run(name, func(t *testing.T) {
			for _, r := range []*http.Request{
				request(t, http.MethodPost, "/reservations", cart),
				request(t, http.MethodPost, "/reservations/r/release", ""),
				request(t, http.MethodPost, "/namespaces/"+s.namespace+"/reservations/r/consume", ""),
				request(t, http.MethodGet, "/reservations/r", ""),
				request(t, http.MethodGet, "/stock/plenty?access_token="+valid, ""),
				eventRequest(t, modeBinary, "/", commandEvent(events.TypeReserve, "a", cart)),
				eventRequest(t, modeStructured, "/namespaces/"+s.namespace, commandEvent(events.TypeReserve, "b", cart)),
				postedBatch(t, "/", commandEvent(events.TypeReserve, "c", cart)),
				request(t, http.MethodPost, "/", "no event"),
			} {
				for i := 0; i < len(c.headers); i += 2 {
					r.Header.Add(c.headers[i], c.headers[i+1])
				}
				got := ask(t, bridge, r)
				got.wantProblem(http.StatusUnauthorized, unauthenticated)
				if challenge := got.header.Get("WWW-Authenticate"); challenge != c.challenge {
					t.Errorf("%s %s: WWW-Authenticate %q", r.Method, r.URL.Path, challenge)
				}
				if strings.Contains(got.body, valid[:20]) {
					t.Errorf("the answer tells the token: %s", got.body)
				}
			}
		})
	}
	if got := s.position(); got != at || s.count() != 0 {
		t.Errorf("the journal went on from %s to %s, with %d reservations", at, got, s.count())
	}
	ask(t, bridge, request(t, http.MethodGet, "/healthz", "")).wantStatus(http.StatusOK)
	ask(t, bridge, request(t, http.MethodGet, "/readyz", "")).wantStatus(http.StatusOK)
	ask(t, bridge, request(t, http.MethodOptions, "/", "", "WebHook-Request-Origin", "broker")).wantStatus(http.StatusOK)
	ask(t, bridge, request(t, http.MethodPost, "/reservations", cart, "authorization", "bearer "+valid)).wantStatus(http.StatusCreated)
}

// operation is one thing to ask of the bridge, in a namespace.
type operation struct {
	name string
	ask  func(t *testing.T, prefix string) *http.Request
	// done is what it is answered where it is allowed: about a reservation that there is not.
	done int
}

func operations() []operation {
	const release, consume = `{"reservationId":"8d9a1b34-29a5-4b8a-9d3c-111111111111"}`, `{"reservationId":"8d9a1b34-29a5-4b8a-9d3c-111111111111"}`
	plain := func(method, path, body string) func(t *testing.T, prefix string) *http.Request {
		return func(t *testing.T, prefix string) *http.Request { return request(t, method, prefix+path, body) }
	}
	event := func(mode, eventType, data string) func(t *testing.T, prefix string) *http.Request {
		return func(t *testing.T, prefix string) *http.Request {
			return eventRequest(t, mode, prefix+"/", commandEvent(eventType, "id-of-"+mode, data))
		}
	}
	return []operation{
		{"reserve", plain(http.MethodPost, "/reservations", tinyCart), http.StatusCreated},
		{"release", plain(http.MethodPost, "/reservations/8d9a1b34-29a5-4b8a-9d3c-111111111111/release", ""), http.StatusNotFound},
		{"consume", plain(http.MethodPost, "/reservations/8d9a1b34-29a5-4b8a-9d3c-111111111111/consume", ""), http.StatusNotFound},
		{"reservation", plain(http.MethodGet, "/reservations/8d9a1b34-29a5-4b8a-9d3c-111111111111", ""), http.StatusNotFound},
		{"stock", plain(http.MethodGet, "/stock/plenty", ""), http.StatusOK},
		{"reserve", event(modeBinary, events.TypeReserve, tinyCart), http.StatusOK},
		{"reserve", event(modeStructured, events.TypeReserve, tinyCart), http.StatusOK},
		{"release", event(modeStructured, events.TypeRelease, release), http.StatusUnprocessableEntity},
		{"consume", event(modeBinary, events.TypeConsume, consume), http.StatusUnprocessableEntity},
		{"stock", event(modeStructured, events.TypeStockLevelGet, `{"productId":"plenty"}`), http.StatusOK},
	}
}

// Each of the shipped roles allows what it says, in the namespace where it is bound, and
// nothing beyond that or anywhere else.
func TestRoles(t *testing.T) {
	here, elsewhere := newStore(t), newStore(t)
	options := here.guarded(t)
	bridge := newBridge(t, options)
	theirs := elsewhere.options()
	theirs.Access = options.Access
	theirBridge := newBridge(t, theirs)
	everything := []string{"reserve", "release", "consume", "reservation", "stock"}
	for role, may := range map[string][]string{
		"inventory-client": everything,
		"inventory-editor": everything,
		"inventory-viewer": {"reservation", "stock"},
		"":                 nil,
	} {
		t.Run("role "+role, func(t *testing.T) {
			account := controlplanetest.NewAccount(t, controlplanetest.Shared(t), here.namespace, "nobody")
			if role != "" {
				account = accountWith(t, here.namespace, role)
			}
			token := account.Token(audience)
			for _, o := range operations() {
				allowed := false
				for _, name := range may {
					allowed = allowed || name == o.name
				}
				got := ask(t, bridge, authorized(o.ask(t, "/namespaces/"+here.namespace), token))
				if allowed {
					got.wantStatus(o.done)
				} else {
					wantForbidden(t, got, account.User(), here.namespace)
				}
				got = ask(t, theirBridge, authorized(o.ask(t, "/namespaces/"+elsewhere.namespace), token))
				wantForbidden(t, got, account.User(), elsewhere.namespace)
			}
		})
	}
	if got := elsewhere.count(); got != 0 {
		t.Errorf("%d carts were reserved elsewhere", got)
	}
}

func wantForbidden(t *testing.T, got answer, name, namespace string) {
	t.Helper()
	p := got.wantProblem(http.StatusForbidden, forbidden)
	if !strings.Contains(p.Detail, name) || !strings.Contains(p.Detail, namespace) {
		t.Errorf("told %q", p.Detail)
	}
	if challenge := got.header.Get("WWW-Authenticate"); challenge != `Bearer realm="inventory", error="insufficient_scope"` {
		t.Errorf("WWW-Authenticate %q", challenge)
	}
}

// The namespace that counts is the one that a command is carried out in: Kn-Namespace opens no
// other, in no mode, and neither does a path within which it is sent.
func TestForbiddenNamespace(t *testing.T) {
	s, other := newStore(t), newStore(t)
	bridge := newBridge(t, s.guarded(t))
	account := accountWith(t, s.namespace, "inventory-client")
	token := account.Token(audience)
	for _, mode := range []string{modeBinary, modeStructured} {
		command := commandEvent(events.TypeReserve, "kn-"+mode, tinyCart)
		r := authorized(eventRequest(t, mode, "/", command), token)
		r.Header.Set(headerNamespace, other.namespace)
		wantForbidden(t, ask(t, bridge, r), account.User(), other.namespace)

		r = authorized(eventRequest(t, mode, "/namespaces/"+other.namespace, command), token)
		r.Header.Set(headerNamespace, s.namespace)
		wantForbidden(t, ask(t, bridge, r), account.User(), other.namespace)

		r = authorized(eventRequest(t, mode, "/", command), token)
		r.Header.Set(headerNamespace, s.namespace)
		ask(t, bridge, r).wantStatus(http.StatusOK)
	}
	// A namespace that there is not is told apart from others to those alone who may use it.
	wantForbidden(t, ask(t, bridge, request(t, http.MethodGet, "/namespaces/nowhere/stock/plenty", "", bearer(token)...)), account.User(), "nowhere")
	wantForbidden(t, ask(t, bridge, request(t, http.MethodPost, "/namespaces/nowhere/reservations", tinyCart, bearer(token)...)), account.User(), "nowhere")
	if s.count() != 2 || other.count() != 0 {
		t.Errorf("%d and %d carts", s.count(), other.count())
	}
}

// Each event of a batch is allowed or refused on its own.
func TestForbiddenInBatch(t *testing.T) {
	s, other := newStore(t), newStore(t)
	bridge := newBridge(t, s.guarded(t))
	viewer := accountWith(t, s.namespace, "inventory-viewer")
	batch := []cloudevents.Event{
		commandEvent(events.TypeStockLevelGet, "1", `{"productId":"plenty"}`),
		commandEvent(events.TypeReserve, "2", tinyCart),
		commandEvent(events.TypeStockLevelGet, "3", `{"productId":"few"}`),
	}
	read := func(got answer) (replies []cloudevents.Event) {
		got.wantStatus(http.StatusOK).into(&replies)
		return replies
	}
	replies := read(ask(t, bridge, authorized(postedBatch(t, "/", batch...), viewer.Token(audience))))
	if len(replies) != 3 || replies[0].Type() != events.TypeStockLevel || replies[1].Type() != events.TypeFailed || replies[2].Type() != events.TypeStockLevel {
		t.Fatalf("%s", replies)
	}
	var p problem
	if err := json.Unmarshal(replies[1].Data(), &p); err != nil || p.Status != http.StatusForbidden || p.Type != contract.ProblemBase+forbidden.Slug {
		t.Errorf("%+v, %v", p, err)
	}
	// In another namespace all of them are refused, one by one.
	token := accountWith(t, s.namespace, "inventory-client").Token(audience)
	byPath := authorized(postedBatch(t, "/namespaces/"+other.namespace, batch...), token)
	byPath.Header.Set(headerNamespace, s.namespace)
	byHeader := authorized(postedBatch(t, "/", batch...), token)
	byHeader.Header.Set(headerNamespace, other.namespace)
	for _, r := range []*http.Request{byPath, byHeader} {
		for _, reply := range read(ask(t, bridge, r)) {
			if reply.Type() != events.TypeFailed || !strings.Contains(string(reply.Data()), other.namespace) {
				t.Errorf("%s", reply)
			}
		}
	}
	if s.count() != 0 || other.count() != 0 {
		t.Errorf("%d and %d carts", s.count(), other.count())
	}
}

// deaf is an Access that gets no answer.
type deaf struct{ knows user.Info }

var errDeaf = errors.New("the API server hangs")

func (d deaf) Authenticate(ctx context.Context, _ string) (user.Info, error) {
	if d.knows != nil {
		return d.knows, nil
	}
	<-ctx.Done()
	return nil, errDeaf
}

func (d deaf) Allowed(ctx context.Context, _ user.Info, _ access.Right) (bool, error) {
	<-ctx.Done()
	return false, errDeaf
}

// Who asks, or what they may do, cannot be told: nobody is let through or turned away for good,
// and the answer comes within the time that the caller has.
func TestAccessUnknown(t *testing.T) {
	for name, unknown := range map[string]deaf{"who asks": {}, "what they may do": {knows: &user.DefaultInfo{Name: "jo"}}} {
		t.Run(name, func(t *testing.T) {
			o := offline(t)
			o.Access, o.Wait = unknown, 50*time.Millisecond
			bridge := newBridge(t, o)
			ask(t, bridge, request(t, http.MethodGet, "/stock/p", "", bearer("token")...)).wantProblem(http.StatusServiceUnavailable, tryLater)
			ask(t, bridge, request(t, http.MethodPost, "/reservations", pCart, bearer("token")...)).wantProblem(http.StatusServiceUnavailable, tryLater)
			ask(t, bridge, authorized(eventRequest(t, modeBinary, "/", commandEvent(events.TypeReserve, "a", pCart)), "token")).
				wantProblem(http.StatusServiceUnavailable, tryLater)
			ask(t, bridge, authorized(postedBatch(t, "/", commandEvent(events.TypeReserve, "a", pCart)), "token")).
				wantProblem(http.StatusServiceUnavailable, tryLater)
		})
	}
}

// An operation of which nobody has said what it takes is done for nobody.
func TestOperationsHaveRights(t *testing.T) {
	o := offline(t)
	o.Access = deaf{knows: &user.DefaultInfo{Name: "jo"}}
	options, err := o.complete()
	if err != nil {
		t.Fatal(err)
	}
	b := &bridge{Options: options, log: newOperatorLog(logr.Discard())}
	if f := asFailure(b.allowed(t.Context(), &exchange{operation: "another"}, "default")); f == nil || f.kind != internal {
		t.Errorf("%v", f)
	}
	for _, m := range contract.Messages() {
		if _, ok := contract.RightOf(m.Operation); m.Taken() && !ok {
			t.Errorf("what does %s take?", m.Operation)
		}
	}
	for _, route := range contract.Routes() {
		if _, ok := contract.RightOf(route.Operation); ok == route.Public && !route.ByEvent() {
			t.Errorf("route %s is public: %v; its operation takes a right: %v", route.ID, route.Public, ok)
		}
	}
}

// A standby reviews the caller before anything is forwarded, and the leader does it again, by
// the token that travels along. Other credentials do not.
func TestForwardedIsReviewedTwice(t *testing.T) {
	p := newPair(t)
	guard := newAccess(t, controlplanetest.Shared(t))
	options := p.first.options(p.namespace)
	options.Access = guard
	leader := newBridge(t, options)
	var seen atomic.Pointer[http.Header]
	passing := func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
		header := r.Header.Clone()
		seen.Store(&header)
		leader.ServeHTTP(w, r)
	}
	p.first.around.Store(&passing)
	options = p.second.options(p.namespace)
	open := newBridge(t, options)
	options.Access = guard
	standby := newBridge(t, options)
	token := accountWith(t, p.namespace, "inventory-client").Token(audience)
	stranger := controlplanetest.NewAccount(t, controlplanetest.Shared(t), p.namespace, "stranger").Token(audience)

	ask(t, standby, request(t, http.MethodPost, "/reservations", cart)).wantProblem(http.StatusUnauthorized, unauthenticated)
	ask(t, standby, request(t, http.MethodPost, "/reservations", cart, bearer(stranger)...)).wantProblem(http.StatusForbidden, forbidden)
	if taken := p.first.taken.Load(); taken != 0 {
		t.Errorf("%d requests of nobody were forwarded", taken)
	}
	const trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
	ask(t, standby, request(t, http.MethodPost, "/reservations", cart,
		append(bearer(token), "Cookie", "session=1", "Traceparent", trace, "Prefer", "wait=9")...)).wantStatus(http.StatusCreated)
	header := *seen.Load()
	if header.Get("Authorization") != "Bearer "+token || header.Get("Cookie") != "" || header.Get("Traceparent") != trace || header.Get("Prefer") != "wait=9" {
		t.Errorf("%v travels", header)
	}

	// A replica that asks nobody who they are lets nobody past the leader.
	got := ask(t, open, request(t, http.MethodPost, "/reservations", cart))
	got.wantProblem(http.StatusUnauthorized, unauthenticated)
	if challenge := got.header.Get("WWW-Authenticate"); challenge != realm {
		t.Errorf("WWW-Authenticate %q", challenge)
	}
	ask(t, open, request(t, http.MethodPost, "/reservations", cart, bearer(stranger)...)).wantProblem(http.StatusForbidden, forbidden)
	ask(t, open, request(t, http.MethodPost, "/reservations", cart, "Authorization", "Basic dXNlcjpwYXNz")).wantProblem(http.StatusUnauthorized, unauthenticated)
	if header := *seen.Load(); header.Get("Authorization") != "" {
		t.Errorf("%v travels", header)
	}
	if n := p.first.held(t); n != 1 {
		t.Errorf("%d carts", n)
	}
}

// byToken knows each caller by its token, and answers what they may do when it is told to.
type byToken struct {
	entered chan string
	answer  chan struct{}
}

func (byToken) Authenticate(_ context.Context, token string) (user.Info, error) {
	return &user.DefaultInfo{Name: token}, nil
}

func (b byToken) Allowed(_ context.Context, who user.Info, _ access.Right) (bool, error) {
	b.entered <- who.GetName()
	<-b.answer
	return true, nil
}

// What a known caller has in flight counts for nobody else at its address, such as a broker's.
func TestKnownCallersInFlight(t *testing.T) {
	o := offline(t)
	callers := byToken{entered: make(chan string), answer: make(chan struct{})}
	o.Access, o.MaxInFlightPerCaller = callers, 1
	bridge := newBridge(t, o)
	stock := func(name string) *http.Request { return request(t, http.MethodGet, "/stock/p", "", bearer(name)...) }
	var asking sync.WaitGroup
	for _, name := range []string{"jo", "kim"} {
		asking.Go(func() { ask(t, bridge, stock(name)).wantStatus(http.StatusOK) })
		await(t, callers.entered)
		ask(t, bridge, stock(name)).wantProblem(http.StatusTooManyRequests, tooManyRequests)
	}
	close(callers.answer)
	asking.Wait()
}

// Who reserved, released and consumed is journaled, and shown to those who may see the
// reservation. No event tells it.
func TestActors(t *testing.T) {
	s := newStore(t)
	bridge := newBridge(t, s.guarded(t))
	shop, warehouse := accountWith(t, s.namespace, "inventory-client"), accountWith(t, s.namespace, "inventory-editor")
	ofShop, ofWarehouse := shop.Token(audience), warehouse.Token(audience)

	command := commandEvent(events.TypeReserve, "1", `{"cartId":"c","items":[{"productId":"plenty","quantity":3}]}`)
	outcome := ask(t, bridge, authorized(eventRequest(t, modeStructured, "/", command), ofShop)).event()
	id := outcome.Subject()
	part := `{"items":[{"productId":"plenty","quantity":1}]}`
	ask(t, bridge, request(t, http.MethodPost, "/reservations/"+id+"/release", part, bearer(ofShop)...)).wantStatus(http.StatusOK)
	consume := commandEvent(events.TypeConsume, "2", `{"reservationId":"`+id+`"}`)
	consumed := ask(t, bridge, authorized(eventRequest(t, modeBinary, "/", consume), ofWarehouse)).event()
	for _, event := range []cloudevents.Event{outcome, consumed} {
		if strings.Contains(event.String(), "serviceaccount") {
			t.Errorf("%s", event)
		}
	}
	// Who repeats a command has done nothing.
	ask(t, bridge, authorized(eventRequest(t, modeStructured, "/", command), ofWarehouse)).wantStatus(http.StatusOK)
	ask(t, bridge, request(t, http.MethodPost, "/reservations/"+id+"/consume", "", bearer(ofShop)...)).wantStatus(http.StatusOK)

	var told struct{ RequestedBy, ReleasedBy, ConsumedBy string }
	ask(t, bridge, request(t, http.MethodGet, "/reservations/"+id, "", bearer(ofShop)...)).wantStatus(http.StatusOK).into(&told)
	if told.RequestedBy != shop.User() || told.ReleasedBy != shop.User() || told.ConsumedBy != warehouse.User() {
		t.Errorf("%+v", told)
	}
	if status := s.get(t, id).Status; status.RequestedBy != shop.User() || status.ReleasedBy != shop.User() || status.ConsumedBy != warehouse.User() {
		t.Errorf("%+v", status)
	}
	refused := ask(t, bridge, request(t, http.MethodPost, "/reservations", `{"cartId":"c","items":[{"productId":"none","quantity":1}]}`, bearer(ofShop)...))
	var short struct{ ReservationID string }
	refused.wantStatus(http.StatusConflict).into(&short)
	if status := s.get(t, short.ReservationID).Status; status.RequestedBy != shop.User() {
		t.Errorf("%+v", status)
	}
}

// Whose name the journal cannot keep does nothing: the audit trail names everybody in full.
func TestLongName(t *testing.T) {
	o := offline(t)
	o.Access = byToken{}
	token := strings.Repeat("x", stock.MaxActor+1)
	ask(t, newBridge(t, o), request(t, http.MethodPost, "/reservations", pCart, bearer(token)...)).wantProblem(http.StatusForbidden, forbidden)
}
