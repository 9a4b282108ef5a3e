package webhook

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	cloudevents "github.com/cloudevents/sdk-go/v2"

	"github.com/acme/inventory-service/api/events"
	"github.com/acme/inventory-service/internal/forward"
	"github.com/acme/inventory-service/internal/namespaces"
)

func batchRequest(t testing.TB, texts ...string) *http.Request {
	t.Helper()
	return request(t, http.MethodPost, "/", "["+strings.Join(texts, ",")+"]", "Content-Type", "application/cloudevents-batch+json; charset=utf-8")
}

func eventText(t testing.TB, eventType, id, data string) string {
	t.Helper()
	text, err := json.Marshal(commandEvent(eventType, id, data))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// batch is the answer to a batch.
func (a answer) batch() (batch []cloudevents.Event) {
	a.t.Helper()
	a.wantStatus(http.StatusOK)
	if got := a.header.Get("Content-Type"); got != "application/cloudevents-batch+json" {
		a.t.Errorf("it is %s", got)
	}
	if err := json.Unmarshal([]byte(a.body), &batch); err != nil {
		a.t.Fatal(err)
	}
	for _, event := range batch {
		if err := event.Validate(); err != nil {
			a.t.Error(err)
		}
	}
	return batch
}

// A batch is answered in its order, each event for itself, and as often as it comes the same.
func TestBatch(t *testing.T) {
	s := newStore(t)
	bridge := newBridge(t, s.options())
	texts := []string{
		eventText(t, events.TypeReserve, "fits", tinyCart),
		eventText(t, events.TypeReserve, "does not", `{"cartId":"c","items":[{"productId":"none","quantity":1}]}`),
		eventText(t, events.TypeReserve, "invalid", `{"cartId":"c"}`),
		eventText(t, events.TypeRelease, "unknown", `{"reservationId":"none-such"}`),
		eventText(t, events.TypeStockLevelGet, "question", `{"productId":"few"}`),
		eventText(t, "com.acme.other", "other", `{}`),
		`{"specversion":"1.0","id":"no source","type":"x"}`, `5`, `{"id":1,"id":2}`,
		eventText(t, events.TypeReserve, "fits", tinyCart),
	}
	want := []string{
		events.TypeReserved, events.TypeUnavailable, "400 invalid", "422 unknown", events.TypeStockLevel, "422 other", "400 no source", "400 ", "400 ", events.TypeReserved,
	}
	var first string
	for n := range 2 {
		got := ask(t, bridge, batchRequest(t, texts...))
		batch := got.batch()
		if len(batch) != len(want) {
			t.Fatalf("%d of %d: %s", len(batch), len(want), got.body)
		}
		for i, event := range batch {
			is := event.Type()
			if is == events.TypeFailed {
				var p problem
				if err := event.DataAs(&p); err != nil {
					t.Fatal(err)
				}
				id, _ := event.Extensions()["causationid"].(string)
				is = strings.Join([]string{map[int]string{400: "400", 422: "422"}[p.Status], id}, " ")
			}
			if is != want[i] {
				t.Errorf("event %d is answered %q, want %q: %s", i, is, want[i], event)
			}
		}
		if batch[0].ID() != batch[9].ID() || n > 0 && batch[0].ID() != first {
			t.Errorf("the same command is answered %s and %s", batch[0], batch[9])
		}
		first = batch[0].ID()
	}
}

// What is no batch is refused as a whole.
func TestNoBatch(t *testing.T) {
	bridge := newBridge(t, offline(t))
	for body, kind := range map[string]*kind{"": invalid, "{}": invalid, "null": invalid, "[": invalid, `["\xff"]`: invalid, "[" + strings.Repeat("{},", maxBatch) + "{}]": tooLarge} {
		r := request(t, http.MethodPost, "/", body, "Content-Type", "application/cloudevents-batch+json")
		ask(t, bridge, r).wantProblem(kind.Event, kind)
	}
	if batch := ask(t, bridge, batchRequest(t)).batch(); len(batch) != 0 {
		t.Errorf("no event is answered with %v", batch)
	}
	r := request(t, http.MethodPost, "/", "[]", "Content-Type", "application/cloudevents-batch+avro")
	ask(t, bridge, r).wantProblem(http.StatusUnsupportedMediaType, unsupportedMedia)
}

// Where one event may succeed later, the whole batch comes again.
func TestBatchComesAgain(t *testing.T) {
	m := newMemory(t, fixedNow)
	options := over(t, everywhere{Journal: m})
	bridge := newBridge(t, options)
	texts := []string{eventText(t, events.TypeReserve, "k", pCart), eventText(t, "com.acme.other", "o", `{}`)}
	m.stall(true)
	r := batchRequest(t, texts...)
	r.Header.Set("Prefer", "wait=1")
	got := ask(t, bridge, r)
	if p := got.wantProblem(http.StatusServiceUnavailable, tryLater); !strings.Contains(p.Detail, "event 0 of the batch") || got.header.Get("Retry-After") == "" {
		t.Errorf("%+v", p)
	}
	m.stall(false)
	if batch := ask(t, bridge, batchRequest(t, texts...)).batch(); batch[0].Type() != events.TypeReserved || batch[1].Type() != events.TypeFailed {
		t.Errorf("%v", batch)
	}
}

// What goes to the sink is not told in the answer too; what failed goes nowhere else.
func TestBatchWithSink(t *testing.T) {
	s := newStore(t)
	options := s.options()
	options.Sends = sends(true)
	bridge := newBridge(t, options)
	cart := eventText(t, events.TypeReserve, "k", tinyCart)
	if got := ask(t, bridge, batchRequest(t, cart)).wantStatus(http.StatusAccepted); got.body != "" {
		t.Errorf("%s", got.body)
	}
	batch := ask(t, bridge, batchRequest(t, cart, eventText(t, "com.acme.other", "o", `{}`))).batch()
	if len(batch) != 1 || batch[0].Extensions()["causationid"] != "o" {
		t.Errorf("%v", batch)
	}
}

// A replica that stops says to who forwarded a batch that another decides it, as of a single
// event.
func TestForwardedBatchOfStoppingReplica(t *testing.T) {
	options := offline(t)
	options.Namespaces = stopping{}
	bridge := newBridge(t, options)
	r := batchRequest(t, eventText(t, events.TypeReserve, "k", tinyCart), eventText(t, "com.acme.other", "o", `{}`))
	w := httptest.NewRecorder()
	forward.Receive(bridge).ServeHTTP(w, r)
	if w.Code != http.StatusServiceUnavailable || w.Header().Get(forward.HeaderNotLeading) == "" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
}

// stopping are namespaces of which nothing is told any more.
type stopping struct{}

func (stopping) Find(string) (Journal, bool) { return nil, true }

func (stopping) Open(context.Context, string) (Journal, error) { return nil, namespaces.ErrNotRunning }

func (stopping) Serves(context.Context, string) error { return namespaces.ErrNotRunning }
