package events

import "embed"

//go:embed schemas/*.json
var schemaFiles embed.FS

// schemaFile names the JSON Schema of each event type's payload.
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
}

// Types are the event types of the contract, in no order.
func Types() []string {
	types := make([]string, 0, len(schemaFile))
	for eventType := range schemaFile {
		types = append(types, eventType)
	}
	return types
}

// Schema is the JSON Schema (draft 2020-12) of an event type's payload; false for
// a type that is not part of the contract.
func Schema(eventType string) ([]byte, bool) {
	file, ok := schemaFile[eventType]
	if !ok {
		return nil, false
	}
	schema, err := schemaFiles.ReadFile("schemas/" + file)
	return schema, err == nil
}
