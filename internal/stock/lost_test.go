package stock

import (
	"fmt"
	"testing"
)

// A page that was lost is restated whatever the size of the log, and as fast as batches
// allow; the head passes it.
func TestLostPageIsRestated(t *testing.T) {
	p := newPress(t, generous())
	for n := range 60 {
		p.must(aReserve(n))
	}
	if p.s.Head() != 0 || p.page < 4 {
		t.Fatalf("head %d, page %d", p.s.Head(), p.page)
	}
	p.policy.Through = 2
	for range 3 {
		p.batch()
	}
	if p.s.Head() <= 2 {
		t.Errorf("head %d after three batches, want it past page 2", p.s.Head())
	}
	if p.s.Remembered() != 60 {
		t.Errorf("%d carts are known, want 60", p.s.Remembered())
	}
	check(t, p.s)
}

// Carts that have moved on from a page are not forgotten, and do not raise the mark when
// the head passes it: a command a moment younger is decided.
func TestMarkOfWhatMovedOn(t *testing.T) {
	for n := 10; n < 60; n++ {
		d := newDesk(t)
		land := func(page uint64, compactAbove int64, requests ...Request) {
			policy := Policy{Retention: 24 * hour, Grace: 5 * minute, CompactAbove: compactAbove, Batch: 256 << 10}
			b := Decide(d.s, requests, d.now, page, policy)
			if err := d.s.Apply(&Write{Page: page, Head: b.Head, Marks: b.Marks, Records: b.Records, Stored: 1}); err != nil {
				t.Fatal(err)
			}
		}
		partly := func(units int64) Request {
			return Consume{Reservation: uuidOf(1, 9999), Parts: []Part{{Product: "mug", Quantity: units}}}
		}
		first := []Request{PutItem{Item: anItem(func(i *Item) { i.Received = 1000 })}, aReserve(9999, lines(Line{"mug", 5})), partly(1)}
		for i := range n {
			first = append(first, aReserve(i, lines(Line{"mug", 1})), Release{Reservation: uuidOf(1, i)})
		}
		land(1, 1<<30, append(first, Publish{1 << 40})...)
		for i := range 400 {
			land(2, 1<<30, Register{"archive-archive-archive-archive-archive", fmt.Sprint("page seven, record eight, digest nine ", i)})
		}
		d.now += 3 * second
		land(3, 1000) // compaction restates as much as its budget allows
		land(3, 1000, partly(2), PutItem{Item: anItem(func(i *Item) { i.Version, i.Generation, i.Received = 200, 2, 1000 })})
		if d.s.Remembered() == n+1 && d.s.Marks().Forgotten != 0 {
			t.Fatalf("with %d carts, all remembered, the mark is %d", n, d.s.Marks().Forgotten)
		}
	}
}
