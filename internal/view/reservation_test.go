package view_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/internal/view"
	"github.com/acme/inventory-service/test/fixture"
)

var (
	decided   = fixture.Start.Add(123456 * time.Microsecond)
	ended     = fixture.Start.Add(time.Minute + 999999*time.Microsecond)
	expires   = fixture.Start.Add(15 * time.Minute)
	decidedAt = metav1.NewMicroTime(decided)
	expiresAt = metav1.NewTime(expires)
	// Conditions change at whole seconds, as the API server keeps them.
	shownDecided = metav1.NewTime(fixture.Start)
	shownEnded   = metav1.NewTime(fixture.Start.Add(time.Minute))
)

// held is a cart of 2 mugs and 3 cups that was reserved.
func held(modify ...func(*stock.Reservation)) *stock.Reservation {
	r := fixture.Reserved(
		fixture.Reserve("cart-1", fixture.Line("mug", 2), fixture.Line("cup", 3), fixture.Customer("customer")),
		stock.Allocation{Product: "mug", Location: "ams", Quantity: 2}, stock.Allocation{Product: "cup", Location: "rtm", Quantity: 3},
	).Reservation
	r.Cart, r.Order, r.Expires, r.At = "cart", "order", fixture.Moment(expires), fixture.Moment(decided)
	for _, m := range modify {
		m(&r)
	}
	return &r
}

// settled says what became of the two mugs and of the three cups.
func settled(consumed, released [2]int64) func(*stock.Reservation) {
	return func(r *stock.Reservation) {
		for i := range r.Allocations {
			r.Allocations[i].Consumed, r.Allocations[i].Released = consumed[i], released[i]
		}
	}
}

func over(phase stock.Phase, reason string) func(*stock.Reservation) {
	return func(r *stock.Reservation) {
		r.Phase, r.Reason, r.Ended = phase, reason, fixture.Moment(ended)
	}
}

func refused(r *stock.Reservation) {
	r.Phase, r.Allocations, r.Expires = stock.PhaseRefused, nil, 0
	r.Short = []stock.Shortage{{Product: "cup", Requested: 3, Available: 1}}
}

func is(kind string, status metav1.ConditionStatus, reason, message string, at metav1.Time) metav1.Condition {
	return metav1.Condition{Type: kind, Status: status, Reason: reason, Message: message, LastTransitionTime: at}
}

func decidedAs(reason string) metav1.Condition {
	return is("Decided", "True", reason, "the outcome stands", shownDecided)
}

// reserved is the status while all is held.
func reserved() v1.ReservationStatus {
	return v1.ReservationStatus{
		Phase: v1.PhaseReserved, Reason: "Allocated", Units: 5, OrderID: "order", OutcomeID: "outcome-of-cart-1",
		Allocations: []v1.Allocation{{ProductID: "mug", LocationID: "ams", Quantity: 2}, {ProductID: "cup", LocationID: "rtm", Quantity: 3}},
		DecidedAt:   &decidedAt, ReservedAt: &decidedAt, ExpiresAt: &expiresAt,
		Conditions: []metav1.Condition{decidedAs("Reserved"), is("Reserved", "True", "Allocated", "all items are held", shownDecided)},
	}
}

// afterwards is the status of a hold that is over: the outcome stays as it was.
func afterwards(phase v1.Phase, reason, message string, consumed, released [2]int64) v1.ReservationStatus {
	s := reserved()
	s.Phase, s.Reason = phase, reason
	for i := range s.Allocations {
		s.Allocations[i].Consumed, s.Allocations[i].Released = consumed[i], released[i]
	}
	s.Conditions = []metav1.Condition{
		decidedAs("Reserved"), is("Reserved", "False", reason, message, shownEnded), is("Complete", "True", reason, message, shownEnded),
	}
	return s
}

