package allocator

import (
	"fmt"
	"strings"
)

// modelSearch visits every state of a configuration, breadth first, so that the
// first violation is reached by the fewest actions.
type modelSearch struct {
	cfg     *modelConfig
	root    *modelWorld
	visited map[fingerprint]struct{}
	// steps says of each state which one it was reached from, and how.
	steps []modelStep
	// transitions, leaves, converged and checks count; depth is the longest of
	// the shortest ways.
	transitions, leaves, converged, depth int
	// levels are the states within each number of actions.
	checks int64
	levels []int
	broken *modelWorld
	trace  []action
}

type modelStep struct {
	from uint32
	by   action
}

type modelNode struct {
	world *modelWorld
	id    uint32
}

// search explores until everything within maxDepth actions was visited (0 is
// no bound) or an invariant is broken. Of the states it checks every sample-th
// for convergence, and every one in which nothing can happen.
func search(cfg *modelConfig, maxDepth, sample int) *modelSearch {
	s := &modelSearch{cfg: cfg, root: cfg.world(), visited: map[fingerprint]struct{}{}}
	level := []modelNode{{world: s.root}}
	s.visit(s.root, 0, action{})
	var actions []action
	for len(level) > 0 && (maxDepth == 0 || s.depth < maxDepth) {
		var next []modelNode
		for i := range level {
			node := level[i]
			level[i].world = nil
			actions = node.world.enabled(actions[:0])
			if len(actions) == 0 {
				s.leaves++
			}
			if len(actions) == 0 || int(node.id)%sample == 0 {
				if s.fails(node.world.converge(s.converged), node.id, nil) {
					return s
				}
				s.converged++
			}
			for _, a := range actions {
				w := node.world.apply(a)
				s.transitions++
				if s.fails(w, node.id, []action{a}) {
					return s
				}
				if s.visit(w, node.id, a) {
					next = append(next, modelNode{w, uint32(len(s.steps) - 1)})
				}
			}
		}
		level = next
		if len(level) > 0 {
			s.depth++
		}
		s.levels = append(s.levels, len(s.visited))
	}
	return s
}

// visit notes a state and tells whether it is new.
func (s *modelSearch) visit(w *modelWorld, from uint32, by action) bool {
	f := w.fingerprint()
	if _, known := s.visited[f]; known {
		return false
	}
	s.visited[f] = struct{}{}
	s.steps = append(s.steps, modelStep{from, by})
	return true
}

func (s *modelSearch) fails(w *modelWorld, id uint32, last []action) bool {
	s.checks += w.oracle.checks
	w.oracle.checks = 0
	if w.failure == "" {
		return false
	}
	s.broken = w
	for ; id != 0; id = s.steps[id].from {
		s.trace = append(s.trace, s.steps[id].by)
	}
	for i, j := 0, len(s.trace)-1; i < j; i, j = i+1, j-1 {
		s.trace[i], s.trace[j] = s.trace[j], s.trace[i]
	}
	s.trace = append(s.trace, last...)
	return true
}

// report is the shortest way to the violation, one line for each action.
func (s *modelSearch) report() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\nafter %d states, by these %d actions", s.cfg.name, s.broken.failure, len(s.visited), len(s.trace))
	w := s.root
	for i, a := range s.trace {
		fmt.Fprintf(&b, "\n%3d %s", i+1, w.describe(a))
		w = w.apply(a)
	}
	if w.failure == "" {
		b.WriteString("\n    and from here on no more faults, but for the watches, requests and clocks to go on")
	}
	return b.String()
}

func (w *modelWorld) describe(a action) string {
	who := func() string { return w.procs[a.a].name() }
	request := func() *modelRequest { return w.procs[a.a].tasks[a.b].subs[a.c].request }
	switch a.kind {
	case actDeliver:
		return fmt.Sprintf("%s sees %s", who(), w.store.next(modelKind(a.b), w.procs[a.a].cursor[a.b]))
	case actServe:
		return fmt.Sprintf("%s: the store gets %s", who(), request())
	case actAnswer:
		return fmt.Sprintf("%s is answered: %s", who(), request())
	case actLose:
		return fmt.Sprintf("%s gives up waiting for %s", who(), request())
	case actGarble:
		return fmt.Sprintf("%s is answered with a conflict, though it landed: %s", who(), request())
	case actOrphan:
		return fmt.Sprintf("the store gets a write that was given up: %s", w.orphans[a.a])
	case actReconcile:
		return fmt.Sprintf("%s reconciles %s", who(), []string{"r0", "r1", "r2", modelItem}[a.b])
	case actWake:
		return who() + " wakes up"
	case actUser:
		return w.cfg.users[a.a].name
	case actElect:
		return who() + " is elected"
	case actDepose:
		return who() + " is deposed"
	case actCrash:
		return who() + map[uint8]string{0: " crashes and starts afresh", 1: " crashes and starts with what it had last seen"}[a.b]
	default:
		return who() + ": all holds run out by its clock"
	}
}

func (r *modelRequest) String() string {
	verb := [...]string{"get", "list", "create", "update"}[r.verb]
	kind := [...]string{"ledger", "item", "tally", "reservation"}[r.kind]
	text := verb + " " + kind
	if r.given != nil {
		text = fmt.Sprintf("update over version %s to %s", r.given.object().GetResourceVersion(), r.given)
	}
	if r.served {
		text += fmt.Sprintf(" (served: %v)", r.answer.err)
	}
	return text
}

func (o *modelObject) String() string {
	var text string
	switch o.kind {
	case kindLedger:
		s := &o.ledger.Status
		text = fmt.Sprintf("ledger %s of %s epoch %d token %s recovered %t", o.ledger.UID, s.Holder, s.Epoch, s.Token, s.Recovered)
		for _, hold := range s.InFlight {
			text += fmt.Sprintf(", in flight %s", hold.Name)
		}
		if s.OpenFold != nil {
			text += fmt.Sprintf(", fold %d of %d reservations %+v", s.OpenFold.ID, len(s.OpenFold.Reservations), s.OpenFold.Units)
		}
	case kindItem:
		text = fmt.Sprintf("item generation %d received %d, shown %d", o.item.Generation, o.item.Spec.Received, o.item.Status.ObservedGeneration)
	case kindTally:
		text = fmt.Sprintf("tally fold %d units %d", o.tally.Status.LastFold, entryUnits(&o.tally.Status))
	default:
		r := o.rsv
		text = fmt.Sprintf("%s %s intent %s fold %d", r.Name, r.CurrentPhase(), r.Spec.Intent, r.Status.FoldID)
		for _, a := range r.Status.Allocations {
			text += fmt.Sprintf(" (%d, %d consumed, %d released)", a.Quantity, a.Consumed, a.Released)
		}
	}
	if o.deleted {
		text += ", deleted"
	}
	return fmt.Sprintf("%s [version %d]", text, o.version)
}
