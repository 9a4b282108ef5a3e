package events

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/acme/inventory-service/api/v1"
)

// schemaOf compiles the schema of an event type, where any ids are taken.
func schemaOf(tb testing.TB, eventType string) *jsonschema.Schema {
	tb.Helper()
	return schemaFor(tb, eventType, v1.AnyIDs)
}

func schemaFor(tb testing.TB, eventType string, ids v1.IDs) *jsonschema.Schema {
	tb.Helper()
	text, ok := Schema(eventType, ids)
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
	reserved.Status.ExpiresAt = &metav1.Time{Time: time.Unix(9, 0)}
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
		TypeConsume:       {encode(ConsumeInventory{ReservationID: "r"}), encode(ConsumeInventory{ReservationID: "r", Items: []PartialItem{{"p", "", 1}, {"q", "l", 1e9}}}), encode(ConsumeInventory{OrderID: "o"})},
		TypeStockLevelGet: {encode(GetStockLevel{ProductID: "p"}), encode(GetStockLevel{ProductIDs: []string{"p", "q"}, Locations: true})},
		TypeReserved:      {outcomeOf(reserved), outcomeOf(bare)},
		TypeUnavailable:   {outcomeOf(unavailable)},
		TypeReleased:      {encode(Released(released)), encode(Released(unavailable)), encode(Released(partlyShipped(v1.PhaseReserved))), encode(Released(partlyShipped(v1.PhaseConsumed)))},
		TypeConsumed:      {encode(Consumed(partlyShipped(v1.PhaseReserved))), encode(Consumed(partlyShipped(v1.PhaseConsumed)))},
		TypeFailed:        {Failed("shop", "f", "/s", "1", []byte(`{"type":"https://inventory.acme.com/problems/invalid","title":"Invalid message","status":400}`)).Data()},
		TypeStockLevel:    {encode(StockLevel{ProductID: "p"}), encode(StockLevel{ProductID: "p", Available: 3, Reserved: 4, Locations: []LocationLevel{{LocationID: "l", OnHand: 7, Available: 3, Reserved: 4}}})},
		TypeStockLevels:   {encode(StockLevels{Items: []StockLevel{{ProductID: "p"}}, Unknown: []string{"q"}})},
		TypeExtend:        {encode(ExtendReservation{ReservationID: "r", ExpiresAt: &metav1.Time{Time: time.Unix(9, 0)}}), encode(ExtendReservation{ReservationID: "r", HoldFor: &metav1.Duration{Duration: time.Hour}})},
		TypeExtended:      {encode(Extended(reserved))},
		TypeAttachOrder:   {encode(AttachOrder{"r", "o"})}, TypeOrderAttached: {encode(Attached(reserved))},
		TypeOrderReleased: {encode(OrderSettled{"o", []ReservationSettled{Settled(released, "")}})},
		TypeOrderConsumed: {encode(OrderSettled{"o", []ReservationSettled{Settled(partlyShipped(v1.PhaseConsumed), "too late")}})},
		TypeCheck:         {encode(ReserveInventory{CartID: "c", Items: []Item{{"p", 1}}, Replaces: "r"})},
		TypeChecked:       {encode(CartChecked{CartID: "c", Fits: true, Allocations: []PlannedItem{{"p", "l", 1}}}), encode(CartChecked{CartID: "c", UnavailableItems: []UnavailableItem{{"p", 2, 1}}})},
		TypeFind:          {encode(FindReservations{OrderID: "o"}), encode(FindReservations{"o", "c"})},
		TypeFound:         {[]byte(`{"reservations":[]}`)},
		TypeStockRanOut:   {encode(StockChanged{At: metav1.NewMicroTime(time.Unix(9, 0)), Name: "i", ProductID: "p", LocationID: "l"})},
		TypeStockBack:     {encode(StockChanged{At: metav1.NewMicroTime(time.Unix(9, 0)), Name: "i", ProductID: "p", LocationID: "l", Available: 2})},
		TypeStockLow:      {encode(StockChanged{At: metav1.NewMicroTime(time.Unix(9, 0)), Name: "i", ProductID: "p", LocationID: "l", Available: 2, LowStockThreshold: 3})},
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
	if _, ok := Schema("com.acme.other", v1.AnyIDs); ok {
		t.Error("a type outside of the contract has a schema")
	}
}

