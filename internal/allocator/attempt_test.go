package allocator

import (
	"testing"
	"time"

	v1 "github.com/acme/inventory-service/api/v1"
)

// undecided is a leader whose write of the hold of r had an unclear answer: it
// reads the ledger.
func undecided(t *testing.T, result WriteResult) (*driver, WriteLedger, ReadLedger) {
	t.Helper()
	d := drive(t)
	d.do(d.stock(5))
	d.lead()
	write := only[WriteLedger](t, d.do(call1(1, "r", 3)))
	read := only[ReadLedger](t, d.do(answered(write, result)))
	if want := map[WriteResult]time.Duration{Unknown: firstDelay}[result]; read.Delay != want {
		t.Errorf("reads after %s, want %s", read.Delay, want)
	}
	return d, write, read
}

func replied(t *testing.T, effects []Effect) *v1.InFlightHold {
	t.Helper()
	return only[Reply](t, effects).Decision.Hold
}

// An attempt landed if the stored token is its own, whatever the answer was.
func TestUnclearAnswerThatLanded(t *testing.T) {
	for _, result := range []WriteResult{Refused, Unknown} {
		t.Run(result.String(), func(t *testing.T) {
			d, write, read := undecided(t, result)
			if hold := replied(t, d.do(LedgerRead{Term: read.Term, Stored: as(write, 15)})); hold == nil || hold.UID != "r" {
				t.Errorf("answer is %+v", hold)
			}
			if d.base.Version != 15 || !d.Leading() {
				t.Errorf("leading %t at version %d, want 15", d.Leading(), d.base.Version)
			}
		})
	}
}

// One that did not land may still land: it is sent again over the same version,
// and whichever sending lands is the answer.
func TestUnclearAnswerThatDidNotLandYet(t *testing.T) {
	for _, lands := range []string{"the first", "the second"} {
		t.Run(lands, func(t *testing.T) {
			d, first, read := undecided(t, Unknown)
			before := &Stored{UID: ledgerUID, Version: 12, Status: d.base.Status}
			second := only[WriteLedger](t, d.do(LedgerRead{Term: read.Term, Stored: before}))
			if second.Version != first.Version || second.Status.Token == first.Status.Token {
				t.Fatalf("sent again over version %d under token %s", second.Version, second.Status.Token)
			}
			if lands == "the second" {
				replied(t, d.do(landedAt(second, 13)))
				return
			}
			again := only[ReadLedger](t, d.do(answered(second, Refused)))
			replied(t, d.do(LedgerRead{Term: again.Term, Stored: as(first, 13)}))
			if d.base.Status.Token != first.Status.Token {
				t.Errorf("token is %s, want that of the sending that landed", d.base.Status.Token)
			}
		})
	}
}

func TestUnclearAnswersAreReadMoreAndMoreSlowly(t *testing.T) {
	d, _, read := undecided(t, Unknown)
	before := &Stored{UID: ledgerUID, Version: 12, Status: d.base.Status}
	for _, milliseconds := range []int{100, 200, 400, 800, 1600, 2000, 2000} {
		want := time.Duration(milliseconds) * time.Millisecond
		write := only[WriteLedger](t, d.do(LedgerRead{Term: read.Term, Stored: before}))
		read = only[ReadLedger](t, d.do(answered(write, Unknown)))
		if read.Delay != want {
			t.Errorf("reads after %s, want %s", read.Delay, want)
		}
	}
}

// A ledger that shows neither the attempt nor the version below it is somebody
// else's: the epoch is over, nobody is answered, and the caller waits on.
func TestUnclearAnswerOverSomebodyElses(t *testing.T) {
	cases := map[string]func(d *driver, w WriteLedger) *Stored{
		"taken over": func(*driver, WriteLedger) *Stored { return stored(13, 9) },
		"taken over after it landed": func(_ *driver, w WriteLedger) *Stored {
			return stored(14, 9, w.Status.InFlight...)
		},
		"deleted": func(*driver, WriteLedger) *Stored { return nil },
		"deleted and made again": func(*driver, WriteLedger) *Stored {
			return &Stored{UID: "ledger-2", Version: 12}
		},
	}
	for name, found := range cases {
		t.Run(name, func(t *testing.T) {
			d, write, read := undecided(t, Unknown)
			effects := d.do(LedgerRead{Term: read.Term, Stored: found(d, write)})
			d.expect(effects, ReadLedger{Term: read.Term + 2, Delay: firstDelay})
			if d.Leading() || d.reserved() != 0 || d.Waiting() != 1 {
				t.Errorf("leading %t, %d reserved, %d wait", d.Leading(), d.reserved(), d.Waiting())
			}
			d.expect(d.do(landedAt(write, 13))) // the late answer
		})
	}
}

func TestFenceConflict(t *testing.T) {
	d := drive(t)
	d.do(d.stock(5), Elected{})
	fence := only[WriteLedger](t, d.do(LedgerRead{Term: 1, Stored: stored(20, 4)}))
	d.expect(d.do(answered(fence, Refused)), ReadLedger{Term: 1})
	d.expect(d.do(LedgerRead{Term: 1, Stored: stored(21, 5)}), ReadLedger{Term: 3, Delay: firstDelay})
	again := only[WriteLedger](t, d.do(LedgerRead{Term: 3, Stored: stored(21, 5)}))
	if again.Version != 21 || again.Status.Epoch != 6 {
		t.Errorf("fences epoch %d over version %d, want 6 over 21", again.Status.Epoch, again.Version)
	}
}

// Holds that somebody took out of the ledger by hand are found in the
// Reservations: it is rebuilt. An edit that leaves the holds alone costs a
// take-over and no more.
func TestHandEditedLedger(t *testing.T) {
	cases := map[string]struct {
		edit    func(s *v1.StockLedgerStatus)
		rebuild bool
	}{
		"holds removed":  {func(s *v1.StockLedgerStatus) { s.InFlight = nil }, true},
		"a hold changed": {func(s *v1.StockLedgerStatus) { s.InFlight[0].Allocations[0].Quantity = 1 }, true},
		"something else": {func(s *v1.StockLedgerStatus) { s.Cursor = "1" }, false},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			d := drive(t)
			d.do(d.stock(5))
			d.lead()
			journaled := only[WriteLedger](t, d.do(call1(1, "r", 3)))
			d.do(landedAt(journaled, 13))
			write := only[WriteLedger](t, d.do(call1(2, "q", 1)))
			read := only[ReadLedger](t, d.do(answered(write, Refused)))
			edited := as(journaled, 14)
			for i := range edited.Status.InFlight {
				// As JSON brings them back.
				edited.Status.InFlight[i].ReservedAt.Time = edited.Status.InFlight[i].ReservedAt.Local()
				edited.Status.InFlight[i].ExpiresAt.Time = edited.Status.InFlight[i].ExpiresAt.Local()
			}
			tc.edit(&edited.Status)
			read = only[ReadLedger](t, d.do(LedgerRead{Term: read.Term, Stored: edited}))
			fence := only[WriteLedger](t, d.do(LedgerRead{Term: read.Term, Stored: edited}))
			if fence.Status.Recovered == tc.rebuild {
				t.Errorf("the fence says recovered %t", fence.Status.Recovered)
			}
			if catchUp := only[CatchUp](t, d.do(landedAt(fence, 15))); catchUp.Rebuild != tc.rebuild {
				t.Errorf("rebuild is %t, want %t", catchUp.Rebuild, tc.rebuild)
			}
		})
	}
}
