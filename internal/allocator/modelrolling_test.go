package allocator

import (
	"errors"

	"k8s.io/apimachinery/pkg/types"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/lifecycle"
)

// This file mirrors rollforward.go and tally.go.

// enterRollForward is rollforward.go: read all, then the ledger, then write.
func (w *modelWorld) enterRollForward(p *modelProcess, slot int, t *modelTask, e RollForward) bool {
	if t.stage == stageReadAll {
		t.subs = openOnly(t.subs)
		if len(t.subs) == 0 {
			return w.end(p, slot, RolledForward{Term: e.Term})
		}
	}
	switch t.stage {
	case stageReadAll:
		t.stage = stageClaim
		t.subs[0].request = &modelRequest{verb: verbGet, kind: kindLedger}
		return false
	case stageClaim:
		t.stage = stageWriteAll
		for i := range t.subs {
			o := t.subs[i].object
			t.subs[i].request = &modelRequest{verb: verbUpdate, kind: kindCart, cart: o.cart, given: o}
		}
		return false
	case stageWriteAll:
		if !t.failed() {
			return w.end(p, slot, RolledForward{Term: e.Term})
		}
	}
	t.stage, t.subs = stageReadAll, nil
	read := func(uid types.UID) {
		t.subs = append(t.subs, modelSub{uid: uid, request: &modelRequest{verb: verbGet, kind: kindCart, cart: cartOf(uid)}})
	}
	for _, hold := range e.Holds {
		read(hold.UID)
	}
	if e.Fold != nil {
		for _, folded := range e.Fold.Reservations {
			read(folded.UID)
		}
	}
	return false
}

func openOnly(subs []modelSub) []modelSub {
	var open []modelSub
	for _, sub := range subs {
		if sub.object != nil {
			open = append(open, sub)
		}
	}
	return open
}

// enterTally is tally.go: read the tally (made if need be), then the ledger,
// then write.
func (w *modelWorld) enterTally(p *modelProcess, slot int, t *modelTask, e TallyFold) bool {
	switch {
	case t.stage == stageReadAll && !t.failed():
		if t.object == nil { // it counts the fold already
			return w.end(p, slot, Tallied{Term: e.Term})
		}
		t.stage = stageClaim
		t.send(&modelRequest{verb: verbGet, kind: kindLedger})
	case t.stage == stageClaim:
		t.stage = stageWriteAll
		t.send(&modelRequest{verb: verbUpdate, kind: kindTally, given: t.object})
	case t.stage == stageWriteAll && !t.failed():
		return w.end(p, slot, Tallied{Term: e.Term})
	default:
		t.stage, t.object = stageReadAll, nil
		t.send(&modelRequest{verb: verbGet, kind: kindTally})
	}
	return false
}

func (w *modelWorld) rollForwardAnswered(p *modelProcess, t *modelTask, s *modelSub, a modelAnswer, e RollForward) {
	switch t.stage {
	case stageReadAll: // readOpen
		s.failed = false
		s.object = nil
		if o := w.readCart(p, s, a); o != nil {
			if changed := o.rsv.DeepCopy(); p.finishRolling(changed, e) {
				s.object = newObject(changed, o.cart, false)
			}
		}
	case stageClaim:
		s.failed = false
		if stored := storedOf(a); stored == nil || !e.Claim.Shown(stored.UID, &stored.Status) {
			w.finish(p, t, TakenOver{Term: e.Term})
		}
	case stageWriteAll: // finishOne
		if a.err == nil {
			w.feed(p, a.object)
		}
	}
}

// finishRolling is shard.journaled: what the journal says of a Reservation.
func (p *modelProcess) finishRolling(r *v1.Reservation, e RollForward) bool {
	for _, hold := range e.Holds {
		if hold.UID != r.UID {
			continue
		}
		if r.CurrentPhase() != v1.PhasePending {
			return false
		}
		if action, _ := lifecycle.Due(r, p.now()); action == lifecycle.Release {
			lifecycle.Free(r, p.now())
		} else {
			lifecycle.Reserve(r, hold)
		}
		return true
	}
	for _, folded := range e.Fold.Reservations {
		if folded.UID == r.UID {
			return lifecycle.Consume(r, e.Fold.ID, folded.Takes, folded.Lost, p.now())
		}
	}
	return false
}

func (w *modelWorld) tallyAnswered(p *modelProcess, t *modelTask, s *modelSub, a modelAnswer, e TallyFold) {
	switch t.stage {
	case stageReadAll: // readTally
		if errors.Is(a.err, errModelNotFound) {
			s.failed = false
			s.request = &modelRequest{verb: verbCreate, kind: kindTally}
			return
		}
		if a.err != nil {
			return
		}
		w.feed(p, a.object)
		if a.object.tally.Status.LastFold >= e.ID {
			return
		}
		given := a.object.tally.DeepCopy()
		addUnits(&given.Status, e.Units)
		given.Status.LastFold = e.ID
		t.object = newObject(given, 0, false)
	case stageClaim:
		s.failed = false
		if stored := storedOf(a); stored == nil || !e.Claim.Shown(stored.UID, &stored.Status) {
			w.finish(p, t, TakenOver{Term: e.Term})
		}
	case stageWriteAll:
		if a.err == nil {
			w.feed(p, a.object)
		}
	}
}
