package events

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/acme/inventory-service/api/v1"
)

// Item is one line of a cart.
type Item struct {
	ProductID string `json:"productId"`
	// Quantity is the number of units, 1 to 1e9.
	Quantity int64 `json:"quantity"`
}

// ReserveInventory is the payload of TypeReserve. What Decoder.Reserve returns
// names every product once, in the order of the first mention.
type ReserveInventory struct {
	CartID     string `json:"cartId"`
	CustomerID string `json:"customerId,omitempty"`
	OrderID    string `json:"orderId,omitempty"`
	// Items are 1 to 100 products.
	Items []Item `json:"items"`
	// HoldFor is 1s to 24h; nil leaves it to the operator.
	HoldFor *metav1.Duration `json:"holdFor,omitempty"`
	// Replaces names a hold of the same cart whose place this one takes: by its
	// reservationId, its uid or its name.
	Replaces string `json:"replaces,omitempty"`
}

// ReleaseInventory is the payload of TypeRelease.
type ReleaseInventory struct {
	// ReservationID names the Reservation: by its reservationId, its uid or its name.
	ReservationID string `json:"reservationId,omitempty"`
	// OrderID means all Reservations of the order instead.
	OrderID string `json:"orderId,omitempty"`
	// Reason is one of the published release reasons, or empty. It goes with the
	// release of everything.
	Reason v1.ReleaseReason `json:"reason,omitempty"`
	// Items are the units given back so far; none means everything that is left.
	Items []PartialItem `json:"items,omitempty"`
}

// ConsumeInventory is the payload of TypeConsume.
type ConsumeInventory struct {
	// ReservationID names the Reservation: by its reservationId, its uid or its name.
	ReservationID string `json:"reservationId,omitempty"`
	// OrderID means all Reservations of the order instead, each as a whole.
	OrderID string `json:"orderId,omitempty"`
	// Items are the units shipped so far; none means everything that is left.
	Items []PartialItem `json:"items,omitempty"`
}

// PartialItem is a running total of units of one product, so that repeating it
// changes nothing. What is decoded names every product and location once, and a
// product either with locations or without.
type PartialItem struct {
	ProductID string `json:"productId"`
	// LocationID is 1 to 63 printable ASCII characters, or empty: then the total is
	// over all locations.
	LocationID string `json:"locationId,omitempty"`
	// Quantity is the number of units so far, 1 to 1e9.
	Quantity int64 `json:"quantity"`
}

// ExtendReservation is the payload of TypeExtend.
type ExtendReservation struct {
	// ReservationID names the Reservation: by its reservationId, its uid or its name.
	ReservationID string `json:"reservationId"`
	// ExpiresAt is until when the hold is to last: later than it does, at most 24 hours
	// from now. Either it is given or HoldFor, which counts from now.
	ExpiresAt *metav1.Time     `json:"expiresAt,omitempty"`
	HoldFor   *metav1.Duration `json:"holdFor,omitempty"`
}

// AttachOrder is the payload of TypeAttachOrder.
type AttachOrder struct {
	// ReservationID names the Reservation: by its reservationId, its uid or its name.
	ReservationID string `json:"reservationId"`
	OrderID       string `json:"orderId"`
}

// FindReservations is the payload of TypeFind: one of the two, or both.
type FindReservations struct {
	OrderID string `json:"orderId,omitempty"`
	CartID  string `json:"cartId,omitempty"`
}

// GetStockLevel is the payload of TypeStockLevelGet: of one product, or of several.
type GetStockLevel struct {
	ProductID string `json:"productId,omitempty"`
	// ProductIDs are 1 to 100 products, each once.
	ProductIDs []string `json:"productIds,omitempty"`
	// Locations asks for the units by place, too.
	Locations bool `json:"locations,omitempty"`
}

// InventoryReserved is the payload of TypeReserved.
type InventoryReserved struct {
	// ReservationID is a UUID, as in every payload that tells of a Reservation.
	ReservationID string `json:"reservationId"`
	// Name is that of a Reservation that a person or Git named.
	Name       string           `json:"name,omitempty"`
	OrderID    string           `json:"orderId,omitempty"`
	CartID     string           `json:"cartId,omitempty"`
	Items      []Item           `json:"items"`
	ReservedAt metav1.MicroTime `json:"reservedAt"`
	// ExpiresAt is until when the units are held, as it was decided; nil is without end.
	ExpiresAt *metav1.Time `json:"expiresAt,omitempty"`
	// Replaces is the reservationId of the hold whose place this one took.
	Replaces string `json:"replaces,omitempty"`
}

// UnavailableItem is a line that could not be served.
type UnavailableItem struct {
	ProductID string `json:"productId"`
	// Requested is the number of units that the cart asked for.
	Requested int64 `json:"requested"`
	// Available is the number of units that could be had, over all locations.
	Available int64 `json:"available"`
}

// InventoryUnavailable is the payload of TypeUnavailable.
type InventoryUnavailable struct {
	OrderID          string            `json:"orderId,omitempty"`
	CartID           string            `json:"cartId,omitempty"`
	UnavailableItems []UnavailableItem `json:"unavailableItems"`
	CheckedAt        metav1.MicroTime  `json:"checkedAt"`
}

