package controllers

import (
	"context"
	"strconv"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/stock"
)

func order(r *v1.Reservation) { r.Spec.OrderID = "order" }

func release(r *v1.Reservation) {
	r.Spec.Intent, r.Spec.ReleaseReason = v1.IntentRelease, v1.ReleaseOrderCancelled
}

func consume(r *v1.Reservation) { r.Spec.Intent = v1.IntentConsume }

// meddling has something happen before the first write of a status.
type meddling struct {
	client.Client
	before func()
}

func (m *meddling) Status() client.SubResourceWriter {
	return meddlingStatus{m.Client.Status(), m}
}

type meddlingStatus struct {
	client.SubResourceWriter
	m *meddling
}

func (s meddlingStatus) Update(ctx context.Context, o client.Object, options ...client.SubResourceUpdateOption) error {
	if before := s.m.before; before != nil {
		s.m.before = nil
		before()
	}
	return s.SubResourceWriter.Update(ctx, o, options...)
}

// What a person made is decided and shown, whatever its spec asks for then and whoever
// writes in between.
func TestDecide(t *testing.T) {
	short := func(available int64) []v1.UnavailableItem {
		return []v1.UnavailableItem{{ProductID: "q", Requested: 3, Available: available}}
	}
	refused := outcome{
		Phase: v1.PhaseUnavailable, Reason: "InsufficientStock", Decided: true, Units: 5,
		Unavailable: short(1), Conditions: []string{"Decided=True", "Reserved=False", "Complete=True", "Stalled=True"},
	}
	ordered := reservedOutcome
	ordered.OrderID = "order"
	released := endedOutcome(v1.PhaseReleased, "ORDER_CANCELLED", allocations(0, 2, 0, 3))
	cases := map[string]struct {
		units int64
		// before happens before it is looked at, between before the status is written.
		before, between func(*v1.Reservation)
		want            outcome
	}{
		"held":                             {units: 10, want: reservedOutcome},
		"refused":                          {units: 1, want: refused},
		"ordered, held":                    {units: 10, before: order, want: ordered},
		"held, ordered meanwhile":          {units: 10, between: order, want: reservedOutcome},
		"held, released meanwhile":         {units: 10, between: release, want: released},
		"refused, released meanwhile":      {units: 1, between: release, want: refused},
		"released before":                  {units: 10, before: release, want: withdrawnOutcome},
		"consumed before":                  {units: 10, before: consume, want: endedOutcome(v1.PhaseConsumed, "Consumed", allocations(2, 0, 3, 0))},
		"consumed meanwhile":               {units: 10, between: consume, want: endedOutcome(v1.PhaseConsumed, "Consumed", allocations(2, 0, 3, 0))},
		"refused, consumed meanwhile":      {units: 1, between: consume, want: refused},
		"released before, and edited then": {units: 10, before: release, between: func(r *v1.Reservation) { r.Labels = map[string]string{"a": "b"} }, want: withdrawnOutcome},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			p := newShop(t).start().lead()
			p.receive("p", 10)
			p.receive("q", tc.units)
			made := p.made("r")
			if tc.before != nil {
				p.edit("r", tc.before)
			}
			p.r.Client = &meddling{p.users, func() {
				if tc.between != nil {
					p.edit("r", tc.between)
				}
			}}
			p.reconcile("r")
			p.want("r", tc.want)
			known := p.state(stock.ID(made.UID))
			if withdrawn := tc.want.Phase == v1.PhaseReleased && !tc.want.Decided; (known == nil) != withdrawn {
				t.Errorf("the journal says %+v", known)
			}
			if tc.between != nil && known != nil && p.read("r").Spec.OrderID != "" && known.LaterOrder != "order" {
				t.Errorf("the order is not known: %+v", known)
			}
			before := p.read("r").ResourceVersion
			p.reconcile("r")
			if after := p.read("r").ResourceVersion; after != before {
				t.Error("it is written again though nothing changed")
			}
		})
	}
}

// The hold lasts as long as its spec says, else as long as the default.
func TestHold(t *testing.T) {
	p := leader(t)
	p.made("default")
	p.made("own", func(r *v1.Reservation) { r.Spec.HoldFor = &metav1.Duration{Duration: 90 * time.Second} })
	for name, want := range map[string]time.Duration{"default": 15 * time.Minute, "own": 90 * time.Second} {
		p.reconcile(name)
		s := p.read(name).Status
		if got := s.ExpiresAt.Sub(s.ReservedAt.Time); got < want || got > want+time.Second {
			t.Errorf("%s: held for %s, want %s", name, got, want)
		}
	}
}

