package controllers

import (
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/stock"
)

// wants has an object ask for units of p alone, of the cart that the others are of.
func wants(quantity int64) func(*v1.Reservation) {
	return func(r *v1.Reservation) { r.Spec.Items = []v1.ReservationItem{{ProductID: "p", Quantity: quantity}} }
}

func instead(of string) func(*v1.Reservation) {
	return func(r *v1.Reservation) { r.Spec.Replaces = of }
}

// An object takes the place of another one of its cart, with its units, if and only if it
// gets all that it wants.
func TestReplaces(t *testing.T) {
	o := leader(t)
	first := o.made("first", wants(6))
	o.reconcile("first")
	o.made("larger", wants(11), instead("first"))
	o.reconcile("larger")
	if got := o.read("larger"); got.CurrentPhase() != v1.PhaseUnavailable || got.Status.UnavailableItems[0].Available != 10 {
		t.Errorf("11 units instead of 6 of 10 are %+v", got.Status)
	}
	if got := o.state(stock.ID(first.UID)); got.Phase != stock.PhaseReserved {
		t.Errorf("the hold that was not replaced is %+v", got)
	}
	second := o.made("second", wants(10), instead(string(first.UID)))
	o.reconcile("second")
	if got := o.read("second"); got.CurrentPhase() != v1.PhaseReserved || got.Status.Replaces != string(first.UID) {
		t.Errorf("10 units instead of 6 of 10 are %+v", got.Status)
	}
	o.reconcile("first")
	got := o.read("first")
	complete := meta.FindStatusCondition(got.Status.Conditions, v1.ConditionComplete)
	if got.CurrentPhase() != v1.PhaseReleased || got.Status.Reason != v1.ReasonReplaced || got.Status.ReplacedBy != string(second.UID) ||
		!strings.Contains(complete.Message, string(second.UID)) {
		t.Errorf("the one that was replaced says %+v", got.Status)
	}
}

// What names nothing that it could replace waits and says why.
func TestNothingToReplace(t *testing.T) {
	o := leader(t)
	o.made("ended", wants(1))
	o.reconcile("ended")
	o.edit("ended", release)
	o.reconcile("ended")
	o.made("foreign", wants(1), func(r *v1.Reservation) { r.Spec.CartID = "another" })
	o.reconcile("foreign")
	for of, says := range map[string]string{
		"ended":   "has ended (Released, ORDER_CANCELLED)",
		"foreign": "is of another cart",
		"missing": "names no reservation that is known: missing",
	} {
		name := "instead-of-" + of
		made := o.made(name, wants(1), instead(of))
		for range 2 {
			o.reconcile(name)
		}
		stalled := meta.FindStatusCondition(o.read(name).Status.Conditions, v1.ConditionStalled)
		if stalled == nil || stalled.Reason != v1.ReasonNothingToReplace || !strings.Contains(stalled.Message, says) {
			t.Errorf("instead of %s it says %+v", of, stalled)
		}
		if known := o.state(stock.ID(made.UID)); known != nil {
			t.Errorf("instead of %s it is decided: %+v", of, known)
		}
	}
	o.made("missing", wants(1))
	o.reconcile("missing")
	if o.reconcile("instead-of-missing"); o.read("instead-of-missing").CurrentPhase() != v1.PhaseReserved {
		t.Errorf("once the other is there it is %+v", o.read("instead-of-missing").Status)
	}
}

// Where a cart has one hold, a new one takes the place of the older.
func TestOneHold(t *testing.T) {
	o := leader(t)
	o.r.OneHold = func(namespace string) bool { return namespace == o.namespace }
	for _, name := range []string{"first", "second"} {
		o.made(name, wants(7))
		o.reconcile(name)
	}
	o.reconcile("first")
	if first, second := o.read("first"), o.read("second"); first.Status.ReplacedBy != string(second.UID) || second.CurrentPhase() != v1.PhaseReserved {
		t.Errorf("the first is %+v, the second %+v", first.Status, second.Status)
	}
}

