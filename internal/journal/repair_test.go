package journal_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/journal/journaltest"
)

// asks is what a person annotates who does what the condition says.
func asks(t *testing.T, d *driver) journal.Repair {
	t.Helper()
	if d.Damage() == nil {
		t.Fatalf("%s, and no damage", d.Stage())
	}
	repair, err := journal.ParseRepair(d.Damage().Request())
	if err != nil {
		t.Fatal(err)
	}
	return repair
}

// repair tells a process what a person asks for, and lets it go on for as long as it likes:
// it restates so many records at a time.
func (d *driver) repair(asked journal.Repair, most int) {
	d.t.Helper()
	d.tell(journal.RepairAsked{Repair: asked})
	for range 60 {
		d.restate(most)
		switch {
		case d.Turn(d.now) == journal.Claim:
			d.append("term")
		case d.Leading():
			return
		}
		d.follow()
		d.pass()
	}
}

// restate restates what is known, until something has to be waited for.
func (d *driver) restate(most int) {
	for d.Turn(d.now) == journal.Restate {
		d.restateOnce(most)
	}
}

func (d *driver) restateOnce(most int) {
	facts := d.records[min(d.Restated(), len(d.records)):]
	batch := journal.Batch{Head: 99, Complete: len(facts) <= most}
	for _, fact := range facts[:min(most, len(facts))] {
		batch.Records = append(batch.Records, []byte(fact))
	}
	if batch.Complete {
		batch.Records = append(batch.Records, []byte("founded"))
	}
	d.perform(d.Append(batch))
}

// want checks that a process leads a journal that says so.
func (d *driver) want(t *testing.T, replaced string, records ...string) {
	t.Helper()
	if !d.Leading() || d.Identity().Journal == replaced || d.Damage() != nil {
		t.Fatalf("%s with %v, damage %+v, trouble %v", d.Stage(), d.Identity(), d.Damage(), d.Trouble())
	}
	if !slices.Equal(d.records, records) {
		t.Errorf("it says %q, want %q", d.records, records)
	}
	if d.server.Ledger.Names != d.Identity() {
		t.Errorf("the StockLedger names %v, not %v", d.server.Ledger.Names, d.Identity())
	}
}

// Who saw the deletion restates everything, on as many pages as that takes, and goes on.
// All others follow.
func TestRepair(t *testing.T) {
	for name, harm := range map[string]func(s *journaltest.Server){
		"the place is deleted":  func(s *journaltest.Server) { s.Delete(pageOf(s, 4)) },
		"all pages are deleted": deleteAll,
		"the place is edited":   func(s *journaltest.Server) { s.Edit(pageOf(s, 4), breakPage) },
	} {
		for _, most := range []int{1, 3, 99} {
			t.Run(fmt.Sprint(name, ", ", most, " at a time"), func(t *testing.T) {
				d := filled(t)
				standby := drive(t, d.server, "p2")
				known, old := slices.Clone(d.records), d.Identity().Journal
				harm(d.server)
				d.follow()
				standby.follow()
				first := d.Position().Page
				d.repair(asks(t, d), most)
				d.want(t, old, append(known, "founded", "term")...)
				if d.Position().Page <= first {
					t.Errorf("the new journal is on page %d, the old one was on %d", d.Position().Page, first)
				}
				d.append("more")
				d.follow()
				standby.pass()
				standby.follow()
				fresh := drive(t, d.server, "p3")
				for _, p := range []*driver{standby, fresh} {
					if !p.Following() || p.Damage() != nil || !slices.Equal(p.records, d.records) {
						t.Errorf("%s with %q, damage %+v", p.Stage(), p.records, p.Damage())
					}
				}
			})
		}
	}
}

