package v1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// Reservation is one cart's hold on stock: all of its items or none. Its uid is the
// reservationId of the messages; where it shows a command that came through the bridge,
// its name is.
//
// It starts Pending and is decided once: Reserved or Unavailable. A Reserved
// one ends Released (on request, on expiry, by deletion, or because another
// one of its cart took its place) or Consumed. What it asks for never changes;
// only the order's id may be set once, later, and holdUntil at any time, and
// the intent says what is to become of it.
//
// It stays until somebody deletes it. With the annotation
// inventory.acme.com/delete-after-completion: "true" the operator does that some time
// after its end (--retention), as with the Reservations that show commands. One that is
// being deleted keeps its units until it is gone, is released, or expires.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=rsv,categories=inventory
// +kubebuilder:validation:XValidation:rule="self.spec.intent != 'Consume' || oldSelf.spec.intent == 'Consume' || !(self.status.phase in ['Released', 'Unavailable'])",message="a Reservation that is Released or Unavailable cannot be consumed",messageExpression="'a Reservation that is ' + self.status.phase + ' cannot be consumed'",fieldPath=".spec.intent"
// +kubebuilder:validation:XValidation:rule="self.spec.intent != 'Release' || oldSelf.spec.intent == 'Release' || self.status.phase != 'Consumed'",message="a Reservation that is Consumed cannot be released",fieldPath=".spec.intent"
// +kubebuilder:validation:XValidation:rule="self.spec.intent == oldSelf.spec.intent || oldSelf.spec.intent == 'Hold' || self.status.phase in ['Released', 'Consumed', 'Unavailable']",message="intent is not carried out yet: it can change again once that is done",messageExpression="'intent ' + oldSelf.spec.intent + ' is not carried out yet: it can change again once that is done'",fieldPath=".spec.intent"
// +kubebuilder:validation:XValidation:rule="!(self.status.phase in ['Released', 'Unavailable']) || !has(self.spec.consumeItems) || (has(oldSelf.spec.consumeItems) && self.spec.consumeItems == oldSelf.spec.consumeItems)",message="a Reservation that is Released or Unavailable cannot be consumed",messageExpression="'a Reservation that is ' + self.status.phase + ' cannot be consumed'",fieldPath=".spec.consumeItems"
// +kubebuilder:validation:XValidation:rule="!has(self.spec.consumeItems) || (has(oldSelf.spec.consumeItems) && self.spec.consumeItems == oldSelf.spec.consumeItems) || !has(self.status.allocations) || self.spec.consumeItems.all(p, (has(oldSelf.spec.consumeItems) && p in oldSelf.spec.consumeItems) || self.spec.items.exists(i, i.productID.lowerAscii() == p.productID.lowerAscii() && i.quantity >= p.quantity))",message="consumeItems names more units of a product than were reserved: see spec.items",fieldPath=".spec.consumeItems"
// +kubebuilder:validation:XValidation:rule="!has(self.spec.releaseItems) || (has(oldSelf.spec.releaseItems) && self.spec.releaseItems == oldSelf.spec.releaseItems) || !has(self.status.allocations) || [self.status.allocations.map(a, a.locationID + '\\n' + a.productID)].all(places, self.spec.releaseItems.all(p, (has(oldSelf.spec.releaseItems) && p in oldSelf.spec.releaseItems) || (size(p.locationID) == 0 ? self.spec.items.exists(i, i.productID.lowerAscii() == p.productID.lowerAscii() && i.quantity >= p.quantity) : [places.indexOf(p.locationID + '\\n' + p.productID), places.indexOf(p.locationID + '\\n' + p.productID.lowerAscii())].exists(at, at >= 0 && self.status.allocations[at].quantity - (has(self.status.allocations[at].consumed) ? self.status.allocations[at].consumed : 0) >= p.quantity))))",message="releaseItems names more units than were reserved there and not shipped: see status.allocations",fieldPath=".spec.releaseItems"
// +kubebuilder:selectablefield:JSONPath=`.spec.cartID`
// +kubebuilder:selectablefield:JSONPath=`.spec.orderID`
// +kubebuilder:selectablefield:JSONPath=`.status.phase`
// +kubebuilder:printcolumn:name="Phase",type=string,JSONPath=`.status.phase`
// +kubebuilder:printcolumn:name="Cart",type=string,JSONPath=`.spec.cartID`
// +kubebuilder:printcolumn:name="Order",type=string,JSONPath=`.spec.orderID`
// +kubebuilder:printcolumn:name="Units",type=integer,JSONPath=`.status.units`
// +kubebuilder:printcolumn:name="Expires",type=string,JSONPath=`.status.expiresAt`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.reason`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type Reservation struct {
	metav1.TypeMeta `json:",inline"`
	// Standard object metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec says what the cart wants and what its owner intends with the hold.
	// +required
	Spec ReservationSpec `json:"spec"`

	// status says how the operator decided and where the hold stands.
	// +optional
	// +kubebuilder:default={}
	Status ReservationStatus `json:"status,omitempty"`
}

