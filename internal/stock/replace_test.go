package stock

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// indexedDesk is a desk whose carts are found by cart and order.
func indexedDesk(t testing.TB) *desk {
	d := newDesk(t)
	d.s = NewIndexed(Index{Carts: true, Orders: true})
	return d
}

// at puts so many mugs at a place.
func at(location string, received int64) PutItem {
	return PutItem{Item: anItem(func(i *Item) {
		i.UID, i.Name, i.Location, i.Received = ID(location), location, location, received
	})}
}

// cartOf makes a reserve one of a cart.
func cartOf(cart ID) func(*Reserve) { return func(r *Reserve) { r.Wanted.Cart = cart } }

func mugs(units int64) func(*Reserve) { return lines(Line{"mug", units}) }

func replacing(n int) func(*Reserve) { return func(r *Reserve) { r.Wanted.Replaces = uuidOf(1, n) } }

func oneHold(r *Reserve) { r.OneHold = true }

func forOrder(order ID) func(*Reserve) { return func(r *Reserve) { r.Wanted.Order = order } }

// What a cart takes the place of: its own running hold alone, and unasked none that became
// something of its own.
func TestReplacing(t *testing.T) {
	first := aReserve(1, cartOf("c"), mugs(6))
	for name, test := range map[string]struct {
		given []Request
		ask   Reserve
		want  Verdict
		// replaced says that the first hold has ended, held how many units are held then.
		replaced bool
		held     int64
	}{
		"with its last unit":                  {nil, aReserve(2, cartOf("c"), mugs(10), replacing(1)), Done, true, 10},
		"more than there is":                  {nil, aReserve(2, cartOf("c"), mugs(11), replacing(1)), Done, false, 6},
		"of another cart":                     {nil, aReserve(2, cartOf("d"), mugs(1), replacing(1)), Irreplaceable, false, 6},
		"of nobody":                           {nil, aReserve(2, cartOf("c"), mugs(1), replacing(7)), Irreplaceable, false, 6},
		"one that has ended":                  {[]Request{Release{Reservation: uuidOf(1, 1)}}, aReserve(2, cartOf("c"), mugs(1), replacing(1)), Irreplaceable, false, 0},
		"one of which some is shipped":        {[]Request{Consume{Reservation: uuidOf(1, 1), Parts: []Part{{"mug", "", 2}}}}, aReserve(2, cartOf("c"), mugs(8), replacing(1)), Done, true, 8},
		"unasked":                             {nil, aReserve(2, cartOf("c"), mugs(10), oneHold), Done, true, 10},
		"unasked, of another cart":            {nil, aReserve(2, cartOf("d"), mugs(4), oneHold), Done, false, 10},
		"unasked, some is shipped":            {[]Request{Consume{Reservation: uuidOf(1, 1), Parts: []Part{{"mug", "", 2}}}}, aReserve(2, cartOf("c"), mugs(1), oneHold), Done, false, 5},
		"unasked, of an order":                {[]Request{Attach{Reservation: uuidOf(1, 1), Order: "o"}}, aReserve(2, cartOf("c"), mugs(1), oneHold), Done, false, 7},
		"unasked, of another order":           {[]Request{Attach{Reservation: uuidOf(1, 1), Order: "o"}}, aReserve(2, cartOf("c"), mugs(1), oneHold, forOrder("p")), Done, false, 7},
		"unasked, of the same order":          {[]Request{Attach{Reservation: uuidOf(1, 1), Order: "o"}}, aReserve(2, cartOf("c"), mugs(1), oneHold, forOrder("o")), Done, true, 1},
		"asked, of another order":             {[]Request{Attach{Reservation: uuidOf(1, 1), Order: "o"}}, aReserve(2, cartOf("c"), mugs(1), replacing(1), forOrder("p")), Done, true, 1},
		"unasked, and the one asked for goes": {nil, aReserve(2, cartOf("c"), mugs(1), replacing(1), oneHold), Done, true, 1},
	} {
		t.Run(name, func(t *testing.T) {
			d := indexedDesk(t)
			d.ask(append([]Request{at("ams", 10), first}, test.given...)...)
			before := d.read(1)
			got := d.ask(test.ask)[0]
			after := d.read(1)
			if got.Verdict != test.want {
				t.Errorf("verdict %d, want %d", got.Verdict, test.want)
			}
			if _, held, _ := d.s.Level("mug"); held != test.held {
				t.Errorf("%d units are held, want %d", held, test.held)
			}
			switch {
			case !test.replaced && !cmp.Equal(before, after):
				t.Errorf("the first hold was %+v and is %+v", before, after)
			case test.replaced && (!after.Phase.Ended() || after.Reason != ReasonReplaced || after.ReplacedBy != uuidOf(1, 2) || d.read(2).Replaces != uuidOf(1, 1)):
				t.Errorf("the first hold is %+v, the second %+v", after, d.read(2))
			}
			check(t, d.s)
		})
	}
}

