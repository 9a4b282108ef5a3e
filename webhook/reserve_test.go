package webhook

import (
	"net/http"
	"path"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/acme/inventory-service/api/events"
	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/test/fixture"
)

const (
	cart     = `{"cartId":"cart-1","customerId":"u-1","orderId":"o-1","holdFor":"1h","items":[{"productId":"plenty","quantity":2},{"productId":"few","quantity":1}]}`
	bigCart  = `{"cartId":"cart-2","items":[{"productId":"plenty","quantity":1},{"productId":"few","quantity":9},{"productId":"unheard","quantity":1}]}`
	tinyCart = `{"cartId":"cart-3","items":[{"productId":"plenty","quantity":1}]}`
	// wideCart is held at two locations: three units in the north, two in the south.
	wideCart = `{"cartId":"cart-4","items":[{"productId":"plenty","quantity":5}]}`
)

func TestReserveOverPlainHTTP(t *testing.T) {
	s := newStore(t)
	bridge := newBridge(t, s.options())

	got := ask(t, bridge, request(t, http.MethodPost, "/reservations", cart, "Content-Type", "application/json; charset=utf-8")).wantStatus(http.StatusCreated)
	var reserved events.InventoryReserved
	got.into(&reserved)
	stored := s.get(t, reserved.ReservationID)
	outcome, ok := events.Outcome(stored)
	if !ok || stored.Status.Phase != v1.PhaseReserved {
		t.Fatalf("stored: %+v", stored.Status)
	}
	if diff := cmp.Diff(string(outcome.Data()), got.body); diff != "" {
		t.Error("not the outcome's payload:", diff)
	}
	if want := "/reservations/" + stored.Name; got.header.Get("Location") != want {
		t.Errorf("Location %q, want %q", got.header.Get("Location"), want)
	}
	hold := stored.Status.ExpiresAt.Sub(stored.Status.ReservedAt.Time)
	if hold.Round(time.Second).Truncate(time.Minute) != time.Hour || stored.Spec.CustomerID != "u-1" || stored.Spec.OrderID != "o-1" {
		t.Errorf("stored for %s: %+v", hold, stored.Spec)
	}
	// What was told to be reserved reads as reserved.
	var view reservationView
	ask(t, bridge, request(t, http.MethodGet, got.header.Get("Location"), "")).wantStatus(http.StatusOK).into(&view)
	if diff := cmp.Diff(newReservationView(stored), view); diff != "" {
		t.Error(diff)
	}
}

func TestUnavailableOverPlainHTTP(t *testing.T) {
	s := newStore(t)
	bridge := newBridge(t, s.options())
	at := "/namespaces/" + s.namespace + "/reservations"

	first := ask(t, bridge, request(t, http.MethodPost, at, bigCart, "Idempotency-Key", "k-1")).wantStatus(http.StatusConflict)
	var told struct {
		problem
		events.InventoryUnavailable
	}
	first.into(&told)
	want := []events.UnavailableItem{{ProductID: "few", Requested: 9, Available: 2}, {ProductID: "unheard", Requested: 1}}
	if diff := cmp.Diff(want, told.UnavailableItems); diff != "" {
		t.Error(diff)
	}
	if told.Status != http.StatusConflict || told.CartID != "cart-2" || told.CheckedAt.IsZero() || first.header.Get("Location") != path.Join(at, told.ReservationID) {
		t.Errorf("%s at %s", first.body, first.header.Get("Location"))
	}
	// The refusal is repeated as it was, although there is stock now.
	s.receive(t, shelf{"few", "south", 100})
	s.receive(t, shelf{"unheard", "south", 100})
	again := ask(t, bridge, request(t, http.MethodPost, at, bigCart, "Idempotency-Key", "k-1")).wantStatus(http.StatusConflict)
	if diff := cmp.Diff(first.body, again.body); diff != "" {
		t.Error(diff)
	}
}

