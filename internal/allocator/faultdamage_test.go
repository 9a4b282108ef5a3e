package allocator_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/journal/journaltest"
	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/test/fixture"
)

// land writes a batch that no process of this release would.
func land(j *fixture.Journal, batch journal.Batch) {
	for effects := j.Log.Append(batch); len(effects) > 0; effects = effects[1:] {
		if put, ok := effects[0].(journal.Put); ok {
			effects = append(effects, j.Log.Step(fixture.Start, j.Server.Serve(put))...)
		}
	}
}

// What a process cannot read it cannot know: it never leads on the rest, however often it
// lists the pages, and takes nothing in that stands behind it.
func TestUnreadableStaysDamage(t *testing.T) {
	for name, batch := range map[string]journal.Batch{
		"record": {Head: 1, Records: [][]byte{{99, 0xa0}}},
		"mark":   {Head: 1, Marks: []byte(`{"fence":7}`), Records: fixture.Encode(t, stock.Term{Leader: "p0, which knows another mark"})},
	} {
		t.Run(name, func(t *testing.T) {
			j := fixture.NewJournal(t, fixture.Fill(20))
			j.Append(&stock.ItemRecord{Item: fixture.Item("before")})
			land(j, batch)
			j.Append(&stock.ItemRecord{Item: fixture.Item("behind")})
			s := newSolo(t, j.Server, "p1", fixture.Policy())
			s.elect()
			for range 4 {
				if d := s.Log().Damage(); d == nil || d.Proven || s.Log().Leading() {
					t.Fatalf("%s, damage %+v", s.Log().Stage(), d)
				}
				if _, known := s.Stock().Item("uid-of-behind"); known {
					t.Fatal("what stands behind it is taken in")
				}
				s.pass(5 * time.Second)
				s.follow()
			}
		})
	}
}

// A page that somebody deleted and made again from an older copy looks as the operator
// wrote it, but for its uid. What was sold since is not in it, so it is damage, whatever
// the process knew before.
func TestPageMadeAgainFromACopy(t *testing.T) {
	fill := map[string]int{"on the only page": 16 << 10, "on the third page": 60}
	for where, fill := range fill {
		for _, knew := range []string{"nothing", "the copy", "all"} {
			t.Run(where+", by who knew "+knew, func(t *testing.T) {
				server := journaltest.NewServer()
				leader := newSolo(t, server, "p1", fixture.Policy(), fixture.Fill(fill)).lead()
				leader.must(mugs(1))
				if fill < 100 {
					leader.fillPages()
				}
				name := nameAt(server, leader.Log().Position().Page)
				page := *server.Pages[name]
				var standby *solo
				if knew != "nothing" {
					standby = newSolo(t, server, "p2", fixture.Policy())
				}
				if knew != "all" {
					leader.must(fixture.Reserve("cart-1"))
				}
				server.Delete(name)
				makeAgain(server, page)
				if knew == "nothing" {
					standby = newSolo(t, server, "p2", fixture.Policy())
				} else {
					standby.gap()
				}
				standby.elect()
				if standby.Log().Damage() == nil || standby.Log().Leading() {
					t.Errorf("%s, and the mug is sold again: %+v", standby.Log().Stage(), standby.ask(fixture.Reserve("cart-2")))
				}
			})
		}
	}
}

// makeAgain stores a copy of a page as a new object, as kubectl replace --force does.
func makeAgain(server *journaltest.Server, page journal.Page) {
	server.UIDs++
	page.UID = fmt.Sprintf("uid-%d", server.UIDs)
	server.Pages[page.Name] = &page
	server.Edit(page.Name, func(*journal.Page) {})
}

// A page behind the tail that is lost is restated by whoever still knows it: without any
// need for room, and in one write if that can take it. Until then nobody else can start.
func TestLostPageIsRestatedByWhoKnowsIt(t *testing.T) {
	s := newSolo(t, journaltest.NewServer(), "p1", fixture.Policy(), fixture.Fill(1500), func(c *journal.Config) { c.Spare = 99 }).lead()
	s.must(mugs(1000))
	carts := 0
	for ; s.Log().Position().Page < 9; carts++ {
		s.must(fixture.Reserve(stock.ID(fmt.Sprint("cart-", carts))))
		s.follow()
	}
	s.server.Delete(nameAt(s.server, 7))
	clear(s.sent)
	s.follow()
	if s.Stock().Head() <= 7 || s.Log().Through() != 0 || s.sent["journal.Put"] != 1 {
		t.Fatalf("head %d, still lost up to page %d, after %d writes", s.Stock().Head(), s.Log().Through(), s.sent["journal.Put"])
	}
	fresh := newSolo(t, s.server, "p2", fixture.Policy())
	if got := fresh.Stock().Remembered(); got != carts || fresh.Log().Damage() != nil {
		t.Errorf("a process that starts now knows %d carts of %d: %s, damage %+v", got, carts, fresh.Log().Stage(), fresh.Log().Damage())
	}
}

// That the journal ended where this process stands was proven by the watch: no list can
// show it again, and none can take it back. A person decides by it what is lost.
func TestProvenDamageStaysProven(t *testing.T) {
	s := newSolo(t, journaltest.NewServer(), "p1", fixture.Policy()).lead()
	s.must(mugs(1))
	s.server.Delete("journal-0")
	s.follow()
	for range 3 {
		if d := s.Log().Damage(); d == nil || !d.Proven {
			t.Fatalf("damage %+v", d)
		}
		s.pass(5 * time.Second)
	}
}

// A process that cannot read a later release's pages still knows who leads: it forwards
// everything there. That is so wherever a page of that format counts.
func TestForeignFormatHasALeader(t *testing.T) {
	for name, number := range map[string]uint64{"at the tail": 3, "before the tail": 2} {
		for _, watched := range []bool{false, true} {
			if watched && number != 3 {
				continue // nobody rewrites a page before the tail
			}
			t.Run(name, func(t *testing.T) {
				server := journaltest.NewServer()
				leader := newSolo(t, server, "p1", fixture.Policy(), fixture.Fill(60)).lead()
				leader.fillPages()
				standby := newSolo(t, server, "p2", fixture.Policy())
				server.Edit(nameAt(server, number), func(p *journal.Page) {
					p.Header = journal.Header{Journal: p.Header.Journal, Format: journal.Format + 1, Leader: p.Header.Leader}
					p.Records = nil
				})
				if watched {
					standby.follow()
				} else {
					standby = newSolo(t, server, "p3", fixture.Policy())
				}
				if got := standby.Log().Leader().Name; !standby.Log().Foreign() || got != "p1" {
					t.Errorf("%s, damage %+v, leader %q", standby.Log().Stage(), standby.Log().Damage(), got)
				}
			})
		}
	}
}

// A write that adds no record moves the marks, or the head, all the same. One that a list
// shows counts as much as one that the watch brings: marks that were turned back would let
// the next leader write an older header.
func TestListedWriteWithoutRecords(t *testing.T) {
	server := journaltest.NewServer()
	leader := newSolo(t, server, "p1", fixture.Policy()).lead()
	leader.must(mugs(1), fixture.Reserve("cart-1"))
	standby := newSolo(t, server, "p2", fixture.Policy())
	at := leader.Log().Position()
	leader.must(stock.Publish{Number: 1})
	if leader.Log().Position() != at {
		t.Fatalf("it has records: %+v after %+v", leader.Log().Position(), at)
	}
	standby.gap()
	if got := standby.Stock().Marks(); got != leader.Stock().Marks() {
		t.Errorf("marks %+v after the list, want %+v", got, leader.Stock().Marks())
	}
}
