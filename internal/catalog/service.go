package catalog

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/acme/inventory-service/api/events"
	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/contract"
	"github.com/acme/inventory-service/internal/contract/asyncapi"
	"github.com/acme/inventory-service/internal/contract/openapi"
)

// conditions say when a message that is taken leads to another.
var conditions = map[string]string{
	events.TypeReserved:      "every item of the cart can be reserved",
	events.TypeUnavailable:   "an item of the cart is short: nothing is held",
	events.TypeReleased:      "it names a reservation",
	events.TypeOrderReleased: "it names an order",
	events.TypeConsumed:      "it names a reservation",
	events.TypeOrderConsumed: "it names an order",
	events.TypeStockLevel:    "it names one product",
	events.TypeStockLevels:   "it names several products",
}

func addService(p pages, _ bool) error {
	var sends, receives []front
	for _, m := range contract.Messages() {
		at := pointer(m.ID, events.SchemaVersion(m.Type))
		if !m.Taken() {
			sends = append(sends, at)
			continue
		}
		var triggers []front
		for _, answer := range m.Answers {
			a, _ := contract.MessageOf(answer)
			trigger := pointer(a.ID, events.SchemaVersion(a.Type))
			if condition := conditions[answer]; condition != "" {
				trigger["condition"] = condition
			}
			triggers = append(triggers, trigger)
		}
		at["triggers"] = triggers
		receives = append(receives, at)
	}
	openAPI, err := openapi.Document(v1.UUIDs)
	if err != nil {
		return err
	}
	asyncAPI, err := asyncapi.Document(v1.UUIDs)
	if err != nil {
		return err
	}
	p[serviceFolder+"/openapi.json"], p[serviceFolder+"/asyncapi.json"] = append(openAPI, '\n'), append(asyncAPI, '\n')
	head := front{
		"id": serviceID, "name": "Inventory Service", "version": events.Version1_1, "owners": []string{owner},
		"summary": "The system of record for stock. It reserves whole carts, all items or none, and never promises a unit twice.",
		"sends":   sends, "receives": receives,
		"writesTo": []front{pointer(containerID, "1.0.0")}, "readsFrom": []front{pointer(containerID, "1.0.0")},
		"entities": []front{pointer("StockItem", events.Version1_1), pointer("InventoryReservation", events.Version1_1)},
		"flows":    flowPointers(),
		"specifications": []front{
			{"type": "openapi", "path": "openapi.json", "name": "Bridge: plain HTTP and CloudEvents"},
			{"type": "asyncapi", "path": "asyncapi.json", "name": "Messages"},
		},
		"repository": front{"language": "Go", "url": "https://github.com/acme/inventory-service"},
	}
	if err := p.add(serviceFolder+"/index.mdx", head, serviceBody+"\n\n"+consequences()); err != nil {
		return err
	}
	return p.add(serviceFolder+"/changelog.mdx", front{"createdAt": "2026-11-30"}, "Version 1.1.0 adds messages and fields, and changes none of 1.0.0.")
}

const serviceBody = `A Kubernetes operator. Stock is declared as ` + "`StockItem`" + ` objects; carts come as CloudEvents, over plain HTTP, or as ` + "`Reservation`" + ` objects
from kubectl and Git; outcomes go out as CloudEvents. What was decided stands in a journal in the Kubernetes API: all carts that wait are
decided together and become durable in one write.

<NodeGraph />

## What is guaranteed

- **Never oversold.** Units held never exceed the units received.
- **All or nothing.** A cart holds all of its items or none.
- **Decided once.** An outcome never changes; a repeated command gets the first one.
- **Nothing lost.** Every outcome is stored before it is told, and its event reaches the sink at least once.

## What to call

Commands and queries are CloudEvents to the bridge's ` + "`/`" + `, or plain JSON at the paths of its OpenAPI document. A bridge serves
` + "`/openapi.json`, `/asyncapi.json` and `/schemas`" + ` itself.`

// consequences tell which message leads to which. Core 3 does not show the triggers of the front matter.
func consequences() string {
	var text strings.Builder
	text.WriteString("## What leads to what\n\n| message | leads to | when |\n| --- | --- | --- |\n")
	for _, m := range contract.Messages() {
		for _, answer := range m.Answers {
			a, _ := contract.MessageOf(answer)
			fmt.Fprintf(&text, "| %s | %s | %s |\n", m.Title, a.Title, conditions[answer])
		}
	}
	return strings.TrimSpace(text.String())
}

// names are the fields of a schema, and what each is.
func names(schema []byte) map[string]string {
	var parsed struct {
		Properties map[string]struct{ Description string }
	}
	if err := json.Unmarshal(schema, &parsed); err != nil {
		panic("catalog: " + err.Error()) // it is part of this program
	}
	all := map[string]string{}
	for name, property := range parsed.Properties {
		all[name] = property.Description
	}
	return all
}

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
