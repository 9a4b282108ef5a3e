package events

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	v1 "github.com/acme/inventory-service/api/v1"
)

func TestDecodeConsume(t *testing.T) {
	const (
		list     = "items: must be an array of objects; leave it out for everything that is left"
		lines    = "items: must have 1 to 100 lines; leave it out for everything that is left"
		location = "items[0].locationId: must be a string of 1 to 63 printable ASCII characters; leave it out for all locations"
		again    = "items[1]: gives another total of the same units: name each product and location once"
		mixed    = "items[1].locationId: the lines of one product all name a location, or there is one line without"
	)
	line := func(product, location string) string {
		return fmt.Sprintf(`{"productId":%q,"locationId":%q,"quantity":1}`, product, location)
	}
	bare := func(product string) string { return fmt.Sprintf(`{"productId":%q,"quantity":1}`, product) }
	most := make([]string, v1.MaxItems)
	mostItems := make([]PartialItem, v1.MaxItems)
	for i := range most {
		most[i] = bare(fmt.Sprint("p", i))
		mostItems[i] = PartialItem{fmt.Sprint("p", i), "", 1}
	}
	cases := map[string]struct {
		items      string // "" for none
		want       []PartialItem
		violations []string
	}{
		"everything":           {},
		"a product":            {items: `[{"productId":"p","quantity":2}]`, want: []PartialItem{{"p", "", 2}}},
		"at a location":        {items: `[{"productId":"p","locationId":"l","quantity":1e9}]`, want: []PartialItem{{"p", "l", 1e9}}},
		"at two":               {items: "[" + line("p", "a") + "," + line("p", "b") + "]", want: []PartialItem{{"p", "a", 1}, {"p", "b", 1}}},
		"two products":         {items: "[" + line("p", "a") + "," + bare("q") + "]", want: []PartialItem{{"p", "a", 1}, {"q", "", 1}}},
		"longest location":     {items: "[" + line("p", strings.Repeat("l", 63)) + "]", want: []PartialItem{{"p", strings.Repeat("l", 63), 1}}},
		"null":                 {items: `null`, violations: []string{list}},
		"an object":            {items: `{}`, violations: []string{list}},
		"empty":                {items: `[]`, violations: []string{lines}},
		"as many as can be":    {items: "[" + strings.Join(most, ",") + "]", want: mostItems},
		"too many":             {items: "[" + bare("one more") + "," + strings.Join(most, ",") + "]", violations: []string{lines}},
		"a number":             {items: `[3]`, violations: []string{"items[0]: must be a JSON object"}},
		"nothing in a line":    {items: `[{}]`, violations: []string{"items[0].productId: is required", "items[0].quantity: is required"}},
		"none shipped":         {items: `[{"productId":"p","quantity":0}]`, violations: []string{"items[0].quantity: must be 1 to 1000000000"}},
		"location empty":       {items: "[" + line("p", "") + "]", violations: []string{location}},
		"location null":        {items: `[{"productId":"p","locationId":null,"quantity":1}]`, violations: []string{location}},
		"location too long":    {items: "[" + line("p", strings.Repeat("l", 64)) + "]", violations: []string{location}},
		"product twice":        {items: "[" + bare("p") + "," + bare("p") + "]", violations: []string{again}},
		"location twice":       {items: "[" + line("p", "a") + "," + line("p", "a") + "]", violations: []string{again}},
		"with and without":     {items: "[" + line("p", "a") + "," + bare("p") + "]", violations: []string{mixed}},
		"without and with":     {items: "[" + bare("p") + "," + line("p", "a") + "]", violations: []string{mixed}},
		"five are told":        {items: "[1,2,3,4,5,6]", violations: []string{"items[0]: must be a JSON object", "items[1]: must be a JSON object", "items[2]: must be a JSON object", "items[3]: must be a JSON object", "items[4]: must be a JSON object"}},
		"quantity given twice": {items: `[{"productId":"p","quantity":1,"quantity":2}]`, violations: []string{`items[0]: duplicate field "quantity"`}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			body := `{"reservationId":"r"}`
			if tc.items != "" {
				body = `{"reservationId":"r","items":` + tc.items + `}`
			}
			var want *ConsumeInventory
			if tc.violations == nil {
				want = &ConsumeInventory{ReservationID: "r", Items: tc.want}
			}
			got, err := anyIDs.Consume([]byte(body))
			if diff := cmp.Diff(tc.violations, violationsOf(t, err)); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDecodeConsumeOf(t *testing.T) {
	cases := map[string]struct {
		data       string
		want       *ConsumeInventory
		violations []string
	}{
		"no body":  {data: ``, want: &ConsumeInventory{ReservationID: "r"}},
		"empty":    {data: `{}`, want: &ConsumeInventory{ReservationID: "r"}},
		"same id":  {data: `{"reservationId":"r"}`, want: &ConsumeInventory{ReservationID: "r"}},
		"a part":   {data: `{"items":[{"productId":"p","quantity":2}]}`, want: &ConsumeInventory{ReservationID: "r", Items: []PartialItem{{"p", "", 2}}}},
		"other id": {data: `{"reservationId":"s"}`, violations: []string{"reservationId: must be that of the path, or left out"}},
		"no items": {data: `{"items":[]}`, violations: []string{"items: must have 1 to 100 lines; leave it out for everything that is left"}},
		"garbage":  {data: `[]`, violations: []string{"must be a JSON object"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := anyIDs.ConsumeOf("r", []byte(tc.data))
			if diff := cmp.Diff(tc.violations, violationsOf(t, err)); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
