package ledger

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	v1 "github.com/acme/inventory-service/api/v1"
)

const (
	// most is the largest number of units that an item can have.
	most = int64(1_000_000_000_000_000)
	// largest is the largest quantity that a line can ask for.
	largest = v1.MaxQuantity
)

func priority(p int32) func(*Item)              { return func(i *Item) { i.Priority = p } }
func safety(units int64) func(*Item)            { return func(i *Item) { i.SafetyStock = units } }
func sellableNow(n int64) func(*Item)           { return func(i *Item) { i.Sellable = n } }
func suspended(i *Item)                         { i.Suspended = true }
func items(all ...Item) []Item                  { return all }
func held(all ...v1.Allocation) []v1.Allocation { return all }

func TestAllocate(t *testing.T) {
	cases := map[string]struct {
		items []Item
		held  []v1.Allocation
		cart  []v1.ReservationItem
		want  Answer
	}{
		"one location": {
			items: items(stock("p", "a", 5)), cart: lines(line("p", 5)),
			want: Answer{Allocations: parts(from("a", "p", 5))},
		},
		"the higher priority first": {
			items: items(stock("p", "a", 5), stock("p", "b", 5).with(priority(1))), cart: lines(line("p", 2)),
			want: Answer{Allocations: parts(from("b", "p", 2))},
		},
		"a negative priority last": {
			items: items(stock("p", "a", 5).with(priority(-1)), stock("p", "b", 5)), cart: lines(line("p", 2)),
			want: Answer{Allocations: parts(from("b", "p", 2))},
		},
		"then by name, whatever came first": {
			items: items(stock("p", "b", 5), stock("p", "a", 5)), cart: lines(line("p", 2)),
			want: Answer{Allocations: parts(from("a", "p", 2))},
		},
		"whole from a lower priority rather than split": {
			items: items(stock("p", "a", 2).with(priority(9)), stock("p", "b", 3)), cart: lines(line("p", 3)),
			want: Answer{Allocations: parts(from("b", "p", 3))},
		},
		"split in order, the highest priority emptied first": {
			items: items(stock("p", "a", 2), stock("p", "b", 2).with(priority(1)), stock("p", "c", 2)), cart: lines(line("p", 5)),
			want: Answer{Allocations: parts(from("b", "p", 2), from("a", "p", 2), from("c", "p", 1))},
		},
		"split passes over what is empty": {
			items: items(stock("p", "a", 0), stock("p", "b", 2), stock("p", "c", 2)), cart: lines(line("p", 3)),
			want: Answer{Allocations: parts(from("b", "p", 2), from("c", "p", 1))},
		},
		"several lines in the cart's order": {
			items: items(stock("p", "a", 2), stock("q", "a", 2)), cart: lines(line("q", 1), line("p", 2)),
			want: Answer{Allocations: parts(from("a", "q", 1), from("a", "p", 2))},
		},
		"the same product twice takes twice": {
			items: items(stock("p", "a", 3)), cart: lines(line("p", 2), line("p", 2)),
			want: shortage(short("p", 2, 1)),
		},
		"a product nobody stocks": {
			items: items(stock("p", "a", 2)), cart: lines(line("ghost", 1)),
			want: shortage(short("ghost", 1, 0)),
		},
		"all or nothing, with the short lines only": {
			items: items(stock("p", "a", 2), stock("q", "a", 1), stock("r", "a", 9)),
			cart:  lines(line("p", 3), line("r", 1), line("q", 2)),
			want:  shortage(short("p", 3, 2), short("q", 2, 1)),
		},
		"available is over all locations": {
			items: items(stock("p", "a", 2), stock("p", "b", 3)), cart: lines(line("p", 6)),
			want: shortage(short("p", 6, 5)),
		},
		"held units are not available": {
			items: items(stock("p", "a", 5)), held: held(from("a", "p", 3)), cart: lines(line("p", 3)),
			want: shortage(short("p", 3, 2)),
		},
		"safety stock is not sold": {
			items: items(stock("p", "a", 5).with(safety(2))), cart: lines(line("p", 4)),
			want: shortage(short("p", 4, 3)),
		},
		"safety stock of one location does not eat another's": {
			items: items(stock("p", "a", 1).with(safety(9)), stock("p", "b", 2)), cart: lines(line("p", 2)),
			want: Answer{Allocations: parts(from("b", "p", 2))},
		},
		"nothing from a suspended item": {
			items: items(stock("p", "a", 5).with(suspended), stock("p", "b", 1)), cart: lines(line("p", 2)),
			want: shortage(short("p", 2, 1)),
		},
		"units promised beyond what was received": {
			items: items(stock("p", "a", 5), stock("p", "b", 2)), held: held(from("a", "p", 8)), cart: lines(line("p", 3)),
			want: shortage(short("p", 3, 2)),
		},
		"declared units are waited for": {
			items: items(stock("p", "a", 5).with(sellableNow(1))), cart: lines(line("p", 2)),
			want: Answer{Wait: true},
		},
		"sellable units are not waited for": {
			items: items(stock("p", "a", 5).with(sellableNow(2))), cart: lines(line("p", 2)),
			want: Answer{Allocations: parts(from("a", "p", 2))},
		},
		"no wait where declared units do not suffice": {
			items: items(stock("p", "a", 5).with(sellableNow(1))), cart: lines(line("p", 6)),
			want: shortage(short("p", 6, 1)),
		},
		"no wait where any line is short for good": {
			items: items(stock("p", "a", 5).with(sellableNow(1)), stock("q", "a", 1)), cart: lines(line("p", 2), line("q", 2)),
			want: shortage(short("p", 2, 1), short("q", 2, 1)),
		},
		"no wait for a suspended item": {
			items: items(stock("p", "a", 5).with(sellableNow(1)).with(suspended)), cart: lines(line("p", 2)),
			want: shortage(short("p", 2, 0)),
		},
		"waiting counts locations together": {
			items: items(stock("p", "a", 2).with(sellableNow(0)), stock("p", "b", 2)), cart: lines(line("p", 4)),
			want: Answer{Wait: true},
		},
		"the largest numbers": {
			items: items(stock("p", "a", most), stock("p", "b", most)), held: held(from("a", "p", most), from("b", "p", most-largest)),
			cart: lines(line("p", largest)),
			want: Answer{Allocations: parts(from("b", "p", largest))},
		},
		"the largest numbers, one short": {
			items: items(stock("p", "a", most), stock("p", "b", most)), held: held(from("a", "p", most), from("b", "p", most-largest+1)),
			cart: lines(line("p", largest)),
			want: shortage(short("p", largest, largest-1)),
		},
		"the largest safety stock and the most promised": {
			items: items(stock("p", "a", 0).with(safety(most))), held: held(from("a", "p", most)), cart: lines(line("p", 1)),
			want: shortage(short("p", 1, 0)),
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			l := stocked(tc.items...)
			if len(tc.held) > 0 {
				l.Journal("held", tc.held)
			}
			l.TakeChanged()
			totals := l.Totals()
			if diff := cmp.Diff(tc.want, l.Allocate(tc.cart)); diff != "" {
				t.Errorf("answer (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(totals, l.Totals()); diff != "" || len(l.TakeChanged()) > 0 {
				t.Errorf("Allocate changed the ledger:\n%s", diff)
			}
			if diff := cmp.Diff(tc.want, l.Allocate(tc.cart)); diff != "" {
				t.Errorf("the second answer differs from the first (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAllocateWhole(t *testing.T) {
	cases := map[string]struct {
		items []Item
		cart  []v1.ReservationItem
		want  Answer
	}{
		"from the first that serves it whole": {
			items: items(stock("p", "a", 2), stock("p", "b", 3)), cart: lines(line("p", 3)),
			want: Answer{Allocations: parts(from("b", "p", 3))},
		},
		"never split, and not waited for": {
			items: items(stock("p", "a", 2), stock("p", "b", 3)), cart: lines(line("p", 4)),
			want: shortage(short("p", 4, 3)),
		},
		"waits where one location will serve it": {
			items: items(stock("p", "a", 9).with(sellableNow(2)), stock("p", "b", 3)), cart: lines(line("p", 4)),
			want: Answer{Wait: true},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, stocked(tc.items...).AllocateWhole(tc.cart)); diff != "" {
				t.Errorf("answer (-want +got):\n%s", diff)
			}
		})
	}
}
