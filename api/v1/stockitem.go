package v1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// StockItem is the stock of one product at one location.
//
// Git (or kubectl) owns the spec and the operator owns the status. The product
// and the location never change; to move stock, lower one item's received and
// raise another's. Two StockItems of one namespace with the same product and
// location do not add up: the older one serves, the other shows Ready=False
// with reason DuplicateStockItem and counts for nothing. When the one that
// serves is deleted, the other does not take over by itself, since what it
// received was not counted for that: it shows Ready=False with reason
// TakeOverUnconfirmed, and nothing is sold there, until you change its spec,
// such as received to what was counted, or annotate it with
// inventory.acme.com/take-over: "true". An item that carries this annotation
// already, such as one that is to replace another under a new name, takes over
// at once; so does one that is made again under the name of the one that is
// gone. What was promised stays promised.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=stk,categories=inventory
// +kubebuilder:selectablefield:JSONPath=`.spec.productID`
// +kubebuilder:selectablefield:JSONPath=`.spec.locationID`
// +kubebuilder:printcolumn:name="Product",type=string,JSONPath=`.spec.productID`
// +kubebuilder:printcolumn:name="Location",type=string,JSONPath=`.spec.locationID`
// +kubebuilder:printcolumn:name="On Hand",type=integer,JSONPath=`.status.onHand`
// +kubebuilder:printcolumn:name="Reserved",type=integer,JSONPath=`.status.reserved`
// +kubebuilder:printcolumn:name="Available",type=integer,JSONPath=`.status.available`
// +kubebuilder:printcolumn:name="Shortfall",type=integer,JSONPath=`.status.shortfall`,priority=1
// +kubebuilder:printcolumn:name="Tracking",type=string,JSONPath=`.spec.tracking`,priority=1
// +kubebuilder:printcolumn:name="Refused",type=integer,JSONPath=`.status.refused`,priority=1
// +kubebuilder:printcolumn:name="In Stock",type=string,JSONPath=`.status.conditions[?(@.type=="InStock")].status`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type StockItem struct {
	metav1.TypeMeta `json:",inline"`
	// Standard object metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec says how many units of the product the location has taken in and
	// how they may be sold. It is yours: the operator never writes it.
	// +required
	Spec StockItemSpec `json:"spec"`

	// status says what is on hand, promised and left to sell. It is the
	// operator's, derived from the spec and the Reservations; erased, it is
	// written again.
	// +optional
	// +kubebuilder:default={}
	Status StockItemStatus `json:"status,omitempty"`
}