// Intent is what the owner of a Reservation wants done with it.
//
// +kubebuilder:validation:Enum=Hold;Release;Consume
type Intent string

// The intents. The first of Release and Consume that is carried out stays so.
const (
	IntentHold    Intent = "Hold"
	IntentRelease Intent = "Release"
	IntentConsume Intent = "Consume"
)

// ReleaseReason is why a hold was given back.
//
// +kubebuilder:validation:Enum=CHECKOUT_FAILED;ORDER_CANCELLED;EXPIRED
type ReleaseReason string

// The release reasons of the published contract.
const (
	ReleaseCheckoutFailed ReleaseReason = "CHECKOUT_FAILED"
	ReleaseOrderCancelled ReleaseReason = "ORDER_CANCELLED"
	ReleaseExpired        ReleaseReason = "EXPIRED"
)

// Bounds of a Reservation, the same as in the schema, for callers that want to
// refuse bad input before they send it.
const (
	MaxItems          = 100
	MaxQuantity       = 1_000_000_000
	MaxIDLength       = 128
	MaxLocationLength = 63
	MinHoldSeconds    = 1
	MaxHoldSeconds    = 24 * 60 * 60
	// PrintableID is the pattern of every id in a spec: see AnyIDs. An operator takes UUIDs
	// alone unless it is told otherwise.
	PrintableID = `^[\p{L}\p{M}\p{N}\p{P}\p{S}]([\p{L}\p{M}\p{N}\p{P}\p{S} ]*[\p{L}\p{M}\p{N}\p{P}\p{S}])?$`
	// PrintableLocation is the pattern of a location.
	PrintableLocation = `^[!-~]([ -~]*[!-~])?$`
)

// The rules are evaluated at every update, of the status too, and each field that a rule
// reads of an object costs the API server a copy of the schema of all its fields. So what
// concerns one field stands at the field, and the rules of the whole read as few as they
// can.

