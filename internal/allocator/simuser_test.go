package allocator

import (
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/acme/inventory-service/api/v1"
)

// scenario is what one seed plays.
type scenario struct {
	products, places, carts int
	processes               int
	// span is how long users and faults go on, shakes the time between changes
	// of who leads.
	span, shakes time.Duration
	// alone says that at most one process is elected at a time.
	alone bool
}

func (w *world) draw() scenario {
	return scenario{
		products:  1 + w.rng.IntN(3),
		places:    1 + w.rng.IntN(2),
		carts:     20 + w.rng.IntN(40),
		processes: []int{1, 2, 2, 2, 3, 3}[w.rng.IntN(6)],
		span:      time.Duration(3+w.rng.IntN(6)) * time.Second,
		shakes:    200*time.Millisecond + w.upTo(time.Second),
		alone:     w.rng.IntN(5) == 0,
	}
}

func id(kind string, n int) string { return fmt.Sprintf("%s%d", kind, n) }

// open makes the stock and the processes, and lets users and faults loose.
func (w *world) open(s scenario) {
	w.faults = []float64{0.2, 1, 2, 3}[w.rng.IntN(4)]
	for product := range s.products {
		for place := range s.places {
			w.store.created(&v1.StockItem{
				ObjectMeta: metav1.ObjectMeta{Name: id("item-p", product) + id("-l", place)},
				Spec: v1.StockItemSpec{
					ProductID: id("p", product), LocationID: id("l", place),
					Received: int64(1 + w.rng.IntN(20)), Priority: int32(w.rng.IntN(2)),
				},
			})
		}
	}
	for i := range s.processes {
		w.processes = append(w.processes, w.start(fmt.Sprintf("op%d#0", i)))
	}
	for i := range s.carts {
		w.after(time.Duration(w.rng.Int64N(int64(s.span))), func() { w.createCart(s, i) })
	}
	every := func(mean time.Duration, do func()) {
		for at := w.upTo(2 * mean); at < s.span; at += w.upTo(6 * mean) {
			w.after(at, do)
		}
	}
	every(500*time.Millisecond, func() { w.touchItem(s) })
	every(400*time.Millisecond, func() { w.touchCart(s) })
	every(250*time.Millisecond, w.ship)
	every(6*time.Second, w.dropLedger)
	every(s.shakes, func() { w.shake(s) })
}

func (w *world) createCart(s scenario, i int) {
	name := id("cart", i)
	if _, exists := w.store.reservations[name]; exists {
		return
	}
	r := &v1.Reservation{ObjectMeta: metav1.ObjectMeta{Name: name}}
	r.Spec.Intent = v1.IntentHold
	hold := time.Hour
	if w.rng.IntN(3) == 0 {
		hold = time.Second + w.upTo(4*time.Second)
	}
	r.Spec.HoldFor = &metav1.Duration{Duration: hold}
	r.Status.Phase = v1.PhasePending
	first := w.rng.IntN(s.products)
	for line := range 1 + w.rng.IntN(s.products) {
		r.Spec.Items = append(r.Spec.Items, v1.ReservationItem{
			ProductID: id("p", (first+line)%s.products), Quantity: int64(1 + w.rng.IntN(4)),
		})
	}
	w.store.created(r)
}

// touchItem plays the owner of the stock: deliveries, write-offs, settings, and
// a status that somebody erased.
func (w *world) touchItem(s scenario) {
	name := id("item-p", w.rng.IntN(s.products)) + id("-l", w.rng.IntN(s.places))
	item := w.store.items[name].DeepCopy()
	item.Generation++
	switch w.rng.IntN(8) {
	case 0, 1, 2:
		item.Spec.Received += int64(1 + w.rng.IntN(8))
	case 3, 4:
		item.Spec.Received = max(0, item.Spec.Received-int64(1+w.rng.IntN(8)))
	case 5:
		item.Spec.SafetyStock = int64(w.rng.IntN(3))
	case 6:
		item.Spec.Suspended = !item.Spec.Suspended
	case 7:
		item.Generation--
		item.Status = v1.StockItemStatus{}
	}
	w.store.commit(item, false)
}

