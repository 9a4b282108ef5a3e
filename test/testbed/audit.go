package testbed

import (
	"context"
	"fmt"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
)

// Audit sees every revision of every StockItem and fails the test when one does
// not add up, or when consumed units come back though no ledger was deleted. It
// has to begin before the first StockItem is made.
type Audit struct {
	w       *World
	cancel  context.CancelFunc
	running sync.WaitGroup

	mu       sync.Mutex
	changed  chan struct{}
	specs    map[specKey]v1.StockItemSpec
	newest   map[types.UID]uint64
	consumed map[string]int64 // by "product location", as shown last
	falls    []fall
	// lost are the versions at which ledgers were deleted.
	lost []uint64
	// Checked counts the revisions that were looked at.
	Checked int
}

type specKey struct {
	UID        types.UID
	Generation int64
}

// fall is a revision that shows less consumed than one before it.
type fall struct {
	Version uint64
	Text    string
}

// Audit begins to watch the StockItems. It ends with Stop, or with the test.
func (w *World) Audit() *Audit {
	w.Helper()
	ctx, cancel := context.WithCancel(w.Context())
	a := &Audit{
		w: w, cancel: cancel, changed: make(chan struct{}), specs: map[specKey]v1.StockItemSpec{},
		newest: map[types.UID]uint64{}, consumed: map[string]int64{},
	}
	Follow(ctx, &a.running, w, func() client.ObjectList { return &v1.StockItemList{} }, func() {}, a.seen, func(*v1.StockItem) {})
	Follow(ctx, &a.running, w, func() client.ObjectList { return &v1.StockLedgerList{} }, func() {}, func(*v1.StockLedger) {}, a.lose)
	w.Cleanup(func() { cancel(); a.running.Wait() })
	return a
}

func (a *Audit) seen(i *v1.StockItem) {
	a.mu.Lock()
	defer a.mu.Unlock()
	close(a.changed)
	a.changed = make(chan struct{})
	a.newest[i.UID] = revision(i)
	a.specs[specKey{i.UID, i.Generation}] = i.Spec
	s := i.Status
	if s.ObservedGeneration == 0 {
		return // no operator has shown anything yet
	}
	spec, known := a.specs[specKey{i.UID, s.ObservedGeneration}]
	if !known {
		a.w.Errorf("stock item %s shows generation %d, which never was", i.Name, s.ObservedGeneration)
		return
	}
	a.Checked++
	if s.OnHand != spec.Received-s.Consumed || s.Available != max(0, s.OnHand-s.Reserved-spec.SafetyStock) {
		a.w.Errorf("stock item %s does not add up at resourceVersion %s: %d received, %d safety stock, %+v",
			i.Name, i.ResourceVersion, spec.Received, spec.SafetyStock, s)
	}
	key := i.Spec.ProductID + " " + i.Spec.LocationID
	if before := a.consumed[key]; s.Consumed < before {
		a.falls = append(a.falls, fall{revision(i), fmt.Sprintf(
			"%d units of %s were consumed, and %d at resourceVersion %s", before, key, s.Consumed, i.ResourceVersion)})
	}
	a.consumed[key] = s.Consumed
}

func (a *Audit) lose(l *v1.StockLedger) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.lost = append(a.lost, revision(l))
}

// Stop ends the audit once it has seen everything there is.
func (a *Audit) Stop() {
	a.w.Helper()
	var list v1.StockItemList
	a.w.Must(a.w.Client.List(a.w.Context(), &list, client.InNamespace(a.w.Namespace)))
	for timeout := time.After(Patience); !a.caughtUp(list.Items); {
		a.mu.Lock()
		changed := a.changed
		a.mu.Unlock()
		if a.caughtUp(list.Items) {
			break
		}
		select {
		case <-changed:
		case <-timeout:
			a.w.Fatal("the audit never saw the newest stock items")
		}
	}
	a.cancel()
	a.running.Wait()
	if a.Checked == 0 {
		a.w.Error("the audit saw no stock item that an operator shows")
	}
	for _, f := range a.falls {
		if !a.lostBefore(f.Version) {
			a.w.Error(f.Text)
		}
	}
}

func (a *Audit) caughtUp(items []v1.StockItem) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	for i := range items {
		if a.newest[items[i].UID] < revision(&items[i]) {
			return false
		}
	}
	return true
}

func (a *Audit) lostBefore(version uint64) bool {
	for _, lost := range a.lost {
		if lost < version {
			return true
		}
	}
	return false
}

// promised are allocations without what became of them.
func promised(allocations []v1.Allocation) []v1.Allocation {
	var promised []v1.Allocation
	for _, a := range allocations {
		a.Consumed, a.Released, a.LastConsumed = 0, 0, 0
		promised = append(promised, a)
	}
	return promised
}

// settledFell tells whether less is consumed or released than was before.
func settledFell(before, after []v1.Allocation) bool {
	for i := range min(len(before), len(after)) {
		if after[i].Consumed < before[i].Consumed || after[i].Released < before[i].Released {
			return true
		}
	}
	return false
}