// ReservationSpec is what a cart asks for.
//
// +kubebuilder:validation:XValidation:rule="has(self.customerID) == has(oldSelf.customerID)",message="customerID is immutable",fieldPath=".customerID"
// +kubebuilder:validation:XValidation:rule="has(self.command) == has(oldSelf.command)",message="command is immutable: it is the bridge that sets it",fieldPath=".command"
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.orderID) || has(self.orderID)",message="orderID can be set once and is immutable then",fieldPath=".orderID"
// +kubebuilder:validation:XValidation:rule="has(self.holdFor) == has(oldSelf.holdFor)",message="holdFor is immutable",fieldPath=".holdFor"
// +kubebuilder:validation:XValidation:rule="has(self.replaces) == has(oldSelf.replaces)",message="replaces is immutable",fieldPath=".replaces"
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.consumeItems) || has(self.consumeItems)",message="consumeItems are running totals: they are never taken back",fieldPath=".consumeItems"
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.releaseItems) || has(self.releaseItems)",message="releaseItems are running totals: they are never taken back",fieldPath=".releaseItems"
// +kubebuilder:validation:XValidation:rule="!has(self.consumeItems) || oldSelf.intent == 'Hold' || (has(oldSelf.consumeItems) && self.consumeItems == oldSelf.consumeItems)",message="consumeItems never change once intent is Release or Consume",fieldPath=".consumeItems"
// +kubebuilder:validation:XValidation:rule="!has(self.releaseItems) || oldSelf.intent == 'Hold' || (has(oldSelf.releaseItems) && self.releaseItems == oldSelf.releaseItems)",message="releaseItems never change once intent is Release or Consume",fieldPath=".releaseItems"
// +kubebuilder:validation:XValidation:rule="!has(self.releaseReason) || self.intent == 'Release' || (oldSelf.hasValue() && has(oldSelf.value().releaseReason) && self.releaseReason == oldSelf.value().releaseReason)",message="releaseReason goes with intent Release",fieldPath=".releaseReason",optionalOldSelf=true
type ReservationSpec struct {
	// command is the command through the bridge that this Reservation shows. Only
	// the operator sets it: a Reservation that has one is never decided by itself.
	// It never changes.
	// +optional
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="command is immutable: it is the bridge that sets it"
	Command *Command `json:"command,omitempty"`

	// cartID names the checked-out cart: a UUID, or where the operator runs with
	// --ids=any 1 to 128 printable characters. It never changes.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	// +kubebuilder:validation:Pattern=`^[\p{L}\p{M}\p{N}\p{P}\p{S}]([\p{L}\p{M}\p{N}\p{P}\p{S} ]*[\p{L}\p{M}\p{N}\p{P}\p{S}])?$`
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="cartID is immutable"
	CartID string `json:"cartID"`

	// customerID names the customer the cart belongs to, by an id as cartID is one.
	// It never changes.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	// +kubebuilder:validation:Pattern=`^[\p{L}\p{M}\p{N}\p{P}\p{S}]([\p{L}\p{M}\p{N}\p{P}\p{S} ]*[\p{L}\p{M}\p{N}\p{P}\p{S}])?$`
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="customerID is immutable"
	CustomerID string `json:"customerID,omitempty"`

	// orderID names the order the cart became, by an id as cartID is one. It may be
	// set later, once. The outcome's event carries it
	// only if it was set before the decision.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	// +kubebuilder:validation:Pattern=`^[\p{L}\p{M}\p{N}\p{P}\p{S}]([\p{L}\p{M}\p{N}\p{P}\p{S} ]*[\p{L}\p{M}\p{N}\p{P}\p{S}])?$`
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="orderID can be set once and is immutable then"
	OrderID string `json:"orderID,omitempty"`

	// items are the products the cart wants and how many of each: 1 to 100,
	// each product once. They never change and are held all or none.
	// +required
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=100
	// +kubebuilder:validation:XValidation:rule="oldSelf.hasValue() || [self.map(i, i.productID)].all(ids, ids.all(id, ids.indexOf(id) == ids.lastIndexOf(id)))",messageExpression="'product ' + [self.map(i, i.productID)].map(ids, ids.filter(id, ids.indexOf(id) != ids.lastIndexOf(id)))[0][0] + ' is named more than once: add up its quantities'",message="a product is named more than once: add up its quantities",optionalOldSelf=true
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="the list of items is immutable: release this Reservation and make another"
	Items []ReservationItem `json:"items"`

	// holdFor is how long the units stay reserved unless they are released or
	// consumed before: a duration from 1s to 24h in h, m, s and ms, such as 15m
	// or 1h30m. Left out, it is what the operator's flag --default-hold says. It
	// never changes.
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]{1,6}([.][0-9]{1,9})?h)?([0-9]{1,6}([.][0-9]{1,9})?m)?([0-9]{1,6}([.][0-9]{1,9})?s)?([0-9]{1,8}ms)?$') && duration(self) >= duration('1s') && duration(self) <= duration('24h')",message="holdFor must be a duration from 1s to 24h, such as 15m or 1h30m"
	// +kubebuilder:validation:XValidation:rule="self == oldSelf || (self.matches('^([0-9]{1,6}([.][0-9]{1,9})?h)?([0-9]{1,6}([.][0-9]{1,9})?m)?([0-9]{1,6}([.][0-9]{1,9})?s)?([0-9]{1,8}ms)?$') && duration(self) == duration(oldSelf))",message="holdFor is immutable"
	HoldFor *metav1.Duration `json:"holdFor,omitempty"`

	// holdUntil lets the hold last longer than holdFor says: until this time at
	// least, at most 24 hours from the moment in which it is set. An earlier time
	// never makes a hold shorter. The condition HoldExtended tells why it is not
	// carried out.
	// +optional
	HoldUntil *metav1.Time `json:"holdUntil,omitempty"`

	// replaces names a Reservation of the same cart, by its name or its
	// reservationId, whose hold this one takes the place of: that one ends in
	// the moment in which this one is reserved, with units that this one may
	// have, and stays as it is where this one is refused. It never changes.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="replaces is immutable"
	Replaces string `json:"replaces,omitempty"`

	// consumeItems are the units of the hold that were shipped so far, where
	// not all are shipped at once: running totals by product, or by product and
	// location. They only grow. A location from which the cart has nothing (see
	// status.allocations) ships units that are for sale there, and as many that
	// are held elsewhere go back on sale. The condition ItemsMatch tells of lines
	// that cannot be carried out as they are.
	// +optional
	// +listType=map
	// +listMapKey=productID
	// +listMapKey=locationID
	// +kubebuilder:validation:MaxItems=100
	// +kubebuilder:validation:XValidation:rule="oldSelf.all(o, self.exists(n, n.productID == o.productID && n.locationID == o.locationID))",message="consumeItems are running totals: they are never taken back"
	// +kubebuilder:validation:XValidation:rule="self.all(i, size(i.locationID) > 0 || self.filter(o, o.productID == i.productID).size() == 1)",message="the lines of one product all name a location, or there is one line without"
	ConsumeItems []PartialItem `json:"consumeItems,omitempty"`

	// releaseItems are the units of the hold that were given back so far, where
	// not all are given back at once: running totals by product, or by product
	// and location. They only grow; units that consumeItems claims are not given
	// back.
	// +optional
	// +listType=map
	// +listMapKey=productID
	// +listMapKey=locationID
	// +kubebuilder:validation:MaxItems=100
	// +kubebuilder:validation:XValidation:rule="oldSelf.all(o, self.exists(n, n.productID == o.productID && n.locationID == o.locationID))",message="releaseItems are running totals: they are never taken back"
	// +kubebuilder:validation:XValidation:rule="self.all(i, size(i.locationID) > 0 || self.filter(o, o.productID == i.productID).size() == 1)",message="the lines of one product all name a location, or there is one line without"
	ReleaseItems []PartialItem `json:"releaseItems,omitempty"`

	// intent is what is to become of the hold: Hold, Release (what is left of it
	// goes back on sale) or Consume (what is left of it is shipped). What was
	// carried out stays, whatever is written afterwards: a manifest that says Hold
	// can be applied again.
	// +optional
	// +default="Hold"
	// +kubebuilder:default=Hold
	Intent Intent `json:"intent,omitempty"`

	// releaseReason says why the hold is released: CHECKOUT_FAILED,
	// ORDER_CANCELLED or EXPIRED. It goes with intent Release, and counts when that
	// is carried out.
	// +optional
	ReleaseReason ReleaseReason `json:"releaseReason,omitempty"`
}

