package allocator

import (
	"errors"

	v1 "github.com/acme/inventory-service/api/v1"
)

// This file mirrors what the shell does for an effect, one API request at a
// time: the shell's own functions hold their progress on a stack, which a
// search cannot copy. Each part names the function that it follows.

// The stages of catching up (catchup.go: shard.catchUp). Each list is followed
// by what is sent for the objects in it.
const (
	stageTallies = iota + 1
	stageTouchTallies
	stagePending
	stageTouchPending
	stageReserved
	stageTouchReserved
	stageFoldReserved
	stageFoldConsumed
	stageKinds
	stageFetch
	stageCaughtUp
)

// The stages of rolling forward and of tallying.
const (
	stageReadAll = iota + 1
	stageClaim
	stageWriteAll
)

// perform is shard.do: it begins what an effect asks for.
func (w *modelWorld) perform(p *modelProcess, effect Effect) {
	t := &modelTask{effect: effect}
	switch e := effect.(type) {
	case ReadLedger:
		t.kind, t.term, t.seizes = taskRead, e.Term, p.state.stage == reading
	case CreateLedger:
		t.kind, t.term = taskCreate, e.Term
	case WriteLedger:
		t.kind, t.term = taskWrite, e.Term
	case CatchUp:
		t.kind, t.term = taskCatchUp, e.Term
		t.caught.Term = e.Term
	case RollForward:
		t.kind, t.term = taskRollForward, e.Term
	case TallyFold:
		t.kind, t.term = taskTally, e.Term
	}
	w.addTask(p, t)
}

// enter begins the next stage of an effect, and tells whether it is over.
func (w *modelWorld) enter(p *modelProcess, slot int, t *modelTask) (over bool) {
	switch e := t.effect.(type) {
	case ReadLedger:
		t.send(&modelRequest{verb: verbGet, kind: kindLedger})
	case CreateLedger:
		if t.stage++; t.failed() || t.stage == 1 {
			t.send(&modelRequest{verb: verbCreate, kind: kindLedger})
		} else {
			t.send(&modelRequest{verb: verbGet, kind: kindLedger})
		}
	case WriteLedger:
		given := &v1.StockLedger{Status: e.Status}
		given.UID, given.ResourceVersion = e.UID, formatVersion(e.Version)
		t.send(&modelRequest{verb: verbUpdate, kind: kindLedger, given: newObject(given, 0, false)})
	case CatchUp:
		if t.failed() {
			t.stage = 0 // shard.persist starts again
		}
		t.stage++
		t.subs = nil
		if t.stage == stageCaughtUp {
			p.tasks[slot] = nil
			w.dispatch(p, t.caught)
			return true
		}
		w.enterCatchUp(p, t, e)
	case RollForward:
		return w.enterRollForward(p, slot, t, e)
	case TallyFold:
		return w.enterTally(p, slot, t, e)
	}
	return false
}

// end frees the slot and answers the effect.
func (w *modelWorld) end(p *modelProcess, slot int, event Event) bool {
	p.tasks[slot] = nil
	w.dispatch(p, event)
	return true
}

// effectAnswered takes the answer to a request of an effect.
func (w *modelWorld) effectAnswered(p *modelProcess, t *modelTask, s *modelSub, r *modelRequest, a modelAnswer) {
	s.failed = a.err != nil
	switch e := t.effect.(type) {
	case ReadLedger:
		w.finish(p, t, LedgerRead{Term: e.Term, Stored: storedOf(a)})
	case CreateLedger:
		s.failed = errors.Is(a.err, errModelUnknown)
		if r.verb == verbGet {
			w.finish(p, t, LedgerRead{Term: e.Term, Stored: storedOf(a)})
		}
	case WriteLedger:
		answer := LedgerWritten{Term: e.Term, Token: e.Status.Token, Result: Refused}
		switch {
		case a.err == nil:
			answer.Result, answer.Version = Landed, a.object.version
		case errors.Is(a.err, errModelUnknown):
			answer.Result = Unknown
		}
		w.finish(p, t, answer)
	case CatchUp:
		w.catchUpAnswered(p, t, s, r, a, e)
	case RollForward:
		w.rollForwardAnswered(p, t, s, a, e)
	case TallyFold:
		w.tallyAnswered(p, t, s, a, e)
	}
}

// finish frees the task's slot and answers its effect.
func (w *modelWorld) finish(p *modelProcess, t *modelTask, event Event) {
	for slot := range p.tasks {
		if p.tasks[slot] == t {
			p.tasks[slot] = nil
		}
	}
	w.dispatch(p, event)
}

// storedOf is journal.go: shard.storedLedger.
func storedOf(a modelAnswer) *Stored {
	if a.err != nil {
		return nil
	}
	return &Stored{UID: a.object.ledger.UID, Version: a.object.version, Status: a.object.ledger.Status}
}
