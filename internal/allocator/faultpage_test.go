package allocator_test

import (
	"testing"
	"time"

	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/journal/journaltest"
	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/test/fixture"
)

// A page that somebody makes while a journal is founded is a free page like any other.
// Who did not know it would ask for that name for ever, and never have a free page.
func TestPageMadeWhileFounding(t *testing.T) {
	s := newSolo(t, journaltest.NewServer(), "p1", fixture.Policy(), fixture.Fill(60))
	s.frozen = func(e journal.Effect) bool {
		_, ok := e.(journal.NameLedger)
		return ok
	}
	s.elect()
	s.server.Serve(journal.Create{Name: "journal-1"})
	s.follow()
	s.thaw()
	s.follow()
	s.must(mugs(10))
	s.fillPages()
	if made := s.sent["journal.Create"]; made > 4 {
		t.Errorf("%d pages asked for: %v", made, s.sent)
	}
}

// The answer to the making of a page may come after the watch has brought the page and its
// deletion. A page that is no more must not become the place where the journal goes on.
func TestPageDeletedBeforeItsMakingIsAnswered(t *testing.T) {
	s := newSolo(t, journaltest.NewServer(), "p1", fixture.Policy(), fixture.Fill(60))
	var made journal.Event
	s.answer = func(e journal.Effect) (journal.Event, bool) {
		if create, ok := e.(journal.Create); ok && create.Name == "journal-1" && made == nil {
			made = s.server.Serve(e)
			return nil, true
		}
		return nil, false
	}
	s.lead()
	s.server.Delete("journal-1")
	s.follow()
	s.hear(made)
	s.must(mugs(10))
	s.pass(5 * time.Second)
	s.follow()
	if s.Log().Damage() != nil || !s.Log().Leading() {
		t.Fatalf("%s, damage %+v", s.Log().Stage(), s.Log().Damage())
	}
	s.fillPages()
}

// That the StockLedger lost its name is not forgotten because it was just being read: that
// answer may be older. A journal that no StockLedger names can be founded over.
func TestLedgerSeenWhileItIsRead(t *testing.T) {
	s := newSolo(t, journaltest.NewServer(), "p1", fixture.Policy()).lead()
	var read journal.Event
	s.answer = func(e journal.Effect) (journal.Event, bool) {
		if _, ok := e.(journal.ReadLedger); ok && read == nil {
			read = s.server.Serve(e)
			return nil, true
		}
		return nil, false
	}
	s.gap() // it leads anew, and reads the StockLedger
	s.server.DeleteLedger()
	s.hear(journal.LedgerSeen{})
	s.hear(read)
	s.pass(time.Minute)
	if got := s.server.Ledger.Names; got != s.Log().Identity() {
		t.Errorf("%s, and the StockLedger names %+v", s.Log().Stage(), got)
	}
}

// The bandwidth bounds what is stored, whether the answer to the write or the watch says
// first that it is.
func TestPaceCountsWhatTheWatchBrought(t *testing.T) {
	for name, watched := range map[string]bool{"by the answer": false, "by the watch": true} {
		t.Run(name, func(t *testing.T) {
			s := newSolo(t, journaltest.NewServer(), "p1", fixture.Policy(), fixture.Fill(100), func(c *journal.Config) { c.Bandwidth = 1000 }).lead()
			if watched {
				s.answer = func(e journal.Effect) (journal.Event, bool) {
					if _, ok := e.(journal.Put); !ok {
						return nil, false
					}
					answer := s.server.Serve(e)
					s.follow()
					return answer, true
				}
			}
			written := 0
			for ; written < 100 && s.Log().Turn(s.now) == journal.Open; written++ {
				s.must(stock.Register{Name: string(rune('a'+written)) + string(make([]byte, 200)), Position: "1"})
				s.follow()
			}
			if written < 3 || written > 12 {
				t.Errorf("%d writes of 200 bytes at once, at 1000 bytes a second", written)
			}
		})
	}
}

// A founder whose first term is answered late lists what others have written over it
// meanwhile, instead of leading on what it has not applied.
func TestFounderIsOvertaken(t *testing.T) {
	founder := newSolo(t, journaltest.NewServer(), "p1", fixture.Policy())
	var stored journal.Event
	founder.answer = func(e journal.Effect) (journal.Event, bool) {
		if _, ok := e.(journal.Put); ok && stored == nil {
			stored = founder.server.Serve(e)
			return nil, true
		}
		return nil, false
	}
	founder.elect()
	other := newSolo(t, founder.server, "p2", fixture.Policy()).lead()
	other.must(mugs(10), fixture.Reserve("cart-1"))
	founder.follow()
	leads := false
	founder.frozen = func(e journal.Effect) bool {
		_, put := e.(journal.Put)
		leads = leads || put && founder.Log().Leading()
		return put
	}
	founder.hear(stored)
	if _, known := founder.Stock().Reservation("cart-1"); !known || founder.Log().Leading() || leads {
		t.Errorf("%s; it knows the cart: %t", founder.Log().Stage(), known)
	}
}