// The reply to a command is the outcome's own event, in the command's mode.
func TestReserveOverCloudEvents(t *testing.T) {
	s := newStore(t)
	bridge := newBridge(t, s.options())
	for _, mode := range []string{modeBinary, modeStructured} {
		for name, data := range map[string]string{events.TypeReserved: tinyCart, events.TypeUnavailable: bigCart} {
			t.Run(mode+" "+name, func(t *testing.T) {
				command := commandEvent(events.TypeReserve, mode+name, data)
				got := ask(t, bridge, eventRequest(t, mode, "/namespaces/"+s.namespace, command))
				if structured := got.header.Get("Content-Type") == "application/cloudevents+json"; structured != (mode == modeStructured) {
					t.Errorf("a %s command is answered as %s", mode, got.header.Get("Content-Type"))
				}
				reply := got.event()
				stored := s.get(t, reply.Subject())
				outcome, _ := events.Outcome(stored)
				if diff := cmp.Diff(outcome.String(), reply.String()); diff != "" || reply.Type() != name {
					t.Error(diff, reply.Type())
				}
				wantName := identity{source: "/shop/checkout", id: mode + name}.uuid()
				want := stock.Command{Source: "/shop/checkout", ID: stock.ID(mode + name), Hash: hashOf(t, data)[:hashDigits]}
				if diff := cmp.Diff(want, s.command(t, stored.Name)); diff != "" || stored.Name != wantName {
					t.Error(diff, stored.Name)
				}
				again := ask(t, bridge, eventRequest(t, mode, "/", command)).event()
				if diff := cmp.Diff(reply.String(), again.String()); diff != "" {
					t.Error("the answer changed:", diff)
				}
			})
		}
	}
}

func hashOf(t *testing.T, data string) string {
	t.Helper()
	command, err := events.Decoder{IDs: v1.AnyIDs}.Reserve([]byte(data))
	if err != nil {
		t.Fatal(err)
	}
	return command.Hash()
}

func TestSameIDOtherContent(t *testing.T) {
	s := newStore(t)
	bridge := newBridge(t, s.options())
	ask(t, bridge, request(t, http.MethodPost, "/reservations", tinyCart, "Idempotency-Key", "k")).wantStatus(http.StatusCreated)
	ask(t, bridge, request(t, http.MethodPost, "/reservations", cart, "Idempotency-Key", "k")).wantProblem(http.StatusConflict, idReused)
	ask(t, bridge, eventRequest(t, modeBinary, "/", commandEvent(events.TypeReserve, "k", tinyCart))).event()
	ask(t, bridge, eventRequest(t, modeBinary, "/", commandEvent(events.TypeReserve, "k", cart))).wantProblem(http.StatusUnprocessableEntity, idReused)
	if got := s.count(); got != 2 {
		t.Errorf("%d reservations, want one of each way in", got)
	}
	// Without a key, every command is one of its own.
	ask(t, bridge, request(t, http.MethodPost, "/reservations", tinyCart)).wantStatus(http.StatusCreated)
	ask(t, bridge, request(t, http.MethodPost, "/reservations", tinyCart)).wantStatus(http.StatusCreated)
	if got := s.count(); got != 4 {
		t.Errorf("%d reservations, want 4", got)
	}
}

// One command that comes many times at once is carried out once.
func TestRepeatedAtOnce(t *testing.T) {
	s := newStore(t)
	bridge := newBridge(t, s.options())
	const n = 16
	bodies := make([]string, n)
	var clients sync.WaitGroup
	for i := range n {
		clients.Go(func() {
			got := ask(t, bridge, request(t, http.MethodPost, "/reservations", cart, "Idempotency-Key", "k"))
			if got.status != http.StatusCreated {
				t.Errorf("%d: %s", got.status, got.body)
			}
			bodies[i] = got.body
		})
	}
	clients.Wait()
	for _, body := range bodies {
		if body != bodies[0] {
			t.Errorf("two answers: %s and %s", body, bodies[0])
		}
	}
	if got := s.count(); got != 1 || s.reserved("few") != 1 {
		t.Errorf("%d reservations, %d units", got, s.reserved("few"))
	}
}

// The outcome stays the first answer after the hold was given back.
func TestRepeatedAfterRelease(t *testing.T) {
	s := newStore(t)
	bridge := newBridge(t, s.options())
	first := ask(t, bridge, request(t, http.MethodPost, "/reservations", cart, "Idempotency-Key", "k")).wantStatus(http.StatusCreated)
	ask(t, bridge, request(t, http.MethodPost, first.header.Get("Location")+"/release", "")).wantStatus(http.StatusOK)
	again := ask(t, bridge, request(t, http.MethodPost, "/reservations", cart, "Idempotency-Key", "k")).wantStatus(http.StatusCreated)
	if diff := cmp.Diff(first.body, again.body); diff != "" {
		t.Error(diff)
	}
}

