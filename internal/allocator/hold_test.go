package allocator

import (
	"testing"
	"time"

	v1 "github.com/acme/inventory-service/api/v1"
)

// A hold ends on a whole second, never before it was promised to.
func TestHoldsEndOnAWholeSecond(t *testing.T) {
	at := func(nanos int) time.Time { return time.Date(2026, 5, 1, 8, 0, 0, nanos, time.UTC) }
	cases := map[string]struct {
		now  time.Time
		hold time.Duration
		want time.Time
	}{
		"whole already":  {at(0), time.Second, at(0).Add(time.Second)},
		"just after":     {at(1), time.Second, at(0).Add(2 * time.Second)},
		"just before":    {at(999_999_999), time.Second, at(0).Add(2 * time.Second)},
		"fractions meet": {at(500_000_000), 1500 * time.Millisecond, at(0).Add(2 * time.Second)},
		"another zone":   {at(1).In(time.FixedZone("x", 3600)), time.Second, at(0).Add(2 * time.Second)},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			d := resting(t, 10)
			d.now = tc.now
			call := call1(1, "a", 1)
			call.HoldFor = tc.hold
			hold := only[WriteLedger](t, d.do(call)).Status.InFlight[0]
			if got := hold.ExpiresAt.Time; !got.Equal(tc.want) || got.Location() != time.UTC {
				t.Errorf("ends at %s, want %s", got, tc.want)
			}
			if got := hold.ReservedAt.Time; got != tc.now.UTC().Truncate(time.Microsecond) {
				t.Errorf("reserved at %s", got)
			}
		})
	}
}

// progress goes into the ledger with the next write, and by itself once the
// ledger has rested.
func TestProgress(t *testing.T) {
	d := resting(t, 10)
	d.expect(d.do(Progressed{Cursor: "77", Backlog: 3}))
	d.now = d.now.Add(settleDelay)
	write := only[WriteLedger](t, d.do(Woken{}))
	if write.Status.Cursor != "77" || write.Status.Totals.Backlog != 3 || write.Decisions != 0 {
		t.Errorf("cursor %s, backlog %d", write.Status.Cursor, write.Status.Totals.Backlog)
	}
	d.do(landedAt(write, 13))
	d.now = d.now.Add(settleDelay)
	d.expect(d.do(Progressed{Cursor: "77", Backlog: 3})) // no news, no write
}

func TestForgetting(t *testing.T) {
	d := resting(t, 10)
	d.do(seen("a", 40, v1.PhaseReleased, 0), Aged{}, seen("a", 39, v1.PhaseReserved, 2))
	if d.reserved() != 0 {
		t.Error("an old version brought a hold back within the time it is remembered")
	}
	if d.do(Aged{}); d.Stock().Ended("a") {
		t.Error("what ended two ages ago is still remembered")
	}
}
