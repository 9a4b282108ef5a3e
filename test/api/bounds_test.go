package api

import (
	"strings"
	"testing"
	"time"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"

	"github.com/acme/inventory-service/api/events"
	v1 "github.com/acme/inventory-service/api/v1"
)

// The constants that callers check input with say what the schema says.
func TestBoundsAreTheSchemas(t *testing.T) {
	spec := reservationSpec(t)
	lines := spec.Properties["items"]
	line := lines.Items.Schema.Properties
	if got := *lines.MaxItems; got != v1.MaxItems {
		t.Errorf("at most %d items, want %d", got, v1.MaxItems)
	}
	if got := *line["quantity"].Maximum; got != v1.MaxQuantity {
		t.Errorf("at most %v units, want %d", got, v1.MaxQuantity)
	}
	for name, id := range map[string]apiextensionsv1.JSONSchemaProps{
		"cartID": spec.Properties["cartID"], "customerID": spec.Properties["customerID"],
		"orderID": spec.Properties["orderID"], "productID": line["productID"],
	} {
		if *id.MaxLength != v1.MaxIDLength || id.Pattern != v1.PrintableID {
			t.Errorf("%s: at most %d of %s, want %d of %s", name, *id.MaxLength, id.Pattern, v1.MaxIDLength, v1.PrintableID)
		}
	}
}

// What the bridge takes for a part of a Reservation fits into its spec.
func TestPartialBoundsAreTheSchemas(t *testing.T) {
	spec := reservationSpec(t)
	for _, list := range []string{"consumeItems", "releaseItems"} {
		totals := spec.Properties[list]
		line := totals.Items.Schema.Properties
		if lines, most := *totals.MaxItems, *line["quantity"].Maximum; lines != v1.MaxItems || most != v1.MaxQuantity {
			t.Errorf("%s: at most %d lines of %v units, want %d of %d", list, lines, most, v1.MaxItems, v1.MaxQuantity)
		}
		product, location := line["productID"], line["locationID"]
		orNone := "^(" + strings.Trim(v1.PrintableLocation, "^$") + ")?$"
		if *product.MaxLength != v1.MaxIDLength || product.Pattern != v1.PrintableID || location.Pattern != orNone {
			t.Errorf("%s: products are %s of at most %d, locations %s", list, product.Pattern, *product.MaxLength, location.Pattern)
		}
		for length, want := range map[int64]bool{*location.MaxLength: true, *location.MaxLength + 1: false} {
			text := strings.Repeat("x", int(length))
			_, err := events.Decoder{IDs: v1.AnyIDs}.Consume([]byte(`{"reservationId":"r","items":[{"productId":"p","locationId":"` + text + `","quantity":1}]}`))
			if got := err == nil; got != want {
				t.Errorf("%s: the bridge takes a location of %d characters: %t, want %t", list, length, got, want)
			}
		}
	}
}

// The same of the bounds that a rule holds, which only its use can show.
func TestHoldBoundsAreTheRules(t *testing.T) {
	const message = "holdFor must be a duration"
	hold := func(d time.Duration) change { return set("spec.holdFor", d.String()) }
	shortest, longest := v1.MinHoldSeconds*time.Second, v1.MaxHoldSeconds*time.Second
	checkCreates(t, reservations, newReservation(), map[string]ruleCase{
		"shortest":  {change: hold(shortest)},
		"too short": {hold(shortest - time.Nanosecond), refuse("spec.holdFor", message)},
		"longest":   {change: hold(longest)},
		"too long":  {hold(longest + time.Nanosecond), refuse("spec.holdFor", message)},
	})
}

// A hold is spelled the same at the bridge and in an object.
func TestHoldSpellingsAreTheRules(t *testing.T) {
	cases := map[string]ruleCase{}
	for _, hold := range []string{
		"15m", "1h30m", "1.5h", "90m30.5s", "1h1m1s1ms", "86400000ms", "24h", "1h1h", "1m1h", "60000000us", "5000000000ns", "+1h", "-1h", "1 h", "1d", "60", "1e1m", "0.5s", "24h1ms", "0000001h", "00001h",
	} {
		_, err := events.Decoder{IDs: v1.AnyIDs}.Reserve([]byte(`{"cartId":"c","holdFor":"` + hold + `","items":[{"productId":"p","quantity":1}]}`))
		c := ruleCase{change: set("spec.holdFor", hold)}
		if err != nil {
			c.refused = refuse("spec.holdFor", "")
		}
		cases[hold] = c
	}
	checkCreates(t, reservations, newReservation(), cases)
}

func reservationSpec(t *testing.T) apiextensionsv1.JSONSchemaProps {
	t.Helper()
	for _, crd := range crds(t) {
		if crd.Spec.Names.Kind == "Reservation" {
			return rootSchema(crd).Properties["spec"]
		}
	}
	t.Fatal("no CRD of Reservation is installed")
	return apiextensionsv1.JSONSchemaProps{}
}
