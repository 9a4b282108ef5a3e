package controllers

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/stock"
)

// besides makes a StockItem of the same product and location as another one, a second
// younger.
func (w *world) besides(other *v1.StockItem, name string, units int64, annotations map[string]string) *v1.StockItem {
	w.t.Helper()
	w.eventually("another second begins", func() bool { return time.Since(other.CreationTimestamp.Time) >= time.Second })
	item := &v1.StockItem{
		ObjectMeta: metav1.ObjectMeta{Name: name, Annotations: annotations},
		Spec:       v1.StockItemSpec{ProductID: other.Spec.ProductID, Received: units},
	}
	if err := w.Create(context.Background(), item); err != nil {
		w.t.Fatal(err)
	}
	return item
}

var takingOver = map[string]string{v1.TakeOverAnnotation: "true"}

// confirm says by annotation that a StockItem takes over.
func (w *world) confirm(name string) {
	w.t.Helper()
	patch := client.RawPatch("application/merge-patch+json", []byte(`{"metadata":{"annotations":{"`+v1.TakeOverAnnotation+`":"true"}}}`))
	if err := w.Patch(context.Background(), w.item(name), patch); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) remove(name string) {
	w.t.Helper()
	if err := w.Delete(context.Background(), w.item(name)); err != nil {
		w.t.Fatal(err)
	}
}

// forReason waits until a StockItem is ready, or not, for a reason.
func (w *world) forReason(name, reason string) *v1.StockItem {
	w.t.Helper()
	return w.shows(name, reason, func(s *v1.StockItemStatus) bool {
		ready := meta.FindStatusCondition(s.Conditions, v1.ConditionReady)
		return ready != nil && ready.Reason == reason
	})
}

// gone waits until a process knows a StockItem no more.
func (p *process) gone(item *v1.StockItem) {
	p.w.t.Helper()
	p.w.eventually("the journal says that "+item.Name+" is gone", func() bool { _, ok := p.known(item); return !ok })
}

func (p *process) level(product stock.ID) (available, reserved int64) {
	p.runner().Read(func(s *stock.State, _ *journal.Log) { available, reserved, _ = s.Level(product) })
	return available, reserved
}

// A duplicate does not serve by itself when the one that serves is deleted: it says what
// to do, and serves once somebody has done that. What carts hold stays theirs.
func TestDuplicateWaitsToTakeOver(t *testing.T) {
	for name, c := range map[string]struct {
		declared int64
		confirm  func(w *world)
	}{
		"annotated": {30, func(w *world) { w.confirm("spare") }},
		"counted":   {90, func(w *world) { w.change("spare", func(s *v1.StockItemSpec) { s.Received = 30 }) }},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			p := w.leads()
			mugs := w.receive("mugs", "mug", 10)
			w.shows("mugs", "10 units", func(s *v1.StockItemStatus) bool { return s.Available == 10 })
			spare := w.besides(mugs, "spare", c.declared, nil)
			w.forReason("spare", v1.ReasonDuplicateStockItem)
			if !p.reserve("mug", 4) {
				t.Fatal("4 of 10 units are refused")
			}

			w.remove("mugs")
			shown := w.forReason("spare", v1.ReasonTakeOverUnconfirmed)
			if s := shown.Status; s.OnHand != 0 || s.Reserved != 0 || s.Available != 0 || !meta.IsStatusConditionTrue(s.Conditions, v1.ConditionStalled) {
				t.Errorf("the one that waits shows %+v", s)
			}
			w.told(spare, "Warning", v1.ReasonTakeOverUnconfirmed, meta.FindStatusCondition(shown.Status.Conditions, v1.ConditionReady).Message)
			if available, reserved := p.level("mug"); available != 0 || reserved != 4 {
				t.Errorf("%d units are available and %d reserved while nobody serves", available, reserved)
			}
			if p.reserve("mug", 1) {
				t.Error("a unit is sold that nobody has counted")
			}

			c.confirm(w)
			w.shows("spare", "that it serves", func(s *v1.StockItemStatus) bool {
				return s.OnHand == 30 && s.Reserved == 4 && s.Available == 26 && meta.IsStatusConditionTrue(s.Conditions, v1.ConditionReady)
			})
			if !p.reserve("mug", 26) {
				t.Error("26 of 26 units are refused")
			}
			w.told(spare, "Normal", "TookOver", "serves product mug at location default with 30 received, in place of a StockItem that is gone")
		})
	}
}