// Command tells a command from all others: the Reservation's name is made of it.
type Command struct {
	// source is that of the CloudEvent. It is empty for a command over plain HTTP
	// without an Idempotency-Key: the id is then the Reservation's name.
	// +optional
	// +kubebuilder:validation:MaxLength=2048
	Source string `json:"source,omitempty"`
	// id is that of the CloudEvent, or the Idempotency-Key.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=2048
	ID string `json:"id"`
	// extensions are those of the CloudEvent that its outcome's event carries on, such as
	// correlationid.
	// +optional
	// +kubebuilder:validation:MaxProperties=20
	Extensions map[string]Extension `json:"extensions,omitempty"`
}

// Extension is the value of an extension attribute of a CloudEvent.
//
// +kubebuilder:validation:MaxLength=512
type Extension string

// ReservationItem is one line of a cart.
type ReservationItem struct {
	// productID names the product, by an id as cartID is one. The case of a UUID does
	// not count.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	// +kubebuilder:validation:Pattern=`^[\p{L}\p{M}\p{N}\p{P}\p{S}]([\p{L}\p{M}\p{N}\p{P}\p{S} ]*[\p{L}\p{M}\p{N}\p{P}\p{S}])?$`
	ProductID string `json:"productID"`

	// quantity is the number of units wanted (1 to 1e9).
	// +required
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000000000
	Quantity int64 `json:"quantity"`
}

// PartialItem is a running total of units of one product, at one location or over
// all of them.
type PartialItem struct {
	// productID names the product.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	// +kubebuilder:validation:Pattern=`^[\p{L}\p{M}\p{N}\p{P}\p{S}]([\p{L}\p{M}\p{N}\p{P}\p{S} ]*[\p{L}\p{M}\p{N}\p{P}\p{S}])?$`
	ProductID string `json:"productID"`

	// locationID names the location the units are in (up to 63 printable ASCII
	// characters). Left out, the total is over all locations.
	// +optional
	// +default=""
	// +kubebuilder:default=""
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^([!-~]([ -~]*[!-~])?)?$`
	LocationID string `json:"locationID,omitempty"`

	// quantity is the number of units so far (1 to 1e9). It only grows.
	// +required
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000000000
	// +kubebuilder:validation:XValidation:rule="self >= oldSelf",message="the quantity is a running total: it only grows"
	Quantity int64 `json:"quantity"`
}

// ReservationList is a list of Reservations.
//
// +kubebuilder:object:root=true
type ReservationList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []Reservation `json:"items"`
}
