package controllers

import (
	"testing"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/stock"
)

// That a cache does not have an object proves nothing; once it is deleted its units are free,
// and the journal says that it is gone.
func TestDeleted(t *testing.T) {
	p := leader(t)
	made := p.made("r")
	p.reconcile("r")
	p.lags(nil)
	p.reconcile("r")
	if known := p.state(stock.ID(made.UID)); known.Phase != stock.PhaseReserved || known.Object.Gone {
		t.Fatalf("the cache does not have it yet, and it becomes %+v", known)
	}
	stored := p.read("r")
	p.delete("r")
	p.reconcile("r")
	known := p.state(stock.ID(made.UID))
	if known.Phase != stock.PhaseReleased || known.Reason != "Released" || !known.Object.Gone || known.Object.Name != "r" ||
		known.Object.Version <= versionOf(stored.ResourceVersion) {
		t.Errorf("deleted, it becomes %+v", known)
	}
	p.lags(stored)
	p.reconcile("r") // the cache still has it
	if p.read("r") != nil {
		t.Error("it is there again")
	}
}

// A Reservation that was made anew under its name is another one: the first is gone.
func TestMadeAgain(t *testing.T) {
	p := leader(t)
	first := p.made("r")
	p.reconcile("r")
	p.delete("r")
	second := p.made("r", func(r *v1.Reservation) { r.Spec.Items[0].Quantity = 10 })
	p.reconcile("r")
	if known := p.state(stock.ID(first.UID)); known.Phase != stock.PhaseReleased || !known.Object.Gone {
		t.Errorf("the first becomes %+v", known)
	}
	if known := p.state(stock.ID(second.UID)); known.Phase != stock.PhaseReserved {
		t.Errorf("the second, of all that there is, becomes %+v", known)
	}
	p.delete("r")
	third := p.made("r")
	p.lags(third)
	p.reconcile("r")
	if known := p.state(stock.ID(second.UID)); !known.Object.Gone {
		t.Errorf("the second becomes %+v", known)
	}
	p.want("r", reservedOutcome)
}

// What was made and deleted while its cart was decided is released.
func TestDeletedMeanwhile(t *testing.T) {
	p := leader(t)
	made := p.made("r")
	p.r.Client = &meddling{p.users, func() { p.delete("r") }}
	p.reconcile("r")
	p.reconcile("r")
	if known := p.state(stock.ID(made.UID)); known.Phase != stock.PhaseReleased || !known.Object.Gone {
		t.Errorf("it becomes %+v", known)
	}
}

// Of several of one name, one after the other, all that are gone are found.
func TestOlderNamesake(t *testing.T) {
	o := leader(t)
	first := o.made("r")
	o.reconcile("r")
	o.delete("r")
	second := o.made("r")
	cart := pass{ReservationReconciler: o.r, runner: o.runner, key: o.key("r")}.cart(second, "")
	o.answer(cart) // and whoever asked crashed before it looked for the first
	o.reconcile("r")
	if known := o.state(stock.ID(first.UID)); known.Phase != stock.PhaseReleased || !known.Object.Gone {
		t.Errorf("the first becomes %+v", known)
	}
	if known := o.state(stock.ID(second.UID)); known.Phase != stock.PhaseReserved || known.Object.Gone {
		t.Errorf("the second becomes %+v", known)
	}
}
