package stock

import (
	"fmt"
	"runtime"
	"testing"
)

// A reader that is never heard of again costs the shop nothing but room: the log stays within its
// bound, no cart is turned away for it, and none is forgotten earlier.
func TestDeadReaderTurnsNobodyAway(t *testing.T) {
	policy := Policy{Retention: 10 * minute, Grace: 5 * minute, Limit: 200_000, CompactAbove: 4000, Batch: 20_000}
	dead, none := newPress(t, policy), newPress(t, policy)
	dead.must(ReadPages{"archive", 0})
	overtaken := 0
	for n := range 6000 {
		for _, p := range []*press{dead, none} {
			p.now += second
			for i, a := range p.batch(aReserve(n, func(r *Reserve) { r.Wanted.Command.Time = p.now }), Release{Reservation: uuidOf(1, n)}, Publish{1 << 40}).Answers {
				if a.Verdict != Done {
					t.Fatalf("cart %d: request %d is told %d", n, i, a.Verdict)
				}
			}
		}
		if _, stored := dead.s.LogBytes(); stored > policy.Limit {
			t.Fatalf("cart %d: %d bytes are stored", n, stored)
		}
		if a, b := dead.s.Remembered(), none.s.Remembered(); a < b {
			t.Fatalf("cart %d: %d carts are remembered, without the reader %d", n, a, b)
		}
		if r := dead.s.PageReaders(); r[0].Overtaken(dead.s.Head()) {
			overtaken++
		}
	}
	if overtaken == 0 || overtaken > 5900 {
		t.Errorf("it was overtaken after %d of 6000 batches", 6000-overtaken)
	}
	_, with := dead.s.LogBytes()
	_, without := none.s.LogBytes()
	t.Logf("%d bytes are stored with it, %d without, of %d; head %d of %d", with, without, policy.Limit, dead.s.Head(), dead.page)
	check(t, dead.s)
}

// What may ask for readers is bounded.
func TestReadersAreFew(t *testing.T) {
	d := newDesk(t)
	d.page = 3
	for n := range MaxPageReaders {
		if got := d.verdicts(ReadPages{fmt.Sprint("lake-", n), 1}); got[0] != Done {
			t.Fatalf("reader %d is told %v", n, got)
		}
	}
	long := string(make([]byte, MaxReaderName+1))
	for i, want := range []Verdict{TooLarge, Repeated, Repeated, Done, Premature, Done, TooLarge, TooLarge, Done} {
		request := []Request{
			ReadPages{"one-more", 1}, ReadPages{"lake-0", 1}, ReadPages{"lake-0", 0}, ReadPages{"lake-0", 3}, ReadPages{"lake-0", 4},
			LeavePages{"lake-1"}, ReadPages{"", 1}, ReadPages{long, 1}, ReadPages{"one-more", 1},
		}[i]
		if got := d.verdicts(request); got[0] != want {
			t.Errorf("%+v is told %v, not %d", request, got, want)
		}
	}
	check(t, d.s)
}

// BenchmarkWaitingPages says what a log keeps in memory at the default bound whose pages all wait
// for a reader: finished carts that would have been forgotten.
func BenchmarkWaitingPages(b *testing.B) {
	for range b.N {
		p := newPress(b, Policy{Retention: second, Grace: second, Limit: 64 << 20, CompactAbove: 1 << 20, Batch: 256 << 10})
		p.fill = 64 << 10
		p.must(ReadPages{"archive", 0})
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		n := 0
		for ; !p.s.PageReaders()[0].Overtaken(p.s.Head()); p.now += second {
			var requests []Request
			for range 100 {
				n++
				requests = append(requests, aReserve(n, func(r *Reserve) { r.Wanted.Command.Time = p.now }), Release{Reservation: uuidOf(1, n)})
			}
			p.must(append(requests, Publish{1 << 40})...)
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		_, stored := p.s.LogBytes()
		b.ReportMetric(float64(p.s.Remembered()), "carts")
		b.ReportMetric(float64(stored)/(1<<20), "MB-stored")
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/(1<<20), "MB-heap")
		runtime.KeepAlive(p)
	}
}
