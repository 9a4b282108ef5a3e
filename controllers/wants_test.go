package controllers

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

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
	until := func(seconds int64) func(*v1.Reservation) {
		return func(r *v1.Reservation) { r.Spec.HoldUntil = &metav1.Time{Time: time.Unix(seconds, 0)} }
	}
	expiring := func(r *stock.Reservation, at stock.Time) *stock.Reservation {
		r.Expires = at
		return r
	}
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
		"a longer hold":                   {[]func(*v1.Reservation){until(20)}, expiring(of(0, 0), 10e6), stock.Extend{Reservation: "r", Expires: 20e6}},
		"no shorter one":                  {[]func(*v1.Reservation){until(5)}, expiring(of(0, 0), 10e6), nil},
		"a longer one than for ever":      {[]func(*v1.Reservation){until(20)}, of(0, 0), nil},
		"a longer one of what has ended":  {[]func(*v1.Reservation){until(20)}, expiring(ended(stock.PhaseReleased), 10e6), nil},
		"a shipment before the order":     {[]func(*v1.Reservation){ordered, ships(1)}, of(0, 0), consume(1, 0)},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			object := &v1.Reservation{Spec: v1.ReservationSpec{Intent: v1.IntentHold}}
			for _, change := range tc.spec {
				change(object)
			}
			if diff := cmp.Diff(tc.want, wanted(object, tc.r, v1.AnyIDs)); diff != "" {
				t.Errorf("wanted (-want +got):\n%s", diff)
			}
		})
	}
}

// A line without a location is a total over all of them.
func TestWantedOverAllLocations(t *testing.T) {
	of := func(consumed, released [2]int64) *stock.Reservation {
		return &stock.Reservation{ID: "r", Phase: stock.PhaseReserved, Allocations: []stock.Allocation{
			{Product: "p", Location: "a", Quantity: 3, Consumed: consumed[0], Released: released[0]},
			{Product: "p", Location: "b", Quantity: 2, Consumed: consumed[1], Released: released[1]},
		}}
	}
	lines := func(quantity int64) []v1.PartialItem { return []v1.PartialItem{{ProductID: "p", Quantity: quantity}} }
	total := func(quantity int64) []stock.Part { return []stock.Part{{Product: "p", Quantity: quantity}} }
	at := func(a, b int64) (parts []stock.Part) {
		for location, quantity := range map[string]int64{"a": a, "b": b} {
			if quantity > 0 {
				parts = append(parts, stock.Part{Product: "p", Location: location, Quantity: quantity})
			}
		}
		slices.SortFunc(parts, func(a, b stock.Part) int { return strings.Compare(a.Location, b.Location) })
		return parts
	}
	none := [2]int64{}
	cases := map[string]struct {
		consume, release []v1.PartialItem
		intent           v1.Intent
		r                *stock.Reservation
		want             stock.Request
	}{
		"some shipped":              {lines(2), nil, v1.IntentHold, of(none, none), stock.Consume{Reservation: "r", Parts: total(2)}},
		"which is known":            {lines(2), nil, v1.IntentHold, of([2]int64{0, 2}, none), nil},
		"more since":                {lines(4), nil, v1.IntentHold, of([2]int64{0, 2}, none), stock.Consume{Reservation: "r", Parts: total(4)}},
		"more than there is":        {lines(5), nil, v1.IntentHold, of(none, [2]int64{1, 1}), stock.Consume{Reservation: "r", Parts: total(3)}},
		"some given back":           {nil, lines(2), v1.IntentHold, of(none, none), stock.Release{Reservation: "r", Parts: total(2)}},
		"all that is not shipped":   {nil, lines(5), v1.IntentHold, of([2]int64{1, 0}, none), stock.Release{Reservation: "r", Parts: total(4)}},
		"all is shipped":            {nil, nil, v1.IntentConsume, of(none, none), stock.Consume{Reservation: "r", Parts: at(3, 2)}},
		"all but what is not":       {nil, lines(4), v1.IntentConsume, of(none, none), stock.Consume{Reservation: "r", Parts: at(0, 1)}},
		"shipped before given back": {lines(2), lines(4), v1.IntentConsume, of(none, none), stock.Consume{Reservation: "r", Parts: total(2)}},
		"some are given back":       {nil, lines(3), v1.IntentConsume, of(none, [2]int64{0, 2}), stock.Consume{Reservation: "r", Parts: at(2, 0)}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			object := &v1.Reservation{Spec: v1.ReservationSpec{Intent: tc.intent, ConsumeItems: tc.consume, ReleaseItems: tc.release}}
			if diff := cmp.Diff(tc.want, wanted(object, tc.r, v1.AnyIDs)); diff != "" {
				t.Errorf("wanted (-want +got):\n%s", diff)
			}
		})
	}
}

