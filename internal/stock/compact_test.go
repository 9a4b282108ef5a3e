package stock

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// press is a desk whose pages fill up.
type press struct {
	*desk
	fill   int64
	onPage int64
}

func newPress(t testing.TB, policy Policy) *press {
	p := &press{desk: newDesk(t), fill: 2000}
	p.policy = policy
	p.must(PutItem{Item: anItem(func(i *Item) { i.Received = 1 << 40 })})
	return p
}

// batch decides and lands one batch, on a new page where the last one is full. Half of the
// bytes are stored.
func (p *press) batch(requests ...Request) Batch {
	p.t.Helper()
	if p.onPage >= p.fill {
		p.page, p.onPage = p.page+1, 0
	}
	b := Decide(p.s, requests, p.now, p.page, p.policy)
	for _, record := range b.Records {
		p.onPage += int64(len(record))
	}
	if err := p.s.Apply(&Write{Page: p.page, Head: b.Head, Marks: b.Marks, Records: b.Records, Stored: p.onPage / 2}); err != nil {
		p.t.Fatal(err)
	}
	return b
}

func (p *press) must(requests ...Request) {
	p.t.Helper()
	for i, a := range p.batch(requests...).Answers {
		if a.Verdict != Done {
			p.t.Fatalf("%T is told %d", requests[i], a.Verdict)
		}
	}
}

// TestLogStaysSmall goes on for long with few carts that are held at a time.
func TestLogStaysSmall(t *testing.T) {
	p := newPress(t, Policy{Retention: 10 * second, Grace: second, CompactAbove: 4000, Batch: 6000})
	most := int64(0)
	for n := range 3000 {
		p.now += second
		requests := []Request{aReserve(n, func(r *Reserve) { r.Wanted.Command.Time = p.now }), Publish{Number: uint64(n + 1)}}
		if n >= 10 {
			requests = append(requests, Consume{Reservation: uuidOf(1, n-10)})
		}
		p.must(requests...)
		encoded, _ := p.s.LogBytes()
		most = max(most, encoded)
	}
	// Twenty carts or so count, of 200 bytes each.
	if most > 4*4000+p.fill {
		t.Errorf("the log grew to %d bytes", most)
	}
	check(t, p.s)
	if got := p.s.Consumed(Key{"mug", "ams"}); got != 2990 {
		t.Errorf("%d units were consumed", got)
	}
}

// TestBound goes up to the bound: refusals are forgotten first, then finished carts, and
// what is young never; then new carts are told so, and everything else goes on.
func TestBound(t *testing.T) {
	p := newPress(t, Policy{Retention: 24 * hour, Grace: 5 * minute, Limit: 16_000, CompactAbove: 1000, Batch: 20_000})
	refused := func(n int) Request { return aReserve(n, lines(Line{"pot", 1})) }
	full := 0
	for n := 0; full == 0; n++ {
		if n > 1000 {
			t.Fatal("the bound is never reached")
		}
		for _, a := range p.batch(aReserve(2*n), Release{Reservation: uuidOf(1, 2*n)}, refused(2*n+1), Publish{1 << 40}).Answers {
			if a.Verdict == Full {
				full = n
			}
		}
	}
	young := p.s.Remembered()
	if young < 2*full-1 {
		t.Errorf("%d carts are remembered of %d, all younger than the grace", young, 2*full)
	}
	p.must(PutItem{Item: anItem(func(i *Item) { i.UID = "item-9"; i.Location = "cph" })}, Register{"lake", "1"})

	p.now += 6 * minute
	for range 5 {
		p.batch()
	}
	_, stored := p.s.LogBytes()
	if stored > p.policy.Limit {
		t.Errorf("%d bytes are stored", stored)
	}
	old := aReserve(0)
	if got := p.batch(old, aReserve(9999, func(r *Reserve) { r.Wanted.Command.Time = p.now })).Answers; got[1].Verdict != Done || got[0].Verdict == Done {
		t.Errorf("verdicts %v", got)
	}
	check(t, p.s)
}

// TestRefusalsGoFirst is just above 7/8 of the bound.
func TestRefusalsGoFirst(t *testing.T) {
	p := newPress(t, Policy{Retention: 24 * hour, Grace: 5 * minute, Limit: 16_000, CompactAbove: 1000, Batch: 20_000})
	finished, stored := 0, int64(0)
	for n := 0; stored < 14_100; n++ {
		finished++
		p.must(aReserve(2*n), Release{Reservation: uuidOf(1, 2*n)}, aReserve(2*n+1, lines(Line{"pot", 1})), Publish{1 << 40})
		_, stored = p.s.LogBytes()
	}
	p.now += 6 * minute
	for range 20 {
		p.batch()
	}
	got := map[Phase]int{}
	for r := range p.s.Reservations() {
		got[r.Phase]++
	}
	if got[PhaseReleased] != finished || got[PhaseRefused] >= finished {
		t.Errorf("of %d each, %d finished and %d refused are remembered", finished, got[PhaseReleased], got[PhaseRefused])
	}
}

