package allocator

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/ledger"
)

// Thousands of StockItems that come at once wait for the reconciler for longer than
// a write may take. None is overdue while those before it are written. One that was
// passed over is, and so is whatever waits for a reconciler that does nothing.
func TestItemsInTheQueueAreNotOverdue(t *testing.T) {
	s := newShownItems()
	now := time.Unix(1_000_000, 0)
	came := func(name string) {
		s.changed(now, []ledger.Key{keyOf(name)})
	}
	// written is what the reconciler does with an item whose turn has come.
	written := func(name string) {
		s.take(now, keyOf(name))
		s.show(now, stocked(name), s.changes(keyOf(name)))
	}
	expect := func(when string, want ...string) {
		t.Helper()
		behind := map[string]bool{}
		for _, key := range s.behind(now) {
			behind[key.ProductID] = true
		}
		wanted := map[string]bool{}
		for _, name := range want {
			wanted[name] = true
		}
		if diff := cmp.Diff(wanted, behind); diff != "" {
			t.Errorf("%s these are on their way (-want +got):\n%s", when, diff)
		}
	}

	for _, name := range []string{"first", "lost", "second", "third"} {
		came(name)
		now = now.Add(time.Second)
	}
	now = now.Add(writeBehindLimit / 2)
	written("first")
	now = now.Add(writeBehindLimit - time.Second)
	expect("in a long queue", "lost", "second", "third")
	written("second")
	now = now.Add(writeBehindLimit - time.Second)
	expect("as the queue moves on", "lost", "third")
	written("third")
	came("late")
	expect("at the end of the queue", "lost", "late")
	written("late")
	expect("long after it was passed over")
	came("stuck")
	now = now.Add(writeBehindLimit - 1)
	expect("before the reconciler is late", "stuck")
	now = now.Add(1)
	expect("when the reconciler does nothing")
}

func keyOf(name string) ledger.Key { return ledger.Key{ProductID: name, LocationID: "a"} }

func stocked(name string) *v1.StockItem {
	return &v1.StockItem{
		ObjectMeta: metav1.ObjectMeta{Name: name, UID: types.UID(name), ResourceVersion: "1", Generation: 1},
		Spec:       v1.StockItemSpec{ProductID: name, LocationID: "a"},
	}
}
