package sink

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/cloudevents/sdk-go/v2/binding"
	"github.com/cloudevents/sdk-go/v2/event"
	cehttp "github.com/cloudevents/sdk-go/v2/protocol/http"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/acme/inventory-service/api/events"
)

func testReceiver(out *bytes.Buffer) *receiver {
	s := Handler(out).(*receiver)
	s.now = func() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 6e6, time.UTC) }
	return s
}

func makeEvent(t *testing.T, kind, id string, data any) event.Event {
	t.Helper()
	e := event.New()
	e.SetType(kind)
	e.SetSource("/apis/inventory.acme.com/v1/namespaces/shop/reservations")
	e.SetID(id)
	e.SetSubject("r-1")
	if err := e.SetData(event.ApplicationJSON, data); err != nil {
		t.Fatal(err)
	}
	return e
}

func post(t *testing.T, h http.Handler, e event.Event, structured bool) *httptest.ResponseRecorder {
	t.Helper()
	ctx := t.Context()
	if structured {
		ctx = binding.WithForceStructured(ctx)
	}
	request, err := cehttp.NewHTTPRequestFromEvent(ctx, "http://sink/", e)
	if err != nil {
		t.Fatal(err)
	}
	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, request)
	return answer
}

func TestOutcomesArePrinted(t *testing.T) {
	at := metav1.NewMicroTime(time.Unix(1, 0))
	tests := map[string]struct {
		kind       string
		data       any
		structured bool
		want       string
	}{
		"reserved": {
			kind: events.TypeReserved,
			data: events.InventoryReserved{
				ReservationID: "r-1", CartID: "c-1", OrderID: "o-1", ReservedAt: at,
				Items: []events.Item{{ProductID: "mug", Quantity: 2}, {ProductID: "hat", Quantity: 1}},
			},
			want: "03:04:05.006  reserved     reservation r-1  cart c-1  order o-1  2 x mug, 1 x hat\n",
		},
		"unavailable, structured": {
			kind: events.TypeUnavailable,
			data: events.InventoryUnavailable{
				CartID: "c-2", CheckedAt: at,
				UnavailableItems: []events.UnavailableItem{{ProductID: "mug", Requested: 3, Available: 1}},
			},
			structured: true,
			want:       "03:04:05.006  unavailable  reservation r-1  cart c-2  1 of 3 x mug\n",
		},
		"another type":    {kind: "com.example.other", data: 7, want: "03:04:05.006  com.example.other  id e-1  1 bytes\n"},
		"control letters": {kind: "a\x1b[2Jb", data: 7, want: "03:04:05.006  \"a\\x1b[2Jb\"  id e-1  1 bytes\n", structured: true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			answer := post(t, testReceiver(&out), makeEvent(t, test.kind, "e-1", test.data), test.structured)
			if answer.Code != http.StatusNoContent {
				t.Errorf("answered %d %s", answer.Code, answer.Body)
			}
			if out.String() != test.want {
				t.Errorf("printed %q, want %q", out.String(), test.want)
			}
		})
	}
}

func TestDuplicatesAreMarked(t *testing.T) {
	var out bytes.Buffer
	h := testReceiver(&out)
	for _, id := range []string{"1", "2", "1"} {
		post(t, h, makeEvent(t, "x", id, 0), false)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	for i, want := range []bool{false, false, true} {
		if got := strings.HasSuffix(lines[i], "(duplicate)"); got != want {
			t.Errorf("line %d: duplicate %t, want %t: %s", i, got, want, lines[i])
		}
	}
}

func TestOthersAreRefused(t *testing.T) {
	tests := map[string]struct {
		method, contentType, body string
		want                      int
	}{
		"no event":    {http.MethodPost, "application/json", `{}`, http.StatusBadRequest},
		"broken":      {http.MethodPost, event.ApplicationCloudEventsJSON, `{`, http.StatusBadRequest},
		"a batch":     {http.MethodPost, event.ApplicationCloudEventsBatchJSON, `[]`, http.StatusBadRequest},
		"GET":         {http.MethodGet, "", ``, http.StatusMethodNotAllowed},
		"endless":     {http.MethodPost, event.ApplicationCloudEventsJSON, `{"a":"` + strings.Repeat("a", maxBody), http.StatusRequestEntityTooLarge},
		"no event id": {http.MethodPost, event.ApplicationCloudEventsJSON, `{"specversion":"1.0","type":"t","source":"s"}`, http.StatusBadRequest},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			request := httptest.NewRequest(test.method, "/", strings.NewReader(test.body))
			request.Header.Set("Content-Type", test.contentType)
			answer := httptest.NewRecorder()
			testReceiver(&out).ServeHTTP(answer, request)
			if answer.Code != test.want || out.Len() > 0 {
				t.Errorf("answered %d %q and printed %q, want %d and nothing", answer.Code, answer.Body, &out, test.want)
			}
		})
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("broken") }

func TestWhatIsNotPrintedIsNotTaken(t *testing.T) {
	if answer := post(t, Handler(brokenWriter{}), makeEvent(t, "x", "1", 0), false); answer.Code != http.StatusServiceUnavailable {
		t.Errorf("answered %d", answer.Code)
	}
}