// StockItemSpec is what the owner of the stock declares.
type StockItemSpec struct {
	// productID names the product: a UUID, whose case does not count, or where the
	// operator runs with --ids=any 1 to 128 printable characters without a space at
	// either end. It never changes.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	// +kubebuilder:validation:Pattern=`^[\p{L}\p{M}\p{N}\p{P}\p{S}]([\p{L}\p{M}\p{N}\p{P}\p{S} ]*[\p{L}\p{M}\p{N}\p{P}\p{S}])?$`
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="productID is immutable: make another StockItem for another product"
	ProductID string `json:"productID"`

	// locationID names the place that holds the units, such as a warehouse or
	// a shop: 1 to 63 printable ASCII characters. It never changes.
	// +optional
	// +default="default"
	// +kubebuilder:default="default"
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[!-~]([ -~]*[!-~])?$`
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="locationID is immutable: make another StockItem for another location"
	LocationID string `json:"locationID,omitempty"`

	// received is the running total of units taken into stock so far: the
	// opening count, plus every delivery, minus every write-off (0 to 1e15).
	// Raise it by 200 for a delivery of 200; applying the same manifest again
	// changes nothing. It is not lowered by sales: the operator counts those.
	// Left out, it is 0: Git may declare the item, and whoever counts the units
	// set received, as another field manager.
	// +optional
	// +default=0
	// +kubebuilder:default=0
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=1000000000000000
	Received int64 `json:"received,omitempty"`

	// safetyStock is the number of units on hand that are never sold (0 to
	// 1e15).
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=1000000000000000
	SafetyStock int64 `json:"safetyStock,omitempty"`

	// lowStockThreshold raises the condition LowStock once no more units than
	// this are available (0 to 1e15; 0 turns the condition off).
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=1000000000000000
	LowStockThreshold int64 `json:"lowStockThreshold,omitempty"`

	// tracking says whether the units are counted: Counted, or Unlimited for what
	// never runs out, such as a download or a service. Of an Unlimited item as
	// many units as a cart asks for are available; reserved and consumed are still
	// counted, and received, safetyStock and lowStockThreshold say nothing.
	// +optional
	// +default="Counted"
	// +kubebuilder:default=Counted
	Tracking Tracking `json:"tracking,omitempty"`

	// suspended stops new sales from this item. Units that are already
	// reserved stay reserved. An item that is being deleted counts as suspended.
	// +optional
	Suspended bool `json:"suspended,omitempty"`

	// priority orders the locations of one product: units are taken from the
	// highest first, and among equals in the order of their locationID (-1e6 to
	// 1e6).
	// +optional
	// +kubebuilder:validation:Minimum=-1000000
	// +kubebuilder:validation:Maximum=1000000
	Priority int32 `json:"priority,omitempty"`
}

// Tracking says whether the units of a StockItem are counted.
//
// +kubebuilder:validation:Enum=Counted;Unlimited
type Tracking string

// The ways of tracking.
const (
	TrackingCounted   Tracking = "Counted"
	TrackingUnlimited Tracking = "Unlimited"
)

// StockItemStatus is what the operator derives: it never decides anything.
//
// +structType=atomic
type StockItemStatus struct {
	// observedGeneration is the generation of the spec that these figures, and
	// every decision since they were written, are based on; -1 before any operator
	// has seen the item.
	// +optional
	// +kubebuilder:default=-1
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// onHand is the number of units in the location: received minus consumed, never
	// below 0.
	// +optional
	OnHand int64 `json:"onHand"`

	// reserved is the number of units promised to carts and still on hand.
	// +optional
	Reserved int64 `json:"reserved"`

	// available is the number of units that can be reserved now: on hand minus
	// reserved minus the safety stock, never below 0, and 0 while the item is
	// suspended or being deleted. Of an Unlimited item it is 1e9, the most that a
	// line of a cart can ask for.
	// +optional
	Available int64 `json:"available"`

	// consumed is the number of units that were shipped, ever.
	// +optional
	Consumed int64 `json:"consumed"`

	// shortfall is the number of units promised or shipped beyond what was
	// received, after received was lowered. It is 0 otherwise. The condition
	// Oversold says how many of them were shipped.
	// +optional
	Shortfall int64 `json:"shortfall,omitempty"`

	// refused is the number of carts that could not be served for want of this
	// item's units since the item began to serve.
	// +optional
	Refused int64 `json:"refused,omitempty"`

	// position is the last record of the journal that these figures include:
	// journal, page and number of records.
	// +optional
	Position string `json:"position,omitempty"`

	// conditions are Ready (the figures count and cover every promise), InStock (some are available),
	// LowStock (no more than the threshold are available), Oversold (there
	// is a shortfall) and, only while it is a duplicate or waits to take over,
	// Stalled.
	// +optional
	// +listType=map
	// +listMapKey=type
	Conditions []metav1.Condition `json:"conditions,omitempty"`
}

// Condition types and reasons of a StockItem.
const (
	ConditionReady    = "Ready"
	ConditionInStock  = "InStock"
	ConditionLowStock = "LowStock"
	ConditionOversold = "Oversold"

	ReasonServing            = "Serving"
	ReasonDuplicateStockItem = "DuplicateStockItem"
	// ReasonTakeOverUnconfirmed says that the StockItem that served is gone, and nobody has
	// said that this one takes over.
	ReasonTakeOverUnconfirmed = "TakeOverUnconfirmed"
	ReasonUnitsAvailable      = "UnitsAvailable"
	ReasonSoldOut             = "SoldOut"
	ReasonSuspended           = "Suspended"
	ReasonNotServing          = "NotServing"
	ReasonAboveThreshold      = "AboveThreshold"
	ReasonBelowThreshold      = "BelowThreshold"
	ReasonNoThreshold         = "NoThreshold"
	ReasonReceivedLowered     = "ReceivedLowered"
	ReasonPromisesCovered     = "PromisesCovered"
)

// TakeOverAnnotation with the value "true" on a StockItem says that it serves
// once no other serves its product and location.
const TakeOverAnnotation = "inventory.acme.com/take-over"

// LowerReceivedToAnnotation says that spec.received is lowered on purpose, to which total and from
// which, as "100 from 120"; a reason may follow. The operator does not read it. The
// policies of config/gitops/policies refuse a lower received unless the same write sets or changes
// this annotation so. kubectl inventory sets it.
const LowerReceivedToAnnotation = "inventory.acme.com/lower-received-to"

// StockItemList is a list of StockItems.
//
// +kubebuilder:object:root=true
type StockItemList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []StockItem `json:"items"`
}
