package events

import (
	"encoding/json"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/acme/inventory-service/api/v1"
)

// Extend reads the payload of TypeExtend.
func (d Decoder) Extend(data []byte) (*ExtendReservation, error) { return d.extend(data, namedInBody) }

// ExtendOf reads an extension whose Reservation is known from elsewhere, as ReleaseOf does a
// release.
func (d Decoder) ExtendOf(reservationID string, data []byte) (*ExtendReservation, error) {
	return d.extend(data, namedElsewhere(reservationID))
}

func (d Decoder) extend(data []byte, name nameFunc) (*ExtendReservation, error) {
	var raw struct {
		ReservationID json.RawMessage `json:"reservationId"`
		ExpiresAt     json.RawMessage `json:"expiresAt"`
		HoldFor       json.RawMessage `json:"holdFor"`
	}
	if err := decodeMessage(data, closed, &raw); err != nil {
		return nil, err
	}
	v := violations{ids: d.IDs}
	command := &ExtendReservation{ReservationID: name(raw.ReservationID, nil, &v), HoldFor: decodeHold(raw.HoldFor, &v)}
	switch {
	case (raw.ExpiresAt == nil) == (raw.HoldFor == nil):
		v.add("expiresAt", "or holdFor is required, and one of them alone")
	case raw.ExpiresAt != nil:
		command.ExpiresAt = decodeTime(raw.ExpiresAt, "expiresAt", &v)
	}
	if err := v.err(); err != nil {
		return nil, err
	}
	return command, nil
}

// AttachOrder reads the payload of TypeAttachOrder.
func (d Decoder) AttachOrder(data []byte) (*AttachOrder, error) { return d.attach(data, namedInBody) }

// AttachOrderOf reads an order whose Reservation is known from elsewhere, as ReleaseOf does a
// release.
func (d Decoder) AttachOrderOf(reservationID string, data []byte) (*AttachOrder, error) {
	return d.attach(data, namedElsewhere(reservationID))
}

func (d Decoder) attach(data []byte, name nameFunc) (*AttachOrder, error) {
	var raw struct {
		ReservationID json.RawMessage `json:"reservationId"`
		OrderID       json.RawMessage `json:"orderId"`
	}
	if err := decodeMessage(data, closed, &raw); err != nil {
		return nil, err
	}
	v := violations{ids: d.IDs}
	command := &AttachOrder{ReservationID: name(raw.ReservationID, nil, &v), OrderID: requiredID(raw.OrderID, "orderId", &v)}
	if err := v.err(); err != nil {
		return nil, err
	}
	return command, nil
}

// ReleaseOrder reads the release of all Reservations of an order that is known from elsewhere.
// The body may be empty.
func (d Decoder) ReleaseOrder(orderID string, data []byte) (*ReleaseInventory, error) {
	command := &ReleaseInventory{OrderID: orderID}
	if len(data) == 0 {
		return command, nil
	}
	var raw struct {
		Reason json.RawMessage `json:"reason"`
	}
	if err := decodeMessage(data, closed, &raw); err != nil {
		return nil, err
	}
	v := violations{ids: d.IDs}
	command.Reason = decodeReason(raw.Reason, &v)
	return command, v.err()
}

// ConsumeOrder reads the consume of all Reservations of an order that is known from elsewhere:
// the body is empty, or an empty object.
func (d Decoder) ConsumeOrder(orderID string, data []byte) (*ConsumeInventory, error) {
	command := &ConsumeInventory{OrderID: orderID}
	if len(data) == 0 {
		return command, nil
	}
	var object map[string]json.RawMessage
	v := violations{ids: d.IDs}
	if err := json.Unmarshal(data, &object); err != nil || len(object) > 0 {
		v.add("", "the reservations of an order are consumed as a whole: send no body, or {}")
	}
	return command, v.err()
}

// Find reads the payload of TypeFind.
func (d Decoder) Find(data []byte) (*FindReservations, error) {
	var raw struct {
		OrderID json.RawMessage `json:"orderId"`
		CartID  json.RawMessage `json:"cartId"`
	}
	if err := decodeMessage(data, closed, &raw); err != nil {
		return nil, err
	}
	v := violations{ids: d.IDs}
	query := &FindReservations{OrderID: optionalID(raw.OrderID, "orderId", &v), CartID: optionalID(raw.CartID, "cartId", &v)}
	if raw.OrderID == nil && raw.CartID == nil {
		v.add("orderId", "or cartId is required")
	}
	if err := v.err(); err != nil {
		return nil, err
	}
	return query, nil
}

// decodeProducts reads the products of a question: 1 to v1.MaxItems, each once.
func decodeProducts(raw json.RawMessage, v *violations) []string {
	var ids []json.RawMessage
	if err := json.Unmarshal(raw, &ids); err != nil || len(ids) == 0 || len(ids) > v1.MaxItems {
		v.add("productIds", "must be an array of 1 to %d products", v1.MaxItems)
		return nil
	}
	products, seen := make([]string, 0, len(ids)), map[string]bool{}
	for _, id := range ids {
		product := requiredID(id, "productIds", v)
		if !seen[product] {
			seen[product] = true
			products = append(products, product)
		}
	}
	return products
}

func decodeBool(raw json.RawMessage, field string, v *violations) (value bool) {
	if raw != nil && json.Unmarshal(raw, &value) != nil {
		v.add(field, "must be true or false")
	}
	return value
}

// decodeTime reads a moment; what is finer than a second is left off.
func decodeTime(raw json.RawMessage, field string, v *violations) *metav1.Time {
	s, _ := decodeString(raw)
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		v.add(field, "must be a time of RFC 3339, such as 2030-01-31T12:00:00Z")
		return nil
	}
	whole := metav1.NewTime(at.UTC().Truncate(time.Second))
	return &whole
}