func TestStatus(t *testing.T) {
	none, whole, some, rest := [2]int64{}, [2]int64{2, 3}, [2]int64{2, 1}, [2]int64{0, 2}
	partly := reserved()
	partly.Allocations[0].Consumed, partly.Allocations[1].Released = 1, 2
	forEver := reserved()
	forEver.ExpiresAt = nil
	cases := map[string]struct {
		r    *stock.Reservation
		want v1.ReservationStatus
	}{
		"reserved":        {held(), reserved()},
		"for ever":        {held(func(r *stock.Reservation) { r.Expires = 0 }), forEver},
		"partly settled":  {held(settled([2]int64{1, 0}, [2]int64{0, 2})), partly},
		"an order later":  {held(func(r *stock.Reservation) { r.LaterOrder = "later" }), reserved()},
		"released":        {held(settled(none, whole), over(stock.PhaseReleased, stock.ReasonReleased)), afterwards("Released", "Released", "its units were given back", none, whole)},
		"for a reason":    {held(settled(none, whole), over(stock.PhaseReleased, "CHECKOUT_FAILED")), afterwards("Released", "CHECKOUT_FAILED", "its units were given back", none, whole)},
		"expired":         {held(settled(none, whole), over(stock.PhaseReleased, stock.ReasonExpired)), afterwards("Released", "EXPIRED", "the hold ran out", none, whole)},
		"consumed":        {held(settled(whole, none), over(stock.PhaseConsumed, "")), afterwards("Consumed", "Consumed", "its units were shipped", whole, none)},
		"rest expired":    {held(settled(some, rest), over(stock.PhaseConsumed, stock.ReasonExpired)), afterwards("Consumed", "EXPIRED", "some units were shipped, for the rest: the hold ran out", some, rest)},
		"rest given back": {held(settled(some, rest), over(stock.PhaseConsumed, "ORDER_CANCELLED")), afterwards("Consumed", "ORDER_CANCELLED", "some units were shipped, for the rest: its units were given back", some, rest)},
		"refused": {held(refused), v1.ReservationStatus{
			Phase: "Unavailable", Reason: "InsufficientStock", Units: 5, OrderID: "order", OutcomeID: "outcome-of-cart-1", DecidedAt: &decidedAt,
			UnavailableItems: []v1.UnavailableItem{{ProductID: "cup", Requested: 3, Available: 1}},
			Conditions: []metav1.Condition{
				decidedAs("Unavailable"),
				is("Reserved", "False", "InsufficientStock", "1 of 2 items cannot be served: see status.unavailableItems", shownDecided),
				is("Complete", "True", "InsufficientStock", "the cart was refused", shownDecided),
				is("Stalled", "True", "InsufficientStock", "1 of 2 items cannot be served: see status.unavailableItems", shownDecided),
			},
		}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			object := &v1.Reservation{}
			view.Show(object, tc.r)
			if diff := cmp.Diff(tc.want, object.Status); diff != "" {
				t.Errorf("status (-want +got):\n%s", diff)
			}
			if wasReserved := tc.want.ReservedAt != nil; !object.Decided() || object.WasReserved() != wasReserved {
				t.Errorf("decided %t, was reserved %t", object.Decided(), object.WasReserved())
			}
			checkStored(t, object, tc.r)
		})
	}
}

// checkStored shows a reservation over what the API server gives back of it: nothing
// changes, so nothing is written.
func checkStored(t *testing.T, object *v1.Reservation, r *stock.Reservation) {
	t.Helper()
	text, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	var stored v1.Reservation
	if err := json.Unmarshal(text, &stored); err != nil {
		t.Fatal(err)
	}
	again := stored.DeepCopy()
	view.Show(again, r)
	if diff := cmp.Diff(stored, *again); diff != "" {
		t.Errorf("shown again it differs, and would be written (-stored +shown):\n%s", diff)
	}
}

// What was shown before does not shine through, but for what is not the journal's.
func TestShowOverAnotherStatus(t *testing.T) {
	delivered := is(v1.ConditionDelivered, "False", "SinkUnreachable", "m", shownEnded)
	object := &v1.Reservation{Status: v1.ReservationStatus{
		Phase: v1.PhaseUnavailable, Reason: "InsufficientStock", Units: 99, OrderID: "other", Position: "0a1b2c3d.7.12",
		UnavailableItems: []v1.UnavailableItem{{ProductID: "mug", Requested: 9}},
		Conditions:       []metav1.Condition{is("Complete", "True", "InsufficientStock", "m", shownEnded), delivered, is("Reserved", "True", "Allocated", "m", shownEnded)},
	}}
	view.Show(object, held())
	want := reserved()
	want.Position = "0a1b2c3d.7.12"
	want.Conditions = append(want.Conditions, delivered)
	if diff := cmp.Diff(want, object.Status); diff != "" {
		t.Errorf("status (-want +got):\n%s", diff)
	}
}

