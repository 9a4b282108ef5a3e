package v1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// Phase is where a Reservation stands.
//
// +kubebuilder:validation:Enum=Pending;Reserved;Unavailable;Released;Consumed
type Phase string

// The phases. Pending is the first; Unavailable, Released and Consumed are
// final. A Reservation leaves Pending once and never comes back to it.
const (
	PhasePending     Phase = "Pending"
	PhaseReserved    Phase = "Reserved"
	PhaseUnavailable Phase = "Unavailable"
	PhaseReleased    Phase = "Released"
	PhaseConsumed    Phase = "Consumed"
)

// ReservationStatus is the operator's answer. The outcome (decidedAt,
// reservedAt, orderID, unavailableItems) is frozen once it is written, since
// the event that tells it must never change.
//
// +structType=atomic
type ReservationStatus struct {
	// observedGeneration is the generation of the spec that this status is about; -1
	// before any operator has seen the object.
	// +optional
	// +kubebuilder:default=-1
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// phase is where the Reservation stands: Pending, Reserved, Unavailable,
	// Released or Consumed.
	// +optional
	// +kubebuilder:default=Pending
	Phase Phase `json:"phase,omitempty"`

	// reason says in one word why the phase is what it is, such as
	// InsufficientStock, or EXPIRED for a hold that ran out.
	// +optional
	Reason string `json:"reason,omitempty"`

	// units is the number of units that the cart asked for, over all items.
	// +optional
	Units int64 `json:"units,omitempty"`

	// allocations are the places the units were taken from, and what became of
	// them. They are kept for good, also after a release. A cart whose units come
	// from more places than fit is refused as too large.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=1600
	Allocations []Allocation `json:"allocations,omitempty"`

	// unavailableItems are the lines of a refused cart that could not be
	// served, with what was available when it was decided.
	// +optional
	// +listType=atomic
	UnavailableItems []UnavailableItem `json:"unavailableItems,omitempty"`

	// decidedAt is when the outcome was decided, with six decimals. Without it
	// there is none.
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:Format=date-time
	// +kubebuilder:validation:Pattern=`^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[.][0-9]{6}(Z|[+-][0-9]{2}:[0-9]{2})$`
	DecidedAt *metav1.MicroTime `json:"decidedAt,omitempty"`

	// reservedAt is when the units were reserved, with six decimals. It is set if
	// and only if the outcome was Inventory Reserved.
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:Format=date-time
	// +kubebuilder:validation:Pattern=`^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[.][0-9]{6}(Z|[+-][0-9]{2}:[0-9]{2})$`
	ReservedAt *metav1.MicroTime `json:"reservedAt,omitempty"`

	// expiresAt is when the hold runs out unless it is released or consumed
	// before.
	// +optional
	ExpiresAt *metav1.Time `json:"expiresAt,omitempty"`

	// firstExpiresAt is the expiresAt of the decision, where the hold was extended since.
	// +optional
	FirstExpiresAt *metav1.Time `json:"firstExpiresAt,omitempty"`

	// replaces is the reservationId of the hold whose place this one took, or would
	// have taken had it not been refused.
	// +optional
	Replaces string `json:"replaces,omitempty"`

	// replacedBy is the reservationId of the hold that took the place of this one.
	// +optional
	ReplacedBy string `json:"replacedBy,omitempty"`

	// orderID is the order's id as it was when the outcome was decided.
	// +optional
	OrderID string `json:"orderID,omitempty"`

	// outcomeID names the outcome: its event is <outcomeID>.reserved or
	// <outcomeID>.unavailable.
	// +optional
	OutcomeID string `json:"outcomeID,omitempty"`

	// requestedBy is the user who asked for the cart at the bridge, such as
	// system:serviceaccount:shop:checkout. It is empty for a cart that was made as an
	// object, since an object does not tell its maker, and where the bridge asks nobody.
	// +optional
	RequestedBy string `json:"requestedBy,omitempty"`

	// releasedBy is the user who last asked the bridge to give units back.
	// +optional
	ReleasedBy string `json:"releasedBy,omitempty"`

	// consumedBy is the user who last told the bridge that units were shipped.
	// +optional
	ConsumedBy string `json:"consumedBy,omitempty"`

	// position is the last record of the journal that this status includes:
	// journal, page and number of records.
	// +optional
	Position string `json:"position,omitempty"`

	// conditions are Decided (there is an outcome, either way, or none will come),
	// Reserved (the units are held), Complete (nothing will change any more),
	// Stalled (it was refused, or cannot be decided as it is) and, only after trouble, Delivered (the outcome's event
	// reached the sink), ItemsMatch=False (a line of consumeItems or releaseItems
	// cannot be carried out as it is), OrderAttached=False (orderID, set since
	// the decision, is no id that is taken, or another order was named before) and HoldExtended=False (holdUntil is
	// not carried out).
	// +optional
	// +listType=map
	// +listMapKey=type
	Conditions []metav1.Condition `json:"conditions,omitempty"`
}

