package events

import (
	"encoding/json"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation"

	v1 "github.com/acme/inventory-service/api/v1"
)

// DecodeRelease reads the payload of TypeRelease. Errors are of type
// *InvalidError.
func DecodeRelease(data []byte) (*ReleaseInventory, error) {
	raw, err := decodeReleaseFields(data)
	if err != nil {
		return nil, err
	}
	var v violations
	command := &ReleaseInventory{}
	if raw.ReservationID == nil {
		v.add("reservationId", "is required")
	} else {
		command.ReservationID = decodeReservationID(raw.ReservationID, &v)
	}
	command.Reason = decodeReason(raw.Reason, &v)
	if err := v.err(); err != nil {
		return nil, err
	}
	return command, nil
}

// DecodeReleaseOf reads a release whose Reservation is known from elsewhere, such
// as the path of a request. The body may be empty and need not name the
// Reservation, but must not name another one. Errors are of type *InvalidError.
func DecodeReleaseOf(reservationID string, data []byte) (*ReleaseInventory, error) {
	command := &ReleaseInventory{ReservationID: reservationID}
	if len(data) == 0 {
		return command, nil
	}
	raw, err := decodeReleaseFields(data)
	if err != nil {
		return nil, err
	}
	var v violations
	if raw.ReservationID != nil {
		if s, ok := decodeString(raw.ReservationID); !ok || s != reservationID {
			v.add("reservationId", "must be that of the path, or left out")
		}
	}
	command.Reason = decodeReason(raw.Reason, &v)
	if err := v.err(); err != nil {
		return nil, err
	}
	return command, nil
}

// DecodeGetStockLevel reads the payload of TypeStockLevelGet. Errors are of type
// *InvalidError.
func DecodeGetStockLevel(data []byte) (*GetStockLevel, error) {
	var raw struct {
		ProductID json.RawMessage `json:"productId"`
	}
	if err := decodeMessage(data, &raw); err != nil {
		return nil, err
	}
	var v violations
	query := &GetStockLevel{ProductID: requiredID(raw.ProductID, "productId", &v)}
	if err := v.err(); err != nil {
		return nil, err
	}
	return query, nil
}

// IsReservationID tells whether s can be the name of a Reservation.
func IsReservationID(s string) bool { return len(validation.IsDNS1123Subdomain(s)) == 0 }

type releaseFields struct {
	ReservationID json.RawMessage `json:"reservationId"`
	Reason        json.RawMessage `json:"reason"`
}

func decodeReleaseFields(data []byte) (releaseFields, error) {
	var raw releaseFields
	err := decodeMessage(data, &raw)
	return raw, err
}

func decodeReservationID(raw json.RawMessage, v *violations) string {
	s, ok := decodeString(raw)
	if !ok || !IsReservationID(s) {
		v.add("reservationId", "must be the id of a reservation: lower case letters, digits, '-' and '.', at most %d", validation.DNS1123SubdomainMaxLength)
	}
	return s
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
