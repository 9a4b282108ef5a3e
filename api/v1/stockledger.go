package v1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// LedgerName is the name of the one StockLedger of a namespace.
const LedgerName = "default"

// StockLedger is the write-ahead journal of one namespace's decisions, and the
// namespace's totals at a glance. The operator makes it and nobody else writes
// it; a deleted one is rebuilt from the Reservations.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=ledger,categories=inventory
// +kubebuilder:validation:XValidation:rule="self.metadata.name == 'default'",message="a namespace has one StockLedger and it is named default"
// +kubebuilder:printcolumn:name="Leader",type=string,JSONPath=`.status.holder`
// +kubebuilder:printcolumn:name="Epoch",type=integer,JSONPath=`.status.epoch`
// +kubebuilder:printcolumn:name="Items",type=integer,JSONPath=`.status.totals.items`
// +kubebuilder:printcolumn:name="On Hand",type=integer,JSONPath=`.status.totals.onHand`
// +kubebuilder:printcolumn:name="Reserved",type=integer,JSONPath=`.status.totals.reserved`
// +kubebuilder:printcolumn:name="In Flight",type=integer,JSONPath=`.status.totals.inFlight`
// +kubebuilder:printcolumn:name="Backlog",type=integer,JSONPath=`.status.totals.backlog`
// +kubebuilder:printcolumn:name="Consumed",type=integer,JSONPath=`.status.totals.consumed`
// +kubebuilder:printcolumn:name="No Item",type=integer,JSONPath=`.status.totals.withoutItem`
// +kubebuilder:printcolumn:name="Consistent",type=string,JSONPath=`.status.conditions[?(@.type=="Consistent")].status`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`,priority=1
type StockLedger struct {
	metav1.TypeMeta `json:",inline"`
	// Standard object metadata. The name is always default.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// Status is the journal and the totals. There is no spec: nothing about
	// the ledger is anybody's choice.
	// +optional
	Status StockLedgerStatus `json:"status,omitempty"`
}

// StockLedgerStatus is the journal. Every write of it is one compare-and-swap
// by the operator that holds the epoch.
//
// +structType=atomic
type StockLedgerStatus struct {
	// Holder is the operator process that took the ledger over last. Only its
	// writes succeed.
	// +optional
	Holder string `json:"holder,omitempty"`

	// Epoch counts the take-overs. It only ever rises.
	// +optional
	Epoch int64 `json:"epoch,omitempty"`

	// Token names the write that made this version, and no other write ever.
	// It is how a writer whose answer was lost knows what became of it.
	// +optional
	Token string `json:"token,omitempty"`

	// Recovered says that every open Reservation is known to be reflected
	// here. A ledger without it is rebuilt before anything is decided.
	// +optional
	Recovered bool `json:"recovered,omitempty"`

	// InFlight are the holds that were decided and whose Reservation may not
	// show it yet. A new leader finishes them before it decides anything.
	// +optional
	// +listType=atomic
	InFlight []InFlightHold `json:"inFlight,omitempty"`

	// OpenFold are the units that are being taken out of stock for good. From
	// the write that names them here they are consumed and no longer held. A
	// new leader finishes it before it decides anything.
	// +optional
	OpenFold *Fold `json:"openFold,omitempty"`

	// LastFold is the highest fold that is finished. Numbers only ever rise.
	// +optional
	LastFold int64 `json:"lastFold,omitempty"`

	// Cursor is the lowest resourceVersion of a Reservation whose outcome the
	// sink may not have acknowledged. Empty means all of them.
	// +optional
	Cursor string `json:"cursor,omitempty"`

	// Journal names the journal that this namespace's decisions are in. A journal that
	// it does not name decides nothing; where the named one is gone, nothing is decided
	// until somebody has looked.
	// +optional
	Journal *JournalIdentity `json:"journal,omitempty"`

	// Totals are the namespace's sums, written along with other changes.
	// +optional
	Totals LedgerTotals `json:"totals,omitempty"`

	// Audit says when the figures were last compared with what they are derived
	// from, and what was found.
	// +optional
	Audit *AuditStatus `json:"audit,omitempty"`

	// Conditions are Ready (an operator decides reservations here) and
	// Consistent (the last audit found every figure to be what it should be).
	// +optional
	// +listType=map
	// +listMapKey=type
	Conditions []metav1.Condition `json:"conditions,omitempty"`
}

// JournalIdentity names one journal for ever.
type JournalIdentity struct {
	// UID is that of the JournalPage on which the journal was founded.
	// +required
	UID types.UID `json:"uid"`
	// Namespace is the uid of the Namespace in which it was founded.
	// +required
	Namespace types.UID `json:"namespace"`
}

// InFlightHold is one decided hold on its way into its Reservation's status. As JSON
// it is a string that holds an object.
// +kubebuilder:validation:Type=string
type InFlightHold struct {
	// UID is the Reservation's uid.
	// +required
	UID types.UID `json:"uid"`
	// Name is the Reservation's name.
	// +required
	Name string `json:"name"`
	// ReservedAt is when the hold was decided, with six decimals.
	// +required
	ReservedAt metav1.MicroTime `json:"reservedAt"`
	// ExpiresAt is when the hold runs out.
	// +required
	ExpiresAt metav1.Time `json:"expiresAt"`
	// Allocations are the units held.
	// +required
	// +listType=atomic
	Allocations []Allocation `json:"allocations"`
}

