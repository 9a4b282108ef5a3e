package allocator_test

import (
	"testing"
	"time"

	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/journal/journaltest"
	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/test/fixture"
)

// pair is a leader and a standby of one namespace with ten mugs, one of them held.
func pair(t *testing.T) (leader, standby *solo) {
	server := journaltest.NewServer()
	leader = newSolo(t, server, "p1", fixture.Policy()).lead()
	leader.must(mugs(10), fixture.Reserve("held"))
	standby = newSolo(t, server, "p2", fixture.Policy())
	return leader, standby
}

// leadAgain has a process find out that another has led, and lead again.
func (s *solo) leadAgain(at time.Time) {
	s.now = at
	s.follow()
	s.pass(5 * time.Second)
	s.follow()
}

// What was read of an object proves something about the time of the reading only. Another
// process has led since, so it is read again and asked again: a StockItem that is gone
// would come back, a cart that was forgotten would be decided twice, a hold would end though
// its consume was declared in time. What states nothing of the kind is decided.
func TestNothingReadOutlivesItsTerm(t *testing.T) {
	ends := fixture.Moment(fixture.Start.Add(15 * time.Minute))
	for name, test := range map[string]struct {
		request stock.Request
		want    stock.Verdict
	}{
		"an item":                    {stock.PutItem{Item: fixture.Item("pots"), Read: 900}, stock.Outdated},
		"that an item is gone":       {stock.DropItem{UID: "uid-of-mugs", Version: 900, Read: 900}, stock.Outdated},
		"an object that was read":    {fixture.Reserve("own", fixture.FromObject("own", "own", 7), fixture.Verified()), stock.Outdated},
		"that nobody wants to ship":  {stock.Expire{Reservation: "held", Expires: ends}, stock.Outdated},
		"how far a reader was":       {stock.ReadPages{Reader: "archive", Page: 1}, stock.Outdated},
		"that a reader has left":     {stock.LeavePages{Reader: "lake"}, stock.Outdated},
		"an object as it came":       {fixture.Reserve("own", fixture.FromObject("own", "own", 7)), stock.Done},
		"a command":                  {fixture.Reserve("cart-1"), stock.Done},
		"the release of what it had": {stock.Release{Reservation: "held"}, stock.Done},
	} {
		t.Run(name, func(t *testing.T) {
			leader, standby := pair(t)
			standby.now = fixture.Start.Add(20 * time.Minute)
			leader.now = standby.now
			leader.must(stock.ReadPages{Reader: "lake", Page: 1})
			leader.freeze()
			call := leader.send(test.request) // it freezes before that is stored
			standby.lead()
			standby.must(fixture.Reserve("other"))
			before := leader.Stock().Marks()
			leader.thaw()
			leader.leadAgain(standby.now)
			if !leader.Log().Leading() {
				t.Fatalf("%s, damage %+v", leader.Log().Stage(), leader.Log().Damage())
			}
			if got := leader.answerTo(call).Verdict; got != test.want {
				t.Errorf("verdict %d, want %d", got, test.want)
			}
			if after := leader.Stock().Marks(); test.want == stock.Outdated && (after.Items != before.Items || after.Outcomes != before.Outcomes+1) {
				t.Errorf("it was carried out: marks %+v", after)
			}
		})
	}
}

// What was read before there was any term is no better.
func TestNothingReadBeforeTheFirstTerm(t *testing.T) {
	s := newSolo(t, journaltest.NewServer(), "p1", fixture.Policy())
	s.freeze()
	s.elect()
	call := s.send(mugs(10))
	s.thaw()
	s.lead()
	if got := s.answerTo(call).Verdict; got != stock.Outdated {
		t.Errorf("verdict %d", got)
	}
	s.must(mugs(10))
}

// Within a term, too, a StockItem's deletion counts only by a store that has seen all that
// the journal has: one that is behind may have missed that the item changed. What was
// seen is stated by every write, also by one that takes in something older.
func TestDeletionReadTooEarly(t *testing.T) {
	s := newSolo(t, journaltest.NewServer(), "p1", fixture.Policy()).lead()
	stated := func(by string) {
		t.Helper()
		fresh := newSolo(t, s.server, "p2", fixture.Policy())
		if got := fresh.Stock().Marks().Items; got != 9 {
			t.Errorf("the mark of the StockItems is %d after %s", got, by)
		}
	}
	s.must(mugs(10), stock.PutItem{Item: fixture.Item("pots", fixture.Revised(1, 9))})
	s.must(stock.PutItem{Item: fixture.Item("cups", fixture.Revised(1, 4)), Read: 9})
	stated("an older item")
	gone := stock.DropItem{UID: "uid-of-mugs", Version: 5, Read: 8}
	if got := s.ask(gone).Verdict; got != stock.Unverified {
		t.Errorf("verdict %d by a store at 8, though the journal is at 9", got)
	}
	gone.Read = 9
	s.must(gone)
	stated("an older deletion")
}

// A process that is deposed while something is under way finishes that and leads no
// longer, whatever becomes of it.
func TestDeposedWhileUnderWay(t *testing.T) {
	for name, test := range map[string]struct {
		request stock.Request
		rejects bool
	}{
		"an append":          {request: fixture.Reserve("cart-1")},
		"a proof":            {request: fixture.Reserve("held")},
		"a batch of no good": {request: fixture.Reserve("cart-1"), rejects: true},
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := pair(t)
			if test.rejects {
				s.server.Reject = func(*journal.Page) error { return errForbidden }
			}
			s.frozen = func(e journal.Effect) bool {
				_, get := e.(journal.Get)
				return get || !test.rejects
			}
			s.send(test.request)
			s.hear(journal.Deposed{})
			s.thaw()
			if s.Log().Leading() {
				t.Errorf("%s after it was deposed", s.Log().Stage())
			}
		})
	}
}

// Who has left is not served later: a cart that nobody waits for any more would hold units
// a day after it was asked for.
func TestWhoLeftIsNotServedInALaterTerm(t *testing.T) {
	for name, deposed := range map[string]bool{"overtaken": false, "deposed and overtaken": true} {
		t.Run(name, func(t *testing.T) {
			leader, standby := pair(t)
			leader.freeze()
			call := leader.send(fixture.Reserve("cart-1"))
			leader.tell(allocator.Dropped{Call: call})
			if deposed {
				leader.hear(journal.Deposed{})
			}
			standby.lead()
			leader.thaw()
			leader.follow()
			leader.hear(journal.Deposed{})
			if n := leader.Waiting(); n != 0 {
				t.Errorf("%d requests wait, though everybody has left", n)
			}
			leader.now = leader.now.Add(24 * time.Hour)
			leader.elect()
			leader.leadAgain(leader.now)
			if r, known := leader.Stock().Reservation("cart-1"); known {
				t.Errorf("a day later it is decided: %+v", r)
			}
		})
	}
}

// What is told to nobody in particular is dropped where it cannot be decided: whoever leads
// is told the same by others, and it would wait, and grow, for ever.
func TestUnelectedDropsWhatNobodyWaitsFor(t *testing.T) {
	_, standby := pair(t)
	for range 100 {
		standby.tell(allocator.Asked{Request: stock.Publish{Number: 1}})
	}
	if n := standby.Waiting(); n != 0 {
		t.Errorf("%d requests wait", n)
	}
	standby.elect()
	standby.tell(allocator.Asked{Request: stock.Publish{Number: 1}})
	standby.settle()
	if got := standby.Stock().Marks().Published; got != 1 {
		t.Errorf("the leader does not carry it out: published %d", got)
	}
}
