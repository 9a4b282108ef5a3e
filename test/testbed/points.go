package testbed

import (
	"encoding/json"
	"net/http"
	"slices"

	"k8s.io/apimachinery/pkg/api/meta"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/stock"
)

// Point is one kind of API write of the operator, in the world's namespace.
type Point struct {
	Method, Resource string // such as PUT, reservations/status
	// Matches looks at the write; nil takes any.
	Matches func(Write) bool
}

// Is tells whether a request is made at this point.
func (p Point) Is(w Write) bool {
	return p.Method == w.Method && p.Resource == w.Resource && (p.Matches == nil || p.Matches(w))
}

// The writes of the journal.
var (
	// CreatePage makes a blank page.
	CreatePage = Point{Method: http.MethodPost, Resource: "journalpages"}
	// CreateLedger makes a ledger that names nobody, and NameLedger has it name the journal.
	CreateLedger = Point{Method: http.MethodPost, Resource: "stockledgers"}
	NameLedger   = Point{Method: http.MethodPut, Resource: "stockledgers/status", Matches: func(w Write) bool { return w.Names }}
	// FirstTerm is the journal's first write.
	FirstTerm = PageWrite(func(a *Append) bool { return has[*stock.Term](a) && a.Page.Number == 1 && a.Turns() })
	// Term is the write by which a process takes over, the first one not among them.
	Term = PageWrite(func(a *Append) bool { return has[*stock.Term](a) && (a.Page.Number != 1 || !a.Turns()) })
	// AnyAppend adds some record.
	AnyAppend = PageWrite(func(a *Append) bool { return len(a.New) > 0 })
	// Decide has the outcome of a cart that got its units, Refuse of one that did not.
	Decide = PageWrite(has[*stock.Reserved])
	Refuse = PageWrite(has[*stock.Refused])
	// Free ends a hold whose units are given back, FreePart gives back a part.
	Free = PageWrite(func(a *Append) bool {
		return a.Has(func(r stock.Record) bool { released, ok := r.(*stock.Released); return ok && released.Phase.Ended() })
	})
	FreePart = PageWrite(func(a *Append) bool {
		return a.Has(func(r stock.Record) bool { released, ok := r.(*stock.Released); return ok && !released.Phase.Ended() })
	})
	// Ship ends a hold whose units are shipped, ShipPart ships a part.
	Ship = PageWrite(func(a *Append) bool {
		return a.Has(func(r stock.Record) bool { consumed, ok := r.(*stock.Consumed); return ok && consumed.Phase.Ended() })
	})
	ShipPart = PageWrite(func(a *Append) bool {
		return a.Has(func(r stock.Record) bool { consumed, ok := r.(*stock.Consumed); return ok && !consumed.Phase.Ended() })
	})
	// NameOrder names the order that a cart became.
	NameOrder = PageWrite(has[*stock.Ordered])
	// TakeIn takes in what a StockItem offers, and DropItem that it is gone.
	TakeIn   = PageWrite(has[*stock.ItemRecord])
	DropItem = PageWrite(has[*stock.ItemGone])
	// NoteObject notes which object shows a reservation, or that it is gone.
	NoteObject = PageWrite(has[*stock.Shown])
	// NoteNothing adds no record: it moves a mark, or proves that its writer leads.
	NoteNothing = PageWrite(func(a *Append) bool { return len(a.New) == 0 && !a.Page.Emptied && !a.Turns() })
	// Fill fills its page, TurnOver is the first write on a page that held another one.
	Fill     = PageWrite((*Append).Fills)
	TurnOver = PageWrite(func(a *Append) bool { return a.Over() && !a.Page.Emptied })
	// Restate states again what counts on the oldest pages.
	Restate = PageWrite((*Append).Restates)
	// Empty takes the records off a free page.
	Empty = PageWrite(func(a *Append) bool { return a.Page.Emptied })
)