// What is read where UUIDs are taken, and what is read where any ids are, is what the
// schemas say; whatever is told of it follows them too.
func TestIDsFollowTheSchemas(t *testing.T) {
	const uuid = "4465CA67-98d0-4514-baf8-1f97a0af0c27"
	messages := map[string]struct {
		text   string
		decode func(d Decoder, data []byte) error
	}{
		"cartId":             {`{"cartId":%q,"items":[{"productId":"` + uuid + `","quantity":1}]}`, reserveOnly},
		"customerId":         {`{"cartId":"` + uuid + `","customerId":%q,"items":[{"productId":"` + uuid + `","quantity":1}]}`, reserveOnly},
		"orderId":            {`{"cartId":"` + uuid + `","orderId":%q,"items":[{"productId":"` + uuid + `","quantity":1}]}`, reserveOnly},
		"items[0].productId": {`{"cartId":"` + uuid + `","items":[{"productId":%q,"quantity":1}]}`, reserveOnly},
		"productId":          {`{"productId":%q}`, func(d Decoder, data []byte) error { _, err := d.GetStockLevel(data); return err }},
	}
	ids := map[string][2]bool{ // whether they are taken as UUIDs, and among any
		uuid: {true, true}, strings.ToLower(uuid): {true, true},
		"cart-17": {false, true}, "café 1": {false, true}, "商品": {false, true}, strings.Repeat("é", 128): {false, true},
		"{" + uuid + "}": {false, true}, "urn:uuid:" + uuid: {false, true}, strings.ReplaceAll(uuid, "-", ""): {false, true},
		strings.Repeat("é", 129): {false, false}, "": {false, false}, " a": {false, false}, "a\u00a0b": {false, false}, "a\tb": {false, false},
		"\u200b": {false, false}, "a\u202eb": {false, false}, "\ufeffa": {false, false},
	}
	for field, m := range messages {
		schemaType := TypeReserve
		if field == "productId" {
			schemaType = TypeStockLevelGet
		}
		for i, taken := range []v1.IDs{v1.UUIDs, v1.AnyIDs} {
			schema := schemaFor(t, schemaType, taken)
			for id, want := range ids {
				data := fmt.Appendf(nil, m.text, id)
				err := m.decode(Decoder{IDs: taken}, data)
				if (err == nil) != want[i] || err != nil && !strings.HasPrefix(err.Error(), field+": ") {
					t.Errorf("%s %q among %s: %v", field, id, taken, err)
				}
				if matches := validate(t, schema, data) == nil; matches != want[i] {
					t.Errorf("%s %q among %s: the schema says %v", field, id, taken, matches)
				}
			}
		}
	}
	// No schema can ask for one form of the same text.
	if err := reserveOnly(anyIDs, []byte(`{"cartId":"cafe\u0301","items":[{"productId":"p","quantity":1}]}`)); err == nil {
		t.Error("an id in another form than NFC is taken")
	}
}

func reserveOnly(d Decoder, data []byte) error {
	_, err := d.Reserve(data)
	return err
}

// What the first version of the contract says is never changed: who reads by it can read what
// is written now, but for what is new.
func TestFirstVersionStays(t *testing.T) {
	for eventType := range schemaFile {
		first, ok := SchemaOf(eventType, Version1_0, v1.AnyIDs)
		if !ok {
			continue
		}
		later, changed := SchemaOf(eventType, Version1_1, v1.AnyIDs)
		if !changed {
			continue
		}
		var was, is struct{ Properties map[string]any }
		if err := errors.Join(json.Unmarshal(first, &was), json.Unmarshal(later, &is)); err != nil {
			t.Fatal(err)
		}
		for name, property := range was.Properties {
			if !reflect.DeepEqual(property, is.Properties[name]) {
				t.Errorf("%s: %s was changed to %v", eventType, name, is.Properties[name])
			}
		}
	}
}
