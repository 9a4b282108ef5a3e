package stock

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// scenario is a table's row: requests in batches of one, and what each is told.
type scenario struct {
	given []Request
	ask   []Request
	want  []Verdict
	// later is how much later the last ones are asked.
	later Time
}

func TestVerdicts(t *testing.T) {
	two := aReserve(1, lines(Line{"mug", 2}))
	id := two.Wanted.ID
	stock := PutItem{Item: anItem()}
	held := []Request{stock, two}
	refused := []Request{stock, aReserve(1, lines(Line{"mug", 11}))}
	part := func(units int64) []Part { return []Part{{Product: "mug", Quantity: units}} }
	object := Object{UID: "o", Name: "n", Version: 7}
	ends := (start + 15*minute + second - 1) / second * second
	gone := Object{UID: "o", Name: "n", Version: 9, Gone: true}

	for name, test := range map[string]scenario{
		"reserve again":                 {given: held, ask: []Request{two}, want: []Verdict{Repeated}},
		"reserve other content":         {given: held, ask: []Request{aReserve(1, func(r *Reserve) { r.Wanted.Command.Hash = "x" })}, want: []Verdict{Conflicting}},
		"reserve again without a hash":  {given: held, ask: []Request{aReserve(1, func(r *Reserve) { r.Wanted.Command.Hash = "" })}, want: []Verdict{Repeated}},
		"reserve nothing":               {ask: []Request{aReserve(1, lines()), aReserve(2, lines(Line{"mug", 0})), aReserve(3, lines(Line{"mug", MaxQuantity + 1}))}, want: []Verdict{TooLarge, TooLarge, TooLarge}},
		"reserve what is unknown":       {ask: []Request{aReserve(1)}, want: []Verdict{Done}},
		"reserve by a shown object":     {given: append(held, Show{id, object}), ask: []Request{aReserve(2, func(r *Reserve) { r.Wanted.Object.UID, r.Wanted.Command = "o", Command{} })}, want: []Verdict{Repeated}},
		"release all":                   {given: held, ask: []Request{Release{Reservation: id}, Release{Reservation: id}, Consume{Reservation: id}}, want: []Verdict{Done, Repeated, Conflicting}},
		"release parts":                 {given: held, ask: []Request{Release{Reservation: id, Parts: part(1)}, Release{Reservation: id, Parts: part(1)}, Release{Reservation: id, Parts: part(5)}}, want: []Verdict{Done, Repeated, Done}},
		"release of another product":    {given: held, ask: []Request{Release{Reservation: id, Parts: []Part{{"pot", "", 1}}}}, want: []Verdict{Repeated}},
		"release a refused one":         {given: refused, ask: []Request{Release{Reservation: id}, Consume{Reservation: id}}, want: []Verdict{Repeated, Conflicting}},
		"release what was consumed":     {given: held, ask: []Request{Consume{Reservation: id}, Release{Reservation: id}, Release{Reservation: id, Parts: part(1)}}, want: []Verdict{Done, Conflicting, Conflicting}},
		"consume all":                   {given: held, ask: []Request{Consume{Reservation: id}, Consume{Reservation: id}, Consume{Reservation: id, Parts: part(2)}}, want: []Verdict{Done, Repeated, Repeated}},
		"consume parts":                 {given: held, ask: []Request{Consume{Reservation: id, Parts: part(1)}, Consume{Reservation: id, Parts: part(1)}, Consume{Reservation: id, Parts: part(9)}}, want: []Verdict{Done, Repeated, Done}},
		"consume, release the rest":     {given: held, ask: []Request{Consume{Reservation: id, Parts: part(1)}, Release{Reservation: id}, Release{Reservation: id}, Consume{Reservation: id}, Consume{Reservation: id, Parts: part(1)}, Consume{Reservation: id, Parts: part(2)}}, want: []Verdict{Done, Done, Repeated, Conflicting, Repeated, Conflicting}},
		"release a part, then consume":  {given: held, ask: []Request{Release{Reservation: id, Parts: part(1)}, Consume{Reservation: id}, Consume{Reservation: id}, Release{Reservation: id, Parts: part(1)}, Release{Reservation: id}}, want: []Verdict{Done, Done, Repeated, Repeated, Conflicting}},
		"release more than is left":     {given: held, ask: []Request{Consume{Reservation: id, Parts: part(1)}, Release{Reservation: id, Parts: part(9)}, Release{Reservation: id, Parts: part(9)}}, want: []Verdict{Done, Done, Repeated}},
		"release exactly, or nothing":   {given: held, ask: []Request{Consume{Reservation: id, Parts: part(1)}, Release{Reservation: id, Parts: part(2), Exact: true}, Release{Reservation: id, Parts: part(1), Exact: true}, Release{Reservation: id, Parts: part(1), Exact: true}}, want: []Verdict{Done, TooMany, Done, Repeated}},
		"consume exactly, or nothing":   {given: held, ask: []Request{Consume{Reservation: id, Parts: part(3), Exact: true}, Consume{Reservation: id, Parts: part(2), Exact: true}, Consume{Reservation: id, Parts: part(2), Exact: true}, Consume{Reservation: id, Parts: part(3), Exact: true}}, want: []Verdict{TooMany, Done, Repeated, TooMany}},
		"exactly, of a refused one":     {given: refused, ask: []Request{Release{Reservation: id, Parts: part(3), Exact: true}, Consume{Reservation: id, Parts: part(3), Exact: true}}, want: []Verdict{Repeated, Conflicting}},
		"expire another end":            {given: held, later: hour, ask: []Request{Expire{id, ends - 1}, Expire{id, ends}}, want: []Verdict{Premature, Done}},
		"put what may be deleted":       {given: []Request{stock, DropItem{UID: "item-1", Version: 120}}, ask: []Request{stock, PutItem{Item: anItem(), Read: 119}, PutItem{Item: anItem(), Read: 120}}, want: []Verdict{Unverified, Unverified, Done}},
		"extensions without a bound":    {ask: []Request{aReserve(1, func(r *Reserve) { r.Wanted.Extensions = map[string]string{"x": string(make([]byte, 512))} })}, want: []Verdict{TooLarge}},
		"an older object":               {given: append(held, Show{id, Object{UID: "o2", Version: 8}}), ask: []Request{Show{id, object}}, want: []Verdict{Repeated}},
		"unknown":                       {ask: []Request{Release{Reservation: "x"}, Consume{Reservation: "x"}, Extend{Reservation: "x"}, Attach{Reservation: "x"}, Expire{Reservation: "x"}, Show{Reservation: "x"}, ShowItem{UID: "x"}, DropItem{UID: "x"}}, want: []Verdict{Unknown, Unknown, Unknown, Unknown, Unknown, Unknown, Unknown, Unknown}},
		"extend":                        {given: held, ask: []Request{Extend{Reservation: id, Expires: start + hour}, Extend{Reservation: id, Expires: start + hour}, Extend{Reservation: id, Expires: start + minute}, Extend{Reservation: id, Expires: start + 25*hour}}, want: []Verdict{Done, Repeated, Conflicting, Conflicting}},
		"extend what has ended":         {given: append(held, Release{Reservation: id}), ask: []Request{Extend{Reservation: id, Expires: start + hour}}, want: []Verdict{Conflicting}},
		"attach":                        {given: held, ask: []Request{Attach{Reservation: id, Order: "a"}, Attach{Reservation: id, Order: "a"}, Attach{Reservation: id, Order: "b"}}, want: []Verdict{Done, Repeated, Conflicting}},
		"attach to an order from first": {given: []Request{stock, aReserve(1, func(r *Reserve) { r.Wanted.Order = "a" })}, ask: []Request{Attach{Reservation: id, Order: "a"}, Attach{Reservation: id, Order: "b"}}, want: []Verdict{Repeated, Conflicting}},
		"expire too early":              {given: held, ask: []Request{Expire{id, ends}}, want: []Verdict{Premature}},
		"expire":                        {given: held, later: 15 * minute, ask: []Request{Expire{id, ends}, Expire{id, ends}}, want: []Verdict{Done, Repeated}},
		"a hold without end":            {given: []Request{stock, aReserve(1, func(r *Reserve) { r.Hold = 0 })}, later: 900 * hour, ask: []Request{Expire{id, ends}, Extend{Reservation: id, Expires: start + 901*hour}}, want: []Verdict{Premature, Conflicting}},
		"show":                          {given: held, ask: []Request{Show{id, object}, Show{id, object}, Show{id, Object{UID: "o", Name: "n", Version: 8}}, Show{id, gone}, Show{id, object}, Show{id, Object{UID: "p", Version: 11}}}, want: []Verdict{Done, Repeated, Repeated, Done, Repeated, Done}},
		"put an item again":             {given: []Request{stock}, ask: []Request{stock, PutItem{Item: anItem(func(i *Item) { i.Version = 101 })}, PutItem{Item: anItem(func(i *Item) { i.Version, i.Generation = 99, 2 })}}, want: []Verdict{Repeated, Repeated, Repeated}},
		"drop an item":                  {given: []Request{stock}, ask: []Request{DropItem{UID: "item-1", Version: 99}, DropItem{UID: "item-1", Version: 100}, DropItem{UID: "item-1", Version: 100}}, want: []Verdict{Repeated, Done, Unknown}},
		"register":                      {ask: []Request{Register{"lake", ""}, Register{"lake", "1"}, Register{"lake", "1"}, Register{"lake", ""}}, want: []Verdict{Repeated, Done, Repeated, Done}},
		"publish":                       {given: held, ask: []Request{Publish{0}, Publish{7}, Publish{1}}, want: []Verdict{Repeated, Done, Repeated}},
		"a raise waits for its status": {
			given: []Request{stock, PutItem{Item: anItem(func(i *Item) { i.Version, i.Generation, i.Received = 101, 2, 30 })}},
			ask:   []Request{aReserve(1, lines(Line{"mug", 11})), aReserve(2, lines(Line{"mug", 31})), ShowItem{"item-1", 1}, ShowItem{"item-1", 2}, ShowItem{"item-1", 2}, aReserve(1, lines(Line{"mug", 11}))},
			want:  []Verdict{Waiting, Done, Repeated, Done, Repeated, Done},
		},
		"a cut binds at once": {
			given: []Request{stock, PutItem{Item: anItem(func(i *Item) { i.Version, i.Generation, i.Received = 101, 2, 3 })}, aReserve(1, lines(Line{"mug", 4}))},
			ask:   []Request{Release{Reservation: id}, Consume{Reservation: id}},
			want:  []Verdict{Repeated, Conflicting}, // it was refused
		},
		"an item made again waits for its status": {
			given: []Request{stock, two, DropItem{UID: "item-1", Version: 105}, PutItem{Item: anItem(func(i *Item) { i.UID, i.Version = "item-2", 110 })}},
			ask:   []Request{aReserve(2), ShowItem{"item-2", 1}, aReserve(2)},
			want:  []Verdict{Waiting, Done, Done},
		},
	} {
		for _, batched := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				d := newDesk(t)
				d.ask(test.given...)
				d.now += test.later
				var got []Verdict
				if batched {
					got = d.verdicts(test.ask...)
				} else {
					for _, request := range test.ask {
						got = append(got, d.verdicts(request)...)
					}
				}
				if diff := cmp.Diff(test.want, got); diff != "" {
					t.Errorf("batched %v (-want +got):\n%s", batched, diff)
				}
				check(t, d.s)
			})
		}
	}
}

