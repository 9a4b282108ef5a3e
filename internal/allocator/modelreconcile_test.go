package allocator

import (
	"errors"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/lifecycle"
)

// This file mirrors the reconcilers of package controllers, which drive the
// allocator: what is read, what is waited for, what is written.

// reconcile runs a reconciler that is marked dirty.
func (w *modelWorld) reconcile(p *modelProcess, slot int) {
	p.dirty &^= 1 << slot
	if slot == slotItem {
		w.reconcileItem(p)
		return
	}
	if o := p.seen[kindCart][slot]; o != nil {
		w.advance(p, slot, o)
	}
}

// advance is controllers.ReservationReconciler.advance.
func (w *modelWorld) advance(p *modelProcess, slot int, o *modelObject) {
	p.tasks[slot] = nil
	r := o.rsv
	switch action, _ := lifecycle.Due(r, p.now()); action {
	case lifecycle.Decide:
		w.ask(p, slot, o, func(call uint64) Event {
			return ReserveCalled{Call: call, UID: r.UID, Name: r.Name, Lines: r.Spec.Items, HoldFor: r.Spec.HoldFor.Duration}
		})
	case lifecycle.Ship:
		takes := lifecycle.Takes(r)
		w.feed(p, o)
		w.ask(p, slot, o, func(call uint64) Event {
			return ConsumeCalled{Call: call, UID: r.UID, Name: r.Name, Takes: takes, FoldID: r.Status.FoldID}
		})
	case lifecycle.GiveBack:
		given := r.DeepCopy()
		lifecycle.Give(given, p.now())
		w.write(p, slot, given)
	case lifecycle.Release, lifecycle.Expire:
		given := r.DeepCopy()
		lifecycle.Free(given, p.now())
		w.write(p, slot, given)
	}
}

// ask is shard.await: the reconciler waits until Step replies.
func (w *modelWorld) ask(p *modelProcess, slot int, o *modelObject, event func(call uint64) Event) {
	p.calls++
	p.tasks[slot] = &modelTask{kind: taskKindOf(slot), call: p.calls, object: o}
	w.dispatch(p, event(p.calls))
}

func taskKindOf(slot int) taskKind {
	if slot == slotItem {
		return taskItem
	}
	return taskCart
}

// replied goes on with the reconciler that waits for a decision.
func (w *modelWorld) replied(p *modelProcess, e Reply) {
	for slot := range slotItem + 1 {
		t := p.tasks[slot]
		if t == nil || t.call != e.Call {
			continue
		}
		p.tasks[slot] = nil
		if slot == slotItem {
			w.show(p, t.object)
			return
		}
		w.decided(p, slot, t.object, e.Decision)
		return
	}
}

// decided is the rest of ReservationReconciler.decide and ship.
func (w *modelWorld) decided(p *modelProcess, slot int, o *modelObject, d Decision) {
	if d.Superseded {
		return
	}
	r := o.rsv.DeepCopy()
	switch {
	case d.Fold != nil:
		if !lifecycle.Consume(r, d.Fold.ID, d.Fold.Takes, d.Fold.Lost, p.now()) {
			return
		}
	case d.Hold != nil:
		lifecycle.Reserve(r, *d.Hold)
	default:
		lifecycle.Refuse(r, d.At, d.Short)
	}
	w.write(p, slot, r)
}

// write sends a status over the version that was read.
func (w *modelWorld) write(p *modelProcess, slot int, r *v1.Reservation) {
	t := &modelTask{kind: taskCart}
	t.send(&modelRequest{verb: verbUpdate, kind: kindCart, cart: slot, given: newObject(r, slot, false)})
	p.tasks[slot] = t
}

// reconcilerAnswered goes on with a reconciler after one of its requests.
func (w *modelWorld) reconcilerAnswered(p *modelProcess, slot int, t *modelTask, a modelAnswer) {
	request := t.subs[0].request
	p.tasks[slot] = nil
	switch {
	case errors.Is(a.err, errModelUnknown):
		p.dirty |= 1 << slot // an error: it is run again
	case a.err == nil && request.verb == verbGet:
		w.feed(p, a.object)
		w.advance(p, slot, a.object)
	case a.err == nil:
		w.feed(p, a.object)
	case errors.Is(a.err, errModelConflict) && slot != slotItem:
		read := &modelTask{kind: taskCart}
		read.send(&modelRequest{verb: verbGet, kind: kindCart, cart: slot})
		p.tasks[slot] = read
	}
}

// reconcileItem is controllers.StockItemReconciler.Reconcile.
func (w *modelWorld) reconcileItem(p *modelProcess) {
	o := p.seen[kindItem][0]
	w.feed(p, o)
	if o.item.Status.ObservedGeneration == o.item.Generation {
		position, known := p.position()
		if !known || position.Consumed >= o.item.Status.Consumed {
			w.show(p, o)
			return
		}
	}
	w.ask(p, slotItem, o, func(call uint64) Event {
		return ReserveCalled{Call: call, UID: modelItem, Name: modelItem}
	})
}

// show writes what a StockItem shows, if it shows something else. Conditions
// are left out.
func (w *modelWorld) show(p *modelProcess, o *modelObject) {
	position, known := p.position()
	if !known {
		return
	}
	item := o.item.DeepCopy()
	item.Status = v1.StockItemStatus{
		ObservedGeneration: item.Generation,
		OnHand:             item.Spec.Received - position.Consumed,
		Reserved:           position.Reserved,
		Available:          position.Available,
		Consumed:           position.Consumed,
		Shortfall:          position.Shortfall,
	}
	given := newObject(item, 0, false)
	if given.print.hash == o.print.hash {
		return
	}
	t := &modelTask{kind: taskItem}
	t.send(&modelRequest{verb: verbUpdate, kind: kindItem, given: given})
	p.tasks[slotItem] = t
}
