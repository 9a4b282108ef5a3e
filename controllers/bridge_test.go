package controllers

import (
	"context"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/test/fixture"
)

// bridged makes it an object that says that it is the bridge's.
func bridged(r *v1.Reservation) { r.Spec.Command = &v1.Command{Source: "/shop", ID: r.Name} }

// A cart that came through the bridge gets an object, which is its view from then on: once
// deleted, it is released and not made again.
func TestBridgeObject(t *testing.T) {
	o := leader(t)
	o.command("b", fixture.Customer("customer"))
	o.reconcile("b")
	o.want("b", reservedOutcome)
	object := o.read("b")
	if c := object.Spec.Command; c == nil || c.Source != "/shop" || c.ID != "b" || object.Spec.CustomerID != "customer" {
		t.Errorf("it says %+v", object.Spec)
	}
	o.until("the journal knows its object", func() bool { return o.state("b").Object.UID == stock.ID(object.UID) })
	o.edit("b", func(r *v1.Reservation) { r.Spec.ConsumeItems = units(1) })
	o.reconcile("b")
	want := reservedOutcome
	want.Allocations = allocations(1, 0, 0, 0)
	o.want("b", want)
	o.delete("b")
	for range 2 {
		o.reconcile("b")
		if o.read("b") != nil {
			t.Fatal("it was made again")
		}
	}
	if r := o.state("b"); r.Phase != stock.PhaseConsumed || r.Reason != "Released" || !r.Object.Gone {
		t.Errorf("deleted, it becomes %+v", r)
	}
}

// What became of a cart before its object is made is what that shows; later it follows.
func TestBridgeObjectLate(t *testing.T) {
	o := leader(t)
	o.command("b")
	o.answer(stock.Release{Reservation: "b", Reason: "CHECKOUT_FAILED"})
	o.reconcile("b")
	o.want("b", endedOutcome(v1.PhaseReleased, "CHECKOUT_FAILED", allocations(0, 2, 0, 3)))
	o.command("refused", func(r *stock.Reserve) { r.Wanted.Lines[0].Quantity = 100 })
	o.reconcile("refused")
	if got := o.read("refused"); got.CurrentPhase() != v1.PhaseUnavailable {
		t.Errorf("a refused cart shows %+v", got.Status)
	}
	o.reconcile("refused")
	if got := o.read("refused"); got == nil {
		t.Error("its object is deleted as soon as it is known")
	}
	o.command("c")
	o.reconcile("c")
	o.answer(stock.Attach{Reservation: "c", Order: "order"})
	o.answer(stock.Consume{Reservation: "c"})
	o.reconcile("c")
	o.want("c", consumedOutcome)
	if got := o.read("c").Spec.OrderID; got != "order" {
		t.Errorf("its spec names order %q", got)
	}
}

// An object that was made but never told to the journal is adopted, made again where it was
// deleted, and not made a second time.
func TestBridgeObjectUntold(t *testing.T) {
	o := leader(t)
	o.made("b", bridged)
	o.command("b")
	o.lags(nil) // which does not know that it is there
	o.reconcile("b")
	object := o.read("b")
	if r := o.state("b"); r.Object.UID != stock.ID(object.UID) {
		t.Errorf("the journal says %+v, its object is %s", r.Object, object.UID)
	}
	o.want("b", reservedOutcome)

	o.made("c", bridged)
	o.delete("c")
	o.command("c")
	o.reconcile("c")
	o.want("c", reservedOutcome)
}

// An object of the bridge that the journal does not know is deleted, after an append or a
// read that began after the question: a process with an old State deletes nothing.
func TestUnknownBridgeObject(t *testing.T) {
	first := leader(t)
	second := first.start()
	second.untilSame(first)
	first.cut.Store(true) // and believes to lead
	second.lead()
	second.command("b")
	second.reconcile("b")
	object := second.read("b")
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if !first.runner.Leading() {
		t.Fatal("the first one knows that it does not lead: nothing is tried here")
	}
	if _, err := first.reconcileWithin(ctx, "b"); err == nil {
		t.Error("it found an answer without the journal")
	}
	if now := second.read("b"); now == nil || now.UID != object.UID {
		t.Fatal("an object that is known was deleted")
	}
	second.made("nobody", bridged)
	second.reconcile("nobody")
	if second.read("nobody") != nil {
		t.Error("an object of the bridge that nobody knows is there still")
	}
}