// Nothing is done until a person asks for exactly this.
func TestRepairIsAskedFor(t *testing.T) {
	for name, change := range map[string]func(*journal.Repair){
		"nothing":            func(r *journal.Repair) { *r = journal.Repair{} },
		"another journal":    func(r *journal.Repair) { r.Journal = "uid-77" },
		"an earlier page":    func(r *journal.Repair) { r.Position.Page-- },
		"another record":     func(r *journal.Repair) { r.Position.Index++ },
		"another digest":     func(r *journal.Repair) { r.Position.Digest = strings.Repeat("0", 64) },
		"more than is known": func(r *journal.Repair) { r.Position.Page++; r.AcceptLoss = true },
	} {
		t.Run(name, func(t *testing.T) {
			d := filled(t)
			deleteAll(d.server)
			d.follow()
			asked := asks(t, d)
			change(&asked)
			d.repair(asked, 9)
			if d.Damage() == nil || len(d.server.Pages) > 0 {
				t.Errorf("%s with %d pages", d.Stage(), len(d.server.Pages))
			}
		})
	}
}

// Where the end is not proven, a person has to accept that more may have been told.
func TestRepairOfUnprovenEnd(t *testing.T) {
	d := filled(t)
	standby := drive(t, d.server, "p2")
	deleteAll(d.server)
	standby.tell(journal.WatchEnded{Call: standby.watch})
	standby.tell(journal.Elected{})
	asked := asks(t, standby)
	if !asked.AcceptLoss || standby.Damage().Proven {
		t.Fatalf("the condition asks for %+v", asked)
	}
	known, old := slices.Clone(standby.records), standby.Identity().Journal
	asked.AcceptLoss = false
	standby.repair(asked, 9)
	if standby.Damage() == nil || len(d.server.Pages) > 0 {
		t.Fatalf("%s with %d pages, though no loss was accepted", standby.Stage(), len(d.server.Pages))
	}
	asked.AcceptLoss = true
	standby.repair(asked, 9)
	standby.want(t, old, append(known, "founded", "term")...)
}

// A process that knows nothing says so, and begins with nothing if that is accepted; one
// that can read some pages restates those.
func TestRepairByWhoStartsAnew(t *testing.T) {
	for name, test := range map[string]struct {
		harm  func(s *journaltest.Server)
		pages uint64
	}{
		"nothing is left":               {deleteAll, 0},
		"the place is deleted":          {func(s *journaltest.Server) { s.Delete(pageOf(s, 4)) }, 3},
		"a page in between and the end": {func(s *journaltest.Server) { s.Delete(pageOf(s, 2)); s.Delete(pageOf(s, 4)) }, 3},
		"a page in between":             {func(s *journaltest.Server) { s.Delete(pageOf(s, 2)) }, 4},
		"the place is edited":           {func(s *journaltest.Server) { s.Edit(pageOf(s, 4), breakPage) }, 3},
	} {
		t.Run(name, func(t *testing.T) {
			d := filled(t)
			old := d.Identity()
			test.harm(d.server)
			fresh := drive(t, d.server, "p2")
			fresh.tell(journal.Elected{})
			if fresh.Damage() == nil || fresh.Damage().Journal != old || fresh.Damage().Position.Page != test.pages || fresh.Damage().Proven {
				t.Fatalf("%s, damage %+v", fresh.Stage(), fresh.Damage())
			}
			if says := fresh.Damage().Message(); !strings.Contains(says, "lost") || !strings.Contains(says, fresh.Damage().Request()) {
				t.Errorf("the condition says %q", says)
			}
			known := slices.Clone(fresh.records)
			fresh.repair(asks(t, fresh), 9)
			fresh.want(t, old.Journal, append(known, "founded", "term")...)
			for range 3 {
				d.follow()
				d.pass()
			}
			if d.Identity() != fresh.Identity() || d.Leading() {
				t.Errorf("who knew the old journal is %s with %v", d.Stage(), d.Identity())
			}
		})
	}
}

