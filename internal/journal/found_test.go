package journal_test

import (
	"testing"

	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/journal/journaltest"
)

// slowly starts a process that does one thing after the other, each when the test says so.
func slowly(t *testing.T, server *journaltest.Server) *driver {
	d := drive(t, server, "slow")
	d.slow = true
	d.tell(journal.Elected{})
	return d
}

// until lets a process go on until an effect of this kind is the next, and fails if it
// never is.
func until[E journal.Effect](d *driver) {
	d.t.Helper()
	for range 50 {
		if len(d.held) > 0 {
			if _, ok := d.held[0].effect.(E); ok {
				return
			}
		}
		d.pass()
	}
	d.t.Fatalf("%s, and no %T to come", d.Stage(), *new(E))
}

// claimAll lets a process go on for as long as it likes, and append its terms.
func (d *driver) claimAll() {
	for range 50 {
		d.pass()
		if d.Turn(d.now) == journal.Claim {
			d.append("term")
		}
	}
}

// A founder that is slow lists once more before the StockLedger names its journal: since it
// has listed, another journal was founded, lost its first page and the StockLedger, and
// goes on elsewhere.
func TestFoundingListsTwice(t *testing.T) {
	server := journaltest.NewServer()
	slow := slowly(t, server)
	until[journal.Create](slow)

	other := drive(t, server, "other").lead()
	other.append("record of some length")
	other.follow()
	server.Delete("journal-0")
	until[journal.ReadNamespace](slow) // it has made journal-0 anew, and listed
	other.append("the unit is sold")
	if other.Position().Page != 2 {
		t.Fatalf("the other is on page %d", other.Position().Page)
	}
	server.DeleteLedger()
	slow.claimAll()
	if slow.Leading() {
		t.Errorf("the slow founder leads %+v, beside %+v", slow.Identity(), other.Identity())
	}
}

// Nothing is founded in a namespace that is going: by the time it is done, the namespace
// may have been made again, and is another.
func TestFoundingLooksAtTheNamespace(t *testing.T) {
	server := journaltest.NewServer()
	server.Serve(journal.Create{Name: journal.PageName(0)})
	server.Namespace.Terminating = true
	slow := slowly(t, server)
	until[journal.ReadNamespace](slow)
	slow.pass()
	server.Namespace.UID, server.Namespace.Terminating = "ns-2", false
	slow.claimAll()
	if !slow.Leading() || slow.Identity().Namespace != "ns-2" {
		t.Errorf("%s with %+v", slow.Stage(), slow.Identity())
	}
}

// A StockLedger that names a journal keeps everybody from founding another where its pages
// are gone.
func TestFoundingLooksAtTheLedger(t *testing.T) {
	d := filled(t)
	deleteAll(d.server)
	fresh := drive(t, d.server, "p2")
	fresh.tell(journal.Elected{})
	if fresh.Damage() == nil || fresh.Turn(fresh.now) != journal.Idle {
		t.Errorf("%s, damage %+v", fresh.Stage(), fresh.Damage())
	}
}

// The first term goes over the version of the page that was listed, and no other.
func TestFirstTermOverWhatWasListed(t *testing.T) {
	server := journaltest.NewServer()
	slow := slowly(t, server)
	until[journal.NameLedger](slow)
	slow.pass()
	if slow.Turn(slow.now) != journal.Claim {
		t.Fatalf("%s, and not its turn", slow.Stage())
	}
	server.Touch(journal.PageName(0))
	slow.append("term")
	slow.pass()
	if slow.Leading() {
		t.Error("it leads by a write over a version that it had not listed")
	}
	slow.claimAll()
	if !slow.Leading() {
		t.Errorf("afterwards it is %s", slow.Stage())
	}
}