// Nothing is done where this process does not lead.
func TestStandbyDoesNothing(t *testing.T) {
	p := newShop(t).start()
	p.made("r")
	p.reconcile("r")
	if got := p.read("r"); got.CurrentPhase() != v1.PhasePending || len(got.Status.Conditions) > 0 {
		t.Errorf("it shows %+v", got.Status)
	}
}

// What is being deleted before it was decided gets no outcome.
func TestDeletedBeforeDecided(t *testing.T) {
	p := leader(t)
	made := p.made("r", func(r *v1.Reservation) { r.Finalizers = []string{"example.com/kept"} })
	p.delete("r")
	p.reconcile("r")
	if known := p.state(stock.ID(made.UID)); known != nil {
		t.Errorf("it became %+v", known)
	}
}

// Specs are passed on as they change, and the status shows what became of it.
func TestPassedOn(t *testing.T) {
	p := leader(t)
	p.made("r")
	p.reconcile("r")
	p.edit("r", func(r *v1.Reservation) { r.Spec.ConsumeItems = units(1) })
	p.reconcile("r")
	want := reservedOutcome
	want.Allocations = allocations(1, 0, 0, 0)
	p.want("r", want)
	p.edit("r", func(r *v1.Reservation) { r.Spec.ReleaseItems = units(1) })
	p.reconcile("r")
	want.Allocations = allocations(1, 1, 0, 0)
	p.want("r", want)
	p.edit("r", release)
	p.reconcile("r")
	p.want("r", endedOutcome(v1.PhaseConsumed, "ORDER_CANCELLED", allocations(1, 1, 0, 3)))
}

// A cart that does not fit is not decided, and its status says what is wrong.
func TestTooLarge(t *testing.T) {
	s := newShop(t)
	p := s.start(func(o *allocator.RunnerOptions) { o.Policy.Batch = 400 }).lead()
	p.receive("p", 10)
	p.receive("q", 10)
	p.made("r")
	for range 2 {
		p.reconcile("r")
		p.want("r", outcome{Phase: v1.PhasePending, Conditions: []string{"Reserved=False", "Stalled=True"}})
	}
	if got := p.read("r").Status.Conditions[0]; got.Reason != v1.ReasonTooLarge || got.Message == "" {
		t.Errorf("the condition is %+v", got)
	}
}

// Whatever becomes of a status, it is shown again.
func TestErased(t *testing.T) {
	p := leader(t)
	p.made("r")
	p.reconcile("r")
	for name, s := range map[string]v1.ReservationStatus{
		"nothing":                  {},
		"another phase":            {Phase: v1.PhaseUnavailable},
		"a position made up":       {Phase: v1.PhaseConsumed, Position: p.runner.Position().Journal + ".9999.7"},
		"the position of nobody":   {Phase: v1.PhaseConsumed, Position: "elsewhere"},
		"that of an older journal": {Phase: v1.PhaseConsumed, Position: "00000000.9999.7"},
	} {
		object := p.read("r")
		object.Status = s
		if err := p.users.Status().Update(t.Context(), object); err != nil {
			t.Fatal(err)
		}
		p.reconcile("r")
		p.want("r", reservedOutcome)
		if t.Failed() {
			t.Fatalf("after %s", name)
		}
	}
}

// An object older than what was forgotten is read past the cache before it is decided.
func TestUnverified(t *testing.T) {
	s := newShop(t)
	p := s.start(func(o *allocator.RunnerOptions) {
		o.Policy.Retention, o.Policy.Grace, o.Policy.CompactAbove = 1, 1, 1
		o.Config.Fill = 1 << 10
	}).lead()
	p.receive("p", 10)
	p.receive("q", 10)
	older, gone := p.made("older"), p.made("gone")
	p.made("r", func(r *v1.Reservation) { r.Spec.Items[0].Quantity = 100 })
	p.delete("gone")
	p.reconcile("r")
	p.answer(stock.Publish{Number: 10})
	uid := stock.ID(p.read("r").UID)
	p.delete("r")
	p.reconcile("r")
	for n := range 1000 { // until it is forgotten
		if p.state(uid) == nil {
			break
		}
		p.pass(time.Second)
		p.answer(stock.Register{Name: "reader", Position: strconv.Itoa(n)})
	}
	if p.state(uid) != nil {
		t.Fatal("it is never forgotten")
	}
	p.lags(older)
	p.reconcile("older")
	p.want("older", reservedOutcome)
	p.lags(gone)
	p.reconcile("gone")
	if known := p.state(stock.ID(gone.UID)); known != nil {
		t.Errorf("what was deleted before it was decided became %+v", known)
	}
}
