package stock

import (
	"fmt"
	"strings"
	"testing"
)

// minute and hour are lengths of Time.
const (
	minute = 60 * second
	hour   = 60 * minute
	start  = Time(1_900_000_000) * second
)

// generous is a policy under which nothing has to be compacted.
func generous() Policy {
	return Policy{Retention: 24 * hour, Grace: 5 * minute, Limit: 64 << 20, CompactAbove: 1 << 20, Batch: 256 << 10}
}

// modified is what a builder returns after its modifiers.
func modified[T any](value T, modifiers ...func(*T)) T {
	for _, modify := range modifiers {
		modify(&value)
	}
	return value
}

// uuidOf is a UUID for a number.
func uuidOf(kind, n int) ID { return ID(fmt.Sprintf("%08x-0000-5000-8000-%012x", kind, n)) }

// anItem is a StockItem with 10 mugs at ams.
func anItem(modifiers ...func(*Item)) Item {
	return modified(Item{
		UID: "item-1", Name: "mug-ams", Product: "mug", Location: "ams", Created: start - hour, Generation: 1, Version: 100, Received: 10,
	}, modifiers...)
}

// aReserve asks for one mug.
func aReserve(n int, modifiers ...func(*Reserve)) Reserve {
	return modified(Reserve{
		Hold: 15 * minute,
		Wanted: Reservation{
			ID: uuidOf(1, n), Outcome: uuidOf(2, n), Cart: uuidOf(3, n),
			Command: Command{Source: "/shop", ID: uuidOf(4, n), Time: start, Hash: fmt.Sprintf("%016x", n)},
			Lines:   []Line{{Product: "mug", Quantity: 1}},
		},
	}, modifiers...)
}

func lines(lines ...Line) func(*Reserve) {
	return func(r *Reserve) { r.Wanted.Lines = lines }
}

func dump(t testing.TB, s *State) string {
	t.Helper()
	var text strings.Builder
	if err := s.Dump(&text); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

// desk decides and applies on one page.
type desk struct {
	t      testing.TB
	s      *State
	now    Time
	page   uint64
	policy Policy
}

func newDesk(t testing.TB) *desk {
	return &desk{t: t, s: New(), now: start, policy: generous()}
}

// ask decides requests as one batch, applies it and returns the answers.
func (d *desk) ask(requests ...Request) []Answer {
	d.t.Helper()
	before := dump(d.t, d.s)
	b := Decide(d.s, requests, d.now, d.page, d.policy)
	if after := dump(d.t, d.s); after != before {
		d.t.Fatalf("Decide changed State:\n%s\nto\n%s", before, after)
	}
	if err := d.s.Apply(&Write{Page: d.page, Head: b.Head, Marks: b.Marks, Records: b.Records, Stored: int64(100 * len(b.Records))}); err != nil {
		d.t.Fatal(err)
	}
	return b.Answers
}

func (d *desk) verdicts(requests ...Request) []Verdict {
	d.t.Helper()
	var verdicts []Verdict
	for _, a := range d.ask(requests...) {
		verdicts = append(verdicts, a.Verdict)
	}
	return verdicts
}
