package chaos

import (
	"testing"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/test/faultreport"
	"github.com/acme/inventory-service/test/testbed"
)

// elected are the flags of an operator that leads by election.
var elected = append([]string{"--leader-elect=true"}, testbed.ShortLease...)

// reserved is a cart that was reserved before anything breaks.
var reserved = []func(string) testbed.Command{cart(testbed.StructuredMode, 3)}

// plot is a story in which an operator dies at a write.
type plot struct {
	write string // as in writes
	how   string // tells it from others with the same write
	story story
}

// plots has at least one story for every write; TestEveryWriteHasACrash sees to
// it.
var plots = []plot{
	{"creating the lease", "", story{command: cart(testbed.BinaryMode, 3), starting: true, flags: elected}},
	{"taking or renewing the lease", "", story{command: cart(testbed.BinaryMode, 3), flags: elected}},
	{"creating a page", "", story{command: cart(testbed.BinaryMode, 3), starting: true}},
	{"creating the ledger", "", story{command: cart(testbed.BinaryMode, 3), starting: true}},
	{"creating the ledger", "again", story{before: reserved, command: cart(testbed.StructuredMode, 3), ledgerLost: true}},
	{"naming the journal", "", story{command: cart(testbed.BinaryMode, 3), starting: true}},
	{"naming the journal", "again", story{before: reserved, command: cart(testbed.StructuredMode, 3), ledgerLost: true}},
	{"founding", "", story{command: cart(testbed.BinaryMode, 3), starting: true}},
	{"taking over", "", story{before: reserved, command: cart(testbed.StructuredMode, 3), stopped: true}},
	{"taking over", "without a ledger", story{before: reserved, command: cart(testbed.StructuredMode, 3), ledgerLost: true}},
	{"reserving", "by binary event", story{command: cart(testbed.BinaryMode, 3)}},
	{"reserving", "by structured event", story{command: cart(testbed.StructuredMode, 3)}},
	{"reserving", "by plain HTTP", story{command: cart(testbed.PlainHTTP, 3)}},
	{"reserving", "an object", story{prepare: pending, command: shipLater, starting: true}},
	{"refusing", "by binary event", story{command: cart(testbed.BinaryMode, 8), phase: v1.PhaseUnavailable, flags: showAll}},
	{"refusing", "by plain HTTP", story{command: cart(testbed.PlainHTTP, 8), phase: v1.PhaseUnavailable, flags: showAll}},
	{"releasing", "by binary event", story{before: reserved, command: giveBack(testbed.BinaryMode), phase: v1.PhaseReleased}},
	{"releasing", "by plain HTTP", story{before: reserved, command: giveBack(testbed.PlainHTTP), phase: v1.PhaseReleased}},
	{"releasing", "what expires", story{command: brief, phase: v1.PhaseReleased}},
	{"giving a part back", "", story{before: reserved, command: giveOneBack}},
	{"shipping", "", story{before: reserved, command: ship, phase: v1.PhaseConsumed}},
	{"shipping a part", "", story{before: reserved, command: shipOne}},
	{"taking an item in", "", story{command: cart(testbed.BinaryMode, 3), starting: true}},
	{"noting the object", "", story{command: cart(testbed.BinaryMode, 3)}},
	{"noting what was delivered", "", story{command: cart(testbed.BinaryMode, 3)}},
	{"creating the reservation", "", story{command: cart(testbed.BinaryMode, 3)}},
	{"withdrawing", "", story{prepare: withdrawn, command: giveBack(testbed.BinaryMode), starting: true, phase: v1.PhaseReleased}},
	{"showing the hold", "", story{command: cart(testbed.BinaryMode, 3)}},
	{"showing a part", "", story{before: reserved, command: shipOne}},
	{"showing the release", "", story{before: reserved, command: giveBack(testbed.BinaryMode), phase: v1.PhaseReleased}},
	{"showing what was shipped", "", story{before: reserved, command: ship, phase: v1.PhaseConsumed}},
	{"showing the item", "", story{command: cart(testbed.BinaryMode, 3), starting: true}},
	{"showing held units", "", story{command: cart(testbed.BinaryMode, 3)}},
	{"showing shipped units", "", story{before: reserved, command: ship, phase: v1.PhaseConsumed}},
	{"showing the ledger", "", story{command: cart(testbed.BinaryMode, 3)}},
	{"publishing", "", story{command: cart(testbed.BinaryMode, 3)}},
	{"publishing", "a refusal", story{command: cart(testbed.PlainHTTP, 8), phase: v1.PhaseUnavailable, flags: showAll}},
	{"noting a refusal of the sink", "", story{command: cart(testbed.BinaryMode, 3), refused: true}},
	{"forgetting the reservation", "", story{before: reserved, command: giveBack(testbed.BinaryMode),
		flags: []string{"--retention", "1s"}, forgotten: true}},
}

// TestCrash kills the operator with SIGKILL at every write between a command
// and the last trace of it, before the write is served, after it without the
// answer, and with it. Started again, it goes on as if nothing had been.
func TestCrash(t *testing.T) {
	t.Parallel()
	for _, p := range plots {
		for _, death := range deaths {
			t.Run(p.write+" "+p.how+"/"+death.name, func(t *testing.T) {
				t.Parallel()
				p.story.crashes = []testbed.Crash{{At: point(p.write), How: death.how}}
				p.story.run(testbed.NewWorld(t), faultreport.Begin(t, crashes))
			})
		}
	}
	for _, death := range deaths {
		for name, crash := range rare {
			t.Run(name+"/"+death.name, func(t *testing.T) {
				t.Parallel()
				crash(t, death.how)
			})
		}
	}
}

// TestCrashTwice kills the next operator as well, while it cleans up after the
// first one.
func TestCrashTwice(t *testing.T) {
	t.Parallel()
	landed := testbed.Crash{At: testbed.Decide, How: testbed.KillThenServe} // nobody was told
	for _, p := range []struct {
		name, write string
		first       testbed.Crash
	}{
		{"taking over what landed", "taking over", landed},
		{"making the object of what landed", "creating the reservation", landed},
		{"showing what landed", "showing the hold", landed},
		{"publishing what landed", "publishing", landed},
		{"taking over half a founding", "founding", testbed.Crash{At: testbed.NameLedger, How: testbed.KillThenServe}},
		{"naming the journal of half a founding", "naming the journal", testbed.Crash{At: testbed.CreateLedger, How: testbed.KillThenServe}},
		{"deciding again", "reserving", testbed.Crash{At: testbed.Decide, How: testbed.KillBefore}},
	} {
		for _, death := range deaths {
			t.Run(p.name+"/"+death.name, func(t *testing.T) {
				t.Parallel()
				s := story{
					command: cart(testbed.BinaryMode, 3), starting: p.first.At.Resource != "journalpages",
					crashes: []testbed.Crash{p.first, {At: point(p.write), How: death.how}},
				}
				s.run(testbed.NewWorld(t), faultreport.Begin(t, crashes))
			})
		}
	}
}
