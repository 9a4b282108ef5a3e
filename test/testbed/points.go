package testbed

import (
	"encoding/json"
	"net/http"
	"slices"

	"k8s.io/apimachinery/pkg/api/meta"

	v1 "github.com/acme/inventory-service/api/v1"
)

// Point is one kind of API write of the operator, in the world's namespace.
type Point struct {
	Method, Resource string // such as PUT, reservations/status
	// Matches looks at the body; nil takes any.
	Matches func(body []byte) bool
}

// Is tells whether a request is made at this point.
func (p Point) Is(method, resource string, body []byte) bool {
	return p.Method == method && p.Resource == resource && (p.Matches == nil || p.Matches(body))
}

// The writes on the way of a reservation, in their order.
var (
	CreateReservation = Point{Method: http.MethodPost, Resource: "reservations"}
	CreateLedger      = Point{Method: http.MethodPost, Resource: "stockledgers"}
	// TakeOver is the fence: the operator writes itself into the ledger.
	TakeOver = LedgerWrite(func(s *v1.StockLedgerStatus) bool { return !LedgerReady(s) })
	// FirstWrite says that the ledger is recovered.
	FirstWrite = LedgerWrite(LedgerReady)
	// Batch journals holds.
	Batch = LedgerWrite(func(s *v1.StockLedgerStatus) bool { return LedgerReady(s) && len(s.InFlight) > 0 })
	// Commit makes the hold the Reservation's outcome.
	Commit = ReservationWrite(func(s *v1.ReservationStatus) bool { return s.Phase == v1.PhaseReserved })
	Refuse = ReservationWrite(func(s *v1.ReservationStatus) bool { return s.Phase == v1.PhaseUnavailable })
	// Settle takes committed holds out of the ledger.
	Settle = LedgerWrite(func(s *v1.StockLedgerStatus) bool {
		return LedgerReady(s) && len(s.InFlight) == 0 && s.Totals.Reserved > 0
	})
	// WriteBehind shows the hold on the StockItem.
	WriteBehind = Point{Method: http.MethodPut, Resource: "stockitems/status", Matches: func(body []byte) bool {
		var item v1.StockItem
		return json.Unmarshal(body, &item) == nil && item.Status.Reserved > 0
	}}
	// Intend is the bridge's half of a release, free the operator's.
	Intend = Point{Method: http.MethodPatch, Resource: "reservations"}
	Free   = ReservationWrite(func(s *v1.ReservationStatus) bool { return s.Phase == v1.PhaseReleased })
	// Emptied is the ledger after the last hold was given back.
	Emptied = LedgerWrite(func(s *v1.StockLedgerStatus) bool { return LedgerReady(s) && s.Totals.Reserved == 0 })
	// Touch moves an open Reservation past the writes of before a lost ledger.
	Touch = ReservationWrite(func(s *v1.ReservationStatus) bool { return s.Fence != "" })
	// OpenFold makes Reservations part of a fold.
	OpenFold = LedgerWrite(func(s *v1.StockLedgerStatus) bool {
		return LedgerReady(s) && s.OpenFold != nil && len(s.OpenFold.Reservations) > 0
	})
	// ShowFold has a Reservation show its fold.
	ShowFold    = ReservationWrite(func(s *v1.ReservationStatus) bool { return s.Phase == v1.PhaseConsumed })
	CreateTally = Point{Method: http.MethodPost, Resource: "stocktallies"}
	CountFold   = Point{Method: http.MethodPut, Resource: "stocktallies/status"}
	// WriteShipped shows consumed units on the StockItem.
	WriteShipped = Point{Method: http.MethodPut, Resource: "stockitems/status", Matches: func(body []byte) bool {
		var item v1.StockItem
		return json.Unmarshal(body, &item) == nil && item.Status.Consumed > 0
	}}
	// Publish is the event on its way to the sink.
	Publish = Point{Method: http.MethodPost, Resource: "sink"}
)

// Writes that are rarer.
var (
	// CreateLease and RenewLease are the election's; renewing includes taking.
	CreateLease = Point{Method: http.MethodPost, Resource: resourceLeases}
	RenewLease  = Point{Method: http.MethodPut, Resource: resourceLeases}
	// ShowItem shows a StockItem of which nothing is promised or shipped.
	ShowItem = Point{Method: http.MethodPut, Resource: "stockitems/status", Matches: func(body []byte) bool {
		var item v1.StockItem
		return json.Unmarshal(body, &item) == nil && item.Status.Reserved == 0 && item.Status.Consumed == 0
	}}
	// Withdraw ends a Reservation that was released before it was decided.
	Withdraw = ReservationWrite(func(s *v1.ReservationStatus) bool {
		return s.Phase == v1.PhaseReleased && s.DecidedAt == nil
	})
	// ShowPart has a Reservation show a fold that took a part of it.
	ShowPart = ReservationWrite(func(s *v1.ReservationStatus) bool {
		return s.Phase == v1.PhaseReserved && s.FoldID > 0
	})
	// FreePart gives a part of a hold back.
	FreePart = ReservationWrite(func(s *v1.ReservationStatus) bool {
		return s.Phase == v1.PhaseReserved && slices.ContainsFunc(s.Allocations, func(a v1.Allocation) bool { return a.Released > 0 })
	})
	// Undelivered notes that the sink refuses an outcome, Redelivered that it
	// took it after all.
	Undelivered = ReservationWrite(func(s *v1.ReservationStatus) bool {
		return meta.IsStatusConditionFalse(s.Conditions, v1.ConditionDelivered)
	})
	Redelivered = ReservationWrite(func(s *v1.ReservationStatus) bool {
		return meta.IsStatusConditionTrue(s.Conditions, v1.ConditionDelivered)
	})
	// TouchTally moves a tally past the writes of before a lost ledger.
	TouchTally = Point{Method: http.MethodPut, Resource: "stocktallies/status", Matches: func(body []byte) bool {
		var tally v1.StockTally
		return json.Unmarshal(body, &tally) == nil && tally.Status.Fence != ""
	}}
	// Forget is the retention's.
	Forget = Point{Method: http.MethodDelete, Resource: "reservations"}
)

// LedgerWrite is the write of a ledger status of which something is true.
func LedgerWrite(matches func(*v1.StockLedgerStatus) bool) Point {
	return Point{Method: http.MethodPut, Resource: "stockledgers/status", Matches: func(body []byte) bool {
		var l v1.StockLedger
		return json.Unmarshal(body, &l) == nil && matches(&l.Status)
	}}
}

// ReservationWrite is the write of a Reservation status of which something is
// true.
func ReservationWrite(matches func(*v1.ReservationStatus) bool) Point {
	return Point{Method: http.MethodPut, Resource: "reservations/status", Matches: func(body []byte) bool {
		var r v1.Reservation
		return json.Unmarshal(body, &r) == nil && matches(&r.Status)
	}}
}

// CloseFold takes the fold after a number out of the ledger.
func CloseFold(last int64) Point {
	return LedgerWrite(func(s *v1.StockLedgerStatus) bool {
		return LedgerReady(s) && s.OpenFold == nil && s.LastFold > last
	})
}

// LedgerReady tells whether some operator holds the ledger and decides.
func LedgerReady(s *v1.StockLedgerStatus) bool {
	return meta.IsStatusConditionTrue(s.Conditions, v1.ConditionReady)
}
