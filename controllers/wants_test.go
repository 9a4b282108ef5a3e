package controllers

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/stock"
)

// What a spec asks for beyond what the journal says: shipments first, and what they claim is
// never given back.
func TestWanted(t *testing.T) {
	ships := func(p int64) func(*v1.Reservation) {
		return func(r *v1.Reservation) { r.Spec.ConsumeItems = units(p) }
	}
	returns := func(p int64) func(*v1.Reservation) {
		return func(r *v1.Reservation) { r.Spec.ReleaseItems = units(p) }
	}
	intends := func(intent v1.Intent) func(*v1.Reservation) {
		return func(r *v1.Reservation) { r.Spec.Intent = intent }
	}
	ordered := func(r *v1.Reservation) { r.Spec.OrderID = "order" }
	held := stock.Reservation{ID: "r", Phase: stock.PhaseReserved, Allocations: []stock.Allocation{
		{Product: "p", Location: "a", Quantity: 5}, {Product: "q", Location: "b", Quantity: 3},
	}}
	of := func(consumed, released int64) *stock.Reservation {
		r := held
		r.Allocations = []stock.Allocation{{Product: "p", Location: "a", Quantity: 5, Consumed: consumed, Released: released}, held.Allocations[1]}
		return &r
	}
	ended := func(phase stock.Phase) *stock.Reservation {
		r := *of(0, 0)
		r.Phase = phase
		return &r
	}
	withOrder := func(r *stock.Reservation, order, later stock.ID) *stock.Reservation {
		r.Order, r.LaterOrder = order, later
		return r
	}
	consume := func(p, q int64) stock.Request { return stock.Consume{Reservation: "r", Parts: parts(p, q)} }
	release := func(p, q int64) stock.Request { return stock.Release{Reservation: "r", Parts: parts(p, q)} }
	cases := map[string]struct {
		spec []func(*v1.Reservation)
		r    *stock.Reservation
		want stock.Request
	}{
		"nothing":                         {nil, of(0, 0), nil},
		"a part was shipped":              {[]func(*v1.Reservation){ships(2)}, of(0, 0), consume(2, 0)},
		"which is known":                  {[]func(*v1.Reservation){ships(2)}, of(2, 0), nil},
		"more was shipped since":          {[]func(*v1.Reservation){ships(3)}, of(2, 0), consume(3, 0)},
		"more than there is":              {[]func(*v1.Reservation){ships(9)}, of(0, 1), consume(4, 0)},
		"a part given back":               {[]func(*v1.Reservation){returns(2)}, of(0, 0), release(2, 0)},
		"which is known too":              {[]func(*v1.Reservation){returns(2)}, of(0, 2), nil},
		"given back what was shipped":     {[]func(*v1.Reservation){returns(5)}, of(2, 0), release(3, 0)},
		"both: shipped first":             {[]func(*v1.Reservation){ships(4), returns(4)}, of(0, 0), consume(4, 0)},
		"both: then what is left":         {[]func(*v1.Reservation){ships(4), returns(4)}, of(4, 0), release(1, 0)},
		"all is shipped":                  {[]func(*v1.Reservation){intends(v1.IntentConsume)}, of(1, 1), consume(4, 3)},
		"all but what is given back":      {[]func(*v1.Reservation){intends(v1.IntentConsume), returns(2)}, of(0, 0), consume(3, 3)},
		"released":                        {[]func(*v1.Reservation){intends(v1.IntentRelease)}, of(0, 0), stock.Release{Reservation: "r"}},
		"released after a shipment":       {[]func(*v1.Reservation){intends(v1.IntentRelease), ships(1)}, of(0, 0), consume(1, 0)},
		"released, with a part before":    {[]func(*v1.Reservation){intends(v1.IntentRelease), returns(1)}, of(0, 0), stock.Release{Reservation: "r"}},
		"consumed after it was released":  {[]func(*v1.Reservation){intends(v1.IntentConsume)}, ended(stock.PhaseReleased), nil},
		"released after it was consumed":  {[]func(*v1.Reservation){intends(v1.IntentRelease)}, ended(stock.PhaseConsumed), nil},
		"an order":                        {[]func(*v1.Reservation){ordered}, of(0, 0), stock.Attach{Reservation: "r", Order: "order"}},
		"an order of what has ended":      {[]func(*v1.Reservation){ordered}, ended(stock.PhaseConsumed), stock.Attach{Reservation: "r", Order: "order"}},
		"the order that was known":        {[]func(*v1.Reservation){ordered}, withOrder(of(0, 0), "order", ""), nil},
		"another order than the bridge's": {[]func(*v1.Reservation){ordered}, withOrder(of(0, 0), "", "other"), nil},
		"a shipment before the order":     {[]func(*v1.Reservation){ordered, ships(1)}, of(0, 0), consume(1, 0)},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			object := &v1.Reservation{Spec: v1.ReservationSpec{Intent: v1.IntentHold}}
			for _, change := range tc.spec {
				change(object)
			}
			if diff := cmp.Diff(tc.want, wanted(object, tc.r)); diff != "" {
				t.Errorf("wanted (-want +got):\n%s", diff)
			}
		})
	}
}

// units are some of p at a.
func units(quantity int64) []v1.PartialItem {
	return []v1.PartialItem{{ProductID: "p", LocationID: "a", Quantity: quantity}}
}

// parts are those of p at a and q at b, where there are any.
func parts(p, q int64) []stock.Part {
	var parts []stock.Part
	if p > 0 {
		parts = append(parts, stock.Part{Product: "p", Location: "a", Quantity: p})
	}
	if q > 0 {
		parts = append(parts, stock.Part{Product: "q", Location: "b", Quantity: q})
	}
	return parts
}
