package controllers

import (
	"context"
	"errors"
	"testing"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/stock"
)

// publish has everything delivered.
func (o *operator) publish() {
	o.t.Helper()
	o.answer(stock.Publish{Number: 1 << 40})
}

// Through a whole life: held until its time, then released, kept, and deleted once its
// outcome was delivered.
func TestLife(t *testing.T) {
	o := leader(t)
	made := o.made("r", transient)
	o.reconcile("r")
	o.expires()
	o.pass(afterHold)
	o.untilEnded(stock.ID(made.UID))
	if result := o.reconcile("r"); result.RequeueAfter != 0 {
		t.Errorf("an hour before its time it comes back after %s, not by a sweep", result.RequeueAfter)
	}
	o.want("r", expiredOutcome)
	o.pass(59*time.Minute + 30*time.Second)
	if after := o.reconcile("r").RequeueAfter; after <= 0 || after > 30*time.Second {
		t.Errorf("half a minute before its time it comes back after %s", after)
	}
	o.pass(time.Minute)
	if result := o.reconcile("r"); result.RequeueAfter != 0 || o.read("r") == nil {
		t.Errorf("undelivered it comes back after %s; it is %v", result.RequeueAfter, o.read("r"))
	}
	o.publish()
	o.reconcile("r")
	if o.read("r") != nil {
		t.Fatal("it is there still after its time")
	}
	o.reconcile("r")
	if r := o.state(stock.ID(made.UID)); r == nil || !r.Object.Gone {
		t.Errorf("the journal says %+v", r)
	}
}

// transient lets the operator delete an object after its end.
func transient(r *v1.Reservation) {
	r.Annotations = map[string]string{v1.DeleteAfterCompletionAnnotation: "true"}
}

// What a person or Git made is never deleted by the operator: Git would make it again, and
// the same cart would be sold twice.
func TestOwnersKeepTheirs(t *testing.T) {
	o := leader(t)
	for name, change := range map[string]func(*v1.Reservation){"ended": consume, "withdrawn": release} {
		o.made(name)
		if name == "ended" {
			o.reconcile(name)
		}
		o.edit(name, change)
		o.reconcile(name)
	}
	o.publish()
	o.pass(1000 * time.Hour)
	for _, name := range []string{"ended", "withdrawn"} {
		if result := o.reconcile(name); result.RequeueAfter != 0 || o.read(name) == nil {
			t.Errorf("%s is %v and comes back after %s", name, o.read(name), result.RequeueAfter)
		}
	}
	if found := o.swept(func(ctx context.Context) error { return o.r.sweep(ctx, o.namespace, o.runner) }); len(found) > 0 {
		t.Errorf("a sweep looks at %v", found)
	}
}

// What was released before it was decided is deleted as late as what was decided.
func TestWithdrawnLife(t *testing.T) {
	o := leader(t)
	o.made("r", transient)
	o.edit("r", release)
	o.reconcile("r")
	o.pass(59 * time.Minute)
	o.reconcile("r")
	o.want("r", withdrawnOutcome)
	o.pass(2 * time.Minute)
	o.reconcile("r")
	if o.read("r") != nil {
		t.Error("it is there still after its time")
	}
}

// No object is made that would be deleted at once; the bridge's are deleted as others are,
// and not made again.
func TestBridgeObjectLife(t *testing.T) {
	o := leader(t)
	for _, name := range []stock.ID{"shown", "late"} {
		o.command(name)
		o.answer(stock.Consume{Reservation: name})
	}
	o.reconcile("shown")
	o.want("shown", consumedOutcome)
	o.until("the journal knows its object", func() bool { return o.state("shown").Object.UID != "" })
	o.publish()
	o.pass(61 * time.Minute)
	for range 3 {
		o.reconcile("shown")
		o.reconcile("late")
		if o.read("shown") != nil || o.read("late") != nil {
			t.Error("there are objects after their time")
		}
	}
	if r := o.state("shown"); !r.Object.Gone {
		t.Errorf("the journal says %+v", r.Object)
	}
}