// A StockItem that is renamed in Git, made under the new name with the annotation and
// deleted under the old one, is sold on: carts wait until its status shows that it serves.
func TestRenamedItemTakesOver(t *testing.T) {
	w := newWorld(t)
	p := w.leads()
	mugs := w.receive("mugs", "mug", 10)
	w.shows("mugs", "10 units", func(s *v1.StockItemStatus) bool { return s.Available == 10 })
	if !p.reserve("mug", 4) {
		t.Fatal("4 of 10 units are refused")
	}
	spare := w.besides(mugs, "spare", 12, takingOver)
	w.forReason("spare", v1.ReasonDuplicateStockItem)
	p.faults.refusing(http.StatusServiceUnavailable, metav1.StatusReasonServiceUnavailable, "later", on(http.MethodPut, "stockitems/status"))
	w.remove("mugs")
	p.gone(mugs)
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if answer, err := p.runner().Ask(ctx, cartOf("mug", 8)); err == nil {
		t.Errorf("a cart gets %+v while the status shows a duplicate", answer)
	}
	p.faults.mend()
	if !p.reserve("mug", 8) {
		t.Error("8 of 8 units are refused")
	}
	w.shows("spare", "what both hold", func(s *v1.StockItemStatus) bool { return s.Reserved == 12 && s.Available == 0 })
	w.told(spare, "Normal", "TookOver", "serves product mug at location default with 12 received, in place of a StockItem that is gone")
}

// What happens while nobody leads counts as much: who serves is gone, and another one is
// there; then it is annotated, which is no other generation.
func TestTakeOverWhileNobodyLeads(t *testing.T) {
	for name, how := range map[string]func(p *process){
		"read from the store": func(*process) {},
		"listed":              func(p *process) { p.listing = true },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			p := w.leads(how)
			mugs := w.receive("mugs", "mug", 10)
			w.shows("mugs", "10 units", func(s *v1.StockItemStatus) bool { return s.Available == 10 })
			p.stop()
			w.besides(mugs, "spare", 30, nil)
			w.remove("mugs")

			p = w.leads(how)
			if p.reserve("mug", 1) {
				t.Error("a unit is sold that nobody has counted")
			}
			w.forReason("spare", v1.ReasonTakeOverUnconfirmed)
			p.stop()
			w.confirm("spare")

			p = w.leads(how)
			if !p.reserve("mug", 30) {
				t.Error("30 of 30 units are refused")
			}
		})
	}
}

// Nor where the deletion is told before all StockItems are taken in: the watch tells of it, and only
// then can they be read.
func TestDeletionWaitsForTheFeed(t *testing.T) {
	w := newWorld(t)
	p := w.leads()
	mugs := w.receive("mugs", "mug", 10)
	w.shows("mugs", "10 units", func(s *v1.StockItemStatus) bool { return s.Available == 10 })
	p.stop()
	w.besides(mugs, "spare", 30, nil)

	page := strconv.Itoa(itemsPage)
	p = w.leads(func(p *process) {
		p.listing = true
		p.faults.refusing(http.StatusServiceUnavailable, metav1.StatusReasonServiceUnavailable, "later", func(request *http.Request) bool {
			return on(http.MethodGet, "stockitems")(request) && request.URL.Query().Get("limit") == page
		})
	})
	w.remove("mugs")
	w.eventually("the deletion is told", func() bool {
		return apierrors.IsNotFound(p.items.Get(context.Background(), client.ObjectKeyFromObject(mugs), &v1.StockItem{}))
	})
	time.Sleep(10 * feedPause) // that nothing happens takes its time
	if _, known := p.known(mugs); !known {
		t.Error("the deletion is taken in before the other StockItem")
	}
	p.faults.mend()
	w.forReason("spare", v1.ReasonTakeOverUnconfirmed)
	if p.reserve("mug", 1) {
		t.Error("a unit is sold that nobody has counted")
	}
}