// Fold is a batch of units on their way out of stock.
type Fold struct {
	// ID numbers the fold.
	// +required
	ID int64 `json:"id"`
	// Units are the units the fold takes, by product and location.
	// +optional
	// +listType=atomic
	Units []FoldUnits `json:"units,omitempty"`
	// Reservations are those that may not show yet what the fold took of them.
	// +optional
	// +listType=atomic
	Reservations []FoldedReservation `json:"reservations,omitempty"`
}

// FoldUnits is a number of units on their way into one StockTally.
type FoldUnits struct {
	// LocationID is the location the units were in.
	// +required
	LocationID string `json:"locationID"`
	// ProductID is the product.
	// +required
	ProductID string `json:"productID"`
	// Quantity is the number of units.
	// +required
	Quantity int64 `json:"quantity"`
	// Shard is the number of the StockTally that counts them.
	// +required
	Shard int32 `json:"shard"`
}

// FoldedReservation is what a fold takes of one Reservation. As JSON it is a string
// that holds an object.
// +kubebuilder:validation:Type=string
type FoldedReservation struct {
	// UID is the Reservation's uid.
	// +required
	UID types.UID `json:"uid"`
	// Name is the Reservation's name.
	// +required
	Name string `json:"name"`
	// Takes are the units taken.
	// +required
	// +listType=atomic
	Takes []Take `json:"takes"`
	// Lost are units that an earlier fold took of it, whose ledger was lost, and
	// that this fold brings to the tallies instead.
	// +optional
	// +listType=atomic
	Lost []Take `json:"lost,omitempty"`
}

// Take is a number of units of one product taken out of one location.
type Take struct {
	// LocationID is the location.
	// +required
	LocationID string `json:"locationID"`
	// ProductID is the product.
	// +required
	ProductID string `json:"productID"`
	// Quantity is the number of units.
	// +required
	Quantity int64 `json:"quantity"`
}

// LedgerTotals are the sums over one namespace.
type LedgerTotals struct {
	// Items is the number of StockItems that serve.
	// +optional
	Items int64 `json:"items"`
	// OnHand is the number of units on hand.
	// +optional
	OnHand int64 `json:"onHand"`
	// Reserved is the number of units promised to carts.
	// +optional
	Reserved int64 `json:"reserved"`
	// Available is the number of units that can be reserved.
	// +optional
	Available int64 `json:"available"`
	// Consumed is the number of units shipped, ever.
	// +optional
	Consumed int64 `json:"consumed"`
	// WithoutItem is the number of promised units whose StockItem is gone.
	// +optional
	WithoutItem int64 `json:"withoutItem"`
	// InFlight is the number of holds in inFlight.
	// +optional
	InFlight int64 `json:"inFlight"`
	// Backlog is the number of outcomes that the sink has not acknowledged.
	// +optional
	Backlog int64 `json:"backlog"`
}

// AuditStatus is what audits of the namespace found.
type AuditStatus struct {
	// LastHandledRequest is the value of the annotation
	// inventory.acme.com/audit-requested-at whose audit is done. It is cut to
	// 256 bytes.
	// +optional
	LastHandledRequest string `json:"lastHandledRequest,omitempty"`
	// AuditedAt is when an audit ended. It is written along with other changes,
	// so there may have been audits since that found the same.
	// +optional
	AuditedAt *metav1.Time `json:"auditedAt,omitempty"`
	// Differences is the number of figures that it found to be wrong.
	// +optional
	Differences int64 `json:"differences"`
	// Unsettled is the number of figures that did not agree but kept changing
	// while they were looked at, and so were not judged.
	// +optional
	Unsettled int64 `json:"unsettled,omitempty"`
	// LastDifference is what was last found to be wrong. It stays when it has
	// been put right.
	// +optional
	LastDifference *AuditDifference `json:"lastDifference,omitempty"`
}

// AuditDifference is what one audit found to be wrong.
type AuditDifference struct {
	// At is when it was found.
	// +required
	At metav1.Time `json:"at"`
	// Summary names the worst of it: object, figure, what it should have been
	// and what it was.
	// +required
	Summary string `json:"summary"`
}

// AuditRequestedAnnotation on a StockLedger asks for an audit now. Any new value
// is a new request, which is answered by status.audit.lastHandledRequest.
const AuditRequestedAnnotation = "inventory.acme.com/audit-requested-at"

// The StockLedger's condition Consistent and its reasons.
const (
	ConditionConsistent = "Consistent"

	ReasonFiguresAgree  = "FiguresAgree"
	ReasonFiguresDiffer = "FiguresDiffer"
	ReasonAuditFailed   = "AuditFailed"
)

// Reasons of the StockLedger's condition Ready.
const (
	ReasonLeading    = "Leading"
	ReasonTakingOver = "TakingOver"
)

// StockLedgerList is a list of StockLedgers.
//
// +kubebuilder:object:root=true
type StockLedgerList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []StockLedger `json:"items"`
}
