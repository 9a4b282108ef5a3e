package events

import (
	"strconv"
	"strings"
	"testing"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2"
	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/acme/inventory-service/api/v1"
)

var anyIDs = Decoder{IDs: v1.AnyIDs}

var decidedAt = time.Date(2030, 1, 2, 4, 4, 5, 678_901_000, time.FixedZone("east", 3600))

func reservation() *v1.Reservation {
	return &v1.Reservation{
		ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "0b5a7b1e-4f7c-5f0e-9d5e-2b6d1f7a3c10", UID: "uid-1"},
		Spec: v1.ReservationSpec{
			Command: &v1.Command{Source: "/shop", ID: "1"},
			CartID:  "cart-1", CustomerID: "customer-1", OrderID: "set-later", Intent: v1.IntentHold,
			Items: []v1.ReservationItem{{ProductID: "b<c>", Quantity: 2}, {ProductID: "a", Quantity: 1}},
		},
	}
}

func reservedReservation() *v1.Reservation {
	r := reservation()
	at := metav1.NewMicroTime(decidedAt)
	r.Status = v1.ReservationStatus{Phase: v1.PhaseReserved, OutcomeID: "outcome-1", DecidedAt: &at, ReservedAt: &at, OrderID: "order-1"}
	return r
}

func unavailableReservation() *v1.Reservation {
	r := reservation()
	at := metav1.NewMicroTime(decidedAt)
	r.Status = v1.ReservationStatus{
		Phase: v1.PhaseUnavailable, Reason: v1.ReasonInsufficientStock, OutcomeID: "outcome-1", DecidedAt: &at,
		UnavailableItems: []v1.UnavailableItem{{ProductID: "a", Requested: 1, Available: 0}},
	}
	return r
}

func releasedReservation() *v1.Reservation {
	r := reservedReservation()
	r.Status.Phase, r.Status.Reason = v1.PhaseReleased, string(v1.ReleaseExpired)
	r.Status.Conditions = []metav1.Condition{{
		Type: v1.ConditionComplete, Status: metav1.ConditionTrue, Reason: v1.ReasonReleased,
		LastTransitionTime: metav1.NewTime(decidedAt.Add(time.Minute)),
	}}
	return r
}

// partlyShipped is a Reservation of which some units were shipped; what was left
// of one that is Consumed ran out.
func partlyShipped(phase v1.Phase) *v1.Reservation {
	r := reservedReservation()
	r.Status.Phase = phase
	r.Status.Allocations = []v1.Allocation{
		{ProductID: "a", LocationID: "here", Quantity: 1, Consumed: 1},
		{ProductID: "b", LocationID: "there", Quantity: 4, Consumed: 1, Released: 2},
	}
	if phase == v1.PhaseConsumed {
		r.Status.Allocations[1].Released = 3
		r.Status.Reason, r.Status.Conditions = string(v1.ReleaseExpired), releasedReservation().Status.Conditions
	}
	return r
}

