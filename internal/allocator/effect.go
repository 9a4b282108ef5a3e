package allocator

import (
	"time"

	"k8s.io/apimachinery/pkg/types"

	v1 "github.com/acme/inventory-service/api/v1"
)

// Effect is something Step wants done. Effects of one Step may be performed in
// any order and concurrently. Term comes back with the answer: Step ignores
// the answers to what it no longer waits for.
type Effect interface{ effect() }

type (
	// ReadLedger reads the StockLedger, past all caches, after Delay.
	ReadLedger struct {
		Term  uint64
		Delay time.Duration
	}

	// CreateLedger makes the StockLedger, then reads it.
	CreateLedger struct{ Term uint64 }

	// WriteLedger replaces the status of the StockLedger with this UID if it is
	// still at Version. It is never repeated with another version.
	WriteLedger struct {
		Term    uint64
		UID     types.UID
		Version uint64
		Status  v1.StockLedgerStatus
		// Decisions is how many carts the write decides.
		Decisions int
	}

	// CatchUp learns all StockItems and Reserved Reservations as of a moment
	// after it was asked for. With Rebuild, every open Reservation is
	// first moved to a new version that carries Fence, so that no write which
	// is still under way from before can land on it.
	CatchUp struct {
		Term    uint64
		Rebuild bool
		Fence   string
		Claim   Claim
	}

	// RollForward writes the given holds into those of their Reservations
	// that are still Pending, and what the fold took into those that do not
	// show it, as long as the stored ledger shows Claim. Fold is nil for none.
	RollForward struct {
		Term  uint64
		Holds []v1.InFlightHold
		Fold  *v1.Fold
		Claim Claim
	}

	// TallyFold adds the units of a fold to those StockTallies that do not
	// count it yet, as long as the stored ledger shows Claim.
	TallyFold struct {
		Term  uint64
		ID    int64
		Units []v1.FoldUnits
		Claim Claim
	}

	// Reply answers a caller.
	Reply struct {
		Call     uint64
		Decision Decision
	}

	// Wake asks for Woken after After.
	Wake struct{ After time.Duration }
)

// Claim is what the stored ledger must show for this process to be allowed to
// act on behalf of it.
type Claim struct {
	UID    types.UID
	Holder string
	Epoch  int64
}

// Shown tells whether a ledger as read shows the claim.
func (c Claim) Shown(uid types.UID, status *v1.StockLedgerStatus) bool {
	return uid == c.UID && status.Holder == c.Holder && status.Epoch == c.Epoch
}

// Decision is the answer to a Reserve or a Consume. Exactly one of Hold, Short,
// Fold and Superseded is set; none is where nothing was asked for but proof.
type Decision struct {
	// Hold is what the cart gets, journaled.
	Hold *v1.InFlightHold
	// Short are the lines that could not be served.
	Short []v1.UnavailableItem
	// At is when Short was found.
	At time.Time
	// Fold is what a fold takes of the Reservation.
	Fold *Folded
	// Superseded says that the Reservation was decided, released, consumed
	// or deleted meanwhile: read it again.
	Superseded bool
}

// Folded is what a fold does to one Reservation.
type Folded struct {
	// ID is the fold.
	ID int64
	// Takes are the units that are consumed and no longer held.
	Takes []v1.Take
	// Lost are units consumed before, by a fold that was lost, which this one
	// counts.
	Lost []v1.Take
}

func (ReadLedger) effect()   {}
func (CreateLedger) effect() {}
func (WriteLedger) effect()  {}
func (CatchUp) effect()      {}
func (RollForward) effect()  {}
func (TallyFold) effect()    {}
func (Reply) effect()        {}
func (Wake) effect()         {}
