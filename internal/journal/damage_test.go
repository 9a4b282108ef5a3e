package journal_test

import (
	"strings"
	"testing"

	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/journal/journaltest"
)

// filled is a leader with three full pages and an empty one on which it goes on.
func filled(t *testing.T) *driver {
	d := drive(t, journaltest.NewServer(), "p1").lead()
	for d.Position().Page < 4 {
		d.append("record of some length")
		d.follow()
	}
	return d
}

// pageOf is the name of the object that holds a page.
func pageOf(s *journaltest.Server, number uint64) string {
	for name, p := range s.Pages {
		if p.Number == number {
			return name
		}
	}
	return ""
}

// What a person does to the pages is told apart: whether nobody may decide any more, and
// whether it is proven where the journal ended. Who sees an edit empties the page, over the
// very version, so that nothing can follow.
func TestDamage(t *testing.T) {
	tests := map[string]struct {
		harm   func(s *journaltest.Server)
		reason string
		proven bool
	}{
		"the tail is deleted":             {func(s *journaltest.Server) { s.Delete(pageOf(s, 4)) }, "was deleted", true},
		"all pages are deleted":           {deleteAll, "was deleted", true},
		"the tail is edited":              {func(s *journaltest.Server) { s.Edit(pageOf(s, 4), loseRecord) }, "was edited", true},
		"the tail is made blank":          {func(s *journaltest.Server) { s.Edit(pageOf(s, 4), makeBlank) }, "was edited", true},
		"the number of the tail is taken": {func(s *journaltest.Server) { s.Edit(pageOf(s, 4), breakPage) }, "was edited", true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			d := filled(t)
			known, at := d.records, d.Position()
			test.harm(d.server)
			d.follow()
			damage := d.Damage()
			if damage == nil || !strings.Contains(damage.Reason, test.reason) || damage.Proven != test.proven {
				t.Fatalf("damage %+v, want %q, proven %t", damage, test.reason, test.proven)
			}
			if damage.Position != at || d.Turn(d.now) != journal.Idle || len(d.records) != len(known) {
				t.Errorf("at %+v with %d records, turn %d", damage.Position, len(d.records), d.Turn(d.now))
			}
			fresh := drive(t, d.server, "p2")
			fresh.tell(journal.Elected{})
			if fresh.Damage() == nil || fresh.Turn(fresh.now) != journal.Idle {
				t.Errorf("a process that starts now is %s, damage %+v", fresh.Stage(), fresh.Damage())
			}
			d.pass()
			if d.Damage() == nil {
				t.Errorf("after a while the damage is forgotten: %s", d.Stage())
			}
		})
	}
}

// A process that knows the journal founds no other where pages and StockLedger are gone.
func TestDamageWithoutLedger(t *testing.T) {
	d := filled(t)
	deleteAll(d.server)
	d.server.DeleteLedger()
	d.follow()
	for range 20 {
		d.pass()
		if d.Damage() == nil || d.Turn(d.now) != journal.Idle {
			t.Fatalf("%s, damage %+v", d.Stage(), d.Damage())
		}
	}
}

func deleteAll(s *journaltest.Server) {
	for number := uint64(4); number > 0; number-- {
		s.Delete(pageOf(s, number))
	}
	for name := range s.Pages {
		s.Delete(name)
	}
}

func loseRecord(p *journal.Page) { p.Records = p.Records[:max(0, len(p.Records)-1)] }
func makeBlank(p *journal.Page)  { *p = journal.Page{Ref: p.Ref, Token: p.Token} }
func breakPage(p *journal.Page)  { p.Number, p.Broken = 0, "its number is gone" }

