package events

import (
	"encoding/json"
	"fmt"
	"regexp"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/acme/inventory-service/api/v1"
)

// holdPattern is the pattern of holdFor in the Reservation's rule, where nothing matches the
// empty text. Go reads some durations that it does not match, such as "+1h" and "1h1h".
var holdPattern = regexp.MustCompile(`^([0-9]{1,6}([.][0-9]{1,9})?h)?([0-9]{1,6}([.][0-9]{1,9})?m)?([0-9]{1,6}([.][0-9]{1,9})?s)?([0-9]{1,8}ms)?$`)

// maxHoldLength is the length bound of holdFor in the Reservation's schema.
const maxHoldLength = 32

// Reserve reads the payload of TypeReserve. Lines of the same product are added up.
func (d Decoder) Reserve(data []byte) (*ReserveInventory, error) {
	var raw struct {
		CartID     json.RawMessage `json:"cartId"`
		CustomerID json.RawMessage `json:"customerId"`
		OrderID    json.RawMessage `json:"orderId"`
		Items      json.RawMessage `json:"items"`
		HoldFor    json.RawMessage `json:"holdFor"`
		Replaces   json.RawMessage `json:"replaces"`
	}
	if err := decodeMessage(data, open, &raw); err != nil {
		return nil, err
	}
	v := violations{ids: d.IDs}
	command := &ReserveInventory{
		CartID:     requiredID(raw.CartID, "cartId", &v),
		CustomerID: optionalID(raw.CustomerID, "customerId", &v),
		OrderID:    optionalID(raw.OrderID, "orderId", &v),
		Items:      decodeItems(raw.Items, &v),
		HoldFor:    decodeHold(raw.HoldFor, &v),
	}
	if raw.Replaces != nil {
		command.Replaces = decodeReservationID(raw.Replaces, "replaces", &v)
	}
	if err := v.err(); err != nil {
		return nil, err
	}
	return command, nil
}

// decodeItems reads the lines and adds up those of the same product, in the order
// of the first mention.
func decodeItems(raw json.RawMessage, v *violations) []Item {
	var lines []json.RawMessage
	if raw == nil {
		v.add("items", "is required: name at least one product")
		return nil
	}
	if err := json.Unmarshal(raw, &lines); err != nil || lines == nil {
		v.add("items", "must be an array of objects")
		return nil
	}
	var items []Item
	place := make(map[string]int, min(len(lines), v1.MaxItems))
	for i, line := range lines {
		if v.full() {
			return nil
		}
		path := fmt.Sprintf("items[%d]", i)
		item, ok := decodeItem(line, path, v)
		if !ok {
			continue
		}
		at, seen := place[item.ProductID]
		if !seen {
			place[item.ProductID] = len(items)
			items = append(items, item)
			continue
		}
		if item.Quantity > v1.MaxQuantity-items[at].Quantity {
			v.add(path+".quantity", "the lines of this product add up to more than %d", v1.MaxQuantity)
			continue
		}
		items[at].Quantity += item.Quantity
	}
	if len(lines) == 0 || len(items) > v1.MaxItems {
		v.add("items", "must name 1 to %d products", v1.MaxItems)
	}
	return items
}

func decodeItem(line json.RawMessage, path string, v *violations) (Item, bool) {
	var raw struct {
		ProductID json.RawMessage `json:"productId"`
		Quantity  json.RawMessage `json:"quantity"`
	}
	if !decodeObject(line, path, open, &raw, v) {
		return Item{}, false
	}
	before := len(v.list)
	item := Item{
		ProductID: requiredID(raw.ProductID, path+".productId", v),
		Quantity:  requiredQuantity(raw.Quantity, path+".quantity", v),
	}
	return item, len(v.list) == before
}

func decodeHold(raw json.RawMessage, v *violations) *metav1.Duration {
	if raw == nil {
		return nil
	}
	s, ok := decodeString(raw)
	if ok && len(s) <= maxHoldLength && holdPattern.MatchString(s) {
		hold, err := time.ParseDuration(s)
		if err == nil && hold >= v1.MinHoldSeconds*time.Second && hold <= v1.MaxHoldSeconds*time.Second {
			return &metav1.Duration{Duration: hold}
		}
	}
	v.add("holdFor", "must be a duration from 1s to 24h, such as \"15m\"")
	return nil
}
