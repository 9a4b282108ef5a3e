package allocator_test

import (
	"maps"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/acme/inventory-service/api/v1"
)

// createItem puts a product on sale at a place. Several may claim the same.
func (w *world) createItem(product, place int, suffix string) {
	name := id("item-p", product) + id("-l", place) + suffix
	if w.store.item(name) != nil {
		return
	}
	w.store.create(&v1.StockItem{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: v1.StockItemSpec{
			ProductID: id("p", product), LocationID: id("l", place),
			Received: int64(1 + w.rng.IntN(w.scenario.units)), Priority: int32(w.rng.IntN(2)),
		},
	})
}

func (w *world) anyItem() *v1.StockItem {
	names := slices.Sorted(maps.Keys(w.store.objects[items]))
	if len(names) == 0 {
		return nil
	}
	return w.store.item(names[w.rng.IntN(len(names))])
}

// touchItem plays the owner of the stock: deliveries, write-offs, settings.
func (w *world) touchItem() {
	stored := w.anyItem()
	if stored == nil {
		return
	}
	item, some := stored.DeepCopy(), int64(1+w.rng.IntN(max(1, w.scenario.units/2)))
	item.Generation++
	switch w.rng.IntN(10) {
	case 0, 1, 2, 8, 9:
		item.Spec.Received += some
	case 3, 4, 5:
		item.Spec.Received = max(0, item.Spec.Received-some)
	case 6:
		item.Spec.SafetyStock = int64(w.rng.IntN(3))
	case 7:
		item.Spec.Suspended = !item.Spec.Suspended
	}
	w.store.commit(item, false)
}

// replaceItem deletes a StockItem and makes it again, or adds one that claims the
// same product and place.
func (w *world) replaceItem() {
	item := w.anyItem()
	product, place := w.rng.IntN(w.scenario.products), w.rng.IntN(w.scenario.places)
	if item == nil || w.oneOf(2) {
		w.createItem(product, place, []string{"a", "b"}[w.rng.IntN(2)])
		return
	}
	w.store.remove(item, false)
	w.after(w.upTo(2*time.Second), func() { w.createItem(product, place, "a") })
}

// eraseItem erases a status by hand.
func (w *world) eraseItem() {
	if stored := w.anyItem(); stored != nil {
		item := stored.DeepCopy()
		item.Status = v1.StockItemStatus{}
		w.store.commit(item, false)
	}
}

// dropTally deletes a tally by hand.
func (w *world) dropTally() {
	if stored, ok := w.store.objects[tallies][v1.TallyName(0)].(*v1.StockTally); ok && !w.calm {
		w.store.oracle.tallyDropped(stored)
		w.store.remove(stored, false)
	}
}
