package events

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// violationsOf are the violations of an InvalidError, as text.
func violationsOf(t *testing.T, err error) []string {
	t.Helper()
	if err == nil {
		return nil
	}
	var bad *InvalidError
	if !errors.As(err, &bad) || len(bad.Violations) == 0 {
		t.Fatalf("error %v is no InvalidError with violations", err)
	}
	var got []string
	for _, violation := range bad.Violations {
		got = append(got, violation.String())
	}
	return got
}

func TestDecodeReserve(t *testing.T) {
	hold := func(d time.Duration) *metav1.Duration { return &metav1.Duration{Duration: d} }
	one := []Item{{ProductID: "p", Quantity: 1}}
	cases := map[string]struct {
		data string
		want *ReserveInventory
	}{
		"least": {`{"cartId":"c","items":[{"productId":"p","quantity":1}]}`, &ReserveInventory{CartID: "c", Items: one}},
		"most": {
			`{"cartId":"c","customerId":"u","orderId":"o","holdFor":"90m","items":[{"productId":"p","quantity":1000000000}]}`,
			&ReserveInventory{CartID: "c", CustomerID: "u", OrderID: "o", HoldFor: hold(90 * time.Minute), Items: []Item{{ProductID: "p", Quantity: 1e9}}},
		},
		"unknown fields": {
			`{"new":{"a":1,"a":2},"cartId":"c","items":[{"productId":"p","quantity":1,"gift":true}],"huge":1e999}`,
			&ReserveInventory{CartID: "c", Items: one},
		},
		"integers however written": {
			`{"cartId":"c","items":[{"productId":"a","quantity":1.0},{"productId":"b","quantity":1e3},{"productId":"c","quantity":0.5E1},{"productId":"d","quantity":1200e-2}]}`,
			&ReserveInventory{CartID: "c", Items: []Item{{"a", 1}, {"b", 1000}, {"c", 5}, {"d", 12}}},
		},
		"the same product twice": {
			`{"cartId":"c","items":[{"productId":"b","quantity":1},{"productId":"a","quantity":2},{"productId":"b","quantity":3}]}`,
			&ReserveInventory{CartID: "c", Items: []Item{{"b", 4}, {"a", 2}}},
		},
		"101 lines of 100 products": {
			`{"cartId":"c","items":[` + lines(100) + `,{"productId":"p0","quantity":1}]}`,
			&ReserveInventory{CartID: "c", Items: func() []Item {
				items := make([]Item, 100)
				for i := range items {
					items[i] = Item{ProductID: fmt.Sprintf("p%d", i), Quantity: 1}
				}
				items[0].Quantity = 2
				return items
			}()},
		},
		"white space": {" \n{ \"cartId\" : \"c\" , \"items\" : [ { \"productId\" : \"p\" , \"quantity\" : 1 } ] }\t\n", &ReserveInventory{CartID: "c", Items: one}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := anyIDs.Reserve([]byte(tc.data))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// lines are n lines of different products.
func lines(n int) string {
	var s []string
	for i := range n {
		s = append(s, fmt.Sprintf(`{"productId":"p%d","quantity":1}`, i))
	}
	return strings.Join(s, ",")
}

func TestDecodeReserveRefuses(t *testing.T) {
	const (
		bounds  = "must be 1 to 1000000000"
		integer = "must be an integer from 1 to 1000000000"
		number  = "must be a number, an integer from 1 to 1000000000"
		id      = "must be a string of 1 to 128 printable characters (Unicode, NFC) with no blank at either end"
		holdFor = `holdFor: must be a duration from 1s to 24h, such as "15m"`
	)
	item := func(line string) string { return `{"cartId":"c","items":[` + line + `]}` }
	quantity := func(q string) string { return item(`{"productId":"p","quantity":` + q + `}`) }
	hold := func(h string) string {
		return `{"cartId":"c","holdFor":` + h + `,"items":[{"productId":"p","quantity":1}]}`
	}
	cases := map[string]struct {
		data string
		want []string
	}{
		"empty":            {"", []string{"the message has no body: send a JSON object"}},
		"null":             {"null", []string{"must be a JSON object"}},
		"array":            {"[]", []string{"must be a JSON object"}},
		"string":           {`"x"`, []string{"must be a JSON object"}},
		"broken":           {`{"cartId":`, []string{"is broken JSON: unexpected end of JSON input"}},
		"trailing garbage": {`{} {}`, []string{"is broken JSON: invalid character '{' after top-level value"}},
		"broken UTF-8":     {"{\"cartId\":\"\xff\"}", []string{"the message is not valid UTF-8"}},
		"duplicate key":    {`{"cartId":"a","cartId":"b","items":[]}`, []string{`duplicate field "cartId"`}},
		"nothing":          {`{}`, []string{"cartId: is required", "items: is required: name at least one product"}},
		"wrong types": {`{"cartId":1,"customerId":null,"orderId":"","items":{},"holdFor":5}`, []string{
			"cartId: " + id, "customerId: " + id + "; leave it out where there is none", "orderId: " + id + "; leave it out where there is none",
			"items: must be an array of objects", holdFor,
		}},
		"lone surrogate":        {`{"cartId":"\ud800","items":[{"productId":"p","quantity":1}]}`, []string{"cartId: " + id}},
		"items null":            {`{"cartId":"c","items":null}`, []string{"items: must be an array of objects"}},
		"items empty":           {`{"cartId":"c","items":[]}`, []string{"items: must name 1 to 100 products"}},
		"101 products":          {item(lines(101)), []string{"items: must name 1 to 100 products"}},
		"item is null":          {item(`null`), []string{"items[0]: must be a JSON object"}},
		"item has a double key": {item(`{"productId":"p","quantity":1,"quantity":2}`), []string{`items[0]: duplicate field "quantity"`}},
		"item is empty":         {item(`{}`), []string{"items[0].productId: is required", "items[0].quantity: is required"}},
		"second item":           {item(`{"productId":"p","quantity":1},{"productId":" p","quantity":0}`), []string{"items[1].productId: " + id, "items[1].quantity: " + bounds}},
		"five are told":         {item(strings.Repeat(`{"quantity":1},`, 6) + `{"quantity":1}`), []string{"items[0].productId: is required", "items[1].productId: is required", "items[2].productId: is required", "items[3].productId: is required", "items[4].productId: is required"}},
		"quantity 0":            {quantity(`0`), []string{"items[0].quantity: " + bounds}},
		"quantity 0e9":          {quantity(`0.0e9`), []string{"items[0].quantity: " + bounds}},
		"quantity negative":     {quantity(`-1`), []string{"items[0].quantity: " + bounds}},
		"quantity 1e9+1":        {quantity(`1000000001`), []string{"items[0].quantity: " + bounds}},
		"quantity 1e10":         {quantity(`1e10`), []string{"items[0].quantity: " + bounds}},
		"quantity 2^64":         {quantity(`18446744073709551616`), []string{"items[0].quantity: " + bounds}},
		"quantity enormous":     {quantity(`1e99999999999999999999`), []string{"items[0].quantity: " + bounds}},
		"quantity tiny":         {quantity(`1e-99999999999999999999`), []string{"items[0].quantity: " + integer}},
		"quantity 1.5":          {quantity(`1.5`), []string{"items[0].quantity: " + integer}},
		"quantity nearly 1":     {quantity(`1.00000000000000000000001`), []string{"items[0].quantity: " + integer}},
		"quantity string":       {quantity(`"1"`), []string{"items[0].quantity: " + number}},
		"quantity null":         {quantity(`null`), []string{"items[0].quantity: " + number}},
		"quantity true":         {quantity(`true`), []string{"items[0].quantity: " + number}},
		"sum out of bounds":     {item(`{"productId":"p","quantity":1000000000},{"productId":"p","quantity":1}`), []string{"items[1].quantity: the lines of this product add up to more than 1000000000"}},
		"hold short":            {hold(`"999ms"`), []string{holdFor}},
		"hold long":             {hold(`"24h1s"`), []string{holdFor}},
		"hold overflows":        {hold(`"99999999999h"`), []string{holdFor}},
		"hold signed":           {hold(`"+1h"`), []string{holdFor}},
		"hold in words":         {hold(`"an hour"`), []string{holdFor}},
		"hold ISO 8601":         {hold(`"PT15M"`), []string{holdFor}},
		"id too long":           {`{"cartId":"` + strings.Repeat("x", 129) + `","items":[{"productId":"p","quantity":1}]}`, []string{"cartId: " + id}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := anyIDs.Reserve([]byte(tc.data))
			if diff := cmp.Diff(tc.want, violationsOf(t, err)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
