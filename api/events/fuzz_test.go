package events

import (
	"encoding/json"
	"errors"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"

	v1 "github.com/acme/inventory-service/api/v1"
)

var reserveSeeds = []string{
	`{"cartId":"c","items":[{"productId":"p","quantity":1}]}`,
	`{"cartId":"c","customerId":"u","orderId":"o","holdFor":"1h30m","items":[{"productId":"a","quantity":1e3},{"productId":"a","quantity":2.0}]}`,
	`{"cartId":"c","items":[{"productId":"p","quantity":1e-400000}]}`,
	`{"cartId":"c","items":[{"productId":"p","quantity":999999999},{"productId":"p","quantity":2}]}`,
	`{"cartId":"\ud800","items":null}`,
	`{"cartId":"c","cartId":"d","Items":[]}`,
	`[[[[`, `null`, ``, "\xff",
}

// What is accepted keeps every bound, follows the published schema, and comes out
// the same when it is written and read again.
func FuzzReserveCommand(f *testing.F) {
	for _, seed := range reserveSeeds {
		f.Add([]byte(seed))
	}
	schema := schemaOf(f, TypeReserve)
	f.Fuzz(func(t *testing.T, data []byte) {
		command, err := anyIDs.Reserve(data)
		if err != nil {
			requireInvalid(t, err)
			return
		}
		seen := map[string]bool{}
		for _, item := range command.Items {
			if seen[item.ProductID] || v1.AnyIDs.Wrong(item.ProductID) != "" || item.Quantity < 1 || item.Quantity > v1.MaxQuantity {
				t.Errorf("bad item %+v", item)
			}
			seen[item.ProductID] = true
		}
		if len(seen) == 0 || len(seen) > v1.MaxItems {
			t.Errorf("%d products", len(seen))
		}
		// json.Valid data may hold numbers that the validator does not represent.
		if err := validate(t, schema, roundTrip(t, data)); err != nil {
			t.Errorf("accepted against the schema: %v", err)
		}
		written, err := json.Marshal(command)
		if err != nil {
			t.Fatal(err)
		}
		again, err := anyIDs.Reserve(written)
		if err != nil {
			t.Fatalf("%s is refused: %v", written, err)
		}
		if command.Hash() != again.Hash() {
			t.Errorf("%s and %s differ", data, written)
		}
	})
}

