package events

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	v1 "github.com/acme/inventory-service/api/v1"
)

// schemaOf compiles the schema of an event type.
func schemaOf(tb testing.TB, eventType string) *jsonschema.Schema {
	tb.Helper()
	text, ok := Schema(eventType)
	if !ok {
		tb.Fatalf("no schema for %s", eventType)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		tb.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	if err := compiler.AddResource(eventType, document); err != nil {
		tb.Fatal(err)
	}
	return compiler.MustCompile(eventType)
}

func validate(tb testing.TB, schema *jsonschema.Schema, data []byte) error {
	tb.Helper()
	instance, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		tb.Fatalf("%v in %s", err, data)
	}
	return schema.Validate(instance)
}

// Every payload that is written follows its schema, and no schema is so wide that
// it takes an empty object.
func TestPayloadsFollowTheirSchemas(t *testing.T) {
	reserved, unavailable, released := reservedReservation(), unavailableReservation(), releasedReservation()
	bare := reservedReservation()
	bare.Status.OrderID = ""
	outcomeOf := func(r *v1.Reservation) []byte {
		event, ok := Outcome(r)
		if !ok {
			t.Fatalf("%s has no outcome", r.Name)
		}
		return event.Data()
	}
	encode := func(payload any) []byte {
		data, err := json.Marshal(payload)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	payloads := map[string][][]byte{
		TypeReserve: {
			encode(ReserveInventory{CartID: "c", Items: []Item{{"p", 1}}}),
			encode(ReserveInventory{CartID: "c", CustomerID: "u", OrderID: "o", Items: []Item{{"p", 1e9}}}),
		},
		TypeRelease:       {encode(ReleaseInventory{ReservationID: "r"}), encode(ReleaseInventory{ReservationID: "r", Reason: v1.ReleaseExpired}), encode(ReleaseInventory{ReservationID: "r", Items: []PartialItem{{"p", "", 1}}})},
		TypeConsume:       {encode(ConsumeInventory{ReservationID: "r"}), encode(ConsumeInventory{"r", []PartialItem{{"p", "", 1}, {"q", "l", 1e9}}})},
		TypeStockLevelGet: {encode(GetStockLevel{ProductID: "p"})},
		TypeReserved:      {outcomeOf(reserved), outcomeOf(bare)},
		TypeUnavailable:   {outcomeOf(unavailable)},
		TypeReleased:      {encode(Released(released)), encode(Released(unavailable)), encode(Released(partlyShipped(v1.PhaseReserved))), encode(Released(partlyShipped(v1.PhaseConsumed)))},
		TypeConsumed:      {encode(Consumed(partlyShipped(v1.PhaseReserved))), encode(Consumed(partlyShipped(v1.PhaseConsumed)))},
		TypeStockLevel:    {encode(StockLevel{ProductID: "p"}), encode(StockLevel{"p", 3, 4})},
	}
	if len(payloads) != len(Types()) {
		t.Errorf("%d of %d types are covered", len(payloads), len(Types()))
	}
	for eventType, samples := range payloads {
		schema := schemaOf(t, eventType)
		for _, sample := range samples {
			if err := validate(t, schema, sample); err != nil {
				t.Errorf("%s: %s: %v", eventType, sample, err)
			}
		}
		if validate(t, schema, []byte(`{}`)) == nil {
			t.Errorf("the schema of %s takes an empty object", eventType)
		}
	}
	if validate(t, schemaOf(t, TypeRelease), []byte(`{"reservationId":"r","reason":"EXPIRED","items":[{"productId":"p","quantity":1}]}`)) == nil {
		t.Error("the schema of a release takes a reason for a part")
	}
	if _, ok := Schema("com.acme.other"); ok {
		t.Error("a type outside of the contract has a schema")
	}
}
