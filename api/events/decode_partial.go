package events

import (
	"encoding/json"
	"fmt"

	v1 "github.com/acme/inventory-service/api/v1"
)

// decodePartialItems reads running totals; none where the field is left out. An
// empty list is refused, since it must not be taken for everything.
func decodePartialItems(raw json.RawMessage, v *violations) []PartialItem {
	if raw == nil {
		return nil
	}
	var lines []json.RawMessage
	if err := json.Unmarshal(raw, &lines); err != nil || lines == nil {
		v.add("items", "must be an array of objects; leave it out for everything that is left")
		return nil
	}
	if len(lines) == 0 || len(lines) > v1.MaxItems {
		v.add("items", "must have 1 to %d lines; leave it out for everything that is left", v1.MaxItems)
		return nil
	}
	items := make([]PartialItem, 0, len(lines))
	seen := placesSeen{}
	for i, line := range lines {
		if v.full() {
			return nil
		}
		path := fmt.Sprintf("items[%d]", i)
		if item, ok := decodePartialItem(line, path, v); ok && seen.add(item, path, v) {
			items = append(items, item)
		}
	}
	return items
}

func decodePartialItem(line json.RawMessage, path string, v *violations) (PartialItem, bool) {
	var raw struct {
		ProductID  json.RawMessage `json:"productId"`
		LocationID json.RawMessage `json:"locationId"`
		Quantity   json.RawMessage `json:"quantity"`
	}
	if !decodeObject(line, path, closed, &raw, v) {
		return PartialItem{}, false
	}
	before := len(v.list)
	item := PartialItem{
		ProductID:  requiredID(raw.ProductID, path+".productId", v),
		LocationID: optionalLocation(raw.LocationID, path+".locationId", v),
		Quantity:   requiredQuantity(raw.Quantity, path+".quantity", v),
	}
	return item, len(v.list) == before
}

// placesSeen are the locations that were named of each product. Two totals of
// the same units would contradict each other.
type placesSeen map[string]map[string]bool

func (seen placesSeen) add(item PartialItem, path string, v *violations) bool {
	places := seen[item.ProductID]
	switch {
	case places[item.LocationID]:
		v.add(path, "gives another total of the same units: name each product and location once")
		return false
	case len(places) > 0 && (item.LocationID == "" || places[""]):
		v.add(path+".locationId", "the lines of one product all name a location, or there is one line without")
		return false
	case places == nil:
		places = map[string]bool{}
		seen[item.ProductID] = places
	}
	places[item.LocationID] = true
	return true
}