// Once its reservation has ended, and was shown by another, an object of the bridge goes.
func TestSecondBridgeObject(t *testing.T) {
	o := leader(t)
	o.command("b")
	o.reconcile("b")
	first := o.read("b")
	o.until("the journal knows its object", func() bool { return o.state("b").Object.UID == stock.ID(first.UID) })
	o.delete("b")
	o.made("b", bridged) // as a deposed leader does that knows no better
	o.reconcile("b")
	if r := o.state("b"); r.Object.UID != stock.ID(first.UID) || !r.Object.Gone || !r.Phase.Ended() {
		t.Errorf("the journal says %+v", r)
	}
	if o.read("b") != nil {
		t.Error("the second object is there still")
	}
}

// An object that is deleted before the journal knows that it was made is not made again: what
// somebody does to it counts as soon as it is there.
func TestBridgeObjectDeletedAtOnce(t *testing.T) {
	o := leader(t)
	o.command("b")
	o.cut.Store(true)
	o.reconcile("b")
	first := o.read("b")
	o.delete("b")
	for range 3 {
		o.reconcile("b")
		if o.read("b") != nil {
			t.Fatal("it was made again")
		}
	}
	o.cut.Store(false)
	o.until("the journal knows its object", func() bool { return o.state("b").Object.UID == stock.ID(first.UID) })
	o.reconcile("b")
	if r := o.state("b"); !r.Object.Gone || !r.Phase.Ended() {
		t.Errorf("the journal says %+v", r)
	}
}

// A second object does not make the journal forget that the first was deleted.
func TestSecondBridgeObjectOfAHold(t *testing.T) {
	o := leader(t)
	o.command("b")
	o.reconcile("b")
	first := o.read("b")
	o.until("the journal knows its object", func() bool { return o.state("b").Object.UID == stock.ID(first.UID) })
	o.delete("b")
	second := o.made("b", bridged)
	if got := o.answer(stock.Show{Reservation: "b", Object: objectOf(second, "b")}); got.Verdict != stock.Conflicting {
		t.Errorf("verdict %d", got.Verdict)
	}
	o.reconcile("b")
	if r := o.state("b"); r.Object.UID != stock.ID(first.UID) || !r.Object.Gone || !r.Phase.Ended() {
		t.Errorf("the journal says %+v", r)
	}
	if o.read("b") != nil {
		t.Error("the second object is there still")
	}
}

// Somebody else's object that has the name of a cart of the bridge is decided for itself; it
// is counted, until it is gone and the bridge's can be made.
func TestForeignObject(t *testing.T) {
	o := leader(t)
	foreign := o.made("b")
	o.command("b")
	taken := func() float64 { return testutil.ToFloat64(namesTaken.WithLabelValues(o.namespace)) }
	o.lags(nil)
	o.reconcile("b")
	o.r.Client = o.users
	o.reconcile("b")
	o.want("b", reservedOutcome)
	if r := o.state(stock.ID(foreign.UID)); r == nil || r.ID != stock.ID(foreign.UID) {
		t.Errorf("it shows %+v", r)
	}
	if r := o.state("b"); r.Object.UID != "" {
		t.Errorf("the bridge's has an object: %+v", r.Object)
	}
	if taken() != 1 {
		t.Errorf("%v names are taken, want 1", taken())
	}
	o.delete("b")
	o.reconcile("b")
	if got := o.read("b"); got == nil || got.Spec.Command == nil {
		t.Errorf("its name is free and there is %+v", got)
	}
	if taken() != 0 {
		t.Errorf("%v names are taken, want none", taken())
	}
	if r := o.state(stock.ID(foreign.UID)); !r.Object.Gone || r.Phase != stock.PhaseReleased {
		t.Errorf("the other is gone, and becomes %+v", r)
	}
}

// An object whose name is the uid of another is not that one's view.
func TestNameIsAUID(t *testing.T) {
	o := leader(t)
	made := o.made("r")
	o.reconcile("r")
	o.made(string(made.UID), bridged)
	o.reconcile(string(made.UID))
	if r := o.state(stock.ID(made.UID)); r.Object.UID != stock.ID(made.UID) || r.Object.Gone || r.Phase != stock.PhaseReserved {
		t.Errorf("it became %+v", r)
	}
}

// refusing refuses to make objects, as a policy may.
type refusing struct{ client.Client }

func (refusing) Create(context.Context, client.Object, ...client.CreateOption) error {
	return apierrors.NewForbidden(v1.GroupVersion.WithResource("reservations").GroupResource(), "b", errLost)
}

// Where no object can be made the cart stands, and it is tried again.
func TestBridgeObjectRefused(t *testing.T) {
	o := leader(t)
	o.command("b")
	o.r.Client = refusing{o.users}
	if _, err := o.reconcileWithin(t.Context(), "b"); !apierrors.IsForbidden(err) {
		t.Errorf("error is %v", err)
	}
	o.r.Client = o.users
	o.reconcile("b")
	o.want("b", reservedOutcome)
}
