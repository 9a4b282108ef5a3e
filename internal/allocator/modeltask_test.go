package allocator

import (
	"slices"

	"k8s.io/apimachinery/pkg/types"

	v1 "github.com/acme/inventory-service/api/v1"
)

// taskKind is what a task does.
type taskKind uint8

const (
	taskCart taskKind = iota
	taskItem
	taskRead
	taskCreate
	taskWrite
	taskCatchUp
	taskRollForward
	taskTally
)

// modelTask is something that a process does over one or more API requests. It
// goes through stages; those of one stage are sent side by side. It never
// changes once it is part of a state.
type modelTask struct {
	kind   taskKind
	effect Effect
	term   uint64
	stage  int
	subs   []modelSub
	// seizes says that its read begins a take-over.
	seizes bool

	// call is what a reconciler waits for, object what it has read.
	call   uint64
	object *modelObject

	// found is the last list, of items where there is one of holds as well; caught what
	// catching up has learned so far.
	found, holds []*modelObject
	caught       CaughtUp
}

// modelSub is one of the requests of a stage, done when request is nil.
type modelSub struct {
	request *modelRequest
	uid     types.UID
	object  *modelObject
	failed  bool
}

func (t *modelTask) clone() *modelTask {
	c := *t
	c.subs = slices.Clone(t.subs)
	return &c
}

func (t *modelTask) send(r *modelRequest) { t.subs = []modelSub{{request: r}} }

func (t *modelTask) done() bool {
	return !slices.ContainsFunc(t.subs, func(s modelSub) bool { return s.request != nil })
}

func (t *modelTask) failed() bool {
	return slices.ContainsFunc(t.subs, func(s modelSub) bool { return s.failed })
}

// print encodes a task. Terms only matter in being the State's own or not.
func (t *modelTask) print(e *printer, p *modelProcess) {
	e.buf = append(e.buf, byte(t.kind), byte(t.stage))
	e.flag(t.term == p.state.term)
	e.flag(t.seizes)
	e.flag(t.call > 0)
	e.object(t.object)
	e.num(int64(len(t.subs)))
	for _, sub := range t.subs {
		e.flag(sub.request != nil)
		if sub.request != nil {
			sub.request.print(e)
		}
		e.str(string(sub.uid))
		e.object(sub.object)
		e.flag(sub.failed)
	}
	switch effect := t.effect.(type) {
	case CatchUp:
		t.printCaught(e, effect)
	case RollForward:
		e.num(effect.Claim.Epoch)
		e.str(string(effect.Claim.UID))
		e.num(int64(len(effect.Holds)))
		for i := range effect.Holds {
			e.hold(&effect.Holds[i])
		}
		e.fold(effect.Fold)
	case TallyFold:
		e.num(effect.Claim.Epoch)
		e.str(string(effect.Claim.UID))
		e.fold(&v1.Fold{ID: effect.ID, Units: effect.Units})
	}
}

func (t *modelTask) printCaught(e *printer, effect CatchUp) {
	e.flag(effect.Rebuild)
	e.str(effect.Fence)
	for _, list := range [][]*modelObject{t.found, t.holds} {
		e.num(int64(len(list)))
		for _, o := range list {
			e.object(o)
		}
	}
	c := &t.caught
	e.ver(kindItem, c.ItemsVersion)
	e.ver(kindCart, c.HoldsVersion)
	e.uids(sortedUIDs(c.Items))
	e.uids(sortedUIDs(c.Holds))
	e.num(c.FoldFloor)
	e.uids(sortedUIDs(c.Refold))
	for _, uid := range sortedUIDs(c.Refold) {
		e.takes(c.Refold[uid])
	}
}

func sortedUIDs[V any](m map[types.UID]V) []types.UID {
	if len(m) == 0 {
		return nil
	}
	uids := make([]types.UID, 0, len(m))
	for uid := range m {
		uids = append(uids, uid)
	}
	slices.Sort(uids)
	return uids
}

// addTask puts a task into a free slot and sends its first requests.
func (w *modelWorld) addTask(p *modelProcess, t *modelTask) {
	slot := slotItem + 1
	for slot < len(p.tasks) && p.tasks[slot] != nil {
		slot++
	}
	if slot == len(p.tasks) {
		p.tasks = append(p.tasks, nil)
	}
	p.tasks[slot] = t
	w.proceed(p, slot, t)
}

// proceed sends what a task's stage sends, and ends stages that wait for
// nothing.
func (w *modelWorld) proceed(p *modelProcess, slot int, t *modelTask) {
	for p.tasks[slot] == t && t.done() {
		if w.enter(p, slot, t) {
			// What it ends with may have put another task into the slot already.
			if p.tasks[slot] == t {
				p.tasks[slot] = nil
			}
			return
		}
	}
}

// answered gives a task the answer to one of its requests.
func (w *modelWorld) answered(p *modelProcess, slot, sub int, answer modelAnswer) {
	t := p.tasks[slot].clone()
	p.tasks[slot] = t
	if t.kind <= taskItem {
		w.reconcilerAnswered(p, slot, t, answer)
		return
	}
	s := &t.subs[sub]
	request := s.request
	s.request = nil
	w.effectAnswered(p, t, s, request, answer)
	w.proceed(p, slot, t)
}
