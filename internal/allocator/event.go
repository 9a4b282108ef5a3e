package allocator

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/ledger"
)

// Event is something that happened, as told to Step.
type Event interface{ event() }

type (
	// Elected says that this process leads. It is not needed for safety.
	Elected struct{}

	// Deposed says that this process no longer leads.
	Deposed struct{}

	// ReserveCalled is one caller that waits for a decision. HoldFor is how
	// long the units would be held, a whole number of seconds or not. Without
	// Lines there is nothing to decide: the caller wants the proof alone that
	// this process held the ledger after the call.
	ReserveCalled struct {
		Call    uint64
		UID     types.UID
		Name    string
		Lines   []v1.ReservationItem
		HoldFor time.Duration
	}

	// ConsumeCalled is one caller that waits for units of a Reserved
	// Reservation to be taken out of stock. FoldID is the last fold that the
	// version shows which the caller has read.
	ConsumeCalled struct {
		Call   uint64
		UID    types.UID
		Name   string
		Takes  []v1.Take
		FoldID int64
	}

	// CallDropped says that the caller no longer waits.
	CallDropped struct {
		Call uint64
		UID  types.UID
	}

	// ReservationSeen is a version of a Reservation, from a watch, a list or
	// the answer to a write of our own.
	ReservationSeen struct {
		UID     types.UID
		Version uint64
		Phase   v1.Phase
		// Allocations are kept: nobody may change them afterwards.
		Allocations []v1.Allocation
		FoldID      int64
		// Gone says that the object was deleted.
		Gone bool
	}

	// ItemSeen is a version of a StockItem.
	ItemSeen struct {
		Item    ledger.Item
		Version uint64
	}

	// ItemGone says that a StockItem was deleted.
	ItemGone struct{ UID types.UID }

	// TallySeen is a version of a StockTally.
	TallySeen struct {
		Shard    int32
		Version  uint64
		LastFold int64
		Entries  []v1.Take
	}

	// LedgerSeen is a version of the StockLedger, from a watch.
	LedgerSeen struct {
		UID      types.UID
		Version  uint64
		Token    string
		OpenFold *v1.Fold
		// Edited says that it is not as an operator wrote it: its fold is not to be
		// believed.
		Edited bool
		Gone   bool
	}

	// LedgerRead answers ReadLedger. Stored is nil where there is none.
	LedgerRead struct {
		Term   uint64
		Stored *Stored
	}

	// LedgerWritten answers WriteLedger.
	LedgerWritten struct {
		Term    uint64
		Token   string
		Result  WriteResult
		Version uint64
	}

	// CaughtUp answers CatchUp, after everything that was newer than known
	// has been seen: the lists were complete at these versions.
	CaughtUp struct {
		Term         uint64
		ItemsVersion uint64
		Items        map[types.UID]struct{}
		HoldsVersion uint64
		Holds        map[types.UID]struct{}
		// FoldFloor is a number that no fold of a lost ledger was above.
		FoldFloor int64
		// Refold are units that a fold of a lost ledger took of Reservations
		// and that no tally counts.
		Refold map[types.UID][]v1.Take
	}

	// RolledForward answers RollForward: the Reservation of every given hold
	// has been seen decided or gone, and every one of the fold shows it.
	RolledForward struct{ Term uint64 }

	// Tallied answers TallyFold: every tally has been seen to count the fold.
	Tallied struct{ Term uint64 }

	// TakenOver answers RollForward or TallyFold when the stored ledger turned
	// out to be somebody else's.
	TakenOver struct{ Term uint64 }

	// Progressed is the publisher's place, to be kept with the next write.
	Progressed struct {
		Cursor  string
		Backlog int64
	}

	// Audited is what an audit found, to be kept with the next write.
	Audited struct {
		// Consistent is the condition; its transition time is set when it is
		// written.
		Consistent metav1.Condition
		Audit      v1.AuditStatus
	}

	// Distrusted says that what this process knows turned out to differ from
	// what is stored: it takes the ledger over anew, from itself, and learns it.
	Distrusted struct{}

	// Woken answers Wake.
	Woken struct{}

	// Aged says that every answer of the time before the last Aged has come.
	Aged struct{}
)

// Stored is the StockLedger as it was read.
type Stored struct {
	UID     types.UID
	Version uint64
	Status  v1.StockLedgerStatus
}

// WriteResult is what the writer of the ledger knows.
type WriteResult int

const (
	// Landed says that the API server has stored it.
	Landed WriteResult = iota
	// Refused says that there was a conflict, or no such object. An earlier attempt of the same
	// write may still have landed.
	Refused
	// Unknown says that the answer was lost, or was an error that proves nothing.
	Unknown
)

func (Elected) event()         {}
func (Deposed) event()         {}
func (ReserveCalled) event()   {}
func (ConsumeCalled) event()   {}
func (CallDropped) event()     {}
func (ReservationSeen) event() {}
func (ItemSeen) event()        {}
func (ItemGone) event()        {}
func (TallySeen) event()       {}
func (LedgerSeen) event()      {}
func (LedgerRead) event()      {}
func (LedgerWritten) event()   {}
func (CaughtUp) event()        {}
func (RolledForward) event()   {}
func (Tallied) event()         {}
func (TakenOver) event()       {}
func (Progressed) event()      {}
func (Audited) event()         {}
func (Distrusted) event()      {}
func (Woken) event()           {}
func (Aged) event()            {}