// The writes that show what the journal says, and the others.
var (
	// CreateReservation makes the object of a cart that came through the bridge.
	CreateReservation = Point{Method: http.MethodPost, Resource: "reservations"}
	// Forget takes an object away whose retention is over.
	Forget = Point{Method: http.MethodDelete, Resource: "reservations"}
	// ShowReserved and the others show a Reservation's outcome, and what became of it.
	ShowReserved = ReservationWrite(func(s *v1.ReservationStatus) bool { return s.Phase == v1.PhaseReserved && !touched(s) })
	ShowPart     = ReservationWrite(func(s *v1.ReservationStatus) bool { return s.Phase == v1.PhaseReserved && touched(s) })
	ShowRefused  = ReservationWrite(func(s *v1.ReservationStatus) bool { return s.Phase == v1.PhaseUnavailable })
	ShowReleased = ReservationWrite(func(s *v1.ReservationStatus) bool { return s.Phase == v1.PhaseReleased && s.DecidedAt != nil })
	ShowConsumed = ReservationWrite(func(s *v1.ReservationStatus) bool { return s.Phase == v1.PhaseConsumed })
	// Withdraw ends a Reservation that was released before it was decided.
	Withdraw = ReservationWrite(func(s *v1.ReservationStatus) bool { return s.Phase == v1.PhaseReleased && s.DecidedAt == nil })
	// Undelivered notes that the sink refuses an outcome, Redelivered that it
	// took it after all.
	Undelivered = ReservationWrite(func(s *v1.ReservationStatus) bool {
		return meta.IsStatusConditionFalse(s.Conditions, v1.ConditionDelivered)
	})
	Redelivered = ReservationWrite(func(s *v1.ReservationStatus) bool {
		return meta.IsStatusConditionTrue(s.Conditions, v1.ConditionDelivered)
	})
	// ShowItem shows a StockItem of which nothing is promised or shipped, ShowHeld one of
	// which something is promised, ShowShipped one of which something was shipped.
	ShowItem    = ItemWrite(func(s *v1.StockItemStatus) bool { return s.Reserved == 0 && s.Consumed == 0 })
	ShowHeld    = ItemWrite(func(s *v1.StockItemStatus) bool { return s.Reserved > 0 })
	ShowShipped = ItemWrite(func(s *v1.StockItemStatus) bool { return s.Consumed > 0 })
	// ShowLedger shows the namespace at a glance.
	ShowLedger = Point{Method: http.MethodPut, Resource: "stockledgers/status", Matches: func(w Write) bool { return !w.Names }}
	// CreateLease and RenewLease are the election's; renewing includes taking.
	CreateLease = Point{Method: http.MethodPost, Resource: resourceLeases}
	RenewLease  = Point{Method: http.MethodPut, Resource: resourceLeases}
	// Publish is the event on its way to the sink.
	Publish = Point{Method: http.MethodPost, Resource: "sink"}
)

// has tells whether a write adds a record of a kind.
func has[R stock.Record](a *Append) bool {
	return a.Has(func(r stock.Record) bool { _, is := r.(R); return is })
}

func touched(s *v1.ReservationStatus) bool {
	return slices.ContainsFunc(s.Allocations, func(a v1.Allocation) bool { return a.Released > 0 || a.Consumed > 0 })
}

// PageWrite is the write of a page of which something is true.
func PageWrite(matches func(*Append) bool) Point {
	return Point{Method: http.MethodPut, Resource: "journalpages", Matches: func(w Write) bool {
		return w.Append != nil && matches(w.Append)
	}}
}

// Decides is the write that has the outcome of the cart with an object's name.
func Decides(cart string) Point {
	return PageWrite(func(a *Append) bool {
		return a.Has(func(r stock.Record) bool {
			switch r := r.(type) {
			case *stock.Reserved:
				return string(r.Cart) == cart
			case *stock.Refused:
				return string(r.Cart) == cart
			default:
				return false
			}
		})
	})
}

// ReservationWrite is the write of a Reservation status of which something is
// true.
func ReservationWrite(matches func(*v1.ReservationStatus) bool) Point {
	return Point{Method: http.MethodPut, Resource: "reservations/status", Matches: func(w Write) bool {
		var r v1.Reservation
		return json.Unmarshal(w.Body, &r) == nil && matches(&r.Status)
	}}
}

// ItemWrite is the write of a StockItem status of which something is true.
func ItemWrite(matches func(*v1.StockItemStatus) bool) Point {
	return Point{Method: http.MethodPut, Resource: "stockitems/status", Matches: func(w Write) bool {
		var i v1.StockItem
		return json.Unmarshal(w.Body, &i) == nil && matches(&i.Status)
	}}
}
