package catalog

import (
	"fmt"

	"github.com/acme/inventory-service/api/events"
	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/contract"
)

// stockItemFields are what a StockItem says, by the names of its spec and status.
var stockItemFields = []front{
	{"name": "productID", "type": "string", "required": true, "description": "The product."},
	{"name": "locationID", "type": "string", "required": true, "description": "Where the units are."},
	{"name": "received", "type": "integer", "description": "Units taken in so far, a running total."},
	{"name": "tracking", "type": "string", "description": "Whether somebody counts the units; where nobody does there are always enough."},
	{"name": "safetyStock", "type": "integer", "description": "Units that are never sold."},
	{"name": "lowStockThreshold", "type": "integer", "description": "At how many available units it counts as low."},
	{"name": "priority", "type": "integer", "description": "Of several locations the highest is taken from first."},
	{"name": "suspended", "type": "boolean", "description": "Whether nothing is sold for now."},
	{"name": "onHand", "type": "integer", "description": "Units that are there."},
	{"name": "reserved", "type": "integer", "description": "Units that are promised to carts."},
	{"name": "available", "type": "integer", "description": "Units that can be reserved."},
	{"name": "consumed", "type": "integer", "description": "Units that were shipped so far."},
	{"name": "shortfall", "type": "integer", "description": "Units that are promised and not there."},
}

func addEntities(p pages, _ bool) error {
	if err := p.add(serviceFolder+"/entities/StockItem/index.mdx", front{
		"id": "StockItem", "name": "StockItem", "version": events.Version1_1, "owners": []string{owner}, "identifier": "productID", "aggregateRoot": true,
		"summary": "The units of one product at one location.", "properties": stockItemFields,
	}, "A Kubernetes object: people and Git declare what was received, and its status shows what became of it.\n\n<EntityPropertiesTable />"); err != nil {
		return err
	}
	schema, ok := contract.Body{Name: contract.Reservation}.Schema(v1.UUIDs)
	if !ok {
		return fmt.Errorf("there is no schema of a reservation")
	}
	return p.add(serviceFolder+"/entities/InventoryReservation/index.mdx", front{
		"id": "InventoryReservation", "name": "InventoryReservation", "version": events.Version1_1, "owners": []string{owner}, "identifier": "reservationId",
		"aggregateRoot": true, "summary": "A cart and what was decided about it.", "properties": properties(schema),
	}, "As plain HTTP shows it; `kubectl get rsv` shows the object of it.\n\n<EntityPropertiesTable />")
}

// properties are the fields of a schema, those first that are always there.
func properties(schema map[string]any) (all []front) {
	required := map[string]bool{}
	for _, name := range schema["required"].([]any) {
		required[name.(string)] = true
	}
	fields := schema["properties"].(map[string]any)
	for _, must := range []bool{true, false} {
		for _, name := range sorted(fields) {
			if required[name] != must {
				continue
			}
			field := fields[name].(map[string]any)
			property := front{"name": name, "required": must, "description": field["description"], "type": kindOf(field)}
			if values, ok := field["enum"]; ok {
				property["enum"] = values
			}
			if items, ok := field["items"].(map[string]any); ok {
				property["items"] = front{"type": kindOf(items)}
			}
			if name == "items" || name == "allocations" {
				property["references"], property["referencesIdentifier"], property["relationType"] = "StockItem", "productID", "hasMany"
			}
			all = append(all, property)
		}
	}
	return all
}

func kindOf(field map[string]any) string {
	switch {
	case field["format"] != nil:
		return fmt.Sprint(field["format"])
	case field["type"] != nil:
		return fmt.Sprint(field["type"])
	default:
		return "string"
	}
}
