package allocator_test

import (
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	v1 "github.com/acme/inventory-service/api/v1"
)

// dropLedger plays somebody who deletes the journal.
func (w *world) dropLedger() {
	if l := w.store.ledger(); l != nil {
		w.store.oracle.reached.lost++
		w.store.oracle.ledgerLost(l)
		w.store.remove(l, false)
	}
}

// editLedger plays somebody who edits the journal by hand. RBAC leaves that to
// administrators, and the operator has to live with it.
func (w *world) editLedger() {
	stored := w.store.ledger()
	if stored == nil {
		return
	}
	l := stored.DeepCopy()
	what := w.edit(&l.ObjectMeta, &l.Status)
	if what == "" {
		return
	}
	w.logf("somebody edits the ledger: %s", what)
	w.store.oracle.ledgerEdited(stored, l)
	w.store.commit(l, false)
}

// edit makes one edit and names it; none if there is nothing to edit.
func (w *world) edit(meta *metav1.ObjectMeta, s *v1.StockLedgerStatus) string {
	if s.OpenFold != nil && w.oneOf(4) {
		return w.editFold(s)
	}
	switch w.rng.IntN(12) {
	case 0:
		meta.Annotations = map[string]string{"touched": w.elapsedText()}
		return "an annotation"
	case 1:
		s.Recovered = false
		return "recovered"
	case 2:
		s.Holder = "nobody"
		return "the holder"
	case 3:
		s.Epoch = max(0, s.Epoch-1-w.rng.Int64N(3))
		return "the epoch"
	case 4:
		s.Cursor = []string{"", "garbage", "-1", "999999999999"}[w.rng.IntN(4)]
		return "the cursor"
	case 5:
		if w.oneOf(4) {
			w.fill(s)
			return "filled up"
		}
		return ""
	case 6, 7:
		return w.editFold(s)
	case 8:
		s.LastFold = max(0, s.LastFold-2+w.rng.Int64N(4))
		return "the last fold"
	default:
		if len(s.InFlight) == 0 {
			return ""
		}
		if w.oneOf(3) {
			s.InFlight = nil
			return "all holds removed"
		}
		if first := &s.InFlight[0]; w.oneOf(2) && len(first.Allocations) > 0 {
			first.Allocations[0].Quantity--
			return "units of a hold"
		}
		s.InFlight = s.InFlight[1:]
		return "a hold removed"
	}
}

func (w *world) editFold(s *v1.StockLedgerStatus) string {
	if s.OpenFold == nil {
		return ""
	}
	switch w.rng.IntN(3) {
	case 0:
		s.OpenFold = nil
		return "the fold removed"
	case 1:
		if len(s.OpenFold.Units) > 0 {
			s.OpenFold.Units[0].Quantity++
		}
		return "units of the fold"
	default:
		s.OpenFold.Reservations = nil
		return "the members of the fold"
	}
}

// fill leaves the ledger hardly any room: holds of nobody, nearly as large as it
// may become.
func (w *world) fill(s *v1.StockLedgerStatus) {
	name := strings.Repeat("x", 190<<10)
	for i := range 4 {
		s.InFlight = append(s.InFlight, v1.InFlightHold{
			UID: types.UID(id("nobody-", i) + w.elapsedText()), Name: name,
			ReservedAt: metav1.NewMicroTime(w.now()), ExpiresAt: metav1.NewTime(w.now().Add(time.Hour)),
		})
	}
}

func (w *world) elapsedText() string { return w.elapsed.String() }