// A reservation as an object is what a person would have made, as far as it is known.
func TestReservation(t *testing.T) {
	plain := v1.ReservationSpec{
		CartID: "cart", CustomerID: "customer", OrderID: "order", Intent: v1.IntentHold, Command: &v1.Command{Source: "/shop", ID: "cart-1"},
		Items: []v1.ReservationItem{{ProductID: "mug", Quantity: 2}, {ProductID: "cup", Quantity: 3}},
	}
	with := func(change func(*v1.ReservationSpec)) v1.ReservationSpec {
		spec := *plain.DeepCopy()
		change(&spec)
		return spec
	}
	releasedFor := func(reason v1.ReleaseReason) v1.ReservationSpec {
		return with(func(s *v1.ReservationSpec) { s.Intent, s.ReleaseReason = v1.IntentRelease, reason })
	}
	ofPerson := func(r *stock.Reservation) {
		r.ID, r.Command, r.Object = "uid-1", stock.Command{}, stock.Object{UID: "uid-1", Name: "by-hand"}
	}
	cases := map[string]struct {
		r    *stock.Reservation
		name string
		uid  string
		spec v1.ReservationSpec
	}{
		"held":              {held(), "cart-1", "", plain},
		"shown":             {held(func(r *stock.Reservation) { r.Object.UID = "uid-2" }), "cart-1", "uid-2", plain},
		"refused":           {held(refused), "cart-1", "", plain},
		"an order later":    {held(func(r *stock.Reservation) { r.LaterOrder = "later" }), "cart-1", "", with(func(s *v1.ReservationSpec) { s.OrderID = "later" })},
		"released":          {held(over(stock.PhaseReleased, stock.ReasonReleased)), "cart-1", "", releasedFor("")},
		"for a reason":      {held(over(stock.PhaseReleased, "CHECKOUT_FAILED")), "cart-1", "", releasedFor("CHECKOUT_FAILED")},
		"for another":       {held(over(stock.PhaseReleased, "Deleted")), "cart-1", "", releasedFor("")},
		"expired":           {held(over(stock.PhaseReleased, stock.ReasonExpired)), "cart-1", "", plain},
		"consumed":          {held(over(stock.PhaseConsumed, "")), "cart-1", "", with(func(s *v1.ReservationSpec) { s.Intent = v1.IntentConsume })},
		"its rest expired":  {held(over(stock.PhaseConsumed, stock.ReasonExpired)), "cart-1", "", plain},
		"its rest released": {held(over(stock.PhaseConsumed, "ORDER_CANCELLED")), "cart-1", "", releasedFor("ORDER_CANCELLED")},
		"of a person":       {held(ofPerson), "by-hand", "uid-1", with(func(s *v1.ReservationSpec) { s.Command = nil })},
		"without a source": {held(func(r *stock.Reservation) { r.Command.Source = "" }), "cart-1", "",
			with(func(s *v1.ReservationSpec) { s.Command.Source = "" })},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			object := view.Reservation("shop", tc.r)
			if object.Namespace != "shop" || object.Name != tc.name || string(object.UID) != tc.uid {
				t.Errorf("it is %s/%s of uid %q, want shop/%s of %q", object.Namespace, object.Name, object.UID, tc.name, tc.uid)
			}
			if diff := cmp.Diff(tc.spec, object.Spec); diff != "" {
				t.Errorf("spec (-want +got):\n%s", diff)
			}
			shown := &v1.Reservation{}
			view.Show(shown, tc.r)
			if diff := cmp.Diff(shown.Status, object.Status); diff != "" {
				t.Errorf("its status is not what an object would show (-want +got):\n%s", diff)
			}
			if want := name != "of a person"; view.OfBridge(tc.r) != want {
				t.Errorf("of the bridge: %t", !want)
			}
		})
	}
}

// A reservation of State may be shown many times, and each caller changes its own object.
func TestReservationSharesNothing(t *testing.T) {
	r := held()
	object := view.Reservation("shop", r)
	object.Status.Allocations[0].Quantity = 99
	object.Status.DecidedAt.Time = ended
	if !object.Status.ReservedAt.Equal(&decidedAt) {
		t.Error("decidedAt and reservedAt are one")
	}
	object.Spec.Items[0].Quantity = 99
	if diff := cmp.Diff(held(), r); diff != "" {
		t.Errorf("the reservation changed with the object (-want +got):\n%s", diff)
	}
}