// A new StockItem is sold from while others wait, which are its duplicates from then on.
func TestNewItemServesWhileOthersWait(t *testing.T) {
	w := newWorld(t)
	p := w.leads()
	mugs := w.receive("mugs", "mug", 10)
	w.shows("mugs", "10 units", func(s *v1.StockItemStatus) bool { return s.Available == 10 })
	spare := w.besides(mugs, "spare", 30, nil)
	w.forReason("spare", v1.ReasonDuplicateStockItem)
	w.remove("mugs")
	w.forReason("spare", v1.ReasonTakeOverUnconfirmed)
	w.besides(spare, "again", 5, nil)
	w.forReason("again", v1.ReasonServing)
	if w.forReason("spare", v1.ReasonDuplicateStockItem); !p.reserve("mug", 5) || p.reserve("mug", 1) {
		t.Error("not the new one's units are sold")
	}
	w.remove("again")
	w.forReason("spare", v1.ReasonTakeOverUnconfirmed)
}

// An annotation is news of an item, though it is no other generation.
func TestAnnotationIsNews(t *testing.T) {
	w := newWorld(t)
	p := w.leads()
	item := w.receive("mugs", "mug", 10)
	w.shows("mugs", "10 units", func(s *v1.StockItemStatus) bool { return s.Available == 10 })
	known := lookAt(p.runner(), item.UID)
	item = w.item("mugs")
	if known.lacks(item) {
		t.Error("what the journal has is taken in again")
	}
	item.Annotations = takingOver
	if !known.lacks(item) {
		t.Error("an annotation is not taken in")
	}
}

// One that is made after the deletion of another, however soon, takes nobody's place.
func TestReplacedItemServes(t *testing.T) {
	w := newWorld(t)
	w.leads()
	w.receive("mugs-0", "mug", 10)
	w.forReason("mugs-0", v1.ReasonServing)
	for n := range 8 {
		old, next := fmt.Sprintf("mugs-%d", n), fmt.Sprintf("mugs-%d", n+1)
		w.remove(old)
		w.receive(next, "mug", 10)
		w.forReason(next, v1.ReasonServing)
	}
}

// To delete one that waits is no word that it takes over.
func TestDeletionConfirmsNothing(t *testing.T) {
	w := newWorld(t)
	p := w.leads()
	item := w.receive("mugs", "mug", 10)
	w.forReason("mugs", v1.ReasonServing)
	spare, other := w.besides(item, "spare", 10, nil), w.besides(item, "other", 10, nil)
	w.forReason("spare", v1.ReasonDuplicateStockItem)
	w.forReason("other", v1.ReasonDuplicateStockItem)
	w.remove("mugs")
	w.forReason("spare", v1.ReasonTakeOverUnconfirmed)
	w.forReason("other", v1.ReasonTakeOverUnconfirmed)
	held := client.RawPatch("application/merge-patch+json", []byte(`{"metadata":{"finalizers":["acme.com/hold"]}}`))
	if err := w.Patch(context.Background(), spare, held); err != nil {
		t.Fatal(err)
	}
	w.remove("spare")
	w.eventually("the deletion is taken in", func() bool {
		known, ok := p.known(spare)
		return ok && known.Suspended
	})
	if known, _ := p.known(spare); !known.Waits {
		t.Errorf("what is being deleted serves: %+v", known)
	}
	w.confirm("other")
	w.forReason("other", v1.ReasonServing)
	if known, _ := p.known(other); known.Waits {
		t.Errorf("%+v", known)
	}
	freed := client.RawPatch("application/merge-patch+json", []byte(`{"metadata":{"finalizers":null}}`))
	if err := w.Patch(context.Background(), w.item("spare"), freed); err != nil {
		t.Fatal(err)
	}
}
