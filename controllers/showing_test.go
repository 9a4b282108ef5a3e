package controllers

import (
	"context"
	"testing"
	"time"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/stock"
)

// refuse makes a cart one that is refused.
func refuse(r *stock.Reserve) { r.Wanted.Lines[0].Quantity = 100 }

// Which carts of the bridge get an object is for Showing to say, unless somebody needs one
// to say that its outcome cannot be delivered.
func TestShowing(t *testing.T) {
	for mode, want := range map[ShowMode]map[string]bool{
		"":       {"held": true, "refused": false, "released": false},
		ShowHeld: {"held": true, "refused": false, "released": false},
		ShowAll:  {"held": true, "refused": true, "released": true},
		ShowNone: {"held": false, "refused": false, "released": false},
	} {
		t.Run("mode "+string(mode), func(t *testing.T) {
			o := leader(t)
			o.r.Queue.showing.Mode = mode
			o.command("held")
			o.command("refused", refuse)
			o.command("released")
			o.answer(stock.Release{Reservation: "released"})
			for name, is := range want {
				o.reconcile(name)
				if made := o.read(name) != nil; made != is {
					t.Errorf("whether %s was made is %v", name, made)
				}
				o.r.Queue.Demand(o.namespace, stock.ID(name))
				o.reconcile(name)
				if o.read(name) == nil {
					t.Errorf("%s is not made on demand", name)
				}
			}
		})
	}
}

// An object that was made follows its cart to the end, and is kept for as long as Showing
// says; one that a person made is kept longer.
func TestShowingFollows(t *testing.T) {
	o := leader(t)
	o.r.Queue.showing = Showing{Retention: time.Minute}
	o.command("b")
	o.made("r")
	for _, name := range []string{"b", "r"} {
		o.reconcile(name)
	}
	o.until("the journal knows the object", func() bool { return o.state("b").Object.UID != "" })
	o.answer(stock.Release{Reservation: "b"})
	o.edit("r", release)
	o.publish()
	for _, name := range []string{"b", "r"} {
		o.reconcile(name)
		if got := o.read(name).CurrentPhase(); got != v1.PhaseReleased {
			t.Errorf("%s shows %s", name, got)
		}
	}
	o.pass(2 * time.Minute)
	for _, name := range []string{"b", "r"} {
		o.reconcile(name)
	}
	if o.read("b") != nil || o.read("r") == nil {
		t.Errorf("two minutes after its end it is there: the bridge's %v, a person's %v", o.read("b") != nil, o.read("r") != nil)
	}
}

// At the bound an object waits until others have made room, those whose carts have ended
// first, and the one that has waited longest comes first.
func TestShowingBound(t *testing.T) {
	o := leader(t)
	o.r.Queue.showing.Max = 2
	o.startController()
	o.runs(func(ctx context.Context) { o.r.Queue.Attend(ctx, o.namespace, o.runner) })
	o.runs(func(ctx context.Context) { o.r.Attend(ctx, o.namespace, o.runner) })
	shown := func(names ...string) func() bool {
		return func() bool {
			var all v1.ReservationList
			if err := o.users.List(t.Context(), &all); err != nil {
				t.Fatal(err)
			}
			n := 0
			for i := range all.Items {
				if all.Items[i].Namespace == o.namespace {
					n++
				}
			}
			for _, name := range names {
				if o.read(name) == nil {
					return false
				}
			}
			return n == len(names)
		}
	}
	command := func(names ...stock.ID) {
		for _, name := range names {
			o.command(name, func(r *stock.Reserve) { r.Wanted.Lines = r.Wanted.Lines[:1] })
		}
		o.publish()
	}
	command("a", "b")
	o.until("two are shown", shown("a", "b"))
	command("c", "d")
	key := o.key("")
	o.until("there is no place for more", func() bool { return o.r.crowded.has(key) })
	if !shown("a", "b")() {
		t.Error("more are shown than there are places")
	}
	o.answer(stock.Release{Reservation: "b"})
	o.until("the next has its place", shown("a", "c"))
	o.delete("a")
	o.until("the last has its place", shown("c", "d"))
}
