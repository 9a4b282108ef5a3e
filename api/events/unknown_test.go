package events

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A field that a release or a consume does not know is never dropped: without it, the
// message would mean everything.
func TestClosedMessages(t *testing.T) {
	const line = `[{"productId":"p","quantity":1}]`
	cases := map[string]struct {
		data string
		want []string
	}{
		"capital":          {`{"Items":` + line + `}`, []string{"Items: is not known here: the nearest known field is items"}},
		"singular":         {`{"item":` + line + `}`, []string{"item: is not known here: the nearest known field is items"}},
		"another word":     {`{"lines":` + line + `}`, []string{"lines: is not known here: the nearest known field is items"}},
		"kubectl's":        {`{"consumeItems":` + line + `}`, []string{"consumeItems: is not known here: the nearest known field is items"}},
		"beside a known":   {`{"items":` + line + `,"colour":1}`, []string{"colour: is not known here: the nearest known field is "}},
		"a place":          {`{"items":[{"productId":"p","locationID":"l","quantity":1}]}`, []string{"items[0].locationID: is not known here: the nearest known field is locationId"}},
		"a product":        {`{"items":[{"productID":"p","quantity":1}]}`, []string{"items[0].productID: is not known here: the nearest known field is productId"}},
		"what is twice":    {`{"x":1,"x":2}`, []string{`duplicate field "x"`}},
		"a whole event":    {`{"specversion":"1.0","id":"1","source":"/s","type":"t"}`, []string{"id: is not known here: the nearest known field is items", "source: is not known here", "specversion: is not known here", "type: is not known here"}},
		"a very long name": {`{"` + strings.Repeat("x", 1000) + `":1}`, []string{strings.Repeat("x", 64) + "...: is not known here"}},
	}
	decoders := map[string]func([]byte) error{
		"release":         func(data []byte) error { _, err := anyIDs.ReleaseOf("r", data); return err },
		"consume":         func(data []byte) error { _, err := anyIDs.ConsumeOf("r", data); return err },
		"release by name": func(data []byte) error { _, err := anyIDs.Release(named(data)); return err },
		"consume by name": func(data []byte) error { _, err := anyIDs.Consume(named(data)); return err },
	}
	for name, tc := range cases {
		for operation, decode := range decoders {
			t.Run(name+"/"+operation, func(t *testing.T) {
				got := violationsOf(t, decode([]byte(tc.data)))
				if len(got) != len(tc.want) {
					t.Fatalf("%q, want %q", got, tc.want)
				}
				for i, want := range tc.want {
					if !strings.HasPrefix(got[i], want) {
						t.Errorf("%q, want %q", got[i], want)
					}
				}
			})
		}
	}
}

// named is a message that names its reservation.
func named(data []byte) []byte {
	return []byte(`{"reservationId":"r",` + strings.TrimPrefix(string(data), "{"))
}

// An open message may say more than is read, but not nearly what is read.
func TestOpenMessages(t *testing.T) {
	reserve := func(more, inLine string) error {
		_, err := anyIDs.Reserve([]byte(`{"cartId":"c","items":[{"productId":"p","quantity":1` + inLine + `}]` + more + `}`))
		return err
	}
	for _, more := range []string{"", `,"colour":1`, `,"currency":"EUR"`, `,"id":1`, `,"customer":{}`, `,"channel":"web"`, `,"total":3`} {
		if err := reserve(more, more); err != nil {
			t.Errorf("%s: %v", more, err)
		}
	}
	for more, near := range map[string]string{
		`,"customerID":"u"`: "customerId", `,"customer_id":"u"`: "customerId", `,"Items":[]`: "items", `,"item":[]`: "items",
		`,"holdfor":"1m"`: "holdFor", `,"hold-for":"1m"`: "holdFor", `,"oderId":"o"`: "orderId", `,"CARTID":"c"`: "cartId", `,"caritd":"c"`: "cartId",
	} {
		if diff := cmp.Diff(1, len(violationsOf(t, reserve(more, "")))); diff != "" {
			t.Errorf("%s: %s", more, diff)
		}
		if err := reserve(more, ""); err == nil || !strings.HasSuffix(err.Error(), "the nearest known field is "+near) {
			t.Errorf("%s: %v", more, err)
		}
	}
	for _, inLine := range []string{`,"Quantity":7`, `,"product_id":"q"`, `,"quantities":7`} {
		if err := reserve("", inLine); (err == nil) != (inLine == `,"quantities":7`) {
			t.Errorf("%s: %v", inLine, err)
		}
	}
	if _, err := anyIDs.GetStockLevel([]byte(`{"productId":"p","productID":"q"}`)); err == nil {
		t.Error("a query with a near miss is taken")
	}
}

// A UUID has one form, wherever it stands; the case of other ids counts.
func TestIDsInCapitals(t *testing.T) {
	const capital, lower = "4465CA67-98D0-4514-BAF8-1F97A0AF0C27", "4465ca67-98d0-4514-baf8-1f97a0af0c27"
	line := `{"productId":"` + capital + `","quantity":1}`
	reserve, err := anyIDs.Reserve([]byte(`{"cartId":"` + capital + `","customerId":"` + capital + `","orderId":"` + capital + `","items":[` + line + `,{"productId":"` + lower + `","quantity":2},{"productId":"MUG","quantity":1}]}`))
	if err != nil {
		t.Fatal(err)
	}
	want := &ReserveInventory{CartID: lower, CustomerID: lower, OrderID: lower, Items: []Item{{lower, 3}, {"MUG", 1}}}
	if diff := cmp.Diff(want, reserve); diff != "" {
		t.Error(diff)
	}
	release, err := anyIDs.Release([]byte(`{"reservationId":"` + capital + `","items":[` + line + `]}`))
	if err != nil || release.ReservationID != lower || release.Items[0].ProductID != lower {
		t.Errorf("%+v, %v", release, err)
	}
	if consume, err := anyIDs.ConsumeOf(lower, []byte(`{"reservationId":"`+capital+`"}`)); err != nil || consume.ReservationID != lower {
		t.Errorf("%+v, %v", consume, err)
	}
	if query, err := anyIDs.GetStockLevel([]byte(`{"productId":"` + capital + `"}`)); err != nil || query.ProductID != lower {
		t.Errorf("%+v, %v", query, err)
	}
}

func TestEdits(t *testing.T) {
	for _, tc := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"", "abc", 3}, {"items", "items", 0}, {"item", "items", 1}, {"itmes", "items", 1}, {"lines", "items", 3}, {"ab", "ba", 1}, {"abc", "xyz", 3}} {
		if got := edits(tc.a, tc.b); got != tc.want {
			t.Errorf("%s to %s takes %d edits, want %d", tc.a, tc.b, got, tc.want)
		}
		if edits(tc.a, tc.b) != edits(tc.b, tc.a) {
			t.Errorf("%s and %s: the way back is another", tc.a, tc.b)
		}
	}
}