// swept is what a sweep, or a new leader's look, puts into the queue.
func (o *operator) swept(look func(context.Context) error) map[string]int {
	o.t.Helper()
	o.r.Queue = NewQueue(o.r.Queue.showing)
	queue := priorityqueue.New[reconcile.Request]("")
	defer queue.ShutDown()
	if err := errors.Join(o.r.Queue.Reservations(o.t.Context(), queue), o.r.Queue.Views(o.t.Context(), queue)); err != nil {
		o.t.Fatal(err)
	}
	if err := look(o.t.Context()); err != nil {
		o.t.Fatal(err)
	}
	found := map[string]int{}
	for queue.Len() > 0 {
		req, priority, _ := queue.GetWithPriority()
		found[req.Name] = priority
		queue.Done(req)
	}
	return found
}

// A sweep finds what is to be deleted within the horizon and that only.
func TestSweep(t *testing.T) {
	o := leader(t)
	sweep := func(ctx context.Context) error { return o.r.sweep(ctx, o.namespace, o.runner) }
	o.made("r", transient)
	o.made("held", transient)
	o.made("kept")
	o.edit("r", consume)
	o.edit("kept", consume)
	o.reconcile("r")
	o.reconcile("held")
	o.reconcile("kept")
	if found := o.swept(sweep); len(found) > 0 {
		t.Errorf("long before its time: %v", found)
	}
	o.pass(time.Hour - 10*time.Minute)
	o.r.Horizon = 15 * time.Minute
	if after, soon := o.r.soon(o.runner, o.read("r")); !soon || after <= 0 || after > 10*time.Minute {
		t.Errorf("shortly before its time it is due after %s, %t", after, soon)
	}
	o.pass(10 * time.Minute)
	if found := o.swept(sweep); len(found) > 0 {
		t.Errorf("kept long enough, but not delivered: %v", found)
	}
	o.publish()
	if found := o.swept(sweep); len(found) != 1 || found["r"] != lookPriority {
		t.Errorf("kept long enough and delivered: %v, want r at priority %d", found, lookPriority)
	}
}

// A new leader looks at what the journal and the objects do not agree on, and at nothing else.
func TestCompare(t *testing.T) {
	o := leader(t)
	o.receive("cup", 100)
	compare := func(ctx context.Context) error { return o.r.compare(ctx, o.namespace, o.runner) }
	for _, name := range []string{"same", "deleted", "consumed", "erased"} {
		o.made(name)
		o.r.DefaultHold = time.Hour
		o.receive(name, 1)
		o.reconcile(name)
	}
	o.command("told")
	o.reconcile("told")
	o.until("the journal knows its object", func() bool { return o.state("told").Object.UID != "" })
	o.reconcile("told")
	if found := o.swept(compare); len(found) > 0 {
		t.Errorf("nothing is to be done, and it looks at %v", found)
	}
	o.delete("deleted")
	o.edit("consumed", consume)
	erased := o.read("erased")
	erased.Status.Conditions = nil
	if err := o.users.Status().Update(t.Context(), erased); err != nil {
		t.Fatal(err)
	}
	o.made("new")
	o.made("unknown", bridged)
	o.command("unseen")
	want := []string{"deleted", "consumed", "erased", "new", "unknown", "unseen"}
	found := o.swept(compare)
	for _, name := range want {
		if found[name] != lookPriority {
			t.Errorf("%s is looked at with priority %d, want %d", name, found[name], lookPriority)
		}
	}
	if len(found) != len(want) {
		t.Errorf("it looks at %v", found)
	}
}

// What has the name of what is to be deleted stays.
func TestNamesakeIsKept(t *testing.T) {
	o := leader(t)
	o.made("r", transient)
	o.edit("r", consume)
	o.reconcile("r")
	o.publish()
	o.pass(61 * time.Minute)
	old := o.read("r")
	o.delete("r")
	second := o.made("r")
	o.lags(old)
	o.reconcile("r")
	if got := o.read("r"); got == nil || got.UID != second.UID {
		t.Errorf("there is %v, want the second", got)
	}
}
