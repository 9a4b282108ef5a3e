package events

import (
	"embed"
	"encoding/json"
	"slices"
	"strings"

	cloudevents "github.com/cloudevents/sdk-go/v2"

	v1 "github.com/acme/inventory-service/api/v1"
)

//go:embed schemas
var schemaFiles embed.FS

// The versions of the contract. A later one adds fields and types and changes none.
const (
	Version1_0 = "1.0.0"
	Version1_1 = "1.1.0"
)

// schemaFile names the JSON Schema of each event type's payload. Those of 1.1.0 lie in a
// folder of their own; a payload that has none there is as it was in 1.0.0.
var schemaFile = map[string]string{
	TypeReserve:       "reserve.json",
	TypeRelease:       "release.json",
	TypeConsume:       "consume.json",
	TypeStockLevelGet: "stocklevel.get.json",
	TypeReserved:      "reserved.json",
	TypeUnavailable:   "unavailable.json",
	TypeReleased:      "released.json",
	TypeConsumed:      "consumed.json",
	TypeStockLevel:    "stocklevel.json",
	TypeFailed:        "failed.json",
	TypeExtend:        "extend.json",
	TypeExtended:      "extended.json",
	TypeAttachOrder:   "order.attach.json",
	TypeOrderAttached: "order.attached.json",
	TypeOrderReleased: "order.released.json",
	TypeOrderConsumed: "order.consumed.json",
	TypeCheck:         "check.json",
	TypeChecked:       "checked.json",
	TypeFind:          "reservations.find.json",
	TypeFound:         "reservations.found.json",
	TypeStockLevels:   "stocklevels.json",
	TypeStockRanOut:   "stock.ranout.json",
	TypeStockBack:     "stock.back.json",
	TypeStockLow:      "stock.low.json",
}

// Types are the event types of the contract, in no order.
func Types() []string {
	types := make([]string, 0, len(schemaFile))
	for eventType := range schemaFile {
		types = append(types, eventType)
	}
	return types
}

// Versions are all of them, the oldest first.
func Versions() []string { return []string{Version1_0, Version1_1} }

// SchemaVersion is the version of the contract in which an event type's payload was changed last,
// empty for a type that is not part of it.
func SchemaVersion(eventType string) string {
	for _, version := range slices.Backward(Versions()) {
		if _, ok := SchemaOf(eventType, version, v1.UUIDs); ok {
			return version
		}
	}
	return ""
}

// SchemaPath is where the schema of an event type's payload in a version is below the place where
// all are, such as v1.1/reserved.json: its $id ends so.
func SchemaPath(eventType, version string) string {
	return "v" + strings.TrimSuffix(strings.TrimSuffix(version, ".0"), ".0") + "/" + schemaFile[eventType]
}

// WithSchema is an event that names the schema of its payload as dataschema: by its path below a URL
// where all are served, such as https://inventory.example/schemas/. Where that is empty it names none.
func WithSchema(event cloudevents.Event, base string) cloudevents.Event {
	version := SchemaVersion(event.Type())
	if base == "" || version == "" {
		return event
	}
	event = event.Clone()
	event.SetDataSchema(strings.TrimSuffix(base, "/") + "/" + SchemaPath(event.Type(), version))
	return event
}

// Schema is the JSON Schema (draft-07) of an event type's payload in the newest version,
// where such ids are taken; false for a type that is not part of the contract.
func Schema(eventType string, ids v1.IDs) ([]byte, bool) {
	return SchemaOf(eventType, SchemaVersion(eventType), ids)
}

// SchemaOf is Schema for the version in which the payload was changed last.
func SchemaOf(eventType, version string, ids v1.IDs) ([]byte, bool) {
	file, ok := schemaFile[eventType]
	if !ok || version == "" {
		return nil, false
	}
	if version != Version1_0 {
		file = version + "/" + file
	}
	schema, err := schemaFiles.ReadFile("schemas/" + file)
	if err == nil {
		schema, err = ForIDs(schema, ids)
	}
	return schema, err == nil
}

// ForIDs makes of a schema that takes UUIDs one that takes such ids. The reservationId stays a UUID.
func ForIDs(schema []byte, ids v1.IDs) ([]byte, error) {
	if ids != v1.AnyIDs {
		return schema, nil
	}
	var document map[string]any
	if err := json.Unmarshal(schema, &document); err != nil {
		return nil, err
	}
	takeAnyIDs("", document)
	return json.MarshalIndent(document, "", "  ")
}

// takeAnyIDs drops the format of each id within a part of a schema that has this name.
func takeAnyIDs(name string, part any) {
	object, ok := part.(map[string]any)
	if !ok {
		return
	}
	if object["format"] == "uuid" && name != "reservationId" {
		delete(object, "format")
	}
	for name, inner := range object {
		takeAnyIDs(name, inner)
	}
}