// spec.holdUntil makes a hold longer, and says why where it does not.
func TestHoldUntil(t *testing.T) {
	o := leader(t)
	made := o.made("r", wants(1))
	o.reconcile("r")
	before := o.read("r").Status.ExpiresAt
	until := metav1.NewTime(before.Add(time.Hour))
	o.edit("r", func(r *v1.Reservation) { r.Spec.HoldUntil = &until })
	o.reconcile("r")
	if s := o.read("r").Status; !s.ExpiresAt.Equal(&until) || !s.FirstExpiresAt.Equal(before) {
		t.Errorf("it expires at %s, at first %s", s.ExpiresAt, s.FirstExpiresAt)
	}
	far := metav1.NewTime(before.Add(48 * time.Hour))
	o.edit("r", func(r *v1.Reservation) { r.Spec.HoldUntil = &far })
	o.reconcile("r")
	told := meta.FindStatusCondition(o.read("r").Status.Conditions, v1.ConditionHoldExtended)
	if told == nil || told.Reason != v1.ReasonTooFarAhead || o.state(stock.ID(made.UID)).Expires != stock.Time(until.UnixMicro()) {
		t.Errorf("two days ahead it says %+v", told)
	}
}

// An order that is named after another one was attached is not, and that is told.
func TestAnotherOrder(t *testing.T) {
	o := leader(t)
	made := o.made("r", wants(1))
	o.reconcile("r")
	o.answer(stock.Attach{Reservation: stock.ID(made.UID), Order: "first"})
	o.edit("r", func(r *v1.Reservation) { r.Spec.OrderID = "second" })
	o.reconcile("r")
	told := meta.FindStatusCondition(o.read("r").Status.Conditions, v1.ConditionOrderAttached)
	if told == nil || told.Reason != v1.ReasonAnotherOrder || !strings.Contains(told.Message, `"first"`) {
		t.Errorf("it says %+v", told)
	}
}

// Units that are shipped from another place are taken there, or it is said what is where.
func TestShippedFromElsewhere(t *testing.T) {
	o := leader(t)
	made := o.made("r", wants(2))
	o.reconcile("r")
	place := o.read("r").Status.Allocations[0].LocationID
	ships := func(r *v1.Reservation) {
		r.Spec.ConsumeItems = []v1.PartialItem{{ProductID: "p", LocationID: "shop", Quantity: 1}}
	}
	o.edit("r", ships)
	if again := o.reconcile("r").RequeueAfter; again <= 0 || again > notThereAgain {
		t.Errorf("it is tried again in %v", again)
	}
	told := meta.FindStatusCondition(o.read("r").Status.Conditions, v1.ConditionItemsMatch)
	if told == nil || told.Reason != v1.ReasonNotThere || !strings.Contains(told.Message, "for sale are 8 at "+place) {
		t.Errorf("where nothing is there it says %+v", told)
	}
	// Beside a shipment that waits the rest is carried out.
	until := metav1.NewTime(o.read("r").Status.ExpiresAt.Add(time.Hour))
	o.edit("r", func(r *v1.Reservation) { r.Spec.HoldUntil, r.Spec.OrderID = &until, "order" })
	o.reconcile("r")
	if known := o.state(stock.ID(made.UID)); known.Expires != stock.Time(until.UnixMicro()) || known.LaterOrder != "order" {
		t.Errorf("while it waits it is %+v", known)
	}
	o.receiveAt("p", "shop", 3)
	o.reconcile("r")
	got := o.read("r")
	want := []v1.Allocation{{ProductID: "p", LocationID: place, Quantity: 1}, {ProductID: "p", LocationID: "shop", Quantity: 1, Consumed: 1}}
	if len(got.Status.Allocations) != 2 || got.Status.Allocations[0] != want[0] || got.Status.Allocations[1] != want[1] {
		t.Errorf("it has %+v", got.Status.Allocations)
	}
	if told := meta.FindStatusCondition(got.Status.Conditions, v1.ConditionItemsMatch); told != nil {
		t.Errorf("it still says %+v", told)
	}
	o.edit("r", consume)
	o.reconcile("r")
	if known := o.state(stock.ID(made.UID)); known.Phase != stock.PhaseConsumed || known.Allocations[1].Consumed != 1 {
		t.Errorf("in the end it is %+v", known)
	}
}
