package allocator

import (
	"fmt"
	"strings"
	"time"
)

// search visits every world of a configuration, breadth first, so that the first violation
// is reached by the fewest actions.
type search struct {
	cfg     *config
	root    *world
	visited map[fingerprint]struct{}
	// steps says of each world which one it was reached from, and how.
	steps []step
	depth int
	// transitions, leaves and settled count; closed says that nothing is left to visit.
	transitions, leaves, settled int
	closed                       bool
	reached                      map[string]int
	began                        time.Time
	broken                       *world
	trace                        []action
}

type step struct {
	from uint32
	by   action
}

type node struct {
	world *world
	id    uint32
}

// run explores until everything within the bound was visited (0 is none) or something is
// wrong. Of the worlds it checks every sample-th for whether everything settles.
func run(cfg *config, b bound, sample int) *search {
	cfg.fresh = map[string]fingerprint{}
	s := &search{cfg: cfg, root: cfg.world(), visited: map[fingerprint]struct{}{}, reached: map[string]int{}, began: time.Now()}
	s.visit(s.root, 0, action{})
	level := []node{{world: s.root}}
	if s.fails(s.root, 0, nil) {
		return s
	}
	var actions []action
	for len(level) > 0 && (b.depth == 0 || s.depth < b.depth) {
		var next []node
		for i := range level {
			n := level[i]
			level[i].world = nil
			actions = n.world.enabled(actions[:0])
			if len(actions) == 0 {
				s.leaves++
			}
			if int(n.id)%sample == 0 && cfg.restless == "" {
				s.settled++
				if s.fails(n.world.settled(), n.id, nil) {
					return s
				}
			}
			for _, a := range actions {
				w := n.world.apply(a)
				s.transitions++
				for _, situation := range w.reached {
					s.reached[situation]++
				}
				if s.fails(w, n.id, []action{a}) {
					return s
				}
				if s.visit(w, n.id, a) {
					next = append(next, node{w, uint32(len(s.steps) - 1)})
				}
			}
		}
		level = next
		s.depth++
	}
	s.closed = len(level) == 0
	return s
}

// visit notes a world and tells whether it is new.
func (s *search) visit(w *world, from uint32, by action) bool {
	f := w.fingerprint()
	if _, known := s.visited[f]; known {
		return false
	}
	s.visited[f] = struct{}{}
	s.steps = append(s.steps, step{from, by})
	return true
}

func (s *search) fails(w *world, id uint32, last []action) bool {
	if w.failure == "" {
		return false
	}
	s.broken = w
	for ; id != 0; id = s.steps[id].from {
		s.trace = append([]action{s.steps[id].by}, s.trace...)
	}
	s.trace = append(s.trace, last...)
	return true
}

// report is the shortest way to the violation, one line for each action.
func (s *search) report() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\nafter %d states, by these %d actions", s.cfg.name, s.broken.failure, len(s.visited), len(s.trace))
	w := s.root
	for i, a := range s.trace {
		fmt.Fprintf(&b, "\n%3d %s", i+1, w.say(a))
		w = w.apply(a)
		fmt.Fprintf(&b, "\n      %s", w.picture())
	}
	if w.failure == "" {
		b.WriteString("\n    and from here on no more faults, but for the watches, requests and clocks to go on")
	}
	return b.String()
}

func (s *search) String() string {
	end := "to the end"
	if !s.closed {
		end = fmt.Sprintf("within %d actions", s.depth)
	}
	return fmt.Sprintf("%d states %s, %d transitions, %d leaves, %d settled, %v", len(s.visited), end, s.transitions, s.leaves, s.settled,
		time.Since(s.began).Round(100*time.Millisecond))
}
