package api

import (
	"strings"
	"testing"
)

func TestReservationIDs(t *testing.T) {
	for _, field := range []string{"spec.cartID", "spec.customerID", "spec.orderID"} {
		t.Run(field, func(t *testing.T) {
			checkCreates(t, reservations, newReservation(), ids(field, 128))
		})
	}
	t.Run("productID of an item", func(t *testing.T) {
		// The item is written through its list: a path cannot point into one.
		const scratch = "scratch"
		cases := ids(scratch, 128)
		for name, c := range cases {
			c.change = all(c.change, func(o *object) {
				set("spec.items", items(item(o.Object[scratch], 1)))(o)
				remove(scratch)(o)
			})
			for i := range c.refused {
				c.refused[i].field = "spec.items[0].productID"
			}
			cases[name] = c
		}
		checkCreates(t, reservations, newReservation(), cases)
	})
}

func TestReservationCreation(t *testing.T) {
	checkCreates(t, reservations, newReservation(), map[string]ruleCase{
		"required fields alone": {change: all()},
		"every field": {change: all(set("spec.customerID", "c"), set("spec.orderID", "o"),
			set("spec.holdFor", "5m"), set("spec.intent", "Hold"))},
		"no spec":    {remove("spec"), refuse("spec", "Required value")},
		"no cartID":  {remove("spec.cartID"), refuse("spec.cartID", "Required value")},
		"no items":   {remove("spec.items"), refuse("spec.items", "Required value")},
		"null items": {set("spec.items", nil), refuse("spec.items", "Required value")},

		"intent Release": {change: set("spec.intent", "Release")},
		"intent Consume": {change: set("spec.intent", "Consume")},
		"intent unknown": {set("spec.intent", "Ship"), refuse("spec.intent", `Unsupported value: "Ship": supported values: "Hold", "Release", "Consume"`)},
		"intent empty":   {set("spec.intent", ""), refuse("spec.intent", `Unsupported value: ""`)},
		"releaseReason": {set("spec.releaseReason", "EXPIRED"), refuse("spec.releaseReason",
			"releaseReason goes with intent Release")},
	})
}

// A command is set as a whole, if at all.
func TestReservationCommand(t *testing.T) {
	command := func(fields map[string]any) change { return set("spec.command", fields) }
	long := strings.Repeat("x", 2048)
	checkCreates(t, reservations, newReservation(), map[string]ruleCase{
		"id alone":        {change: command(map[string]any{"id": "0"})},
		"source and id":   {change: command(map[string]any{"source": "/shop", "id": "0"})},
		"longest":         {change: command(map[string]any{"source": long, "id": long})},
		"not in ASCII":    {change: command(map[string]any{"source": "/läden", "id": "№ 5"})},
		"no id":           {command(map[string]any{"source": "/shop"}), refuse("spec.command.id", "Required value")},
		"empty id":        {command(map[string]any{"id": ""}), refuse("spec.command.id", "should be at least 1 chars long")},
		"id too long":     {command(map[string]any{"id": long + "x"}), refuse("spec.command.id", "may not be more than 2048")},
		"source too long": {command(map[string]any{"source": long + "x", "id": "0"}), refuse("spec.command.source", "may not be more than 2048")},
		"a text":          {set("spec.command", "0"), refuse("spec.command", "must be of type object")},
	})
}

func TestReservationItems(t *testing.T) {
	const quantity = "spec.items[0].quantity"
	one := func(quantity any) change { return set("spec.items", items(item("mug", quantity))) }
	checkCreates(t, reservations, newReservation(), map[string]ruleCase{
		"none":          {set("spec.items", items()), refuse("spec.items", "should have at least 1 items")},
		"one":           {change: set("spec.items", distinctItems(1))},
		"a hundred":     {change: set("spec.items", distinctItems(100))},
		"and long":      {change: set("spec.items", longItems(100))},
		"more":          {set("spec.items", distinctItems(101)), refuse("spec.items", "must have at most 100 items")},
		"product twice": {set("spec.items", items(item("mug", 1), item("cup", 1), item("mug", 1))), refuse("spec.items", "product mug is named more than once: add up its quantities")},
		"by case":       {change: set("spec.items", items(item("mug", 1), item("Mug", 1)))},
		"no product":    {set("spec.items", items(map[string]any{"quantity": int64(1)})), refuse("spec.items[0].productID", "Required value")},
		"no quantity":   {set("spec.items", items(map[string]any{"productID": "mug"})), refuse(quantity, "Required value")},
		"not a list":    {set("spec.items", "mug"), refuse("spec.items", "must be of type array")},
		"not objects":   {set("spec.items", []any{"mug"}), refuse("spec.items[0]", "must be of type object")},

		"quantity 0":            {one(0), refuse(quantity, "should be greater than or equal to 1")},
		"quantity 1":            {change: one(1)},
		"quantity -1":           {one(-1), refuse(quantity, "should be greater than or equal to 1")},
		"quantity 1e9":          {change: one(1_000_000_000)},
		"quantity 1e9+1":        {one(1_000_000_001), refuse(quantity, "should be less than or equal to 1000000000")},
		"quantity beyond int64": {one(1e30), append(notInteger(quantity, "int64"), refuse(quantity, "should be less than or equal to 1e+09")...)},
		"quantity 1.5":          {one(1.5), notInteger(quantity, "int64")},
		"quantity as text":      {one("2"), refuse(quantity, "must be of type integer")},
		"quantity null":         {one(nil), refuse(quantity, "Required value")},
	})
}

func TestReservationHoldFor(t *testing.T) {
	const field, bounds = "spec.holdFor", "holdFor must be a duration from 1s to 24h, such as 15m or 1h30m"
	cases := map[string]ruleCase{
		"null":     {change: set(field, nil)},
		"a number": {set(field, int64(900)), refuse(field, "must be of type string")},
		"empty":    {set(field, ""), refuse(field, "should be at least 1 chars long", bounds)},
		"too long": {set(field, "1h"+strings.Repeat("0", 30)+"m"), refuse(field, "may not be more than 32")},
	}
	for _, v := range []string{
		"1s", "15m", "900s", "24h", "1h30m", "1h60m", "1.5h", "1h0m0s", "23h59m59.999999999s", "1000ms", "86400000ms", "0h0m1s", "015m",
	} {
		cases[v] = ruleCase{change: set(field, v)}
	}
	for _, v := range []string{
		"0s", "500ms", "999ms", "0.999999999s", "24h0m0.000000001s", "24h1ms", "25h", "1440m1s", "999999h999999m999999s",
		"-5s", "+5s", "1d", "1h60m1d", "15", "15 m", " 15m", "15m ", "m", ".5h", "5.h", "1h-5m", "P1D", "15m\n", "15M", "1m1h", "1µs",
		"9999999999999999999h", "5000000000ns", "1e3s", "0x10s", "soon", "15分",
	} {
		cases[v] = ruleCase{set(field, v), refuse(field, bounds)}
	}
	checkCreates(t, reservations, newReservation(), cases)
}
