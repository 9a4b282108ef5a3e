package controllers

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	eventsv1 "k8s.io/api/events/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
)

// recorded are the Events about an object for a reason.
func (w *world) recorded(about client.Object, reason string) (found []eventsv1.Event) {
	w.t.Helper()
	var all eventsv1.EventList
	if err := w.List(context.Background(), &all); err != nil {
		w.t.Fatal(err)
	}
	for _, e := range all.Items {
		if e.Regarding.UID == about.GetUID() && e.Reason == reason {
			found = append(found, e)
		}
	}
	return found
}

// told waits until an Event of an object was recorded, once.
func (w *world) told(about client.Object, kind, reason, note string) {
	w.t.Helper()
	w.eventually("the event "+reason, func() bool {
		found := w.recorded(about, reason)
		if len(found) > 1 {
			w.t.Errorf("%s is told %d times", reason, len(found))
		}
		for _, e := range found {
			if e.Type != kind || e.Note != note || e.Series != nil {
				w.t.Errorf("the event is %+v", e)
			}
		}
		return len(found) == 1
	})
}

// A StockItem's Events say what became of its units, and that it is a duplicate.
func TestStockItemEvents(t *testing.T) {
	w := newWorld(t)
	p := w.leads()
	mugs := w.receive("mugs", "mug", 4)
	w.shows("mugs", "4 units", func(s *v1.StockItemStatus) bool { return s.Available == 4 })
	w.besides(mugs, "spare", 1, nil)
	p.reserve("mug", 4)
	w.told(mugs, "Normal", "SoldOut", "no unit can be reserved")
	w.change("mugs", func(s *v1.StockItemSpec) { s.Received = 5 })
	w.told(mugs, "Normal", "BackInStock", "units can be reserved")
	w.change("mugs", func(s *v1.StockItemSpec) { s.Received = 1 })
	w.told(mugs, "Warning", "Oversold", "3 promised units are not on hand: raise received or release reservations")
	w.told(w.item("spare"), "Warning", "DuplicateStockItem", "StockItem mugs serves this product at this location: delete one of the two")
}

// What happens again and again is one Event, which counts.
func TestEventsAreSeries(t *testing.T) {
	w := newWorld(t)
	w.leads()
	mugs := w.receive("mugs", "mug", 1)
	for range 3 {
		w.change("mugs", func(s *v1.StockItemSpec) { s.Received = 0 })
		w.shows("mugs", "none", func(s *v1.StockItemStatus) bool {
			return reasonOf(v1.ConditionInStock, s.Conditions) == v1.ReasonSoldOut
		})
		w.change("mugs", func(s *v1.StockItemSpec) { s.Received = 1 })
		w.shows("mugs", "one", func(s *v1.StockItemStatus) bool { return s.Available == 1 })
	}
	for _, reason := range []string{"SoldOut", "BackInStock"} {
		w.eventually("a series of "+reason, func() bool {
			found := w.recorded(mugs, reason)
			return len(found) == 1 && found[0].Series != nil
		})
	}
}

// Carts whose outcome the sink refuses are one Event of the StockLedger, however many.
func TestUndeliverableEvent(t *testing.T) {
	w := newWorld(t)
	w.leads()
	w.receive("mugs", "mug", 10)
	ledger := w.ledgerShows("that carts are decided", ready)
	for n := range 5 {
		cart := &v1.Reservation{
			ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("cart-%d", n)},
			Spec:       v1.ReservationSpec{CartID: "c", Items: []v1.ReservationItem{{ProductID: "mug", Quantity: 1}}},
		}
		if err := w.Create(t.Context(), cart); err != nil {
			t.Fatal(err)
		}
		meta.SetStatusCondition(&cart.Status.Conditions, metav1.Condition{
			Type: v1.ConditionDelivered, Status: metav1.ConditionFalse, Reason: "Refused", Message: "the sink says 403",
		})
		if err := w.Status().Update(t.Context(), cart); err != nil {
			t.Fatal(err)
		}
	}
	w.eventually("one series", func() bool {
		found := w.recorded(ledger, "OutcomeUndeliverable")
		if len(found) > 1 {
			t.Fatalf("%d Events are recorded", len(found))
		}
		return len(found) == 1 && found[0].Series != nil && found[0].Type == "Warning"
	})
}

// What is told of a StockLedger: what its status shows for the first time.
func TestLedgerEvents(t *testing.T) {
	is := func(kind string, status metav1.ConditionStatus, reason string) []metav1.Condition {
		return []metav1.Condition{{Type: kind, Status: status, Reason: reason, Message: "so"}}
	}
	damaged, intact := is(v1.ConditionJournalDamaged, "True", v1.ReasonDamaged), is(v1.ConditionJournalDamaged, "False", v1.ReasonIntact)
	agree, differ := is(v1.ConditionConsistent, "True", v1.ReasonFiguresAgree), is(v1.ConditionConsistent, "False", v1.ReasonFiguresDiffer)
	for name, tt := range map[string]struct {
		before, now []metav1.Condition
		want        []happening
	}{
		"damaged":        {nil, damaged, []happening{{"Warning", "JournalDamaged", "Follow", "so"}}},
		"still damaged":  {damaged, damaged, nil},
		"repaired":       {damaged, intact, []happening{{"Normal", "JournalRepaired", "Follow", "so"}}},
		"never damaged":  {nil, intact, nil},
		"differs":        {agree, differ, []happening{{"Warning", "FiguresDiffer", "Audit", "so"}}},
		"differs again":  {differ, differ, nil},
		"first audit":    {nil, differ, []happening{{"Warning", "FiguresDiffer", "Audit", "so"}}},
		"agrees again":   {differ, agree, nil},
		"audit failed":   {agree, is(v1.ConditionConsistent, "False", v1.ReasonAuditFailed), nil},
		"nothing at all": {nil, nil, nil},
	} {
		if diff := cmp.Diff(tt.want, ledgerEvents(tt.before, tt.now), cmp.AllowUnexported(happening{}), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