// InventoryReleased is the payload of TypeReleased: where a Reservation stands
// after a release, or where it stood already.
type InventoryReleased struct {
	ReservationID string `json:"reservationId"`
	Name          string `json:"name,omitempty"`
	CartID        string `json:"cartId,omitempty"`
	OrderID       string `json:"orderId,omitempty"`
	// Phase is Released, or Unavailable where nothing was held; Consumed where
	// some units had been shipped before, and Reserved where some are still held.
	Phase v1.Phase `json:"phase"`
	// Reason is why the hold was given back, where one was given.
	Reason v1.ReleaseReason `json:"reason,omitempty"`
	// Items say what became of the units where not all of them were given back.
	Items []SettledItem `json:"items,omitempty"`
	// ReleasedAt is when the last units were given back; nil where nothing was
	// held, or some still are.
	ReleasedAt *metav1.Time `json:"releasedAt,omitempty"`
	// ReplacedBy is the reservationId of the hold that took the place of this one.
	ReplacedBy string `json:"replacedBy,omitempty"`
	// ExpiresAt is until when what is left is held.
	ExpiresAt *metav1.Time `json:"expiresAt,omitempty"`
}

// InventoryConsumed is the payload of TypeConsumed: where a Reservation stands
// after a consume, or where it stood already.
type InventoryConsumed struct {
	ReservationID string `json:"reservationId"`
	Name          string `json:"name,omitempty"`
	CartID        string `json:"cartId,omitempty"`
	OrderID       string `json:"orderId,omitempty"`
	// Phase is Consumed, or Reserved where some units are still held.
	Phase v1.Phase `json:"phase"`
	// Items say what became of the units.
	Items []SettledItem `json:"items"`
	// ConsumedAt is when the last units were shipped or given back; nil while some
	// are held.
	ConsumedAt *metav1.Time `json:"consumedAt,omitempty"`
	// ExpiresAt is until when what is left is held.
	ExpiresAt *metav1.Time `json:"expiresAt,omitempty"`
}

// ReservationExtended is the payload of TypeExtended.
type ReservationExtended struct {
	ReservationID string       `json:"reservationId"`
	Name          string       `json:"name,omitempty"`
	CartID        string       `json:"cartId,omitempty"`
	OrderID       string       `json:"orderId,omitempty"`
	Phase         v1.Phase     `json:"phase"`
	ExpiresAt     *metav1.Time `json:"expiresAt"`
}

// OrderAttached is the payload of TypeOrderAttached.
type OrderAttached struct {
	ReservationID string   `json:"reservationId"`
	Name          string   `json:"name,omitempty"`
	CartID        string   `json:"cartId,omitempty"`
	OrderID       string   `json:"orderId"`
	Phase         v1.Phase `json:"phase"`
}

// OrderSettled is the payload of TypeOrderReleased and TypeOrderConsumed: what became of each
// Reservation of an order, in the order of their outcomes.
type OrderSettled struct {
	OrderID      string               `json:"orderId"`
	Reservations []ReservationSettled `json:"reservations"`
}

// ReservationSettled is where one Reservation of an order stands.
type ReservationSettled struct {
	ReservationID string        `json:"reservationId"`
	Name          string        `json:"name,omitempty"`
	CartID        string        `json:"cartId,omitempty"`
	Phase         v1.Phase      `json:"phase"`
	Items         []SettledItem `json:"items"`
	// Problem says why nothing was done with this one, empty where it was.
	Problem string `json:"problem,omitempty"`
}

// CartChecked is the payload of TypeChecked: whether a cart would be reserved at this moment.
// Nothing is held.
type CartChecked struct {
	CartID string `json:"cartId"`
	Fits   bool   `json:"fits"`
	// Allocations are where the units would be from.
	Allocations      []PlannedItem     `json:"allocations,omitempty"`
	UnavailableItems []UnavailableItem `json:"unavailableItems,omitempty"`
}

// PlannedItem is what a line would get from one location.
type PlannedItem struct {
	ProductID  string `json:"productId"`
	LocationID string `json:"locationId"`
	Quantity   int64  `json:"quantity"`
}

// SettledItem says what became of the units of one product at one location.
type SettledItem struct {
	ProductID  string `json:"productId"`
	LocationID string `json:"locationId"`
	// Quantity is the number of units that were reserved.
	Quantity int64 `json:"quantity"`
	// Consumed is how many of them were shipped.
	Consumed int64 `json:"consumed"`
	// Released is how many of them were given back.
	Released int64 `json:"released"`
}

// StockLevel is the payload of TypeStockLevel: the units of one product, summed
// over its locations.
type StockLevel struct {
	ProductID string `json:"productId"`
	// Available is the number of units that can be reserved.
	Available int64 `json:"available"`
	// Reserved is the number of units promised to carts.
	Reserved int64 `json:"reserved"`
	// Locations are the same by place, where they were asked for.
	Locations []LocationLevel `json:"locations,omitempty"`
}

// LocationLevel is the stock of one product at one location, in units.
type LocationLevel struct {
	LocationID string `json:"locationId"`
	OnHand     int64  `json:"onHand"`
	Available  int64  `json:"available"`
	Reserved   int64  `json:"reserved"`
}

// StockLevels is the payload of TypeStockLevels, in the order of the question.
type StockLevels struct {
	Items []StockLevel `json:"items"`
	// Unknown are products that nobody stocks.
	Unknown []string `json:"unknown,omitempty"`
}
