package allocator_test

import (
	"fmt"
	"maps"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/acme/inventory-service/api/v1"
)

func id(kind string, n int) string { return fmt.Sprintf("%s%d", kind, n) }

func (w *world) createCart(i int) {
	s := &w.scenario
	name := id("cart", i)
	if w.store.reservation(name) != nil {
		return
	}
	r := &v1.Reservation{ObjectMeta: metav1.ObjectMeta{Name: name}}
	r.Spec.Intent = v1.IntentHold
	hold := time.Hour
	if w.oneOf(2) {
		hold = time.Second + w.upTo(2*time.Second)
	}
	r.Spec.HoldFor = &metav1.Duration{Duration: hold}
	r.Status.Phase = v1.PhasePending
	first := w.rng.IntN(s.products)
	for line := range 1 + w.rng.IntN(s.products) {
		r.Spec.Items = append(r.Spec.Items, v1.ReservationItem{
			ProductID: id("p", (first+line)%s.products), Quantity: int64(1 + w.rng.IntN(s.quantity)),
		})
	}
	w.store.create(r)
}

// touchCart plays the owner of a cart, and people who delete Reservations.
func (w *world) touchCart() {
	i := w.rng.IntN(w.scenario.carts)
	r := w.store.reservation(id("cart", i))
	switch {
	case r == nil:
	case w.oneOf(4):
		w.deleteCart(r)
	case w.oneOf(3) && r.Spec.OrderID == "":
		r = r.DeepCopy()
		r.Spec.OrderID = "order-" + r.Name
		r.Generation++
		w.store.commit(r, false)
	case r.Spec.Intent == v1.IntentHold:
		w.changeIntent(r)
	}
}

// deleteCart deletes a Reservation, and perhaps makes its name again.
func (w *world) deleteCart(r *v1.Reservation) {
	w.store.oracle.withdrawn(r)
	w.store.remove(r, false)
	if w.oneOf(2) {
		var i int
		_, _ = fmt.Sscanf(r.Name, "cart%d", &i)
		w.after(w.upTo(time.Second), func() {
			if !w.calm {
				w.createCart(i)
			}
		})
	}
}

// ship changes the intent of a cart that holds units, or of one that is about to
// run out.
func (w *world) ship() {
	var reserved, late []*v1.Reservation
	for _, name := range slices.Sorted(maps.Keys(w.store.objects[reservations])) {
		r := w.store.reservation(name)
		if r.CurrentPhase() != v1.PhaseReserved || r.Spec.Intent != v1.IntentHold {
			continue
		}
		reserved = append(reserved, r)
		if left := r.Status.ExpiresAt.Sub(w.now()); left < 100*time.Millisecond {
			late = append(late, r)
		}
	}
	if len(late) > 0 {
		reserved = late
	}
	if len(reserved) > 0 {
		w.changeIntent(reserved[w.rng.IntN(len(reserved))])
	}
}

// changeIntent ships or gives back what a cart holds, or some of it.
func (w *world) changeIntent(r *v1.Reservation) {
	r = r.DeepCopy()
	canShip := r.CurrentPhase() != v1.PhaseReleased && r.CurrentPhase() != v1.PhaseUnavailable
	switch what := w.rng.IntN(8); {
	case what == 0 || !canShip:
		r.Spec.Intent = v1.IntentRelease
	case what <= 3:
		r.Spec.Intent = v1.IntentConsume
	case len(r.Status.Allocations) == 0:
		return
	case what == 4:
		w.raise(&r.Spec.ReleaseItems, r)
	default:
		w.raise(&r.Spec.ConsumeItems, r)
	}
	r.Generation++
	w.store.commit(r, false)
}

// raise makes one running total of a Reservation larger.
func (w *world) raise(totals *[]v1.PartialItem, r *v1.Reservation) {
	a := r.Status.Allocations[w.rng.IntN(len(r.Status.Allocations))]
	for i := range *totals {
		if item := &(*totals)[i]; item.ProductID == a.ProductID && item.LocationID == a.LocationID {
			item.Quantity += int64(1 + w.rng.IntN(2))
			return
		}
	}
	*totals = append(*totals, v1.PartialItem{
		ProductID: a.ProductID, LocationID: a.LocationID, Quantity: int64(1 + w.rng.IntN(w.scenario.quantity)),
	})
}
