package events

import (
	"encoding/json"
	"testing"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2"
	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	v1 "github.com/acme/inventory-service/api/v1"
)

// The outcome of every cart that can be asked for follows its schema, says what the
// cart said, is the same whatever becomes of the Reservation later, and comes out
// the same when it is written and read again.
func FuzzOutcome(f *testing.F) {
	for i, seed := range reserveSeeds {
		f.Add([]byte(seed), int64(i)*1e9+1, i%2 == 0, int64(i))
	}
	schemas := map[bool]string{true: TypeReserved, false: TypeUnavailable}
	reservedSchema, unavailableSchema := schemaOf(f, TypeReserved), schemaOf(f, TypeUnavailable)
	f.Fuzz(func(t *testing.T, cart []byte, nanos int64, reserved bool, available int64) {
		command, err := anyIDs.Reserve(cart)
		if err != nil {
			t.Skip("no cart")
		}
		r := decidedReservation(command, time.Unix(0, nanos), reserved, available)
		outcome, ok := Outcome(r)
		if !ok || outcome.Type() != schemas[reserved] || outcome.Validate() != nil {
			t.Fatalf("%+v", outcome)
		}
		schema := unavailableSchema
		if reserved {
			schema = reservedSchema
		}
		if err := validate(t, schema, outcome.Data()); err != nil {
			t.Errorf("%s: %v", outcome.Data(), err)
		}
		requireSameCart(t, command, outcome, reserved)

		r.Status.Phase, r.Spec.OrderID, r.Spec.Intent = v1.PhaseReleased, "later", v1.IntentRelease
		later, _ := Outcome(r)
		text, err := json.Marshal(outcome)
		if err != nil {
			t.Fatal(err)
		}
		var read cloudevents.Event
		if err := json.Unmarshal(text, &read); err != nil {
			t.Fatal(err)
		}
		for name, other := range map[string]cloudevents.Event{"later": later, "read again": read} {
			if again, err := json.Marshal(other); err != nil || string(again) != string(text) {
				t.Errorf("%s: %v (-first +then):\n%s", name, err, cmp.Diff(string(text), string(again)))
			}
		}
	})
}

func decidedReservation(command *ReserveInventory, at time.Time, reserved bool, available int64) *v1.Reservation {
	decided := metav1.NewMicroTime(at)
	r := &v1.Reservation{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "r", UID: types.UID("7d1c3fa4-223d-41d9-86c1-270e2989b101")}}
	r.Spec.CartID, r.Spec.OrderID = command.CartID, command.OrderID
	r.Status = v1.ReservationStatus{Phase: v1.PhaseUnavailable, DecidedAt: &decided, OrderID: command.OrderID}
	for _, item := range command.Items {
		r.Spec.Items = append(r.Spec.Items, v1.ReservationItem{ProductID: item.ProductID, Quantity: item.Quantity})
		r.Status.UnavailableItems = append(r.Status.UnavailableItems, v1.UnavailableItem{
			ProductID: item.ProductID, Requested: item.Quantity, Available: max(0, min(available, item.Quantity-1)),
		})
	}
	if reserved {
		r.Status.Phase, r.Status.ReservedAt, r.Status.UnavailableItems = v1.PhaseReserved, &decided, nil
	}
	return r
}

// requireSameCart wants an outcome to be about the cart that was asked for.
func requireSameCart(t *testing.T, command *ReserveInventory, outcome cloudevents.Event, reserved bool) {
	t.Helper()
	var told struct {
		CartID, OrderID string
		Items           []Item
		Unavailable     []UnavailableItem `json:"unavailableItems"`
	}
	if err := json.Unmarshal(outcome.Data(), &told); err != nil {
		t.Fatal(err)
	}
	items := told.Items
	if !reserved {
		items = nil
		for _, item := range told.Unavailable {
			items = append(items, Item{ProductID: item.ProductID, Quantity: item.Requested})
		}
	}
	if told.CartID != command.CartID || told.OrderID != command.OrderID || cmp.Diff(command.Items, items) != "" {
		t.Errorf("%+v is told as %s", command, outcome.Data())
	}
}
