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

	// CatchUp lists StockItems and Reserved Reservations past all caches and
	// sees what is newer than known. With Rebuild, every open Reservation is
	// first moved to a new version that carries Fence, so that no write which
	// is still under way from before can land on it.
	CatchUp struct {
		Term    uint64
		Rebuild bool
		Fence   string
		Claim   Claim
	}

	// RollForward writes the given holds into those of their Reservations
	// that are still Pending, as long as the stored ledger shows Claim.
	RollForward struct {
		Term  uint64
		Holds []v1.InFlightHold
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

// Decision is the answer to a Reserve. Exactly one of Hold, Short and
// Superseded is set; none is where nothing was asked for but proof.
type Decision struct {
	// Hold is what the cart gets, journaled.
	Hold *v1.InFlightHold
	// Short are the lines that could not be served.
	Short []v1.UnavailableItem
	// At is when Short was found.
	At time.Time
	// Superseded says that the Reservation was decided, released or deleted
	// meanwhile: read it again.
	Superseded bool
}

func (ReadLedger) effect()   {}
func (CreateLedger) effect() {}
func (WriteLedger) effect()  {}
func (CatchUp) effect()      {}
func (RollForward) effect()  {}
func (Reply) effect()        {}
func (Wake) effect()         {}
