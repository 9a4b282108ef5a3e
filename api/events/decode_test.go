package events

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/unicode/norm"

	v1 "github.com/acme/inventory-service/api/v1"
)

func TestDecodeRelease(t *testing.T) {
	const reason = "reason: must be one of CHECKOUT_FAILED, ORDER_CANCELLED, EXPIRED"
	const id = "reservationId: must be the id of a reservation: lower case letters, digits, '-' and '.', at most 253"
	cases := map[string]struct {
		data       string
		want       *ReleaseInventory
		violations []string
	}{
		"with reason":    {data: `{"reservationId":"r","reason":"ORDER_CANCELLED"}`, want: &ReleaseInventory{ReservationID: "r", Reason: v1.ReleaseOrderCancelled}},
		"without reason": {data: `{"reservationId":"a.b-c"}`, want: &ReleaseInventory{ReservationID: "a.b-c"}},
		"a part":         {data: `{"reservationId":"r","items":[{"productId":"p","quantity":2}]}`, want: &ReleaseInventory{ReservationID: "r", Items: []PartialItem{{"p", "", 2}}}},
		"a part, reason": {data: `{"reservationId":"r","reason":"EXPIRED","items":[{"productId":"p","quantity":2}]}`, violations: []string{"reason: goes with the release of everything: leave it out where items are given"}},
		"nothing":        {data: `{}`, violations: []string{"reservationId: is required"}},
		"bad both":       {data: `{"reservationId":"A/b","reason":"expired"}`, violations: []string{id, reason}},
		"null both":      {data: `{"reservationId":null,"reason":null}`, violations: []string{id, reason}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := anyIDs.Release([]byte(tc.data))
			if diff := cmp.Diff(tc.violations, violationsOf(t, err)); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDecodeReleaseOf(t *testing.T) {
	cases := map[string]struct {
		data       string
		want       *ReleaseInventory
		violations []string
	}{
		"no body":    {data: ``, want: &ReleaseInventory{ReservationID: "r"}},
		"empty":      {data: `{}`, want: &ReleaseInventory{ReservationID: "r"}},
		"reason":     {data: `{"reason":"EXPIRED"}`, want: &ReleaseInventory{ReservationID: "r", Reason: v1.ReleaseExpired}},
		"same id":    {data: `{"reservationId":"r"}`, want: &ReleaseInventory{ReservationID: "r"}},
		"other id":   {data: `{"reservationId":"s"}`, violations: []string{"reservationId: must be that of the path, or left out"}},
		"bad reason": {data: `{"reason":""}`, violations: []string{"reason: must be one of CHECKOUT_FAILED, ORDER_CANCELLED, EXPIRED"}},
		"no object":  {data: `3`, violations: []string{"must be a JSON object"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := anyIDs.ReleaseOf("r", []byte(tc.data))
			if diff := cmp.Diff(tc.violations, violationsOf(t, err)); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDecodeGetStockLevel(t *testing.T) {
	got, err := anyIDs.GetStockLevel([]byte(`{"productId":"a b/c"}`))
	if diff := cmp.Diff(&GetStockLevel{ProductID: "a b/c"}, got); diff != "" || err != nil {
		t.Error(err, diff)
	}
	got, err = anyIDs.GetStockLevel([]byte(`{"request":{"productId":"p","locale":"en"}}`))
	if diff := cmp.Diff(&GetStockLevel{ProductID: "p"}, got); diff != "" || err != nil {
		t.Error(err, diff)
	}
	for data, want := range map[string]string{
		`{"request":{"productId":"p"},"productId":"p"}`: "request: and productId exclude each other",
		`{"request":{}}`:                "request.productId: is required",
		`{"request":"p"}`:               "request: must be a JSON object",
		`{"request":{"productId":1}}`:   "request.productId: must be a string of 1 to 128 printable characters (Unicode, NFC) with no blank at either end",
		`{"request":{"productID":"p"}}`: "request.productID: is not known here: the nearest known field is productId",
	} {
		_, err := anyIDs.GetStockLevel([]byte(data))
		if diff := cmp.Diff([]string{want}, violationsOf(t, err)); diff != "" {
			t.Error(data, diff)
		}
	}
	_, err = anyIDs.GetStockLevel([]byte(`{"product":"x"}`))
	if diff := cmp.Diff([]string{"productId: is required"}, violationsOf(t, err)); diff != "" {
		t.Error(diff)
	}
}

// Ids and locations are checked by hand, since stock levels are asked for often; here that is
// compared with the API's patterns.
func TestIDsMatchTheAPI(t *testing.T) {
	for name, tc := range map[string]struct {
		pattern string
		length  int
		is      func(s string) bool
	}{
		"id":       {v1.PrintableID, v1.MaxIDLength, func(s string) bool { return v1.AnyIDs.Wrong(s) == "" }},
		"location": {v1.PrintableLocation, v1.MaxLocationLength, isLocation},
	} {
		pattern := regexp.MustCompile(tc.pattern)
		seen := map[bool]int{}
		check := func(s string) {
			want := pattern.MatchString(s) && utf8.RuneCountInString(s) <= tc.length && utf8.ValidString(s)
			seen[want]++
			if got := tc.is(s); got != want && (name != "id" || norm.NFC.IsNormalString(s) && !strings.ContainsRune(s, utf8.RuneError)) {
				t.Errorf("%s %q: %v, want %v", name, s, got, want)
			}
		}
		for b := range 256 {
			for _, s := range []string{"%", "%a", "a%", "a%a", "%%"} {
				check(strings.ReplaceAll(s, "%", string([]byte{byte(b)})))
			}
		}
		for c := range rune(0x30000) {
			check("a" + string(c))
		}
		for n := 62; n < 130; n++ {
			check(strings.Repeat("x", n))
			check(strings.Repeat("é", n))
		}
		for _, s := range []string{"", "a\n"} {
			check(s)
		}
		if seen[true] == 0 || seen[false] == 0 {
			t.Errorf("one-sided samples: %v", seen)
		}
	}
}
