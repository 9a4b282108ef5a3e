package webhook

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"runtime/metrics"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/acme/inventory-service/api/events"
	"github.com/acme/inventory-service/internal/contract"
	"github.com/acme/inventory-service/internal/namespaces"
)

// Whatever is posted as a CloudEvent, the answer is one that no broker repeats,
// and a refusal is a short problem document. The API server's part is to say that
// there is no such namespace.
func FuzzEvent(f *testing.F) {
	for _, contentType := range []string{"application/cloudevents+json", "application/json", "application/cloudevents-batch+json", "text/plain; a=b", ""} {
		f.Add(contentType, "1.0", events.TypeReserve, "id", "/s", "", "x", []byte(tinyCart))
		f.Add(contentType, "", "", "", "", "noon", "", []byte(`{"specversion":"1.0","id":"i","type":"`+events.TypeStockLevelGet+`","source":"s","data":{"productId":"p"}}`))
	}
	f.Add("application/cloudevents+json", "0.3", events.TypeRelease, "id", ":", "2030-01-01T00:00:00Z", "-", []byte(`{"specversion":"0.3","data_base64":"e30="}`))
	f.Add("application/json", "1.0", events.TypeConsume, "id", "/s", "", "x", []byte(`{"reservationId":"r","items":[{"productId":"p","locationId":"l","quantity":1}]}`))
	f.Add("application/json", "1.0", events.TypeConsume, "id", "/s", "", "x", []byte(`{"reservationId":"r","items":[]}`))
	bridge := newBridge(f, nowhere(f))
	allowed := []int{http.StatusOK, http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity}
	f.Fuzz(func(t *testing.T, contentType, version, eventType, id, source, at, extension string, body []byte) {
		r := request(t, http.MethodPost, "/", string(body))
		for name, value := range map[string]string{"Content-Type": contentType, "ce-specversion": version, "ce-type": eventType, "ce-id": id, "ce-source": source, "ce-time": at, "ce-" + extension: extension} {
			if value != "" || name == "ce-" {
				r.Header.Set(name, value)
			}
		}
		got := askFrugally(t, bridge, r, len(body))
		switch {
		case !slices.Contains(allowed, got.status):
			t.Fatalf("status %d: %s", got.status, got.body)
		case got.status == http.StatusOK:
			got.event()
		default:
			got.wantWellFormed()
		}
	})
}

// plainPaths are those of the bridge; N and R stand for what a caller names.
var plainPaths = []string{
	"/reservations", "/reservations/R", "/reservations/R/release", "/reservations/R/consume", "/stock/R", "/R",
	"/namespaces/N", "/namespaces/N/", "/namespaces/N/reservations", "/namespaces/N/reservations/R",
	"/namespaces/N/reservations/R/release", "/namespaces/N/reservations/R/consume", "/namespaces/N/stock/R",
}

