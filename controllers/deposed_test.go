package controllers

import (
	"context"
	"testing"
	"time"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/stock"
)

// A leader that was deposed and does not know it, with a fresh cache and an old State, turns
// no status back.
func TestDeposedLeaderTurnsNothingBack(t *testing.T) {
	first := leader(t)
	first.made("r")
	first.reconcile("r")
	second := first.start()
	second.untilSame(first)
	first.cut.Store(true)
	second.lead()
	second.edit("r", func(r *v1.Reservation) { r.Spec.ConsumeItems = units(1) })
	second.reconcile("r")
	want := reservedOutcome
	want.Allocations = allocations(1, 0, 0, 0)
	second.want("r", want)
	second.answer(stock.Consume{Reservation: second.stateByName("r").ID})
	second.reconcile("r")
	second.want("r", consumedOutcome)

	if !first.runner.Leading() {
		t.Fatal("the first one knows that it does not lead: nothing is tried here")
	}
	// What is asked of it in this state is known to be done: only its status differs.
	object := second.read("r")
	object.Spec.ConsumeItems = nil
	first.lags(object)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	_, err := first.reconcileWithin(ctx, "r")
	second.want("r", consumedOutcome)
	if err == nil {
		t.Error("it thought that all was well")
	}
}

// stateByName is what this operator knows of the reservation whose object has a name.
func (o *operator) stateByName(name string) *stock.Reservation {
	return o.state(stock.ID(o.read(name).UID))
}

// Two operators that lead in turn bring every Reservation to the same end, whatever happened
// while nobody led.
func TestTwoLeadInTurn(t *testing.T) {
	first := leader(t)
	second := first.start()
	attend := func(o *operator) {
		o.startController()
		o.runs(func(ctx context.Context) { o.r.Attend(ctx, o.namespace, o.runner) })
		o.runs(func(ctx context.Context) { o.r.Queue.Attend(ctx, o.namespace, o.runner) })
		o.runs(func(ctx context.Context) { o.expiry.Attend(ctx, o.namespace, o.runner) })
	}
	attend(first)
	attend(second)
	operators := []*operator{first, second}
	turn := func(n int) {
		operators[(n+1)%2].runner.Elect(false)
		operators[n%2].runner.Elect(true)
	}
	phase := func(name string) v1.Phase {
		if got := first.read(name); got != nil {
			return got.CurrentPhase()
		}
		return ""
	}
	first.until("it leads", first.runner.Leading)
	first.made("released")
	first.until("it is held", func() bool { return phase("released") == v1.PhaseReserved })
	first.made("deleted")
	first.until("it is held", func() bool { return phase("deleted") == v1.PhaseReserved })
	deleted := stock.ID(first.read("deleted").UID)

	first.runner.Elect(false)
	first.until("nobody leads", func() bool { return !first.runner.Leading() })
	first.delete("deleted")
	first.edit("released", release)
	first.made("short", func(r *v1.Reservation) { r.Spec.Items[0].Quantity = 100 })
	for n := 1; n < 6; n++ {
		turn(n)
		o := operators[n%2]
		o.until("it leads", o.runner.Leading)
		name := "turn" + string(rune('0'+n))
		o.made(name, func(r *v1.Reservation) { r.Spec.Items = r.Spec.Items[:1]; r.Spec.Items[0].Quantity = 1 })
		o.until("it is held", func() bool { return phase(name) == v1.PhaseReserved })
		o.edit(name, consume)
		if n%2 == 0 {
			o.until("it is shipped", func() bool { return phase(name) == v1.PhaseConsumed })
		}
	}
	last := operators[1]
	for name, want := range map[string]v1.Phase{
		"released": v1.PhaseReleased, "short": v1.PhaseUnavailable, "turn1": v1.PhaseConsumed, "turn2": v1.PhaseConsumed,
		"turn3": v1.PhaseConsumed, "turn4": v1.PhaseConsumed, "turn5": v1.PhaseConsumed,
	} {
		last.until(name+" is "+string(want), func() bool { return phase(name) == want })
	}
	last.until("the deleted one is gone", func() bool {
		r := last.state(deleted)
		return r != nil && r.Object.Gone && r.Phase == stock.PhaseReleased
	})
}