func TestRunningTotals(t *testing.T) {
	at := func(location string) func(*Item) {
		return func(i *Item) { i.UID, i.Name, i.Location, i.Received = ID(location), location, location, 4 }
	}
	id := uuidOf(1, 1)
	for name, test := range map[string]struct {
		ask    Request
		phase  Phase
		reason string
		want   []Allocation
	}{
		"over all places, in order": {
			Consume{Reservation: id, Parts: []Part{{"mug", "", 5}}}, PhaseReserved, "",
			[]Allocation{{"mug", "ams", 4, 4, 0}, {"mug", "ber", 3, 1, 0}},
		},
		"at one place": {
			Release{Reservation: id, Parts: []Part{{"mug", "ber", 2}}}, PhaseReserved, "",
			[]Allocation{{"mug", "ams", 4, 0, 0}, {"mug", "ber", 3, 0, 2}},
		},
		"more than there is": {
			Release{Reservation: id, Parts: []Part{{"mug", "", 99}}, Reason: "CART_EMPTIED"}, PhaseReleased, "CART_EMPTIED",
			[]Allocation{{"mug", "ams", 4, 0, 4}, {"mug", "ber", 3, 0, 3}},
		},
		"at both": {
			Consume{Reservation: id, Parts: []Part{{"mug", "ams", 4}, {"mug", "", 7}}}, PhaseConsumed, "",
			[]Allocation{{"mug", "ams", 4, 4, 0}, {"mug", "ber", 3, 3, 0}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.ask(PutItem{Item: anItem(at("ams"))}, PutItem{Item: anItem(at("ber"))}, aReserve(1, lines(Line{"mug", 7})))
			got := d.ask(test.ask)[0].Reservation
			if diff := cmp.Diff(test.want, got.Allocations); diff != "" {
				t.Errorf("allocations (-want +got):\n%s", diff)
			}
			if got.Phase != test.phase || got.Reason != test.reason || (got.Ended != 0) != got.Phase.Ended() {
				t.Errorf("phase %d, reason %q, ended %d", got.Phase, got.Reason, got.Ended)
			}
		})
	}
}

