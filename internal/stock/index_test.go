package stock

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Reservations are found by their cart and by the order that they have now, as long as they are
// remembered and no longer.
func TestFoundByCartAndOrder(t *testing.T) {
	d := indexedDesk(t)
	d.policy.Retention, d.policy.Grace, d.policy.CompactAbove = hour, minute, 0
	found := func(all []*Reservation) (ids []ID) {
		for _, r := range all {
			ids = append(ids, r.ID)
		}
		return ids
	}
	want := func(what string, all []*Reservation, ids ...ID) {
		t.Helper()
		if diff := cmp.Diff(ids, found(all)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
	d.ask(at("ams", 10), aReserve(1, cartOf("c")), aReserve(2, cartOf("c"), forOrder("o")), aReserve(3, cartOf("d")))
	want("of a cart", d.s.OfCart("c"), uuidOf(1, 1), uuidOf(1, 2))
	want("of an order", d.s.OfOrder("o"), uuidOf(1, 2))
	d.ask(Attach{Reservation: uuidOf(1, 1), Order: "o"})
	want("of an order, named later", d.s.OfOrder("o"), uuidOf(1, 1), uuidOf(1, 2))
	want("of no order", d.s.OfOrder(""))
	want("of nobody", d.s.OfCart("f"))
	d.ask(Release{Reservation: uuidOf(1, 1)}, Publish{Number: 9})
	want("of a cart, one of which has ended", d.s.OfCart("c"), uuidOf(1, 1), uuidOf(1, 2))
	// What has ended is forgotten once the log is larger than twice what counts.
	for n := range 30 {
		d.ask(aReserve(100+n, cartOf("e")), Release{Reservation: uuidOf(1, 100+n)}, Publish{Number: 99})
	}
	d.now += 2 * hour
	for n := range 9 {
		d.page++
		d.ask(aReserve(4+n, cartOf("e")))
	}
	if _, ok := d.s.Reservation(uuidOf(1, 1)); ok {
		t.Fatal("the first is still remembered")
	}
	want("of a cart, one of which is forgotten", d.s.OfCart("c"), uuidOf(1, 2))
	want("of an order, one of which is forgotten", d.s.OfOrder("o"), uuidOf(1, 2))
	if n := d.s.byCart.size(); n != d.s.Remembered() || n > 11 {
		t.Errorf("%d entries for %d carts", n, d.s.Remembered())
	}
}

// size is how many carts the index has.
func (x *index) size() int {
	if x == nil {
		return 0
	}
	n := len(x.first)
	for _, others := range x.others {
		n += len(others)
	}
	return n
}