// read is a reservation as it stands, of the carts by their number.
func (d *desk) read(n int) Reservation {
	d.t.Helper()
	r, ok := d.s.Reservation(uuidOf(1, n))
	if !ok {
		return Reservation{}
	}
	return *r
}

// The end of the older hold comes right before the newer one, in one batch or in none, however
// full that is.
func TestReplacingIsOneAppend(t *testing.T) {
	verdicts := map[Verdict]int{}
	for room := 800; room <= 2400; room += 10 {
		d := indexedDesk(t)
		d.ask(at("ams", 100), aReserve(1, cartOf("c"), mugs(6)))
		d.policy.Batch = room
		var requests []Request
		for n := range 12 {
			requests = append(requests, aReserve(10+n))
		}
		requests = append(requests, aReserve(2, cartOf("c"), mugs(10), replacing(1)))
		b := Decide(d.s, requests, d.now, d.page, d.policy)
		var kinds []string
		for _, encoded := range b.Records {
			record, err := Decode(encoded)
			if err != nil {
				t.Fatal(err)
			}
			switch r := record.(type) {
			case *Released:
				kinds = append(kinds, "the older ends")
			case *Reserved:
				if r.Replaces != "" {
					kinds = append(kinds, "the newer stands")
				}
			}
		}
		verdict := b.Answers[len(requests)-1].Verdict
		verdicts[verdict]++
		want := map[Verdict][]string{Done: {"the older ends", "the newer stands"}}
		if diff := cmp.Diff(want[verdict], kinds); diff != "" {
			t.Fatalf("in a batch of %d bytes the answer is %d (-want +got):\n%s", room, verdict, diff)
		}
	}
	if verdicts[Done] == 0 || verdicts[Later] == 0 {
		t.Errorf("the verdicts are %v", verdicts)
	}
}

// One hold of a batch replaces another one of the same batch, and is replaced by a third.
func TestReplacingInOneBatch(t *testing.T) {
	d := indexedDesk(t)
	d.ask(at("ams", 10))
	d.ask(aReserve(1, cartOf("c"), mugs(9), oneHold), aReserve(2, cartOf("c"), mugs(9), oneHold), aReserve(3, cartOf("c"), mugs(10), replacing(2)),
		aReserve(4, cartOf("c"), mugs(2), replacing(2)))
	for n, want := range map[int]ID{1: uuidOf(1, 2), 2: uuidOf(1, 3), 3: ""} {
		if got := d.read(n).ReplacedBy; got != want {
			t.Errorf("%d is replaced by %q, want %q", n, got, want)
		}
	}
	if _, held, _ := d.s.Level("mug"); held != 10 || d.read(4).ID != "" {
		t.Errorf("%d units are held, and the last one is %+v", held, d.read(4))
	}
	check(t, d.s)
}

// A longer hold keeps the first end, by which the outcome's event was told.
func TestExtendedKeepsItsFirstEnd(t *testing.T) {
	d := newDesk(t)
	d.ask(at("ams", 10), aReserve(1))
	first := d.read(1).Expires
	for _, until := range []Time{start + hour, start + 2*hour} {
		d.ask(Extend{Reservation: uuidOf(1, 1), Expires: until})
		if r := d.read(1); r.Expires != until || r.Granted() != first {
			t.Errorf("until %d it ends at %d, first at %d", until, r.Expires, r.Granted())
		}
	}
}