// Whatever is asked over plain HTTP, and however long the body is, the answer is
// none of a broken bridge: JSON, or a problem document that says what is wrong.
func FuzzPlain(f *testing.F) {
	for path := range plainPaths {
		f.Add(uint8(path), "POST", "shop", "r", "application/json", "key", []byte(tinyCart), false)
		f.Add(uint8(path), "GET", "x--", "p", "", "", []byte(nil), false)
	}
	f.Add(uint8(0), "POST", "", "", "application/json", "k", []byte(`{"cartId":"`), true)
	f.Add(uint8(2), "POST", "", "r", "", "", []byte(" "), true)
	f.Add(uint8(2), "POST", "", "r", "text/json", "", []byte(`{"items":[{"productId":"p","locationId":"l","quantity":1e9}]}`), false)
	f.Add(uint8(3), "POST", "", "a.b", "application/cloudevents+json", "", []byte(`{}`), false)
	f.Add(uint8(9), "HEAD", "..", "\xff/%", "\x00", "\n", []byte("\xff"), false)
	bridge := newBridge(f, nowhere(f))
	f.Fuzz(func(t *testing.T, path uint8, method, namespace, name, contentType, key string, body []byte, endless bool) {
		if !isToken(method) {
			t.Skip("no HTTP server passes this on")
		}
		r := request(t, method, "/", string(body))
		r.URL.Path = strings.NewReplacer("N", namespace, "R", name).Replace(plainPaths[int(path)%len(plainPaths)])
		for header, value := range map[string]string{"Content-Type": contentType, "Idempotency-Key": key} {
			if value != "" {
				r.Header.Set(header, value)
			}
		}
		sent := len(body)
		if endless && len(body) > 0 {
			r.Body, r.ContentLength, sent = io.NopCloser(&endlessReader{text: body}), -1, maxBody
		}
		got := askFrugally(t, bridge, r, sent)
		switch {
		case got.status == http.StatusOK && json.Valid([]byte(got.body)):
		case got.status >= 400 && got.status < 500:
			got.wantWellFormed()
		default:
			t.Errorf("%s %q: %d %s", method, r.URL.Path, got.status, got.body)
		}
	})
}

// nowhere are the options of a bridge whose API server has no namespaces. It has stock in
// memory nevertheless.
func nowhere(tb testing.TB) Options {
	tb.Helper()
	return over(tb, unshared{everywhere{Journal: newMemory(tb, fixedNow), missing: &namespaces.MissingError{Namespace: "shop"}}})
}

// unshared gives every query a journal of its own, as far as the bridge can tell: no proof
// waits for another.
type unshared struct{ everywhere }

func (u unshared) Find(string) (Journal, bool) {
	return &struct{ Journal }{u.Journal}, true
}

// wantWellFormed fails the test unless a refusal is a problem document that is
// complete, true to itself and fit for a dead letter.
func (a answer) wantWellFormed() {
	a.t.Helper()
	var p problem
	decoder := json.NewDecoder(bytes.NewReader([]byte(a.body)))
	decoder.DisallowUnknownFields()
	switch err := decoder.Decode(&p); {
	case err != nil:
		a.t.Errorf("%d %q: %v", a.status, a.body, err)
	case a.header.Get("Content-Type") != contentTypeProblem || a.header.Get("Content-Length") != strconv.Itoa(len(a.body)+1):
		a.t.Errorf("the header is %v", a.header)
	case p.Status != a.status || !strings.HasPrefix(p.Type, contract.ProblemBase) || p.Title == "" || p.Detail == "":
		a.t.Errorf("status %d: %+v", a.status, p)
	case len(p.Errors) > 0 && p.Field != p.Errors[0].Field:
		a.t.Errorf("the first field of %+v is another", p)
	case len(a.body) > maxProblem:
		a.t.Errorf("%d bytes: %s", len(a.body), a.body)
	}
}

// askFrugally asks, and fails the test if the answer took memory out of all
// proportion to the body.
func askFrugally(t *testing.T, handler http.Handler, r *http.Request, sent int) answer {
	t.Helper()
	before := allocated()
	got := ask(t, handler, r)
	if taken, most := allocated()-before, uint64(4<<20+64*sent); taken > most {
		t.Errorf("%d bytes were taken for a body of %d: at most %d", taken, sent, most)
	}
	return got
}

// allocated is how many bytes this process ever took from the heap.
func allocated() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// endlessReader repeats a text for ever.
type endlessReader struct {
	text []byte
	at   int
}

func (r *endlessReader) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		copied := copy(p[n:], r.text[r.at:])
		n, r.at = n+copied, (r.at+copied)%len(r.text)
	}
	return n, nil
}

// isToken tells whether a method is one that HTTP can transport.
func isToken(method string) bool {
	for _, c := range []byte(method) {
		if c <= ' ' || c > '~' || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, rune(c)) {
			return false
		}
	}
	return method != "" && method != http.MethodConnect
}