func TestUnknownNamespace(t *testing.T) {
	s := newStore(t)
	bridge := newBridge(t, s.options())
	for namespace, status := range map[string]int{"nowhere": http.StatusUnprocessableEntity, "Not%20a%20name": http.StatusBadRequest} {
		at := "/namespaces/" + namespace
		ask(t, bridge, request(t, http.MethodPost, at+"/reservations", cart)).wantProblem(http.StatusNotFound, notFound)
		ask(t, bridge, request(t, http.MethodGet, at+"/stock/plenty-x", "")).wantProblem(http.StatusNotFound, notFound)
		ask(t, bridge, request(t, http.MethodGet, at+"/reservations/r", "")).wantProblem(http.StatusNotFound, notFound)
		ask(t, bridge, request(t, http.MethodPost, at+"/reservations/r/release", "")).wantProblem(http.StatusNotFound, notFound)
		ask(t, bridge, eventRequest(t, modeBinary, at, commandEvent(events.TypeReserve, "k", cart))).wantStatus(status)
	}
}

// What the journal is told of a command: its time, how long to hold, and whether anybody can
// repeat it.
func TestReserveRequest(t *testing.T) {
	hour := metav1.Duration{Duration: time.Hour}
	before, first := time.Unix(-1e9, 0), time.Time{}
	cases := map[string]struct {
		command reserveCommand
		want    stock.Command
		hold    time.Duration
	}{
		"CloudEvent": {
			reserveCommand{id: identity{source: "/shop", id: "k"}, at: &now, payload: &events.ReserveInventory{HoldFor: &hour}},
			stock.Command{Source: "/shop", ID: "k", Time: fixture.Moment(now)}, time.Hour,
		},
		"CloudEvent without a time": {
			reserveCommand{id: identity{source: "/shop", id: "k"}, payload: &events.ReserveInventory{}},
			stock.Command{Source: "/shop", ID: "k"}, DefaultHold,
		},
		"CloudEvent of long ago": {
			reserveCommand{id: identity{source: "/shop", id: "k"}, at: &before, payload: &events.ReserveInventory{}},
			stock.Command{Source: "/shop", ID: "k", Time: 1}, DefaultHold,
		},
		"CloudEvent of the year 1": {
			reserveCommand{id: identity{source: "/shop", id: "k"}, at: &first, payload: &events.ReserveInventory{}},
			stock.Command{Source: "/shop", ID: "k", Time: 1}, DefaultHold,
		},
		"no identity": {
			reserveCommand{id: identity{id: "made-up"}, payload: &events.ReserveInventory{}},
			stock.Command{ID: "made-up", Given: true}, DefaultHold,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := tc.command.request(DefaultHold)
			if err != nil {
				t.Fatal(err)
			}
			tc.want.Hash = tc.command.payload.Hash()[:hashDigits]
			if diff := cmp.Diff(tc.want, got.Wanted.Command); diff != "" || got.Hold != fixture.Span(tc.hold) {
				t.Error(diff, got.Hold)
			}
			again, err := tc.command.request(DefaultHold)
			if err != nil || got.Wanted.Outcome == "" || again.Wanted.Outcome == got.Wanted.Outcome {
				t.Errorf("outcomes %q and %q, %v", got.Wanted.Outcome, again.Wanted.Outcome, err)
			}
		})
	}
}

// uuids of commands are told in Reservations that live on: they never change.
func TestIdentity(t *testing.T) {
	cases := map[identity]string{
		{"a", "bc"}:                "06957102-d624-58a7-b1a6-497b02a81293",
		{"ab", "c"}:                "6193b6de-0f38-596a-9fb5-e81a52f8dd91",
		{idempotencySource, "k-1"}: "4e654d5a-2bfa-58ff-b1cf-ddeb90197324",
	}
	for id, want := range cases {
		if got := id.uuid(); got != want {
			t.Errorf("%+v: %s, want %s", id, got, want)
		}
	}
}
