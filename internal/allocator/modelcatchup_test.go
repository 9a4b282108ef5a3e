package allocator

import (
	"errors"

	"k8s.io/apimachinery/pkg/types"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/ledger"
)

// This file mirrors catchup.go and rebuild.go. Everything is listed and fetched here;
// what is read from a cache that the watch has brought up to date is one of the orders
// in which a list and what it leads to can happen. The simulation plays marks and watches.
// Nothing is fetched here before both kinds are listed, which the shell does not wait for:
// the watch may tell of it as early.

// enterCatchUp sends what a stage of catching up sends.
func (w *modelWorld) enterCatchUp(p *modelProcess, t *modelTask, e CatchUp) {
	list := func(kind modelKind, phase v1.Phase) {
		t.subs = append(t.subs, modelSub{request: &modelRequest{verb: verbList, kind: kind, phase: phase}})
	}
	each := func(found []*modelObject, kind modelKind, known func(types.UID) uint64) {
		for _, o := range found {
			if uid := o.object().GetUID(); known(uid) < o.version {
				t.subs = append(t.subs, modelSub{uid: uid, request: &modelRequest{verb: verbGet, kind: kind, cart: o.cart}})
			}
		}
	}
	if !e.Rebuild && t.stage >= stagePending && t.stage <= stageFoldConsumed {
		return
	}
	switch t.stage {
	case stageTallies:
		list(kindTally, "")
	case stageTouchTallies: // tally.go: shard.listTallies; nobody deletes tallies here, so none is restored
		for _, o := range t.found {
			if e.Rebuild && o.tally.Status.Fence != e.Fence {
				given := o.tally.DeepCopy()
				given.Status.Fence = e.Fence
				t.subs = append(t.subs, modelSub{request: &modelRequest{
					verb: verbUpdate, kind: kindTally, given: newObject(given, 0, false)}})
			} else {
				w.feed(p, o)
			}
		}
	case stagePending:
		list(kindCart, v1.PhasePending)
	case stageReserved, stageFoldReserved:
		list(kindCart, v1.PhaseReserved)
	case stageFoldConsumed:
		list(kindCart, v1.PhaseConsumed)
	case stageTouchPending, stageTouchReserved: // rebuild.go: shard.touchOpen
		for _, o := range t.found {
			t.subs = append(t.subs, modelSub{uid: o.rsv.UID, request: touch(o, e.Fence)})
		}
	case stageKinds: // catchup.go: shard.all, of both kinds
		list(kindItem, "")
		list(kindCart, v1.PhaseReserved)
	case stageFetch:
		each(t.found, kindItem, p.state.Stock().ItemVersion)
		each(t.holds, kindCart, p.state.Stock().HoldVersion)
	}
}

// touch is the next write of shard.touch, nil if there is nothing to touch.
func touch(o *modelObject, fence string) *modelRequest {
	if o.rsv.CurrentPhase().Final() || o.rsv.Status.Fence == fence {
		return nil
	}
	given := o.rsv.DeepCopy()
	given.Status.Fence = fence
	return &modelRequest{verb: verbUpdate, kind: kindCart, cart: o.cart, given: newObject(given, o.cart, false)}
}

func (w *modelWorld) catchUpAnswered(p *modelProcess, t *modelTask, s *modelSub, r *modelRequest, a modelAnswer, e CatchUp) {
	switch t.stage {
	case stageTallies, stagePending, stageReserved:
		t.found = a.list
	case stageTouchTallies:
		if a.err == nil {
			w.feed(p, a.object)
		}
	case stageTouchPending, stageTouchReserved:
		w.touched(p, s, r, a, e.Fence)
	case stageFoldReserved, stageFoldConsumed: // rebuild.go: shard.lostFold
		for _, o := range a.list {
			t.caught.FoldFloor = max(t.caught.FoldFloor, o.rsv.Status.FoldID)
			if lost := p.untallied(o.rsv); len(lost) > 0 {
				t.caught.Refold = with(t.caught.Refold, o.rsv.UID, lost)
			}
		}
	case stageKinds:
		if r.kind == kindItem {
			t.found, t.caught.ItemsVersion, t.caught.Items = a.list, a.version, uidsOf(a.list)
		} else {
			t.holds, t.caught.HoldsVersion, t.caught.Holds = a.list, a.version, uidsOf(a.list)
		}
	case stageFetch:
		s.failed = false
		if r.kind == kindItem {
			w.feed(p, a.object) // items are never deleted here
		} else {
			w.readCart(p, s, a)
		}
	}
}

// touched goes on as shard.touch does: after a conflict it reads.
func (w *modelWorld) touched(p *modelProcess, s *modelSub, r *modelRequest, a modelAnswer, fence string) {
	switch {
	case r.verb == verbGet:
		s.failed = false
		if o := w.readCart(p, s, a); o != nil {
			s.request = touch(o, fence)
		}
	case a.err == nil:
		w.feed(p, a.object)
	case !errors.Is(a.err, errModelUnknown):
		s.failed = false
		s.request = &modelRequest{verb: verbGet, kind: kindCart, cart: r.cart}
	}
}

// readCart is catchup.go: shard.readReservation. Names are not used again here.
func (w *modelWorld) readCart(p *modelProcess, s *modelSub, a modelAnswer) *modelObject {
	if a.err != nil {
		w.dispatch(p, ReservationSeen{UID: s.uid, Gone: true})
		return nil
	}
	w.feed(p, a.object)
	return a.object
}

// untallied is rebuild.go: shard.untallied.
func (p *modelProcess) untallied(r *v1.Reservation) []v1.Take {
	var lost []v1.Take
	for _, a := range r.Status.Allocations {
		key := ledger.Key{ProductID: a.ProductID, LocationID: a.LocationID}
		if a.LastConsumed > 0 && !p.state.Stock().FoldSeen(key, r.Status.FoldID) {
			lost = append(lost, v1.Take{ProductID: a.ProductID, LocationID: a.LocationID, Quantity: a.LastConsumed})
		}
	}
	return lost
}

func uidsOf(list []*modelObject) map[types.UID]struct{} {
	uids := make(map[types.UID]struct{}, len(list))
	for _, o := range list {
		uids[o.object().GetUID()] = struct{}{}
	}
	return uids
}

// with is a copy of a map with one entry more.
func with[V any](m map[types.UID]V, uid types.UID, value V) map[types.UID]V {
	c := map[types.UID]V{uid: value}
	for other, v := range m {
		if other != uid {
			c[other] = v
		}
	}
	return c
}
