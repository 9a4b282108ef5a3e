package stock

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// check computes anew what State keeps as sums and indexes, and compares.
func check(t testing.TB, s *State) {
	t.Helper()
	checkPages(t, s)
	checkStocks(t, s)
	checkEnds(t, s)
	checkIndexes(t, s)
}

func checkPages(t testing.TB, s *State) {
	t.Helper()
	type sums struct{ keep, refused, finished int64 }
	want := map[*page]*sums{}
	var encoded, stored int64
	for i, p := range s.pages {
		want[p] = &sums{}
		encoded += p.encoded
		stored += p.stored
		if p.number < s.head || (i > 0 && p.number <= s.pages[i-1].number) {
			t.Fatalf("page %d is out of order, head %d", p.number, s.head)
		}
	}
	if encoded != s.encoded || stored != s.stored {
		t.Fatalf("the log has %d and %d bytes, its pages %d and %d", s.encoded, s.stored, encoded, stored)
	}
	for c := range s.carts() {
		kind, bytes := c.counted(c.reservation())
		if !slices.Contains(c.home.carts, c) {
			t.Fatalf("cart %s is not listed at its home", c.reservation().ID)
		}
		if got := s.classify(c.reservation()); got != kind || (c.open == nil) != (kind != classKeep) {
			t.Fatalf("cart %+v is counted as %d instead of %d", c.reservation(), kind, got)
		}
		switch kind {
		case classKeep:
			want[c.home].keep += bytes
		case classRefused:
			want[c.home].refused += bytes
		case classFinished:
			want[c.home].finished += bytes
		}
	}
	for _, i := range s.items {
		want[i.home].keep += i.size()
	}
	for _, l := range s.stocks {
		if l.home != nil {
			want[l.home].keep += totalSize(l)
		}
	}
	pageReaders := 0
	for _, r := range s.readers {
		want[r.home].keep += r.size()
		if own, is := strings.CutPrefix(r.name, pagesPrefix); is {
			pageReaders++
			if s.pageReaders[own] != r || r.page != comeTo(r.position) {
				t.Fatalf("the reader %q is at page %d and position %q", own, r.page, r.position)
			}
		}
	}
	if len(s.pageReaders) != pageReaders {
		t.Fatalf("%d readers of pages are known instead of %d", len(s.pageReaders), pageReaders)
	}
	if r := s.restore; r != nil {
		want[r.home].keep += r.size()
	}
	for p, sums := range want {
		if p.keep != sums.keep || p.refused.bytes != sums.refused || p.finished.bytes != sums.finished {
			t.Fatalf("page %d counts %d, %d, %d instead of %+v", p.number, p.keep, p.refused.bytes, p.finished.bytes, *sums)
		}
	}
}

// checkEnds: all ends after the time that was passed are to be told, each once, in order.
func checkEnds(t testing.TB, s *State) {
	t.Helper()
	want := map[ID]Time{}
	for c := range s.carts() {
		if r := c.reservation(); r.endOf() > s.endsPassed {
			want[r.ID] = r.Ended
		}
	}
	last := Time(0)
	for r := range s.Ends(0) {
		if want[r.ID] != r.Ended || r.Ended < last {
			t.Fatalf("the end of %s at %d is told after %d", r.ID, r.Ended, last)
		}
		last = r.Ended
		delete(want, r.ID)
	}
	if len(want) > 0 {
		t.Fatalf("the ends %v are not told", want)
	}
}

func checkStocks(t testing.TB, s *State) {
	t.Helper()
	reserved := map[Key]int64{}
	for r := range s.Open() {
		for _, a := range r.Allocations {
			if a.Held() > 0 {
				reserved[Key{a.Product, a.Location}] += a.Held()
			}
		}
	}
	for key, l := range s.stocks {
		if l.reserved != reserved[key] || l.reserved < 0 || l.consumed < 0 {
			t.Fatalf("%v holds %d instead of %d, consumed %d", key, l.reserved, reserved[key], l.consumed)
		}
		if len(l.items) == 0 && l.reserved == 0 && l.home == nil {
			t.Fatalf("%v is kept for nothing", key)
		}
		if !slices.Contains(s.products[key.Product], l) || !slices.IsSortedFunc(l.items, precedence) {
			t.Fatalf("%v is not in its place", key)
		}
		delete(reserved, key)
	}
	if len(reserved) > 0 {
		t.Fatalf("nothing is known of %v", reserved)
	}
	for product, places := range s.products {
		if !slices.IsSortedFunc(places, func(a, b *locationStock) int { return cmp.Compare(b.priority(), a.priority()) }) {
			t.Fatalf("the places of %s are not in order of their priorities", product)
		}
	}
	for _, i := range s.items {
		if !slices.Contains(s.stocks[i.key()].items, i) {
			t.Fatalf("item %s is not at its place", i.UID)
		}
	}
}

func checkIndexes(t testing.TB, s *State) {
	t.Helper()
	want := map[ID]uint64{}
	carts, orders := 0, 0
	for r := range s.Reservations() {
		if r.Cart != "" {
			carts++
		}
		if r.CurrentOrder() != "" {
			orders++
		}
		if r.Number > s.marks.Published {
			want[r.ID] = r.Number
		}
		for _, name := range names(r) {
			if name == "" {
				continue
			}
			if _, ok := s.FindObject(name); !ok {
				t.Fatalf("%s is not found by %q", r.ID, name)
			}
		}
	}
	if s.byCart != nil && s.byCart.size() != carts || s.byOrder != nil && s.byOrder.size() != orders {
		t.Fatalf("%d carts and %d orders are indexed instead of %d and %d", s.byCart.size(), s.byOrder.size(), carts, orders)
	}
	got, last := map[ID]uint64{}, uint64(0)
	for r := range s.Unpublished() {
		if r.Number < last {
			t.Fatalf("outcome %d comes after %d", r.Number, last)
		}
		got[r.ID], last = r.Number, r.Number
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Fatalf("unpublished %v instead of %v", got, want)
	}
}