// A total over all places was counted at some. One by place that would count the same units
// again is refused, whatever else it says.
func TestContradictingTotals(t *testing.T) {
	at := func(location string) func(*Item) {
		return func(i *Item) { i.UID, i.Name, i.Location, i.Received = ID(location), location, location, 6 }
	}
	id := uuidOf(1, 1)
	for name, test := range map[string]struct {
		before, then []Part
		want         Verdict
		sum          int64
	}{
		"the same units elsewhere":       {[]Part{{"mug", "", 4}}, []Part{{"mug", "ams", 2}, {"mug", "ber", 2}}, Contradicting, 4},
		"in another order":               {[]Part{{"mug", "", 4}}, []Part{{"mug", "ber", 2}, {"mug", "ams", 2}}, Contradicting, 4},
		"with more":                      {[]Part{{"mug", "", 4}}, []Part{{"mug", "ams", 3}, {"mug", "ber", 3}}, Contradicting, 4},
		"beside another product":         {[]Part{{"mug", "", 4}}, []Part{{"cup", "ams", 1}, {"mug", "ams", 2}, {"mug", "ber", 2}}, Contradicting, 4},
		"as they were counted":           {[]Part{{"mug", "", 4}}, []Part{{"mug", "ams", 4}, {"mug", "ber", 2}}, Done, 6},
		"less, which raises nothing":     {[]Part{{"mug", "", 4}}, []Part{{"mug", "ams", 2}}, Repeated, 4},
		"another place alone":            {[]Part{{"mug", "", 4}}, []Part{{"mug", "ber", 1}}, Done, 5},
		"over all places again":          {[]Part{{"mug", "", 4}}, []Part{{"mug", "", 5}}, Done, 5},
		"an older statement comes again": {[]Part{{"mug", "ams", 4}, {"mug", "ber", 1}}, []Part{{"mug", "ams", 2}}, Repeated, 5},
	} {
		for operation, of := range map[string]struct {
			ask func(parts []Part) Request
			sum counter
		}{
			"consume": {func(parts []Part) Request { return Consume{Reservation: id, Parts: parts} }, ship},
			"release": {func(parts []Part) Request { return Release{Reservation: id, Parts: parts} }, giveBack},
		} {
			t.Run(name+"/"+operation, func(t *testing.T) {
				d := newDesk(t)
				d.ask(PutItem{Item: anItem(at("ams"))}, PutItem{Item: anItem(at("ber"))}, aReserve(1, lines(Line{"mug", 10})))
				d.ask(of.ask(test.before))
				got := d.ask(of.ask(test.then))[0]
				if sum := sumOf(got.Reservation.Allocations, Part{Product: "mug"}, of.sum); got.Verdict != test.want || sum != test.sum {
					t.Errorf("verdict %d with %d units, want %d with %d", got.Verdict, sum, test.want, test.sum)
				}
			})
		}
	}
}

