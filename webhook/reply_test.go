package webhook

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/acme/inventory-service/api/events"
	v1 "github.com/acme/inventory-service/api/v1"
)

// Which commands are answered with an event, by the flag, by whether there is a sink, and by
// what the caller prefers.
func TestReply(t *testing.T) {
	const full, async = "return=representation", "respond-async"
	type asked struct {
		reply  Reply
		sink   bool
		prefer string
		// ends says that releases are sent, too.
		ends bool
	}
	for _, tc := range []struct {
		asked
		reserve, change int
	}{
		{asked{"", false, "", false}, 200, 200},
		{asked{ReplyAuto, false, "", false}, 200, 200},
		{asked{ReplyAuto, true, "", false}, 202, 200},
		{asked{ReplyAuto, true, "reply", false}, 202, 200},
		{asked{ReplyAuto, true, full, false}, 200, 200},
		{asked{ReplyAuto, true, "", true}, 202, 202},
		{asked{ReplyAuto, true, full, true}, 200, 200},
		{asked{ReplyAuto, false, "", true}, 200, 200},
		{asked{ReplyAlways, true, "", false}, 200, 200},
		{asked{ReplyNever, false, "", false}, 202, 202},
		{asked{ReplyNever, true, full, false}, 202, 202},
		{asked{ReplyAlways, false, async, false}, 202, 202},
		{asked{ReplyAuto, false, async + ", " + full, false}, 202, 202},
	} {
		s := newStore(t)
		options := s.options()
		options.Reply, options.Sends = tc.reply, sends(tc.sink)
		options.SendsReleased = tc.ends
		bridge := newBridge(t, options)
		send := func(eventType, id, data string) answer {
			r := eventRequest(t, modeBinary, "/", commandEvent(eventType, id, data))
			r.Header.Set("Prefer", tc.prefer)
			return ask(t, bridge, r)
		}
		check := func(what string, want int, got answer) {
			t.Helper()
			if got.wantStatus(want); want == http.StatusAccepted && (got.body != "" || got.header.Get("ce-id") != "") {
				t.Errorf("%+v: a %s is answered %q", tc.asked, what, got.body)
			}
			if located := got.header.Get("Location") != ""; located != strings.HasPrefix(tc.prefer, async) {
				t.Errorf("%+v: a %s is located %t", tc.asked, what, located)
			}
		}
		check("cart", tc.reserve, send(events.TypeReserve, "k", tinyCart))
		check("cart that comes again", tc.reserve, send(events.TypeReserve, "k", tinyCart))
		check("refused cart", tc.reserve, send(events.TypeReserve, "k2", `{"cartId":"c","items":[{"productId":"none","quantity":1}]}`))
		id := identity{source: commandEvent(events.TypeReserve, "k", tinyCart).Source(), id: "k"}
		if r := s.get(t, id.uuid()); r.CurrentPhase() != v1.PhaseReserved {
			t.Errorf("%+v: before it is answered it is %s", tc.asked, r.CurrentPhase())
		}
		check("release", tc.change, send(events.TypeRelease, "r", `{"reservationId":"`+id.uuid()+`"}`))
		query := send(events.TypeStockLevelGet, "q", `{"productId":"plenty"}`)
		if query.event().Type() != events.TypeStockLevel {
			t.Errorf("%+v: a query is answered %s", tc.asked, query.body)
		}
	}
}

// Plain HTTP is answered in full, but for callers who do not want to wait for it.
func TestPlainReply(t *testing.T) {
	s := newStore(t)
	options := s.options()
	options.Reply, options.Sends = ReplyNever, sends(true)
	bridge := newBridge(t, options)
	got := ask(t, bridge, request(t, http.MethodPost, "/reservations", tinyCart))
	var reserved events.InventoryReserved
	got.wantStatus(http.StatusCreated).into(&reserved)
	for _, path := range []string{"/reservations", "/reservations/" + reserved.ReservationID + "/consume"} {
		body := ""
		if path == "/reservations" {
			body = tinyCart
		}
		got := ask(t, bridge, request(t, http.MethodPost, path, body, "Prefer", "respond-async")).wantStatus(http.StatusAccepted)
		if got.body != "" || got.header.Get("Preference-Applied") != "respond-async" {
			t.Errorf("%s: %v %q", path, got.header, got.body)
		}
		ask(t, bridge, request(t, http.MethodGet, got.header.Get("Location"), "")).wantStatus(http.StatusOK)
	}
}