// A crash at each step leaves the damaged journal as it is, or the new one complete: who
// comes later begins on other pages.
func TestRepairCrash(t *testing.T) {
	for steps := range 14 {
		t.Run(fmt.Sprint("after ", steps, " steps"), func(t *testing.T) {
			d := filled(t)
			standby := drive(t, d.server, "p2")
			deleteAll(d.server)
			d.follow()
			standby.follow()
			known, old := slices.Clone(d.records), d.Identity().Journal
			asked := asks(t, d)
			d.slow = true
			d.tell(journal.RepairAsked{Repair: asked})
			for range steps {
				d.pass()
				if d.Turn(d.now) == journal.Restate {
					d.restateOnce(2)
				}
			}
			d.tell(journal.Deposed{})
			standby.tell(journal.Elected{})
			standby.repair(asked, 2)
			standby.want(t, old, append(known, "founded", "term")...)
		})
	}
}

// What a person annotates is what the condition says, and a mistake in it is explained.
func TestParseRepair(t *testing.T) {
	digest := strings.Repeat("0a", 32)
	damage := journal.Damage{Journal: journal.Identity{Journal: "u-1"}, Position: journal.Position{Page: 7, Index: 3, Digest: digest}}
	want := journal.Repair{Journal: "u-1", Position: damage.Position, AcceptLoss: true}
	if got, err := journal.ParseRepair(damage.Request()); got != want || err != nil {
		t.Errorf("%q is %+v, %v", damage.Request(), got, err)
	}
	damage.Proven, want.AcceptLoss = true, false
	if got, err := journal.ParseRepair(damage.Request()); got != want || err != nil {
		t.Errorf("%q is %+v, %v", damage.Request(), got, err)
	}
	if got, err := journal.ParseRepair("  "); got != (journal.Repair{}) || err != nil {
		t.Errorf("nothing is %+v, %v", got, err)
	}
	for text, says := range map[string]string{
		"u-1 7 3":                    "has to name",
		"u-1 7 3 " + digest + " yes": "only accept-loss",
		"u-1 seven 3 " + digest:      "the page",
		"u-1 7 -3 " + digest:         "the record",
		"u-1 7 3 " + digest[1:]:      "64 hexadecimal digits",
		"u-1 7 3 " + digest + " a b": "has to name",
	} {
		if got, err := journal.ParseRepair(text); err == nil || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), "JournalDamaged") {
			t.Errorf("%q is %+v, %v", text, got, err)
		}
	}
}

// Who starts anew and finds everything restated, but not yet named, has the StockLedger name
// it first: another repair may have come before.
func TestRepairIsNamedFirst(t *testing.T) {
	for _, otherFirst := range []bool{false, true} {
		t.Run(fmt.Sprint("another was first: ", otherFirst), func(t *testing.T) {
			d := filled(t)
			other := drive(t, d.server, "p2")
			deleteAll(d.server)
			d.follow()
			other.follow()
			asked := asks(t, d)
			d.slow = true
			d.tell(journal.RepairAsked{Repair: asked})
			for range 40 {
				if _, reads := d.nextHeld().(journal.ReadLedger); reads && d.Restated() > 0 {
					break // everything is restated
				}
				d.pass()
				d.restate(99)
			}
			fresh := drive(t, d.server, "p3")
			fresh.tell(journal.Elected{})
			until := func() bool { return fresh.Following() && fresh.Turn(fresh.now) != journal.Idle }
			if otherFirst {
				fresh = drive(t, d.server, "p3")
				fresh.slow = true
				fresh.tell(journal.Elected{})
				for range 40 {
					if _, names := fresh.nextHeld().(journal.NameLedger); names {
						break
					}
					fresh.pass()
				}
				other.tell(journal.Elected{})
				other.repair(asked, 99)
				if !other.Leading() {
					t.Fatalf("the other is %s", other.Stage())
				}
				for range 40 {
					fresh.pass()
				}
				if fresh.Identity() != other.Identity() && until() {
					t.Errorf("it may append to %v, and %v is decided in", fresh.Identity(), other.Identity())
				}
				return
			}
			fresh.pass()
			if !until() || d.server.Ledger.Names != fresh.Identity() {
				t.Errorf("%s with %v, and the StockLedger names %v", fresh.Stage(), fresh.Identity(), d.server.Ledger.Names)
			}
		})
	}
}

