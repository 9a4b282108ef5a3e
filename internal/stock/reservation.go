package stock

// Phase is where a reservation stands.
type Phase uint8

// The phases. PhaseRefused, PhaseReleased and PhaseConsumed are final.
const (
	PhaseReserved Phase = 1
	PhaseRefused  Phase = 2
	PhaseReleased Phase = 3
	PhaseConsumed Phase = 4
)

// Ended tells whether nothing is held any more.
func (p Phase) Ended() bool { return p != PhaseReserved }

// Reservation is one cart and its outcome. What the outcome's event tells (Outcome,
// Number, Cart, Customer, Order, Lines, Short, At, Granted, Command and Extensions) never changes.
type Reservation struct {
	// ID is the uid of the object that a person or Git made, else the name that the
	// bridge gave: a UUIDv5 of the command's source and id.
	ID    ID    `cbor:"1,keyasint,omitzero"`
	Phase Phase `cbor:"2,keyasint,omitempty"`
	// Outcome is random and names the outcome's event.
	Outcome ID `cbor:"3,keyasint,omitzero"`
	// Number counts the namespace's outcomes, from 1. Events leave in its order.
	Number   uint64 `cbor:"4,keyasint,omitempty"`
	Cart     ID     `cbor:"5,keyasint,omitzero"`
	Customer ID     `cbor:"6,keyasint,omitzero"`
	// Order is the one that was known when the cart was decided.
	Order ID `cbor:"7,keyasint,omitzero"`
	// LaterOrder is the one that was named after that.
	LaterOrder ID `cbor:"8,keyasint,omitzero"`
	// Command is what asked for the cart; empty for one that is an object.
	Command Command `cbor:"9,keyasint,omitzero"`
	// Object shows the reservation. Its UID is empty while none is known.
	Object Object `cbor:"10,keyasint,omitzero"`
	// Lines are what was asked for, each product once.
	Lines []Line `cbor:"11,keyasint,omitempty"`
	// Allocations are where the units are from, in the order of Lines, and what became
	// of them. Short says why a cart was refused.
	Allocations []Allocation `cbor:"12,keyasint,omitempty"`
	Short       []Shortage   `cbor:"13,keyasint,omitempty"`
	// At is when it was decided, Expires when the hold runs out, Ended when nothing was
	// held any more and Reason why.
	At      Time   `cbor:"14,keyasint,omitempty"`
	Expires Time   `cbor:"15,keyasint,omitempty"`
	Ended   Time   `cbor:"16,keyasint,omitempty"`
	Reason  string `cbor:"17,keyasint,omitempty"`
	// Actor is who asked for the cart, ReleasedBy who asked last to give units of it back, and
	// ConsumedBy who said last that units were shipped: the names of callers, MaxActor bytes at
	// most, as far as known. Of what ran out, and what an object asked for, nobody is known.
	Actor ID `cbor:"18,keyasint,omitzero"`
	// Extensions are the command's CloudEvents extensions that its events carry on:
	// at most 512 bytes, names and values.
	Extensions map[string]string `cbor:"19,keyasint,omitempty"`
	// Replaces is the reservation whose hold this one took over, or could have but was refused.
	// ReplacedBy is the one that took over the hold of this one.
	Replaces   ID `cbor:"20,keyasint,omitzero"`
	ReplacedBy ID `cbor:"21,keyasint,omitzero"`
	// FirstExpires is the Expires of the decision, which the outcome's event tells, where the
	// hold was extended since; else 0.
	FirstExpires Time `cbor:"22,keyasint,omitempty"`
	// ReleasedBy and ConsumedBy stand with Actor.
	ReleasedBy ID `cbor:"23,keyasint,omitzero"`
	ConsumedBy ID `cbor:"24,keyasint,omitzero"`
}

// Granted is until when the decision held the units: 0 is without end, or never.
func (r *Reservation) Granted() Time {
	if r.FirstExpires != 0 {
		return r.FirstExpires
	}
	return r.Expires
}

// CurrentOrder is the order that the cart became, as far as anybody has named it.
func (r *Reservation) CurrentOrder() ID {
	if r.LaterOrder != "" {
		return r.LaterOrder
	}
	return r.Order
}

// Command is what a caller sent.
type Command struct {
	Source string `cbor:"1,keyasint,omitempty"`
	ID     ID     `cbor:"2,keyasint,omitzero"`
	// Time is the command's own; 0 where it has none, or one that was more than the grace
	// ahead of the decision, which says nothing.
	Time Time `cbor:"3,keyasint,omitempty"`
	// Hash is that of the command's content: it tells a repetition from another command
	// under the same id.
	Hash string `cbor:"4,keyasint,omitempty"`
	// Given says that we made the id up, since the caller gave none: nobody can
	// repeat the command.
	Given bool `cbor:"5,keyasint,omitempty"`
}

// Object is the Kubernetes object that shows a reservation.
type Object struct {
	UID ID `cbor:"1,keyasint,omitzero"`
	// Name is the object's, where it differs from the reservation's ID.
	Name    string `cbor:"2,keyasint,omitempty"`
	Version uint64 `cbor:"3,keyasint,omitempty"`
	// Gone says that this object is no more. Version is then that of the deletion, or of
	// the list that proves it.
	Gone bool `cbor:"4,keyasint,omitempty"`
}

// Line is a number of units of one product that a cart asks for.
type Line struct {
	Product  ID    `cbor:"1,keyasint,omitzero"`
	Quantity int64 `cbor:"2,keyasint,omitempty"`
}

// Allocation is what one line got from one location. Quantity - Consumed - Released
// units are held.
type Allocation struct {
	Product  ID     `cbor:"1,keyasint,omitzero"`
	Location string `cbor:"2,keyasint,omitempty"`
	Quantity int64  `cbor:"3,keyasint,omitempty"`
	Consumed int64  `cbor:"4,keyasint,omitempty"`
	Released int64  `cbor:"5,keyasint,omitempty"`
}

// Held is the number of units still held, never below 0: what was shipped from a place
// that held none counts for nothing here.
func (a Allocation) Held() int64 { return max(0, a.Quantity-a.Consumed-a.Released) }

// Shortage is a line that could not be served, and what there was.
type Shortage struct {
	Product   ID    `cbor:"1,keyasint,omitzero"`
	Requested int64 `cbor:"2,keyasint,omitempty"`
	Available int64 `cbor:"3,keyasint,omitempty"`
}

// Change is a reservation's hold as it stands after a part or all of it was released
// or consumed.
type Change struct {
	Reservation ID           `cbor:"1,keyasint,omitzero"`
	Phase       Phase        `cbor:"2,keyasint,omitempty"`
	Allocations []Allocation `cbor:"3,keyasint,omitempty"`
	Reason      string       `cbor:"4,keyasint,omitempty"`
	// Ended is when nothing was held any more; 0 while something is.
	Ended      Time `cbor:"5,keyasint,omitempty"`
	ReplacedBy ID   `cbor:"6,keyasint,omitzero"`
	Actor      ID   `cbor:"7,keyasint,omitzero"`
	At         Time `cbor:"30,keyasint,omitempty"`
}
