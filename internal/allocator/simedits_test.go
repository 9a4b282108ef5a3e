package allocator_test

import (
	"k8s.io/apimachinery/pkg/api/equality"

	v1 "github.com/acme/inventory-service/api/v1"
)

// edits is what the oracle knows of ledgers that somebody edited by hand. Where an
// edit touches what is held or consumed, the ledger is as good as lost: nothing that
// it names may be believed, nothing may be oversold, and what the Reservations and
// the tallies know has to be found again.
type edits struct {
	// last is the ledger as somebody left it, nil before any edit.
	last *v1.StockLedger
	// spoiled says that no operator has written since such an edit.
	spoiled bool
}

// ledgerEdited notes what somebody is about to do by hand, which no rule binds.
func (o *oracle) ledgerEdited(before, after *v1.StockLedger) {
	o.reached.edited++
	o.epochs[after.UID] = after.Status.Epoch
	delete(o.tokens, after.Status.Token)
	o.edits.last = after
	if equality.Semantic.DeepEqual(bearing(before), bearing(after)) {
		return
	}
	if !o.edits.spoiled {
		o.ledgerLost(before)
	}
	o.edits.spoiled = true
}

// bearing is what a ledger says that bears on holds and folds.
func bearing(l *v1.StockLedger) v1.StockLedgerStatus {
	s := &l.Status
	return v1.StockLedgerStatus{
		Holder: s.Holder, Epoch: s.Epoch, Recovered: s.Recovered,
		InFlight: s.InFlight, OpenFold: s.OpenFold, LastFold: s.LastFold,
	}
}

// believed tells whether the oracle takes a ledger at its word: not what somebody
// wrote into it.
func (o *oracle) believed(l *v1.StockLedger) bool {
	if l != o.edits.last {
		o.edits.spoiled = false
	}
	return !o.edits.spoiled
}