func TestAllocationOrder(t *testing.T) {
	item := func(location string, received int64, priority int32, more ...func(*Item)) Request {
		i := anItem(func(i *Item) {
			i.UID, i.Name, i.Location, i.Received, i.Priority = ID(location), location, location, received, priority
		})
		return PutItem{Item: modified(i, more...)}
	}
	for name, test := range map[string]struct {
		items []Request
		lines []Line
		want  []Allocation
	}{
		"whole from the first by name":   {[]Request{item("b", 5, 0), item("a", 5, 0)}, []Line{{"mug", 5}}, []Allocation{{Product: "mug", Location: "a", Quantity: 5}}},
		"priority goes before the name":  {[]Request{item("a", 5, 0), item("b", 5, 1)}, []Line{{"mug", 5}}, []Allocation{{Product: "mug", Location: "b", Quantity: 5}}},
		"whole rather than by priority":  {[]Request{item("a", 5, 0), item("b", 4, 1)}, []Line{{"mug", 5}}, []Allocation{{Product: "mug", Location: "a", Quantity: 5}}},
		"split in order":                 {[]Request{item("a", 5, 0), item("b", 4, 1)}, []Line{{"mug", 7}}, []Allocation{{Product: "mug", Location: "b", Quantity: 4}, {Product: "mug", Location: "a", Quantity: 3}}},
		"safety stock is not sold":       {[]Request{item("a", 5, 0, func(i *Item) { i.SafetyStock = 1 }), item("b", 5, 0)}, []Line{{"mug", 5}}, []Allocation{{Product: "mug", Location: "b", Quantity: 5}}},
		"nothing from one suspended":     {[]Request{item("a", 5, 0, func(i *Item) { i.Suspended = true }), item("b", 5, 0)}, []Line{{"mug", 5}}, []Allocation{{Product: "mug", Location: "b", Quantity: 5}}},
		"one product in two lines":       {[]Request{item("a", 5, 0), item("b", 5, 0)}, []Line{{"mug", 3}, {"mug", 3}}, []Allocation{{Product: "mug", Location: "a", Quantity: 3}, {Product: "mug", Location: "b", Quantity: 3}}},
		"a duplicate does not count":     {[]Request{item("a", 5, 0), item("a", 50, 0, func(i *Item) { i.UID = "b" })}, []Line{{"mug", 6}}, nil},
		"the older of two items serves":  {[]Request{item("a", 5, 0), item("a", 50, 0, func(i *Item) { i.UID, i.Created = "b", i.Created-1 }), ShowItem{"b", 1}}, []Line{{"mug", 6}}, []Allocation{{Product: "mug", Location: "a", Quantity: 6}}},
		"all lines or none":              {[]Request{item("a", 5, 0)}, []Line{{"mug", 5}, {"pot", 1}}, nil},
		"a line may use what is left":    {[]Request{item("a", 5, 0)}, []Line{{"mug", 5}}, []Allocation{{Product: "mug", Location: "a", Quantity: 5}}},
		"the second line finds it taken": {[]Request{item("a", 5, 0)}, []Line{{"mug", 5}, {"mug", 1}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.ask(test.items...)
			got := d.ask(aReserve(1, lines(test.lines...)))[0].Reservation
			if diff := cmp.Diff(test.want, got.Allocations); diff != "" {
				t.Errorf("allocations (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPositions(t *testing.T) {
	d := newDesk(t)
	d.ask(
		PutItem{Item: anItem()},
		aReserve(1, lines(Line{"mug", 7})),
		aReserve(2, lines(Line{"mug", 4})),
		Consume{Reservation: uuidOf(1, 1), Parts: []Part{{Product: "mug", Quantity: 2}}},
		PutItem{Item: anItem(func(i *Item) { i.Version, i.Generation, i.Received = 101, 2, 4 })},
		PutItem{Item: anItem(func(i *Item) { i.UID, i.Name, i.Version, i.Created = "item-2", "late", 102, start })},
	)
	want := ItemFigures{Serving: true, ServingName: "mug-ams", OnHand: 2, Reserved: 5, Shortfall: 3, Consumed: 2, Refused: 1}
	got, _ := d.s.Figures("item-1")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("position (-want +got):\n%s", diff)
	}
	got, _ = d.s.Figures("item-2")
	if diff := cmp.Diff(ItemFigures{ServingName: "mug-ams"}, got); diff != "" {
		t.Errorf("position of a duplicate (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(Totals{Items: 1, OnHand: 2, Reserved: 5, Consumed: 2}, d.s.Totals()); diff != "" {
		t.Errorf("totals (-want +got):\n%s", diff)
	}
}