// A page before the tail that is missing or edited is restated by whoever knows it, and
// the head passes it; a process that does not know it decides nothing meanwhile.
func TestDamageBehindTheTail(t *testing.T) {
	tests := map[string]func(s *journaltest.Server, name string){
		"deleted": func(s *journaltest.Server, name string) { s.Delete(name) },
		"edited":  func(s *journaltest.Server, name string) { s.Edit(name, loseRecord) },
		"emptied": func(s *journaltest.Server, name string) {
			s.Edit(name, func(p *journal.Page) { *p = journal.Page{Ref: p.Ref, Number: p.Number, Emptied: true} })
		},
	}
	for name, harm := range tests {
		t.Run(name, func(t *testing.T) {
			d := filled(t)
			harm(d.server, pageOf(d.server, 2))
			d.follow()
			if d.Damage() != nil || !d.Leading() || d.Through() != 2 {
				t.Fatalf("%s, damage %+v, through %d", d.Stage(), d.Damage(), d.Through())
			}
			if fresh := drive(t, d.server, "p2"); fresh.Damage() == nil {
				t.Errorf("a process that starts now is %s", fresh.Stage())
			}
			d.tell(journal.WatchEnded{Call: d.watch})
			d.append("term")
			if !d.Leading() || d.Through() != 2 {
				t.Fatalf("after a list: %s, through %d", d.Stage(), d.Through())
			}
			d.appendFrom(3, "what page 2 said")
			if d.Through() != 0 {
				t.Errorf("restated, and still through %d", d.Through())
			}
			if fresh := drive(t, d.server, "p3"); fresh.Damage() != nil || !fresh.Following() {
				t.Errorf("a process that starts afterwards is %s, damage %+v", fresh.Stage(), fresh.Damage())
			}
		})
	}
}

// Metadata that somebody changes is no damage: a new term is appended over the new version.
func TestTouched(t *testing.T) {
	d := filled(t)
	d.server.Touch(pageOf(d.server, 4))
	d.follow()
	if d.Damage() != nil || d.Turn(d.now) != journal.Claim {
		t.Fatalf("%s, damage %+v", d.Stage(), d.Damage())
	}
	d.append("term")
	if !d.Leading() {
		t.Errorf("%s", d.Stage())
	}
}

// A stranger's webhook that rewrites what is appended is told from an answer that is
// lost: what is stored is not what was sent.
func TestRewritten(t *testing.T) {
	d := filled(t)
	d.server.Rewrite = loseRecord
	d.append("a record")
	if damage := d.Damage(); damage == nil || !strings.Contains(damage.Reason, "was edited") {
		t.Errorf("%s, damage %+v", d.Stage(), damage)
	}
}

// A namespace that is deleted takes its pages along. That is no damage: the process begins
// as if it had just been started, whatever it remembers.
func TestNamespaceMadeAgain(t *testing.T) {
	for name, gone := range map[string]func(s *journaltest.Server){
		"terminating": func(s *journaltest.Server) { s.Namespace.Terminating = true },
		"made again":  func(s *journaltest.Server) { s.Namespace.UID = "ns-2" },
	} {
		t.Run(name, func(t *testing.T) {
			d := filled(t)
			gone(d.server)
			deleteAll(d.server)
			d.server.DeleteLedger()
			d.follow()
			if d.Damage() != nil || len(d.records) != 0 {
				t.Fatalf("%s, damage %+v, %d records", d.Stage(), d.Damage(), len(d.records))
			}
			d.server.Namespace.UID, d.server.Namespace.Terminating = "ns-2", false
			d.pass()
			if d.Turn(d.now) != journal.Claim {
				t.Fatalf("%s in the namespace that was made again", d.Stage())
			}
			d.append("term")
			if want := (journal.Identity{Journal: "uid-6", Namespace: "ns-2"}); d.Identity().Namespace != "ns-2" || !d.Leading() {
				t.Errorf("%s with %+v, want %+v", d.Stage(), d.Identity(), want)
			}
		})
	}
}

// A history that the API server takes back is not gone on with.
func TestRestored(t *testing.T) {
	d := filled(t)
	backup := d.server.Clone()
	d.append("one more")
	*d.server = *backup
	d.tell(journal.WatchEnded{Call: d.watch})
	d.pass()
	if len(d.records) == 0 || d.records[len(d.records)-1] == "one more" || d.Damage() != nil {
		t.Errorf("%s with %q", d.Stage(), d.records)
	}
}

// The API server refuses a write over a token that is not the one it replaces, whatever
// the version says: that is another history, and everything is forgotten.
func TestOtherHistory(t *testing.T) {
	d := filled(t)
	p := *d.server.Pages[pageOf(d.server, 4)]
	p.Token = "another"
	d.server.Pages[p.Name] = &p // at the same version
	d.append("a record")
	if d.Leading() || d.Damage() != nil {
		t.Errorf("%s, damage %+v", d.Stage(), d.Damage())
	}
}
