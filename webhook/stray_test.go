package webhook

import (
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/acme/inventory-service/api/events"
	"github.com/acme/inventory-service/internal/contract"
)

// toldToBrokers are the statuses that a broker is ever told: it delivers again on 429 and 503 alone.
var toldToBrokers = []int{200, 202, 400, 401, 403, 413, 415, 422, 429, 503}

// Whatever the path and the method, what is answered to a CloudEvent is one of the statuses
// that brokers understand as they are meant.
func TestStatusesForBrokers(t *testing.T) {
	bridge := newBridge(t, offline(t))
	paths := []string{
		"/", "//", "/namespaces", "/namespaces/", "/namespaces/shop", "/namespaces/shop/", "/namespaces//", "/namespaces/A%2FB", "/namespace/shop", "/namespaces/shop/x",
		"/reservations", "/reservations/", "/reservations/r", "/reservations/r/release", "/reservations/r/consume", "/reservations/r/other", "/stock/p", "/stock", "/stock/..",
		"/namespaces/shop/reservations", "/namespaces/shop/stock/p", "/.", "/..", "/a/../b", "/x", "/%00", "/healthz/x",
	}
	for _, path := range paths {
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"} {
			for _, mode := range []string{modeBinary, modeStructured} {
				for _, eventType := range append(events.Types(), "com.acme.other") {
					r := eventRequest(t, mode, path, commandEvent(eventType, "k", `{"productId":"p"}`))
					r.Method = method
					if got := ask(t, bridge, r); !slices.Contains(toldToBrokers, got.status) {
						t.Errorf("%s %s of a %s: %d", method, path, eventType, got.status)
					}
				}
			}
		}
	}
}

// A CloudEvent at a path of plain HTTP is refused for good, whatever it has of a CloudEvent and
// whatever the method: a broker would send it again and have a cart held for each time.
func TestEventsAtPlainPaths(t *testing.T) {
	paths := map[string]bool{}
	for _, route := range contract.Routes() {
		if route.Namespaced && route.Path != "/{$}" {
			paths[route.Path] = true
		}
	}
	s := newStore(t)
	bridge := newBridge(t, s.options())
	before := s.position()
	command := commandEvent(events.TypeReserve, "k", tinyCart)
	batch := request(t, http.MethodPost, "/", "[]", "Content-Type", "application/cloudevents-batch+json")
	forms := map[string]*http.Request{
		"binary": eventRequest(t, modeBinary, "/", command), "structured": eventRequest(t, modeStructured, "/", command), "batch": batch,
		"attributes without version": request(t, http.MethodPost, "/", tinyCart, "Content-Type", "application/json", "ce-id", "k", "ce-source", "/shop"),
		"an extension alone":         request(t, http.MethodPost, "/", tinyCart, "Content-Type", "application/json", "Ce-Partitionkey", "k"),
		"media type in capitals":     request(t, http.MethodPost, "/", tinyCart, "Content-Type", "Application/CloudEvents+JSON"),
	}
	fill := strings.NewReplacer("{reservation}", "r", "{order}", "o", "{product}", "plenty")
	for name, form := range forms {
		for path := range paths {
			path = fill.Replace(path)
			for prefix, right := range map[string]string{"": "at /,", "/namespaces/" + s.namespace: "at /namespaces/" + s.namespace + ","} {
				for _, method := range []string{http.MethodPost, http.MethodGet, http.MethodPut} {
					r := form.Clone(t.Context())
					r.Method, r.URL.Path, r.Body = method, prefix+path, io.NopCloser(strings.NewReader(tinyCart))
					got := ask(t, bridge, r).wantProblem(http.StatusUnsupportedMediaType, unsupportedMedia)
					if !strings.Contains(got.Detail, right) {
						t.Errorf("%s, %s %s: %s", name, method, prefix+path, got.Detail)
					}
				}
			}
		}
	}
	if s.count() != 0 || s.position() != before {
		t.Errorf("%d carts, and the journal went from %s to %s", s.count(), before, s.position())
	}
}

// Every kind of failure has a status over CloudEvents that says whether to send it again.
func TestKindsOfFailures(t *testing.T) {
	again := []*kind{tryLater, archiveUnavailable, tooManyRequests, incomplete, internal}
	for _, k := range contract.Failures() {
		if k == contract.Unavailable {
			continue // an outcome
		}
		if !slices.Contains(toldToBrokers, k.Event) || (k.Event == http.StatusServiceUnavailable || k.Event == http.StatusTooManyRequests) != slices.Contains(again, k) {
			t.Errorf("%s is %d to a broker", k.Slug, k.Event)
		}
	}
}

// A body that breaks off can be sent again: nobody is told that it is broken for good.
func TestBodyBreaksOff(t *testing.T) {
	url, stop := serve(t, newBridge(t, offline(t)))
	defer func() { _ = stop() }()
	for _, tc := range []struct{ path, header, status string }{
		{"/", "ce-specversion: 1.0\r\nce-id: i\r\nce-source: /s\r\nce-type: " + events.TypeReserve, "503"},
		{"/", "Content-Type: application/cloudevents+json", "503"},
		{"/reservations", "Content-Type: application/json", "408"},
		{"/reservations/r/consume", "Content-Type: application/json", "408"},
	} {
		connection, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		_, err = io.WriteString(connection, "POST "+tc.path+" HTTP/1.1\r\nHost: x\r\n"+tc.header+"\r\nContent-Length: 100\r\n\r\n{\"cartId\"")
		if err != nil {
			t.Fatal(err)
		}
		if err := connection.(*net.TCPConn).CloseWrite(); err != nil {
			t.Fatal(err)
		}
		_ = connection.SetReadDeadline(time.Now().Add(10 * time.Second))
		answered, _ := io.ReadAll(connection)
		if !strings.HasPrefix(string(answered), "HTTP/1.1 "+tc.status+" ") {
			t.Errorf("%s: %s", tc.path, answered)
		}
		_ = connection.Close()
	}
}