// TestForgottenIsTooOld asks again for carts that are forgotten.
func TestForgottenIsTooOld(t *testing.T) {
	p := newPress(t, Policy{Retention: minute, Grace: minute, CompactAbove: 0, Batch: 20_000})
	own := aReserve(2, func(r *Reserve) {
		r.Wanted.Command, r.Wanted.Object = Command{}, Object{UID: r.Wanted.ID, Name: "own", Version: 50}
	})
	timeless := aReserve(3, func(r *Reserve) { r.Wanted.Command.Time = 0 })
	ahead := aReserve(4, func(r *Reserve) { r.Wanted.Command.Time = start + hour })
	for _, r := range []Reserve{aReserve(1), own, timeless, ahead} {
		p.must(r, Release{Reservation: r.Wanted.ID})
	}
	p.must(Show{own.Wanted.ID, Object{UID: own.Wanted.ID, Name: "own", Version: 60, Gone: true}}, Publish{1 << 40})
	for n := range 30 {
		p.now += 5 * minute
		p.must(aReserve(100+n, func(r *Reserve) { r.Wanted.Command.Time = p.now }), Release{Reservation: uuidOf(1, 100+n)})
		p.batch(Publish{1 << 40})
	}
	verified := own
	verified.Verified = true
	var got []Verdict
	for _, a := range p.batch(aReserve(1), own, verified, timeless, ahead).Answers {
		got = append(got, a.Verdict)
	}
	// A time that was far ahead counted as none: nothing defends it once it is past.
	if diff := cmp.Diff([]Verdict{TooOld, Unverified, Done, Done, TooOld}, got); diff != "" {
		t.Errorf("verdicts (-want +got):\n%s\nmarks %+v", diff, p.s.Marks())
	}

	// The marks are exact: what may be the last that was forgotten is not decided.
	m := p.s.Marks()
	at := func(n int, time Time) Request { return aReserve(n, func(r *Reserve) { r.Wanted.Command.Time = time }) }
	born := func(n int, version uint64) Request {
		return aReserve(n, func(r *Reserve) {
			r.Wanted.Command, r.Wanted.Object = Command{}, Object{UID: r.Wanted.ID, Version: version}
		})
	}
	got = p.verdicts(at(201, m.Forgotten), at(202, m.Forgotten+1), born(203, m.Gone), born(204, m.Gone+1))
	if diff := cmp.Diff([]Verdict{TooOld, Done, Unverified, Done}, got); diff != "" {
		t.Errorf("verdicts at the marks (-want +got):\n%s", diff)
	}
}

// TestFacts restates all of a State elsewhere.
func TestFacts(t *testing.T) {
	p := newPress(t, generous())
	for n := range 30 {
		p.must(aReserve(n), aReserve(100+n, lines(Line{"pot", 1})), Register{"lake", fmt.Sprint(n)})
		if n%3 == 0 {
			p.must(Consume{Reservation: uuidOf(1, n)})
		}
	}
	p.must(Publish{20})
	w := &Write{Marks: p.s.Marks()}
	for fact := range p.s.Facts() {
		encoded, err := Encode(fact)
		if err != nil {
			t.Fatal(err)
		}
		w.Records = append(w.Records, encoded)
	}
	restated := New()
	if err := restated.Apply(w); err != nil {
		t.Fatal(err)
	}
	check(t, restated)
	again := &Write{Marks: p.s.Marks()}
	for fact := range restated.Facts() {
		encoded, err := Encode(fact)
		if err != nil {
			t.Fatal(err)
		}
		again.Records = append(again.Records, encoded)
	}
	second := New()
	if err := second.Apply(again); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(dump(t, restated), dump(t, second)); diff != "" {
		t.Errorf("restated twice (-once +twice):\n%s", diff)
	}
	if restated.Remembered() != p.s.Remembered() || restated.Totals() != p.s.Totals() {
		t.Errorf("%d carts and %+v instead of %d and %+v", restated.Remembered(), restated.Totals(), p.s.Remembered(), p.s.Totals())
	}
}