// wire is the whole event in structured mode.
func wire(t *testing.T, event cloudevents.Event) string {
	t.Helper()
	if err := event.Validate(); err != nil {
		t.Fatal(err)
	}
	data, err := event.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

const (
	wireReserved = `{"specversion":"1.0","id":"outcome-1.reserved","source":"/apis/inventory.acme.com/v1/namespaces/shop/reservations",` +
		`"type":"com.acme.inventory.reserved.v1","subject":"0b5a7b1e-4f7c-5f0e-9d5e-2b6d1f7a3c10","datacontenttype":"application/json","time":"2030-01-02T03:04:05.678901Z",` +
		`"data":{"reservationId":"0b5a7b1e-4f7c-5f0e-9d5e-2b6d1f7a3c10","orderId":"order-1","cartId":"cart-1","items":[{"productId":"b\u003cc\u003e","quantity":2},{"productId":"a","quantity":1}],"reservedAt":"2030-01-02T03:04:05.678901Z"},"causationid":"1","causationsource":"/shop","partitionkey":"cart-1"}`
	wireUnavailable = `{"specversion":"1.0","id":"outcome-1.unavailable","source":"/apis/inventory.acme.com/v1/namespaces/shop/reservations",` +
		`"type":"com.acme.inventory.unavailable.v1","subject":"0b5a7b1e-4f7c-5f0e-9d5e-2b6d1f7a3c10","datacontenttype":"application/json","time":"2030-01-02T03:04:05.678901Z",` +
		`"data":{"cartId":"cart-1","unavailableItems":[{"productId":"a","requested":1,"available":0}],"checkedAt":"2030-01-02T03:04:05.678901Z"},"causationid":"1","causationsource":"/shop","partitionkey":"cart-1"}`
)

func TestOutcome(t *testing.T) {
	at := metav1.NewMicroTime(decidedAt)
	cases := map[string]struct {
		change func(*v1.Reservation)
		from   func() *v1.Reservation
		want   string
	}{
		"reserved":    {from: reservedReservation, want: wireReserved},
		"unavailable": {from: unavailableReservation, want: wireUnavailable},
		"pending":     {from: reservation},
		"released while pending": {from: reservation, change: func(r *v1.Reservation) {
			r.Status.Phase = v1.PhaseReleased
		}},
		"released after": {from: releasedReservation, want: wireReserved},
		"consumed after": {from: reservedReservation, want: wireReserved, change: func(r *v1.Reservation) {
			r.Status.Phase, r.Spec.Intent = v1.PhaseConsumed, v1.IntentConsume
		}},
		"deleted after": {from: unavailableReservation, want: wireUnavailable, change: func(r *v1.Reservation) {
			now := metav1.NewTime(decidedAt)
			r.DeletionTimestamp = &now
		}},
		"made again, as another object": {from: reservedReservation, want: wireReserved, change: func(r *v1.Reservation) {
			r.UID = "uid-2"
		}},
		"order set after": {from: reservedReservation, want: wireReserved, change: func(r *v1.Reservation) {
			r.Spec.OrderID = "another"
		}},
		"not yet rounded by the API server": {from: reservedReservation, want: wireReserved, change: func(r *v1.Reservation) {
			fine := metav1.NewMicroTime(at.Add(999 * time.Nanosecond))
			r.Status.DecidedAt, r.Status.ReservedAt = &fine, &fine
		}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			r := tc.from()
			if tc.change != nil {
				tc.change(r)
			}
			before := r.DeepCopy()
			event, ok := Outcome(r)
			if ok != (tc.want != "") {
				t.Fatalf("has an outcome: %v", ok)
			}
			if diff := cmp.Diff(before, r); diff != "" {
				t.Errorf("the Reservation was changed: %s", diff)
			}
			if !ok {
				return
			}
			if diff := cmp.Diff(tc.want, wire(t, event)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestReleasedReply(t *testing.T) {
	const head = `{"specversion":"1.0","id":"outcome-1.released","source":"/apis/inventory.acme.com/v1/namespaces/shop/reservations",` +
		`"type":"com.acme.inventory.released.v1","subject":"0b5a7b1e-4f7c-5f0e-9d5e-2b6d1f7a3c10","datacontenttype":"application/json",`
	byOwner := releasedReservation()
	withdrawn := reservation()
	withdrawn.Status = v1.ReservationStatus{Phase: v1.PhaseReleased, Reason: v1.ReasonReleased, Conditions: releasedReservation().Status.Conditions}
	byOwner.Status.Reason, byOwner.Spec.ReleaseReason = v1.ReasonReleased, v1.ReleaseOrderCancelled
	cases := map[string]struct {
		from *v1.Reservation
		want string
	}{
		"expired":        {releasedReservation(), head + `"time":"2030-01-02T03:05:05Z","data":{"reservationId":"0b5a7b1e-4f7c-5f0e-9d5e-2b6d1f7a3c10","cartId":"cart-1","orderId":"order-1","phase":"Released","reason":"EXPIRED","releasedAt":"2030-01-02T03:05:05Z"}}`},
		"by its owner":   {byOwner, head + `"time":"2030-01-02T03:05:05Z","data":{"reservationId":"0b5a7b1e-4f7c-5f0e-9d5e-2b6d1f7a3c10","cartId":"cart-1","orderId":"order-1","phase":"Released","reason":"ORDER_CANCELLED","releasedAt":"2030-01-02T03:05:05Z"}}`},
		"partly shipped": {partlyShipped(v1.PhaseConsumed), head + `"time":"2030-01-02T03:05:05Z","data":{"reservationId":"0b5a7b1e-4f7c-5f0e-9d5e-2b6d1f7a3c10","cartId":"cart-1","orderId":"order-1","phase":"Consumed","reason":"EXPIRED",` + wireShipped(3) + `,"releasedAt":"2030-01-02T03:05:05Z"}}`},
		"partly held": {partlyShipped(v1.PhaseReserved), strings.Replace(head, "outcome-1.released", "outcome-1.released.2.2", 1) +
			`"data":{"reservationId":"0b5a7b1e-4f7c-5f0e-9d5e-2b6d1f7a3c10","cartId":"cart-1","orderId":"order-1","phase":"Reserved",` + wireShipped(2) + `}}`},
		"never decided": {withdrawn, strings.Replace(head, "outcome-1", "uid-1", 1) +
			`"time":"2030-01-02T03:05:05Z","data":{"reservationId":"0b5a7b1e-4f7c-5f0e-9d5e-2b6d1f7a3c10","cartId":"cart-1","orderId":"set-later","phase":"Released","releasedAt":"2030-01-02T03:05:05Z"}}`},
		"nothing held": {unavailableReservation(), head + `"data":{"reservationId":"0b5a7b1e-4f7c-5f0e-9d5e-2b6d1f7a3c10","cartId":"cart-1","orderId":"set-later","phase":"Unavailable"}}`},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, wire(t, ReleasedReply(tc.from))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// wireShipped are the items of partlyShipped.
func wireShipped(released int) string {
	return `"items":[{"productId":"a","locationId":"here","quantity":1,"consumed":1,"released":0},` +
		`{"productId":"b","locationId":"there","quantity":4,"consumed":1,"released":` + strconv.Itoa(released) + `}]`
}

func TestConsumedReply(t *testing.T) {
	const rest = `","source":"/apis/inventory.acme.com/v1/namespaces/shop/reservations","type":"com.acme.inventory.consumed.v1","subject":"0b5a7b1e-4f7c-5f0e-9d5e-2b6d1f7a3c10","datacontenttype":"application/json",`
	cases := map[string]struct {
		from *v1.Reservation
		want string
	}{
		"consumed": {partlyShipped(v1.PhaseConsumed), `{"specversion":"1.0","id":"outcome-1.consumed` + rest + `"time":"2030-01-02T03:05:05Z",` +
			`"data":{"reservationId":"0b5a7b1e-4f7c-5f0e-9d5e-2b6d1f7a3c10","cartId":"cart-1","orderId":"order-1","phase":"Consumed",` + wireShipped(3) + `,"consumedAt":"2030-01-02T03:05:05Z"}}`},
		"partly": {partlyShipped(v1.PhaseReserved), `{"specversion":"1.0","id":"outcome-1.consumed.2.2` + rest +
			`"data":{"reservationId":"0b5a7b1e-4f7c-5f0e-9d5e-2b6d1f7a3c10","cartId":"cart-1","orderId":"order-1","phase":"Reserved",` + wireShipped(2) + `}}`},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, wire(t, ConsumedReply(tc.from))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestStockLevelReply(t *testing.T) {
	got := wire(t, StockLevelReply("shop", "q-1", StockLevel{ProductID: "p", Available: 3, Reserved: 0}))
	const want = `{"specversion":"1.0","id":"q-1","source":"/apis/inventory.acme.com/v1/namespaces/shop/stockitems","type":"com.acme.inventory.stocklevel.v1",` +
		`"subject":"p","datacontenttype":"application/json","data":{"productId":"p","available":3,"reserved":0}}`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// A Reservation that a person named goes by its uid, and its name is told beside it.
func TestNamesThatPeopleGave(t *testing.T) {
	const uid = "7d1c3fa4-223d-41d9-86c1-270e2989b101"
	r := reservedReservation()
	r.Name, r.UID, r.Spec.Command = "my-cart", uid, nil
	outcome, _ := Outcome(r)
	consumed := partlyShipped(v1.PhaseConsumed)
	consumed.Name, consumed.UID, consumed.Spec.Command = "my-cart", uid, nil
	for _, event := range []cloudevents.Event{outcome, ReleasedReply(consumed), ConsumedReply(consumed)} {
		var told struct{ ReservationID, Name string }
		if err := event.DataAs(&told); err != nil {
			t.Fatal(err)
		}
		if event.Subject() != uid || told.ReservationID != uid || told.Name != "my-cart" {
			t.Errorf("%s is about %s and tells %+v", event.Type(), event.Subject(), told)
		}
		if err := validate(t, schemaOf(t, event.Type()), event.Data()); err != nil {
			t.Error(err)
		}
	}
}

// The end of a Reservation is told as it was then, whatever becomes of it later.
func TestEnded(t *testing.T) {
	for want, r := range map[string]*v1.Reservation{
		"outcome-1.released": releasedReservation(), "outcome-1.consumed": partlyShipped(v1.PhaseConsumed),
	} {
		event, ok := Ended(r)
		if !ok || event.ID() != want || event.Time().IsZero() || event.Extensions()["causationid"] != "1" || event.Extensions()["partitionkey"] != "cart-1" {
			t.Errorf("%s: %t, %s", want, ok, event)
		}
		if err := validate(t, schemaOf(t, event.Type()), event.Data()); err != nil {
			t.Error(err)
		}
		later := r.DeepCopy()
		later.Spec.OrderID = "named-later"
		if again, _ := Ended(later); again.String() != event.String() || strings.Contains(event.String(), "later") {
			t.Errorf("it changes with an order that is named later: %s", again)
		}
	}
	for _, r := range []*v1.Reservation{reservation(), reservedReservation(), unavailableReservation()} {
		if event, ok := Ended(r); ok {
			t.Errorf("it has not ended, or held nothing: %s", event)
		}
	}
}
