package webhook

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	cloudevents "github.com/cloudevents/sdk-go/v2"
	"github.com/cloudevents/sdk-go/v2/binding"
	cehttp "github.com/cloudevents/sdk-go/v2/protocol/http"

	"github.com/acme/inventory-service/internal/contract"
)

// newBridge makes a bridge's handler, which the test asks without a network.
func newBridge(t testing.TB, options Options) http.Handler {
	t.Helper()
	handler, err := New(options)
	if err != nil {
		t.Fatal(err)
	}
	return handler
}

// answer is what a handler answered.
type answer struct {
	t      testing.TB
	status int
	header http.Header
	body   string
}

func ask(t testing.TB, handler http.Handler, r *http.Request) answer {
	t.Helper()
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	a := newAnswer(t, w)
	a.wantDescribed(r)
	return a
}

// newAnswer reads what was answered. Each document of the bridge's own ends its line.
func newAnswer(t testing.TB, w *httptest.ResponseRecorder) answer {
	t.Helper()
	a := answer{t: t, status: w.Code, header: w.Header(), body: w.Body.String()}
	contentType := a.header.Get("Content-Type")
	if contentType != contentTypeProblem && contentType != cloudevents.ApplicationCloudEventsJSON && (contentType != contentTypeJSON || a.header.Get("ce-id") != "") {
		return a
	}
	body, ends := strings.CutSuffix(a.body, "\n")
	if !ends {
		t.Errorf("no newline ends %q", a.body)
	}
	a.body = body
	return a
}

// request is a plain request. Headers are pairs of names and values.
func request(t testing.TB, method, path, body string, headers ...string) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	return r
}

// commandEvent is a command as a CloudEvent of a shop's.
func commandEvent(eventType, id, data string) cloudevents.Event {
	event := cloudevents.NewEvent()
	event.SetType(eventType)
	event.SetSource("/shop/checkout")
	event.SetID(id)
	if err := event.SetData(cloudevents.ApplicationJSON, json.RawMessage(data)); err != nil {
		panic(err)
	}
	return event
}

// eventRequest posts a CloudEvent in a mode.
func eventRequest(t testing.TB, mode, path string, event cloudevents.Event) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, nil)
	ctx := binding.WithForceBinary(t.Context())
	if mode == modeStructured {
		ctx = binding.WithForceStructured(t.Context())
	}
	if err := cehttp.WriteRequest(ctx, binding.ToMessage(&event), r); err != nil {
		t.Fatal(err)
	}
	return r
}

// wantStatus ends the test if the status is another one.
func (a answer) wantStatus(status int) answer {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("status %d, want %d: %s", a.status, status, a.body)
	}
	return a
}

// wantProblem ends the test unless the answer is a problem document of a status
// and kind, short enough for a dead letter.
func (a answer) wantProblem(status int, k *kind) problem {
	a.t.Helper()
	a.wantStatus(status)
	if got := a.header.Get("Content-Type"); got != contentTypeProblem {
		a.t.Fatalf("content type %q of %s", got, a.body)
	}
	var p problem
	a.into(&p)
	if p.Status != status || p.Type != contract.ProblemBase+k.Slug || p.Title == "" || p.Detail == "" || len(a.body) > maxProblem {
		a.t.Errorf("problem %+v of %d bytes, want %d %s", p, len(a.body), status, k.Slug)
	}
	if got := a.header.Get("Retry-After"); (got != "") != (status == http.StatusServiceUnavailable || status == http.StatusTooManyRequests) {
		a.t.Errorf("Retry-After %q", got)
	}
	return p
}

func (a answer) into(v any) {
	a.t.Helper()
	if err := json.Unmarshal([]byte(a.body), v); err != nil {
		a.t.Fatalf("%v in %s", err, a.body)
	}
}

// event reads the answer as a CloudEvent.
func (a answer) event() cloudevents.Event {
	a.t.Helper()
	a.wantStatus(http.StatusOK)
	response := &http.Response{Header: a.header, Body: http.NoBody}
	if a.body != "" {
		response.Body = httptest.NewRequestWithContext(a.t.Context(), http.MethodPost, "/", strings.NewReader(a.body)).Body
	}
	event, err := cehttp.NewEventFromHTTPResponse(response)
	if err != nil {
		a.t.Fatal(err)
	}
	if err := event.Validate(); err != nil {
		a.t.Fatal(err)
	}
	return *event
}