// roundTrip keeps the fields of the contract alone.
func roundTrip(t *testing.T, data []byte) []byte {
	t.Helper()
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(data, &fields); err != nil {
		t.Fatal(err)
	}
	known := map[string]json.RawMessage{}
	for _, name := range []string{"cartId", "customerId", "orderId", "holdFor"} {
		if raw, ok := fields[name]; ok {
			known[name] = raw
		}
	}
	var lines []map[string]json.RawMessage
	if err := json.Unmarshal(fields["items"], &lines); err != nil {
		t.Fatal(err)
	}
	for i, line := range lines {
		lines[i] = map[string]json.RawMessage{"productId": line["productId"], "quantity": line["quantity"]}
	}
	known["items"], _ = json.Marshal(lines)
	out, err := json.Marshal(known)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

var partialSeeds = []string{
	`{"reservationId":"r","items":[{"productId":"p","quantity":1}]}`,
	`{"reservationId":"r","items":[{"productId":"p","locationId":"a","quantity":1e9},{"productId":"p","locationId":"b","quantity":2.0}]}`,
	`{"reservationId":"r","items":[{"productId":"p","locationId":"","quantity":1}]}`,
	`{"reservationId":"r","items":[{"productId":"p","quantity":1},{"productId":"p","quantity":1}]}`,
	`{"reservationId":"r","items":[]}`, `{"reservationId":"r","items":null}`, `{"reservationId":"r","items":[null,[]]}`,
}

func FuzzReleaseCommand(f *testing.F) {
	for _, seed := range append(partialSeeds, `{"reservationId":"r","reason":"EXPIRED"}`, `{"reservationId":"r"}`, `{"reason":1}`, `{}`, ``) {
		f.Add([]byte(seed))
	}
	schema := schemaOf(f, TypeRelease)
	f.Fuzz(func(t *testing.T, data []byte) {
		command, err := anyIDs.Release(data)
		if err != nil {
			requireInvalid(t, err)
			return
		}
		if !IsReservationID(command.ReservationID) {
			t.Errorf("bad id %q", command.ReservationID)
		}
		requirePlaces(t, command.Items)
		same, err := anyIDs.ReleaseOf(command.ReservationID, data)
		if diff := cmp.Diff(command, same); diff != "" || err != nil {
			t.Errorf("by path: %v, %s", err, diff)
		}
		written, err := json.Marshal(command)
		if err != nil {
			t.Fatal(err)
		}
		if err := validate(t, schema, written); err != nil {
			t.Errorf("accepted against the schema: %v", err)
		}
		again, err := anyIDs.Release(written)
		if diff := cmp.Diff(command, again); diff != "" || err != nil {
			t.Errorf("%s is read as another: %v, %s", written, err, diff)
		}
	})
}

func FuzzConsumeCommand(f *testing.F) {
	for _, seed := range append(partialSeeds, `{"reservationId":"r"}`, `{"reservationId":"R"}`, `{}`, ``, "\xff") {
		f.Add([]byte(seed))
	}
	schema := schemaOf(f, TypeConsume)
	f.Fuzz(func(t *testing.T, data []byte) {
		command, err := anyIDs.Consume(data)
		if err != nil {
			requireInvalid(t, err)
			return
		}
		if !IsReservationID(command.ReservationID) {
			t.Errorf("bad id %q", command.ReservationID)
		}
		requirePlaces(t, command.Items)
		written, err := json.Marshal(command)
		if err != nil {
			t.Fatal(err)
		}
		if err := validate(t, schema, written); err != nil {
			t.Errorf("accepted against the schema: %v", err)
		}
		again, err := anyIDs.ConsumeOf(command.ReservationID, written)
		if diff := cmp.Diff(command, again); diff != "" || err != nil {
			t.Errorf("%s is read as another: %v, %s", written, err, diff)
		}
	})
}

// requirePlaces wants running totals that keep their bounds and do not
// contradict each other.
func requirePlaces(t *testing.T, items []PartialItem) {
	t.Helper()
	if items != nil && (len(items) == 0 || len(items) > v1.MaxItems) {
		t.Errorf("%d lines", len(items))
	}
	for i, item := range items {
		if v1.AnyIDs.Wrong(item.ProductID) != "" || (item.LocationID != "" && !isLocation(item.LocationID)) || item.Quantity < 1 || item.Quantity > v1.MaxQuantity {
			t.Errorf("bad item %+v", item)
		}
		for _, other := range items[:i] {
			if item.ProductID == other.ProductID && (item.LocationID == other.LocationID || item.LocationID == "" || other.LocationID == "") {
				t.Errorf("%+v and %+v are about the same units", other, item)
			}
		}
	}
}

func FuzzStockLevelQuery(f *testing.F) {
	for _, seed := range []string{`{"productId":"p"}`, `{"productId":""}`, `{"productId":{"a":[]}}`, ``} {
		f.Add([]byte(seed))
	}
	schema := schemaOf(f, TypeStockLevelGet)
	f.Fuzz(func(t *testing.T, data []byte) {
		query, err := anyIDs.GetStockLevel(data)
		if err != nil {
			requireInvalid(t, err)
			return
		}
		if v1.AnyIDs.Wrong(query.ProductID) != "" {
			t.Errorf("bad id %q", query.ProductID)
		}
		written, err := json.Marshal(query)
		if err != nil {
			t.Fatal(err)
		}
		if err := validate(t, schema, written); err != nil {
			t.Errorf("accepted against the schema: %v", err)
		}
		if again, err := anyIDs.GetStockLevel(written); err != nil || !reflect.DeepEqual(again, query) {
			t.Errorf("%s is read as %+v: %v", written, again, err)
		}
	})
}

func requireInvalid(t *testing.T, err error) {
	t.Helper()
	var bad *InvalidError
	if !errors.As(err, &bad) || len(bad.Violations) == 0 || len(bad.Violations) > maxViolations {
		t.Errorf("%v is no InvalidError of 1 to %d violations", err, maxViolations)
	}
}