// Allocation is a number of units of one product taken from one location.
type Allocation struct {
	// locationID is the location the units are in.
	// +required
	// +kubebuilder:validation:MaxLength=63
	LocationID string `json:"locationID"`
	// productID is the product.
	// +required
	// +kubebuilder:validation:MaxLength=128
	ProductID string `json:"productID"`
	// quantity is the number of units that were reserved (at least 1).
	// +required
	Quantity int64 `json:"quantity"`
	// consumed is how many of them were shipped.
	// +optional
	Consumed int64 `json:"consumed,omitempty"`
	// released is how many of them were given back.
	// +optional
	Released int64 `json:"released,omitempty"`
}

// Held is how many of the units are still promised.
func (a Allocation) Held() int64 { return a.Quantity - a.Consumed - a.Released }

// UnavailableItem is a line that could not be served.
type UnavailableItem struct {
	// productID is the product.
	// +required
	ProductID string `json:"productID"`
	// requested is the number of units that the cart asked for.
	// +required
	Requested int64 `json:"requested"`
	// available is the number of units that could be reserved at that moment,
	// over all locations; 0 where nobody stocks the product.
	// +required
	Available int64 `json:"available"`
}

// DeleteAfterCompletionAnnotation with the value "true" has the operator delete a Reservation that a
// person or Git made, once it has ended for as long as finished carts are remembered. Those
// that show a command through the bridge are deleted without it.
const DeleteAfterCompletionAnnotation = "inventory.acme.com/delete-after-completion"

// Condition types and reasons of a Reservation.
const (
	ConditionDecided   = "Decided"
	ConditionReserved  = "Reserved"
	ConditionComplete  = "Complete"
	ConditionDelivered = "Delivered"
	// ConditionItemsMatch is there, and False, while the spec states a part that
	// does not match the allocations.
	ConditionItemsMatch = "ItemsMatch"
	// ConditionOrderAttached is there, and False, while the spec names an order, since
	// the decision, by an id that is not taken, or after another one was attached.
	ConditionOrderAttached = "OrderAttached"

	// ConditionHoldExtended is there, and False, while the spec asks for a longer hold than
	// there is.
	ConditionHoldExtended = "HoldExtended"

	ReasonAllocated         = "Allocated"
	ReasonInsufficientStock = "InsufficientStock"
	ReasonReleased          = "Released"
	ReasonConsumed          = "Consumed"
	ReasonTooLarge          = "TooLarge"
	// ReasonInvalidID is that of StockItems too.
	ReasonInvalidID = "InvalidID"

	// The reasons of ItemsMatch=False.
	ReasonNoSuchAllocation = "NoSuchAllocation"
	ReasonMoreThanReserved = "MoreThanReserved"
	ReasonContradictsTotal = "ContradictsTotal"
	// ReasonNotThere says that a location has too few units for sale to ship from it.
	ReasonNotThere = "NotThere"

	// ReasonAnotherOrder, beside InvalidID, is that of OrderAttached=False.
	ReasonAnotherOrder = "AnotherOrder"

	// The reasons of HoldExtended=False.
	ReasonTooFarAhead = "TooFarAhead"
	ReasonHoldEnded   = "HoldEnded"
	ReasonNeverEnds   = "NeverEnds"

	// ReasonReplaced is that of a hold whose place another one took. ReasonNothingToReplace
	// is that of a Reservation whose replaces names no running hold of its cart.
	ReasonReplaced         = "REPLACED"
	ReasonNothingToReplace = "NothingToReplace"
)

// ReservationID is the reservationId of the messages, a UUID: the name where the Reservation
// shows a command that came through the bridge, else its uid.
func (r *Reservation) ReservationID() string {
	if r.Spec.Command != nil {
		return r.Name
	}
	return string(r.UID)
}

// GivenName is the name of a Reservation that a person or Git named; it is empty where the
// name is the ReservationID.
func (r *Reservation) GivenName() string {
	if r.Spec.Command != nil {
		return ""
	}
	return r.Name
}

// Decided tells whether the Reservation has an outcome, whatever became of it
// afterwards. A Reservation released while it was Pending has none.
func (r *Reservation) Decided() bool { return r.Status.DecidedAt != nil }

// WasReserved tells whether the outcome was Inventory Reserved, whatever the
// phase is by now.
func (r *Reservation) WasReserved() bool { return r.Status.ReservedAt != nil }

// CurrentPhase is the phase, Pending where the status is still empty.
func (r *Reservation) CurrentPhase() Phase {
	if r.Status.Phase == "" {
		return PhasePending
	}
	return r.Status.Phase
}

// Final tells whether the phase never changes any more.
func (p Phase) Final() bool {
	return p == PhaseUnavailable || p == PhaseReleased || p == PhaseConsumed
}
