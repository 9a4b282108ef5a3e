package controllers

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/stock"
)

// expires runs the expiry of an operator until the test ends.
func (o *operator) expires() {
	o.runs(func(ctx context.Context) { o.expiry.Attend(ctx, o.namespace, o.runner) })
}

// untilEnded waits until a reservation has ended, and returns it.
func (o *operator) untilEnded(id stock.ID) *stock.Reservation {
	o.t.Helper()
	o.until("the hold ends", func() bool { return o.state(id).Phase.Ended() })
	return o.state(id)
}

const (
	afterHold = 16 * time.Minute
	// sweptTooLate has the next sweep come later than any test waits for the end of a hold.
	sweptTooLate = 10 * time.Minute
)

// What was declared in time beats the expiry, though no watch has told it.
func TestExpiry(t *testing.T) {
	cases := map[string]struct {
		edit   func(*v1.Reservation)
		phase  stock.Phase
		reason string
		// consumed units of p.
		consumed int64
	}{
		"nothing":                 {func(*v1.Reservation) {}, stock.PhaseReleased, stock.ReasonExpired, 0},
		"a consume":               {consume, stock.PhaseConsumed, "", 2},
		"a part shipped":          {func(r *v1.Reservation) { r.Spec.ConsumeItems = units(1) }, stock.PhaseConsumed, stock.ReasonExpired, 1},
		"a release":               {release, stock.PhaseReleased, "ORDER_CANCELLED", 0},
		"a consume, then deleted": {nil, stock.PhaseReleased, stock.ReasonExpired, 0},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			o := leader(t)
			made := o.made("r")
			o.reconcile("r")
			if tc.edit != nil {
				o.edit("r", tc.edit)
			} else {
				o.delete("r")
			}
			o.pass(afterHold)
			o.expires()
			r := o.untilEnded(stock.ID(made.UID))
			if r.Phase != tc.phase || r.Reason != tc.reason || r.Allocations[0].Consumed != tc.consumed {
				t.Errorf("it ends as %+v", r)
			}
		})
	}
}

// A cart of the bridge whose object the journal does not know yet is looked up by its name.
func TestExpiryOfUntoldObject(t *testing.T) {
	o := leader(t)
	o.command("b")
	o.made("b", bridged)
	o.edit("b", consume)
	o.command("none")
	o.pass(afterHold)
	o.expires()
	if r := o.untilEnded("b"); r.Phase != stock.PhaseConsumed {
		t.Errorf("it was shipped in time, and ends as %+v", r)
	}
	if r := o.untilEnded("none"); r.Reason != stock.ReasonExpired {
		t.Errorf("it ends as %+v", r)
	}
}

// Holds that begin, or end, while this goes on need no sweep.
func TestExpiryOfShortHolds(t *testing.T) {
	o := leader(t)
	o.expiry.Horizon = sweptTooLate
	o.expires()
	short := func(r *stock.Reserve) { r.Hold = 1_000_000 }
	o.command("b", short)
	if r := o.untilEnded("b"); r.Reason != stock.ReasonExpired {
		t.Errorf("it ends as %+v", r)
	}
	var extended stock.ID
	o.until("a hold is extended before its end", func() bool { // a busy machine may be too late
		extended = stock.ID(uuid.NewString())
		o.command(extended, short)
		return o.answer(stock.Extend{Reservation: extended, Expires: o.state(extended).Expires + 2_000_000}).Verdict == stock.Done
	})
	expires := time.UnixMicro(int64(o.state(extended).Expires))
	if o.untilEnded(extended); time.Now().Before(expires) {
		t.Error("it ended before its time")
	}
}

// A clock that leaps, as after a machine's sleep, ends the holds at once, not with the next
// sweep.
func TestExpiryAfterALeapOfTheClock(t *testing.T) {
	o := leader(t)
	o.expiry.Horizon = sweptTooLate
	o.command("short", func(r *stock.Reserve) { r.Hold = 1_000_000 })
	o.command("long")
	o.expires()
	o.untilEnded("short") // it has swept, and waits
	o.pass(afterHold)
	o.untilEnded("long")
}

// Many are read with one list, and none is taken for another.
func TestManyExpire(t *testing.T) {
	o := leader(t)
	o.receive("cup", 1000)
	const carts = fewObjects + 16
	for n := range carts {
		name := fmt.Sprintf("r%d", n)
		o.made(name, func(r *v1.Reservation) { r.Spec.Items = []v1.ReservationItem{{ProductID: "cup", Quantity: 1}} })
		o.reconcile(name)
		if n%8 == 0 {
			o.edit(name, consume)
		}
	}
	counted := &counting{Reader: o.users}
	o.expiry.Reader = counted
	o.pass(afterHold)
	o.expires()
	for n := range carts {
		want := stock.PhaseReleased
		if n%8 == 0 {
			want = stock.PhaseConsumed
		}
		if r := o.untilEnded(stock.ID(o.read(fmt.Sprintf("r%d", n)).UID)); r.Phase != want {
			t.Errorf("%d ends as %+v", n, r)
		}
	}
	if counted.gets > 0 || counted.lists != 1 {
		t.Errorf("it took %d gets and %d lists", counted.gets, counted.lists)
	}
}

// counting counts requests.
type counting struct {
	client.Reader
	gets, lists int
}

func (c *counting) Get(ctx context.Context, key client.ObjectKey, into client.Object, options ...client.GetOption) error {
	c.gets++
	return c.Reader.Get(ctx, key, into, options...)
}

func (c *counting) List(ctx context.Context, into client.ObjectList, options ...client.ListOption) error {
	c.lists++
	return c.Reader.List(ctx, into, options...)
}

// away is an API server that answers nothing for a while.
type away struct {
	client.Reader
	fails int
}

func (a *away) Get(ctx context.Context, key client.ObjectKey, into client.Object, options ...client.GetOption) error {
	if a.fails > 0 {
		a.fails--
		return errLost
	}
	return a.Reader.Get(ctx, key, into, options...)
}

// An API server that is away delays an expiry and does not lose it.
func TestExpiryWhileTheServerIsAway(t *testing.T) {
	o := leader(t)
	made := o.made("r")
	o.reconcile("r")
	o.expiry.Reader = &away{o.users, 2}
	o.pass(afterHold)
	o.expires()
	if r := o.untilEnded(stock.ID(made.UID)); r.Reason != stock.ReasonExpired {
		t.Errorf("it ends as %+v", r)
	}
}

// Only who leads ends holds.
func TestStandbyEndsNothing(t *testing.T) {
	o := leader(t)
	o.command("b")
	standby := o.start()
	standby.untilSame(o)
	standby.expires()
	o.pass(afterHold)
	time.Sleep(100 * time.Millisecond)
	if r := o.state("b"); r.Phase.Ended() {
		t.Errorf("it became %+v", r)
	}
}
