package chaos

import (
	"fmt"
	"net/http"
	"testing"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/test/testbed"
)

// TestAnswersLost loses, delays and falsifies the answers to each write of a
// living operator. Nobody notices but for the time it takes.
func TestAnswersLost(t *testing.T) {
	t.Parallel()
	for _, p := range []struct {
		name string
		at   testbed.Point
		do   func(k *testbed.Killing, o *testbed.Operator, id string, arm func())
	}{
		{"reserving", testbed.Decide, reserveBroken(testbed.BinaryMode)},
		{"reserving by plain HTTP", testbed.Decide, reserveBroken(testbed.PlainHTTP)},
		{"creating the object", testbed.CreateReservation, reserveBroken(testbed.StructuredMode)},
		{"noting the object", testbed.NoteObject, reserveBroken(testbed.BinaryMode)},
		{"showing the hold", testbed.ShowReserved, reserveBroken(testbed.BinaryMode)},
		{"showing held units", testbed.ShowHeld, reserveBroken(testbed.BinaryMode)},
		{"showing the ledger", testbed.ShowLedger, reserveBroken(testbed.PlainHTTP)},
		{"noting what was delivered", testbed.NoteNothing, reserveBroken(testbed.BinaryMode)},
		{"releasing", testbed.Free, releaseBroken},
		{"showing the release", testbed.ShowReleased, releaseBroken},
		{"creating the ledger", testbed.CreateLedger, ledgerLost},
		{"naming the journal", testbed.NameLedger, ledgerLost},
	} {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			late := make(chan *testbed.Passage, 1)
			k := testbed.NewKilling(testbed.NewWorld(t))
			watched := k.Observe(map[string]int64{"mug amsterdam": 100})
			k.Declare("mug", "mug", "amsterdam", 100)
			o := k.Start()
			o.AwaitReady()
			for i, s := range testbed.Setbacks(late) {
				suffer(k, fmt.Sprintf("%d-%s", i, s.Name), o, p.at, s, late, p.do)
			}
			k.Settle()
			k.Sink.Check()
			watched.Stop()
		})
	}
}

func suffer(
	k *testbed.Killing, id string, o *testbed.Operator, at testbed.Point, s testbed.Setback, late chan *testbed.Passage,
	do func(k *testbed.Killing, o *testbed.Operator, id string, arm func()),
) {
	k.Helper()
	var met []<-chan struct{}
	do(k, o, id, func() {
		for _, f := range s.Faults {
			met = append(met, k.Proxy.Arm(at, f))
		}
	})
	for _, m := range met {
		testbed.AwaitClosed(k.World, m, "the broken write of "+id)
	}
	if s.Late {
		k.Settle()
		answer := (<-late).Serve()
		if answer.Code != http.StatusConflict {
			k.Errorf("%s: a late write was answered %d, want a conflict", id, answer.Code)
		}
	}
}

// reserveBroken reserves one mug while writes are broken.
func reserveBroken(by testbed.Transport) func(k *testbed.Killing, o *testbed.Operator, id string, arm func()) {
	return func(k *testbed.Killing, o *testbed.Operator, id string, arm func()) {
		c := testbed.Reserve(id, by, testbed.Item("mug", 1))
		arm()
		k.Remember(c, k.Ask(c, o))
		k.Remember(c, k.Ask(c, o))
	}
}

// releaseBroken releases a mug while writes are broken.
func releaseBroken(k *testbed.Killing, o *testbed.Operator, id string, arm func()) {
	reserved := k.Ask(testbed.Reserve(id, testbed.BinaryMode, testbed.Item("mug", 1)), o)
	c := testbed.Release("release-"+id, testbed.BinaryMode, reserved.Reservation)
	arm()
	k.Remember(c, k.Ask(c, o))
	k.Remember(c, k.Ask(c, o))
	k.AwaitPhase(reserved.Reservation, v1.PhaseReleased)
}

// ledgerLost deletes the ledger while writes are broken, and reserves a mug: the journal
// stands.
func ledgerLost(k *testbed.Killing, o *testbed.Operator, id string, arm func()) {
	k.Ask(testbed.Reserve("first-"+id, testbed.BinaryMode, testbed.Item("mug", 1)), o)
	arm()
	k.Must(k.Client.Delete(k.Context(), k.AwaitLedger(func(*v1.StockLedger) bool { return true })))
	c := testbed.Reserve(id, testbed.BinaryMode, testbed.Item("mug", 1))
	k.Remember(c, k.Ask(c, o))
}
