package e2e

import (
	"fmt"
	"net/http"
	"testing"

	v1 "github.com/acme/inventory-service/api/v1"
)

// setbacks are what can become of a write while its operator lives. Those that
// withhold it serve it through late, some time after.
func setbacks(late chan *passage) []setback {
	return []setback{
		{name: "request lost", faults: []fault{loseRequest}},
		{name: "answer lost", faults: []fault{loseAnswer}},
		{name: "request lost twice", faults: []fault{loseRequest, loseRequest}},
		{name: "409", faults: []fault{answer(http.StatusConflict)}},
		{name: "429", faults: []fault{answer(http.StatusTooManyRequests)}},
		{name: "500", faults: []fault{answer(http.StatusInternalServerError)}},
		{name: "503", faults: []fault{answer(http.StatusServiceUnavailable)}},
		{name: "409 and served", faults: []fault{serveAndAnswer(http.StatusConflict)}},
		{name: "504 and served", faults: []fault{serveAndAnswer(http.StatusGatewayTimeout)}},
		{name: "served before the next attempt", faults: []fault{withhold(late), overtakenBy(late)}},
		{name: "served in the end", faults: []fault{withhold(late)}, late: true},
	}
}

// setback breaks the first writes at a point, one after the other.
type setback struct {
	name   string
	faults []fault
	// late says that the write is served when everything is over.
	late bool
}

// TestAnswersLost loses, delays and falsifies the answers to each write of a
// living operator. Nobody notices but for the time it takes.
func TestAnswersLost(t *testing.T) {
	for _, p := range []struct {
		name string
		at   point
		do   func(k *killing, o *operator, id string, arm func())
	}{
		{"creating", createReservation, reserveBroken(binaryMode)},
		{"creating by plain HTTP", createReservation, reserveBroken(plainHTTP)},
		{"deciding", batch, reserveBroken(structuredMode)},
		{"committing", commit, reserveBroken(binaryMode)},
		{"settling", settle, reserveBroken(binaryMode)},
		{"writing behind", writeBehind, reserveBroken(binaryMode)},
		{"intending a release", intend, releaseBroken},
		{"releasing", free, releaseBroken},
		{"creating the ledger", createLedger, rebuildBroken},
		{"taking over", takeOver, rebuildBroken},
		{"touching", touch, rebuildBroken},
	} {
		t.Run(p.name, func(t *testing.T) {
			late := make(chan *passage, 1)
			k := newKilling(newWorld(t))
			k.declare("mug", "mug", "amsterdam", 100)
			o := k.start()
			o.awaitReady()
			watched := k.observe(map[string]int64{"mug amsterdam": 100})
			for i, s := range setbacks(late) {
				k.suffer(fmt.Sprintf("%d-%s", i, s.name), o, p.at, s, late, p.do)
			}
			k.settle()
			k.sink.check()
			watched.stop()
		})
	}
}

func (k *killing) suffer(
	id string, o *operator, at point, s setback, late chan *passage,
	do func(k *killing, o *operator, id string, arm func()),
) {
	k.Helper()
	var met []<-chan struct{}
	do(k, o, id, func() {
		for _, f := range s.faults {
			met = append(met, k.proxy.arm(at, f))
		}
	})
	for _, m := range met {
		awaitClosed(k.world, m, "the broken write of "+id)
	}
	if s.late {
		k.settle()
		answer := (<-late).serve()
		if answer.code != http.StatusConflict {
			k.Errorf("%s: a late write was answered %d, want a conflict", id, answer.code)
		}
	}
}

// reserveBroken reserves one mug while writes are broken.
func reserveBroken(by transport) func(k *killing, o *operator, id string, arm func()) {
	return func(k *killing, o *operator, id string, arm func()) {
		c := reserve(id, by, item("mug", 1))
		arm()
		k.remember(c, k.ask(c, o))
		k.remember(c, k.ask(c, o))
	}
}

// releaseBroken releases a mug while writes are broken.
func releaseBroken(k *killing, o *operator, id string, arm func()) {
	reserved := k.ask(reserve(id, binaryMode, item("mug", 1)), o)
	c := release("release-"+id, binaryMode, reserved.reservation)
	arm()
	k.remember(c, k.ask(c, o))
	k.remember(c, k.ask(c, o))
	k.awaitPhase(reserved.reservation, v1.PhaseReleased)
}

// rebuildBroken reserves a mug, deletes the ledger and reserves another one
// while writes are broken.
func rebuildBroken(k *killing, o *operator, id string, arm func()) {
	k.ask(reserve("first-"+id, binaryMode, item("mug", 1)), o)
	arm()
	k.must(k.client.Delete(k.Context(), k.awaitLedger(func(*v1.StockLedger) bool { return true })))
	c := reserve(id, binaryMode, item("mug", 1))
	k.remember(c, k.ask(c, o))
}