// What a spec states and cannot be carried out is told, with the line and what there is.
func TestMismatch(t *testing.T) {
	r := &stock.Reservation{ID: "r", Phase: stock.PhaseReserved, Allocations: []stock.Allocation{
		{Product: "p", Location: "a", Quantity: 6, Consumed: 4, Released: 1}, {Product: "p", Location: "b", Quantity: 4},
	}}
	line := func(product, location string, quantity int64) []v1.PartialItem {
		return []v1.PartialItem{{ProductID: product, LocationID: location, Quantity: quantity}}
	}
	cases := map[string]struct {
		consume, release []v1.PartialItem
		reason, says     string
	}{
		"nothing":                    {nil, nil, "", ""},
		"what is so":                 {line("p", "a", 4), line("p", "a", 1), "", ""},
		"over all":                   {line("p", "", 4), nil, "", ""},
		"another location":           {line("p", "default", 1), nil, v1.ReasonNotThere, "consumeItems[0]: location default has too few units of product p"},
		"back from another location": {nil, line("p", "default", 1), v1.ReasonNoSuchAllocation, "releaseItems[0]: no unit of product p is reserved at location default"},
		"another product":            {nil, line("q", "", 1), v1.ReasonNoSuchAllocation, "releaseItems[0]: no unit of product q is reserved at any location"},
		"more than is left":          {line("p", "a", 10), nil, v1.ReasonMoreThanReserved, "10 units of product p are more than the 9 that were reserved and not given back"},
		"more than is left there":    {line("p", "a", 6), nil, v1.ReasonNotThere, "location a has too few units of product p for sale to ship 6 from there: 3 at c"},
		"more than is left over all": {nil, line("p", "", 7), v1.ReasonMoreThanReserved, "releaseItems[0]: 7 units of product p at any location are more than the 6"},
		"what would count twice":     {line("p", "b", 2), nil, v1.ReasonContradictsTotal, "total over all locations"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			object := &v1.Reservation{Spec: v1.ReservationSpec{ConsumeItems: tc.consume, ReleaseItems: tc.release}}
			tells := teller{ids: v1.AnyIDs, levels: func(stock.ID) string { return "3 at c" }}
			tells.tell(object, r)
			told := meta.FindStatusCondition(object.Status.Conditions, v1.ConditionItemsMatch)
			switch {
			case told == nil && tc.reason == "":
			case told == nil || told.Status != metav1.ConditionFalse || told.Reason != tc.reason || !strings.Contains(told.Message, tc.says):
				t.Errorf("told %+v", told)
			}
			object.Spec.ConsumeItems, object.Spec.ReleaseItems = nil, nil
			if tells.tell(object, r); len(object.Status.Conditions) > 0 {
				t.Errorf("told for ever: %+v", object.Status.Conditions)
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

// Why a hold does not last as long as its spec asks for is told, and no longer than it is so.
func TestUnextended(t *testing.T) {
	const hour = stock.Time(3600e6)
	for name, tc := range map[string]struct {
		until, expires stock.Time
		phase          stock.Phase
		reason         string
	}{
		"nothing is asked":  {0, hour, stock.PhaseReserved, ""},
		"it lasts as long":  {hour, hour, stock.PhaseReserved, ""},
		"soon to be":        {2 * hour, hour, stock.PhaseReserved, ""},
		"more than a day":   {25 * hour, hour, stock.PhaseReserved, v1.ReasonTooFarAhead},
		"it ends never":     {2 * hour, 0, stock.PhaseReserved, v1.ReasonNeverEnds},
		"it has ended":      {2 * hour, hour, stock.PhaseReleased, v1.ReasonHoldEnded},
		"it was long ended": {hour, 2 * hour, stock.PhaseConsumed, ""},
		"it was refused":    {2 * hour, 0, stock.PhaseRefused, ""},
	} {
		t.Run(name, func(t *testing.T) {
			object := &v1.Reservation{}
			if tc.until != 0 {
				object.Spec.HoldUntil = &metav1.Time{Time: time.UnixMicro(int64(tc.until))}
			}
			tells := teller{ids: v1.AnyIDs, now: hour / 2}
			tells.tell(object, &stock.Reservation{Phase: tc.phase, Expires: tc.expires})
			told := meta.FindStatusCondition(object.Status.Conditions, v1.ConditionHoldExtended)
			if told == nil && tc.reason != "" || told != nil && (told.Reason != tc.reason || told.Status != metav1.ConditionFalse || told.Message == "") {
				t.Errorf("told %+v", told)
			}
		})
	}
}