// touchCart plays the owner of a cart, and people who delete Reservations.
func (w *world) touchCart(s scenario) {
	name := id("cart", w.rng.IntN(s.carts))
	stored, ok := w.store.reservations[name]
	if !ok {
		return
	}
	r := stored.DeepCopy()
	switch {
	case w.rng.IntN(4) == 0:
		w.store.commit(r, true)
		if w.rng.IntN(2) == 0 {
			i := 0
			_, _ = fmt.Sscanf(name, "cart%d", &i)
			w.after(w.upTo(time.Second), func() { w.createCart(s, i) }) // the same name again
		}
	case w.rng.IntN(3) == 0 && r.Spec.OrderID == "":
		r.Spec.OrderID = "order-" + name
		r.Generation++
		w.store.commit(r, false)
	case r.Spec.Intent == v1.IntentHold:
		w.changeIntent(r)
	}
}

// ship changes the intent of a cart that holds units.
func (w *world) ship() {
	var reserved []*v1.Reservation
	for _, r := range w.store.listPhase(v1.PhaseReserved).objects {
		if r.Spec.Intent == v1.IntentHold {
			reserved = append(reserved, r)
		}
	}
	if len(reserved) > 0 {
		w.changeIntent(reserved[w.rng.IntN(len(reserved))])
	}
}

// changeIntent ships or gives back what a cart holds, or some of it.
func (w *world) changeIntent(r *v1.Reservation) {
	canShip := r.CurrentPhase() != v1.PhaseReleased && r.CurrentPhase() != v1.PhaseUnavailable
	switch kind := w.rng.IntN(8); {
	case kind == 0 || !canShip:
		r.Spec.Intent = v1.IntentRelease
	case kind <= 3:
		r.Spec.Intent = v1.IntentConsume
	case len(r.Status.Allocations) == 0:
		return
	case kind == 4:
		w.raise(&r.Spec.ReleaseItems, r)
	default:
		w.raise(&r.Spec.ConsumeItems, r)
	}
	r.Generation++
	w.store.commit(r, false)
}

// raise makes one running total of a Reservation larger.
func (w *world) raise(items *[]v1.PartialItem, r *v1.Reservation) {
	a := r.Status.Allocations[w.rng.IntN(len(r.Status.Allocations))]
	for i := range *items {
		if item := &(*items)[i]; item.ProductID == a.ProductID && item.LocationID == a.LocationID {
			item.Quantity += int64(1 + w.rng.IntN(2))
			return
		}
	}
	*items = append(*items, v1.PartialItem{
		ProductID: a.ProductID, LocationID: a.LocationID, Quantity: int64(1 + w.rng.IntN(3)),
	})
}

// dropLedger plays somebody who deletes the journal.
func (w *world) dropLedger() {
	if w.store.ledger != nil && !w.calm {
		w.store.oracle.rebuilt++
		w.store.oracle.ledgerLost(w.store.ledger)
		w.store.commit(w.store.ledger.DeepCopy(), true)
	}
}

// ambush strikes where it hurts most: while holds are in flight.
func (w *world) ambush() {
	if w.calm {
		return
	}
	if w.rng.IntN(3) == 0 {
		w.dropLedger()
	}
	i := w.rng.IntN(len(w.processes))
	switch p := w.processes[i]; {
	case !p.leads():
		p.elect()
	case w.rng.IntN(2) == 0:
		w.restart(i)
		w.processes[i].elect()
	}
}

// restart ends a process and starts another in its place.
func (w *world) restart(i int) {
	w.processes[i].crash()
	var n, life int
	_, _ = fmt.Sscanf(w.processes[i].name, "op%d#%d", &n, &life)
	w.processes[i] = w.start(fmt.Sprintf("op%d#%d", n, life+1))
}

// shake changes who believes to lead, and ends processes.
func (w *world) shake(s scenario) {
	if w.calm {
		return
	}
	i := w.rng.IntN(len(w.processes))
	p := w.processes[i]
	switch {
	case w.rng.IntN(3) == 0:
		w.restart(i)
	case p.leads():
		if w.rng.IntN(2) == 0 {
			p.depose()
		}
	default:
		if s.alone {
			for _, other := range w.processes {
				if other.leads() {
					other.depose()
				}
			}
		}
		p.elect()
	}
}
