package events

import (
	"encoding/json"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation"

	v1 "github.com/acme/inventory-service/api/v1"
)

// Decoder reads the messages that the service takes. All its errors are of type
// *InvalidError.
type Decoder struct {
	// IDs are those of products, carts, customers and orders that are taken.
	IDs v1.IDs
}

// Release reads the payload of TypeRelease.
func (d Decoder) Release(data []byte) (*ReleaseInventory, error) { return d.release(data, namedInBody) }

// ReleaseOf reads a release whose Reservation is known from elsewhere, such as the path of a
// request. The body may be empty and need not name the Reservation, but must not name
// another one.
func (d Decoder) ReleaseOf(reservationID string, data []byte) (*ReleaseInventory, error) {
	if len(data) == 0 {
		return &ReleaseInventory{ReservationID: reservationID}, nil
	}
	return d.release(data, namedElsewhere(reservationID))
}

func (d Decoder) release(data []byte, name nameFunc) (*ReleaseInventory, error) {
	var raw struct {
		ReservationID json.RawMessage `json:"reservationId"`
		OrderID       json.RawMessage `json:"orderId"`
		Reason        json.RawMessage `json:"reason"`
		Items         json.RawMessage `json:"items"`
	}
	if err := decodeMessage(data, closed, &raw); err != nil {
		return nil, err
	}
	v := violations{ids: d.IDs}
	command := &ReleaseInventory{
		ReservationID: name(raw.ReservationID, raw.OrderID, &v),
		OrderID:       decodeOrder(raw.OrderID, raw.Items, &v),
		Reason:        decodeReason(raw.Reason, &v),
		Items:         decodePartialItems(raw.Items, &v),
	}
	if raw.Reason != nil && raw.Items != nil {
		v.add("reason", "goes with the release of everything: leave it out where items are given")
	}
	if err := v.err(); err != nil {
		return nil, err
	}
	return command, nil
}

// Consume reads the payload of TypeConsume.
func (d Decoder) Consume(data []byte) (*ConsumeInventory, error) { return d.consume(data, namedInBody) }

// ConsumeOf reads a consume whose Reservation is known from elsewhere, as ReleaseOf does a
// release.
func (d Decoder) ConsumeOf(reservationID string, data []byte) (*ConsumeInventory, error) {
	if len(data) == 0 {
		return &ConsumeInventory{ReservationID: reservationID}, nil
	}
	return d.consume(data, namedElsewhere(reservationID))
}

func (d Decoder) consume(data []byte, name nameFunc) (*ConsumeInventory, error) {
	var raw struct {
		ReservationID json.RawMessage `json:"reservationId"`
		OrderID       json.RawMessage `json:"orderId"`
		Items         json.RawMessage `json:"items"`
	}
	if err := decodeMessage(data, closed, &raw); err != nil {
		return nil, err
	}
	v := violations{ids: d.IDs}
	command := &ConsumeInventory{
		ReservationID: name(raw.ReservationID, raw.OrderID, &v),
		OrderID:       decodeOrder(raw.OrderID, raw.Items, &v),
		Items:         decodePartialItems(raw.Items, &v),
	}
	if err := v.err(); err != nil {
		return nil, err
	}
	return command, nil
}

// decodeOrder reads the order whose Reservations a release or a consume is about. Running
// totals are about one Reservation.
func decodeOrder(raw, items json.RawMessage, v *violations) string {
	if raw == nil {
		return ""
	}
	if items != nil {
		v.add("items", "goes with one reservation: name it by reservationId instead of orderId")
	}
	return requiredID(raw, "orderId", v)
}

// GetStockLevel reads the payload of TypeStockLevelGet: an object that names the product, or
// has it in the member request, as the published schema does; or that names several products.
func (d Decoder) GetStockLevel(data []byte) (*GetStockLevel, error) {
	var raw struct {
		ProductID  json.RawMessage `json:"productId"`
		ProductIDs json.RawMessage `json:"productIds"`
		Locations  json.RawMessage `json:"locations"`
		Request    json.RawMessage `json:"request"`
	}
	var inner struct {
		ProductID json.RawMessage `json:"productId"`
	}
	if err := decodeMessage(data, open, &raw); err != nil {
		return nil, err
	}
	v := violations{ids: d.IDs}
	var query *GetStockLevel
	switch {
	case raw.Request == nil && raw.ProductIDs != nil && raw.ProductID != nil:
		v.add("productIds", "and productId exclude each other")
	case raw.Request == nil && raw.ProductIDs != nil:
		query = &GetStockLevel{ProductIDs: decodeProducts(raw.ProductIDs, &v), Locations: decodeBool(raw.Locations, "locations", &v)}
	case raw.Request == nil:
		query = &GetStockLevel{ProductID: requiredID(raw.ProductID, "productId", &v), Locations: decodeBool(raw.Locations, "locations", &v)}
	case raw.ProductID != nil || raw.ProductIDs != nil:
		v.add("request", "and productId exclude each other")
	case decodeObject(raw.Request, "request", open, &inner, &v):
		query = &GetStockLevel{ProductID: requiredID(inner.ProductID, "request.productId", &v)}
	}
	if err := v.err(); err != nil {
		return nil, err
	}
	return query, nil
}

// IsReservationID tells whether s can be the name of a Reservation.
func IsReservationID(s string) bool { return len(validation.IsDNS1123Subdomain(s)) == 0 }

// nameFunc finds out which Reservation a message is about.
type nameFunc func(raw, order json.RawMessage, v *violations) string

// namedInBody wants the message to say it.
func namedInBody(raw, order json.RawMessage, v *violations) string {
	switch {
	case raw == nil && order != nil:
		return ""
	case raw == nil:
		v.add("reservationId", "is required")
		return ""
	case order != nil:
		v.add("orderId", "and reservationId exclude each other")
	}
	return decodeReservationID(raw, "reservationId", v)
}

// decodeReservationID reads what names a Reservation.
func decodeReservationID(raw json.RawMessage, field string, v *violations) string {
	s, ok := decodeString(raw)
	s = v1.CanonicalID(s)
	if !ok || !IsReservationID(s) {
		v.add(field, "must be the id of a reservation: lower case letters, digits, '-' and '.', at most %d", validation.DNS1123SubdomainMaxLength)
	}
	return s
}

// namedElsewhere takes a message that says the same or nothing.
func namedElsewhere(reservationID string) nameFunc {
	return func(raw, order json.RawMessage, v *violations) string {
		if order != nil {
			v.add("orderId", "is not read here, where the path names the reservation: leave it out")
		}
		if raw != nil {
			if s, ok := decodeString(raw); !ok || v1.CanonicalID(s) != reservationID {
				v.add("reservationId", "must be that of the path, or left out")
			}
		}
		return reservationID
	}
}

func decodeReason(raw json.RawMessage, v *violations) v1.ReleaseReason {
	if raw == nil {
		return ""
	}
	s, ok := decodeString(raw)
	if !ok || !slices.Contains(ReleaseReasons(), v1.ReleaseReason(s)) {
		v.add("reason", "must be one of %s, %s, %s", v1.ReleaseCheckoutFailed, v1.ReleaseOrderCancelled, v1.ReleaseExpired)
	}
	return v1.ReleaseReason(s)
}