// nextHeld is the effect that is performed next, nil if none waits.
func (d *driver) nextHeld() journal.Effect {
	if len(d.held) == 0 {
		return nil
	}
	return d.held[0].effect
}

// An edit that is put back before anybody has emptied the page is none: others may have
// gone on, so nothing is proven by it.
func TestEditPutBack(t *testing.T) {
	d := filled(t)
	standby := drive(t, d.server, "p2")
	name := pageOf(d.server, 4)
	was := *d.server.Pages[name]
	d.server.Edit(name, breakPage)
	standby.slow = true
	standby.follow()
	d.server.Edit(name, func(p *journal.Page) { *p = was })
	late := drive(t, d.server, "p3").lead()
	late.append("more")
	if standby.Damage() == nil || standby.Damage().Proven {
		t.Fatalf("before it is emptied: %s, damage %+v", standby.Stage(), standby.Damage())
	}
	standby.slow = false
	for range 6 {
		standby.pass()
		standby.follow()
	}
	if standby.Damage() != nil || standby.Position() != late.Position() {
		t.Errorf("%s at %+v, damage %+v", standby.Stage(), standby.Position(), standby.Damage())
	}
}

// A page that was made for a repair belongs to it, however late its write comes: nobody
// goes on upon it before it was emptied.
func TestRepairLeavesPagesAlone(t *testing.T) {
	for before := range 10 {
		t.Run(fmt.Sprint("after ", before, " appends"), func(t *testing.T) { lateRepair(t, before) })
	}
}

// lateRepair lets a write of a repair arrive after another repair was carried through.
func lateRepair(t *testing.T, before int) {
	d := filled(t)
	slow := drive(t, d.server, "p2")
	deleteAll(d.server)
	d.follow()
	slow.follow()
	asked := asks(t, d)
	slow.slow = true
	slow.tell(journal.Elected{})
	slow.tell(journal.RepairAsked{Repair: asked})
	for range 20 {
		if slow.Turn(slow.now) == journal.Restate {
			break
		}
		slow.pass()
	}
	slow.restateOnce(1) // it is under way
	d.repair(asked, 1)
	for range before {
		d.append("record of some length")
		d.follow()
	}
	slow.pass() // it arrives
	for range 8 {
		d.append("record of some length")
		d.follow()
	}
	if fresh := drive(t, d.server, "p3"); !d.Leading() || fresh.Damage() != nil || fresh.Position() != d.Position() {
		t.Errorf("%s at %+v; who starts anew is %s at %+v, damage %+v", d.Stage(), d.Position(), fresh.Stage(), fresh.Position(), fresh.Damage())
	}
}

// A leader whose append finds the page gone waits for its watch to tell of it: that proves
// where the journal ended.
func TestRepairProofUnderLoad(t *testing.T) {
	d := filled(t)
	d.server.Delete(pageOf(d.server, 4))
	d.append("more")
	d.follow()
	for range 3 {
		d.pass()
	}
	if d.Damage() == nil || !d.Damage().Proven {
		t.Errorf("%s, damage %+v", d.Stage(), d.Damage())
	}
}

// Where a journal could still go on, the page is emptied before anything is restated: who
// knows more than is known here must not sell beside the new one.
func TestRepairEndsTheOldJournal(t *testing.T) {
	d := filled(t)
	d.server.Delete(pageOf(d.server, 2))
	fresh := drive(t, d.server, "p2")
	fresh.tell(journal.Elected{})
	asked := asks(t, fresh)
	fresh.slow = true
	fresh.tell(journal.RepairAsked{Repair: asked})
	for range 40 {
		if fresh.Turn(fresh.now) == journal.Restate {
			break
		}
		fresh.pass()
	}
	fresh.restateOnce(1)
	d.notices = nil
	d.append("sold")
	if fresh.Stage() != "restating" || len(d.notices) > 0 {
		t.Errorf("while the new one is %s, the old journal goes on: %+v", fresh.Stage(), d.notices)
	}
}
