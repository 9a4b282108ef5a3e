package publisher

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	v1 "github.com/acme/inventory-service/api/v1"
)

func TestCursorNeverPassesWhatIsNotDelivered(t *testing.T) {
	seeds := uint64(300)
	if testing.Short() {
		seeds = 30
	}
	for seed := range seeds {
		w, journal := newWorld(seed), ledgers{}
		for process := range 4 {
			l := begin(w, journal)
			for step := range 300 {
				l.step()
				if err := l.check(); err != nil {
					t.Fatalf("seed %d, process %d, step %d: %v", seed, process, step, err)
				}
			}
			if process == 2 {
				l.catchUp()
				checkNothingForgotten(t, seed, l)
				l.calm()
				checkCalm(t, seed, l)
			}
			l.end()
		}
	}
}

// checkNothingForgotten sees that this process will send all that is not delivered.
func checkNothingForgotten(t *testing.T, seed uint64, l *life) {
	t.Helper()
	for _, r := range l.w.stored {
		if r.Decided() && !l.w.acknowledged[r.UID] && l.tracker.pending[r.UID] == nil {
			t.Errorf("seed %d: %s is not delivered and not pending", seed, r.UID)
		}
	}
}

// checkCalm sees that nothing is left behind: the next process would send nothing, all
// is known to be delivered, and no memory is used for it.
func checkCalm(t *testing.T, seed uint64, l *life) {
	t.Helper()
	for _, r := range l.w.stored {
		if !r.Decided() || undelivered(r) {
			continue
		}
		if !l.Delivered(r) {
			t.Errorf("seed %d: %s is delivered and not known to be", seed, r.UID)
		}
		if number, _ := versionOf(r); number >= l.journal[r.Namespace].cursor {
			t.Errorf("seed %d: %s at %d would be sent again, the cursor is %d", seed, r.UID, number, l.journal[r.Namespace].cursor)
		}
	}
	for name, at := range l.journal {
		if at.backlog != 0 {
			t.Errorf("seed %d: the backlog of %s is %d", seed, name, at.backlog)
		}
	}
	if n := len(l.tracker.recent); n != 0 {
		t.Errorf("seed %d: %d delivered outcomes are still remembered", seed, n)
	}
}

// An outcome below the cursor is delivered, unless its Reservation says that it was
// refused, even if the informer learns of that late.
func TestBelowTheCursorOnlyRefusedOnesAreSent(t *testing.T) {
	w := newWorld(1)
	sent := decide(reservation("shop", "sent", "sent"))
	marked := decide(reservation("shop", "marked", "marked"))
	late := decide(reservation("shop", "late", "late"))
	mark := metav1.Condition{Type: v1.ConditionDelivered, Status: metav1.ConditionFalse, Reason: "SinkAnswered400"}
	meta.SetStatusCondition(&marked.Status.Conditions, mark)
	for _, r := range []*v1.Reservation{sent, marked, late} {
		w.put(r, false)
	}
	cursor := w.now + 100
	for len(w.changes)+len(w.queue) > 0 {
		w.reflect()
		w.apply()
	}
	l := begin(w, ledgers{"shop": {cursor: cursor}})
	defer l.end()
	w.now = cursor
	meta.SetStatusCondition(&late.Status.Conditions, mark)
	w.put(late, false)
	l.catchUp()
	got := slices.Sorted(maps.Keys(l.tracker.pending))
	if want := []types.UID{"late", "marked"}; !slices.Equal(got, want) {
		t.Errorf("pending are %q, want %q", got, want)
	}
	l.report()
	if now := l.journal["shop"]; now.cursor < cursor || now.backlog != 2 {
		t.Errorf("told %+v, want a backlog of 2 that does not hold the cursor %d", now, cursor)
	}
}

func TestIdleNamespacesAreLeftAlone(t *testing.T) {
	w, journal := newWorld(1), ledgers{}
	l := begin(w, journal)
	defer l.end()
	w.put(decide(reservation("idle", "r", "idle")), false)
	l.calm()
	for range 5 {
		w.serial++
		w.put(decide(reservation("busy", fmt.Sprint("r", w.serial), types.UID(fmt.Sprint("b", w.serial)))), false)
		delete(journal, "idle")
		l.calm()
		if at, told := journal["idle"]; told {
			t.Fatalf("the idle namespace's ledger would be written: %+v", at)
		}
		if journal["busy"].cursor <= w.now-1 {
			t.Fatalf("the busy namespace's cursor is %d at %d", journal["busy"].cursor, w.now)
		}
	}
}

func TestEmptyNamespacesAreForgotten(t *testing.T) {
	w := newWorld(1)
	l := begin(w, ledgers{})
	defer l.end()
	r := decide(reservation("shop", "r", "u"))
	w.put(r, false)
	l.calm()
	w.put(r, true)
	l.calm()
	l.calm()
	if n := len(l.tracker.namespaces); n != 0 {
		t.Errorf("%d namespaces are remembered", n)
	}
}

func TestRestoredStorageStartsOver(t *testing.T) {
	w, journal := newWorld(1), ledgers{}
	l := begin(w, journal)
	defer l.end()
	w.put(decide(reservation("shop", "old", "old")), false)
	l.calm()
	// The storage is as it was long ago, and lives on from there.
	w.now = 10
	w.stored = map[types.NamespacedName]*v1.Reservation{}
	w.put(decide(reservation("shop", "new", "new")), false)
	w.changes = nil
	w.queue = append(w.queue, change{version: w.now, list: w.list()})
	w.lastSync = w.now
	w.apply()
	for range 3 {
		l.handle()
	}
	l.report()
	if l.tracker.pending["new"] == nil {
		t.Fatal("the new outcome is not sent")
	}
	if err := l.check(); err != nil {
		t.Error(err)
	}
	l.calm()
	if cursor := journal["shop"].cursor; cursor > w.now+1 {
		t.Errorf("the cursor is %d at %d", cursor, w.now)
	}
}
