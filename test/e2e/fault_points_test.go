package e2e

import (
	"encoding/json"
	"net/http"

	"k8s.io/apimachinery/pkg/api/meta"

	v1 "github.com/acme/inventory-service/api/v1"
)

// point is one kind of API write of the operator, in the world's namespace.
type point struct {
	method, resource string // such as PUT, reservations/status
	// matches looks at the body; nil takes any.
	matches func(body []byte) bool
}

func (p point) is(method, resource string, body []byte) bool {
	return p.method == method && p.resource == resource && (p.matches == nil || p.matches(body))
}

// The writes on the way of a reservation, in their order.
var (
	createReservation = point{method: http.MethodPost, resource: "reservations"}
	createLedger      = point{method: http.MethodPost, resource: "stockledgers"}
	// takeOver is the fence: the operator writes itself into the ledger.
	takeOver = ledgerWrite(func(s *v1.StockLedgerStatus) bool { return !ledgerReady(s) })
	// firstWrite says that the ledger is recovered.
	firstWrite = ledgerWrite(ledgerReady)
	// batch journals holds.
	batch = ledgerWrite(func(s *v1.StockLedgerStatus) bool { return ledgerReady(s) && len(s.InFlight) > 0 })
	// commit makes the hold the Reservation's outcome.
	commit = reservationWrite(func(s *v1.ReservationStatus) bool { return s.Phase == v1.PhaseReserved })
	refuse = reservationWrite(func(s *v1.ReservationStatus) bool { return s.Phase == v1.PhaseUnavailable })
	// settle takes committed holds out of the ledger.
	settle = ledgerWrite(func(s *v1.StockLedgerStatus) bool {
		return ledgerReady(s) && len(s.InFlight) == 0 && s.Totals.Reserved > 0
	})
	// writeBehind shows the hold on the StockItem.
	writeBehind = point{method: http.MethodPut, resource: "stockitems/status", matches: func(body []byte) bool {
		var item v1.StockItem
		return json.Unmarshal(body, &item) == nil && item.Status.Reserved > 0
	}}
	// intend is the bridge's half of a release, free the operator's.
	intend = point{method: http.MethodPatch, resource: "reservations"}
	free   = reservationWrite(func(s *v1.ReservationStatus) bool { return s.Phase == v1.PhaseReleased })
	// emptied is the ledger after the last hold was given back.
	emptied = ledgerWrite(func(s *v1.StockLedgerStatus) bool { return ledgerReady(s) && s.Totals.Reserved == 0 })
	// touch moves an open Reservation past the writes of before a lost ledger.
	touch = reservationWrite(func(s *v1.ReservationStatus) bool { return s.Fence != "" })
	// openFold makes Reservations part of a fold.
	openFold = ledgerWrite(func(s *v1.StockLedgerStatus) bool {
		return ledgerReady(s) && s.OpenFold != nil && len(s.OpenFold.Reservations) > 0
	})
	// showFold has a Reservation show its fold.
	showFold    = reservationWrite(func(s *v1.ReservationStatus) bool { return s.Phase == v1.PhaseConsumed })
	createTally = point{method: http.MethodPost, resource: "stocktallies"}
	countFold   = point{method: http.MethodPut, resource: "stocktallies/status"}
	// writeShipped shows consumed units on the StockItem.
	writeShipped = point{method: http.MethodPut, resource: "stockitems/status", matches: func(body []byte) bool {
		var item v1.StockItem
		return json.Unmarshal(body, &item) == nil && item.Status.Consumed > 0
	}}
	// publish is the event on its way to the sink.
	publish = point{method: http.MethodPost, resource: "sink"}
)

func ledgerWrite(matches func(*v1.StockLedgerStatus) bool) point {
	return point{method: http.MethodPut, resource: "stockledgers/status", matches: func(body []byte) bool {
		var l v1.StockLedger
		return json.Unmarshal(body, &l) == nil && matches(&l.Status)
	}}
}

func reservationWrite(matches func(*v1.ReservationStatus) bool) point {
	return point{method: http.MethodPut, resource: "reservations/status", matches: func(body []byte) bool {
		var r v1.Reservation
		return json.Unmarshal(body, &r) == nil && matches(&r.Status)
	}}
}

// closeFold takes the fold after a number out of the ledger.
func closeFold(last int64) point {
	return ledgerWrite(func(s *v1.StockLedgerStatus) bool {
		return ledgerReady(s) && s.OpenFold == nil && s.LastFold > last
	})
}

func ledgerReady(s *v1.StockLedgerStatus) bool {
	return meta.IsStatusConditionTrue(s.Conditions, v1.ConditionReady)
}