// Whoever does not wait for what becomes of an order is told where to find its reservations.
func TestReplyAboutOrder(t *testing.T) {
	for order, send := range map[string]func(order string) *http.Request{
		"released by an event": func(order string) *http.Request {
			return eventRequest(t, modeBinary, "/", commandEvent(events.TypeRelease, "r", `{"orderId":"`+order+`"}`))
		},
		"consumed &?=é": func(order string) *http.Request {
			return eventRequest(t, modeStructured, "/namespaces/shop", commandEvent(events.TypeConsume, "c", `{"orderId":"`+order+`"}`))
		},
		"released": func(order string) *http.Request {
			return request(t, http.MethodPost, "/orders/"+url.PathEscape(order)+"/release", "")
		},
		"consumed": func(order string) *http.Request {
			return request(t, http.MethodPost, "/namespaces/shop/orders/"+url.PathEscape(order)+"/consume", "")
		},
	} {
		cart := `{"cartId":"c","orderId":"` + order + `","items":[{"productId":"a/b %","quantity":1}]}`
		bridge := newBridge(t, offline(t))
		ask(t, bridge, request(t, http.MethodPost, "/reservations", cart)).wantStatus(http.StatusCreated)
		r := send(order)
		r.Header.Set("Prefer", "respond-async")
		got := ask(t, bridge, r).wantStatus(http.StatusAccepted)
		if got.body != "" || got.header.Get("Preference-Applied") != "respond-async" {
			t.Errorf("%s: %v %q", order, got.header, got.body)
		}
		var there found
		ask(t, bridge, request(t, http.MethodGet, got.header.Get("Location"), "")).wantStatus(http.StatusOK).into(&there)
		if len(there.Reservations) != 1 || there.Reservations[0].OrderID != order || there.Reservations[0].Phase == v1.PhaseReserved {
			t.Errorf("at %s is %+v", got.header.Get("Location"), there)
		}
	}
}

// A sender that asks before it sends is told that it may.
func TestHandshake(t *testing.T) {
	bridge := newBridge(t, offline(t))
	for _, path := range []string{"/", "/namespaces/shop", "/namespaces/shop/"} {
		got := ask(t, bridge, request(t, http.MethodOptions, path, "", "WebHook-Request-Origin", "eventemitter.example.com", "WebHook-Request-Rate", "120"))
		got.wantStatus(http.StatusOK)
		if got.header.Get("WebHook-Allowed-Origin") != "eventemitter.example.com" || got.header.Get("WebHook-Allowed-Rate") != "*" || got.header.Get("Allow") != "POST, OPTIONS" {
			t.Errorf("%s: %v", path, got.header)
		}
		if got := ask(t, bridge, request(t, http.MethodOptions, path, "")).wantStatus(http.StatusOK); got.header.Get("WebHook-Allowed-Origin") != "" {
			t.Errorf("%s: nobody asked, and %v", path, got.header)
		}
	}
}

// A broker names its namespace in a header, where the path does not.
func TestNamespaceOfTheBroker(t *testing.T) {
	s := newStore(t)
	options := s.options()
	options.DefaultNamespace = "elsewhere"
	options.Serves = func(namespace string) bool { return namespace == s.namespace || namespace == "elsewhere" }
	bridge := newBridge(t, options)
	send := func(path, namespace string) answer {
		r := eventRequest(t, modeBinary, path, commandEvent(events.TypeStockLevelGet, "q", `{"productId":"plenty"}`))
		r.Header.Set("Kn-Namespace", namespace)
		return ask(t, bridge, r)
	}
	if reply := send("/", s.namespace).event(); reply.Source() != events.StockSource(s.namespace) {
		t.Errorf("%s", reply)
	}
	if reply := send("/namespaces/"+s.namespace, "elsewhere").event(); reply.Source() != events.StockSource(s.namespace) {
		t.Errorf("%s", reply)
	}
	send("/", "not-ours").wantProblem(http.StatusBadRequest, invalid)
	send("/", "No namespace").wantProblem(http.StatusBadRequest, invalid)
	// Plain HTTP comes from no broker.
	ask(t, bridge, request(t, http.MethodGet, "/stock/plenty", "", "Kn-Namespace", s.namespace)).wantProblem(http.StatusNotFound, notFound)
}

// A command without a time came when the broker says that it arrived.
func TestTimeOfArrival(t *testing.T) {
	const early, late = "2030-01-01T00:00:00Z", "2031-01-01T00:00:00.5Z"
	for _, tc := range []struct{ time, arrival, want string }{
		{"", early, early}, {early, late, early}, {"", "yesterday", ""}, {"", "", ""},
	} {
		event := commandEvent(events.TypeReserve, "k", tinyCart)
		r := eventRequest(t, modeBinary, "/", event)
		r.Header.Del("ce-time")
		if tc.time != "" {
			r.Header.Set("ce-time", tc.time)
		}
		if tc.arrival != "" {
			r.Header.Set("ce-knativearrivaltime", tc.arrival)
		}
		m, err := read(r)
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := parseTime(tc.want); (m.at == nil) != (tc.want == "") || m.at != nil && !m.at.Equal(got) {
			t.Errorf("%+v: came at %v", tc, m.at)
		}
	}
}

// sends is Options.Sends where all namespaces send outcomes to a sink, or none.
func sends(is bool) func(string) bool { return func(string) bool { return is } }
