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
	{"creating the reservation", "by binary event", story{command: cart(testbed.BinaryMode, 3)}},
	{"creating the reservation", "by plain HTTP", story{command: cart(testbed.PlainHTTP, 3)}},
	{"creating the ledger", "", story{command: cart(testbed.BinaryMode, 3), starting: true}},
	{"creating the ledger", "again", story{before: reserved, command: cart(testbed.StructuredMode, 3), ledgerLost: true}},
	{"taking over", "", story{command: cart(testbed.BinaryMode, 3), starting: true}},
	{"taking over", "a lost ledger", story{before: reserved, command: cart(testbed.StructuredMode, 3), ledgerLost: true}},
	{"touching a reserved reservation", "", story{before: reserved, command: cart(testbed.StructuredMode, 3), ledgerLost: true}},
	{"deciding", "", story{command: cart(testbed.StructuredMode, 3)}},
	{"committing", "by binary event", story{command: cart(testbed.BinaryMode, 3)}},
	{"committing", "by plain HTTP", story{command: cart(testbed.PlainHTTP, 3)}},
	{"refusing", "by binary event", story{command: cart(testbed.BinaryMode, 8), phase: v1.PhaseUnavailable}},
	{"refusing", "by plain HTTP", story{command: cart(testbed.PlainHTTP, 8), phase: v1.PhaseUnavailable}},
	{"withdrawing", "", story{prepare: withdrawn, command: giveBack(testbed.BinaryMode), starting: true, phase: v1.PhaseReleased}},
	{"settling", "", story{command: cart(testbed.BinaryMode, 3)}},
	{"showing the item", "", story{command: cart(testbed.BinaryMode, 3), starting: true}},
	{"writing held units behind", "", story{command: cart(testbed.BinaryMode, 3)}},
	{"publishing", "", story{command: cart(testbed.BinaryMode, 3)}},
	{"publishing", "a refusal", story{command: cart(testbed.PlainHTTP, 8), phase: v1.PhaseUnavailable}},
	{"noting a refusal of the sink", "", story{command: cart(testbed.BinaryMode, 3), refused: true}},
	{"intending a release or a consume", "by binary event", story{before: reserved, command: giveBack(testbed.BinaryMode), phase: v1.PhaseReleased}},
	{"intending a release or a consume", "by plain HTTP", story{before: reserved, command: giveBack(testbed.PlainHTTP), phase: v1.PhaseReleased}},
	{"intending a release or a consume", "of a part", story{before: reserved, command: shipOne}},
	{"releasing", "", story{before: reserved, command: giveBack(testbed.BinaryMode), phase: v1.PhaseReleased}},
	{"releasing", "what expires", story{command: brief, phase: v1.PhaseReleased}},
	{"giving a part back", "", story{before: reserved, command: giveOneBack}},
	{"emptying the ledger", "", story{before: reserved, command: giveBack(testbed.BinaryMode), phase: v1.PhaseReleased}},
	{"opening the fold", "of a part", story{before: reserved, command: shipOne}},
	{"showing the fold of a part", "", story{before: reserved, command: shipOne}},
	{"showing the fold", "", story{before: reserved, command: ship, phase: v1.PhaseConsumed}},
	{"creating the tally", "", story{before: reserved, command: ship, phase: v1.PhaseConsumed}},
	{"counting the fold", "", story{before: reserved, command: ship, phase: v1.PhaseConsumed}},
	{"writing shipped units behind", "", story{before: reserved, command: ship, phase: v1.PhaseConsumed}},
	{"touching the tally", "", story{before: []func(string) testbed.Command{cart(testbed.StructuredMode, 3), ship},
		command: ship, ledgerLost: true, phase: v1.PhaseConsumed}},
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
		t.Run("noting that the sink took it after all/"+death.name, func(t *testing.T) {
			t.Parallel()
			crashWhenTakenAfterAll(t, death.how)
		})
		t.Run("touching a pending reservation/"+death.name, func(t *testing.T) {
			t.Parallel()
			crashWhenTouchingPending(t, death.how)
		})
	}
}

// TestCrashTwice kills the next operator as well, while it cleans up after the
// first one.
func TestCrashTwice(t *testing.T) {
	t.Parallel()
	first := testbed.Crash{At: testbed.Commit, How: testbed.KillBefore} // leaves a hold in flight
	for _, p := range []struct{ name, write string }{
		{"taking over what is in flight", "taking over"},
		{"rolling forward", "committing"},
		{"settling what was rolled forward", "settling"},
		{"publishing what was rolled forward", "publishing"},
	} {
		for _, death := range deaths {
			t.Run(p.name+"/"+death.name, func(t *testing.T) {
				t.Parallel()
				s := story{
					command: cart(testbed.BinaryMode, 3),
					crashes: []testbed.Crash{first, {At: point(p.write), How: death.how}},
				}
				s.run(testbed.NewWorld(t), faultreport.Begin(t, crashes))
			})
		}
	}
}
