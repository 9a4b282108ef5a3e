package namespaces

import (
	"context"
	"fmt"
	"sync"

	"k8s.io/apimachinery/pkg/types"

	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/stock"
)

// member is a namespace that is worked in.
type member struct {
	uid    types.UID
	runner *allocator.Runner
	end    context.CancelCauseFunc
	// ended is closed when nothing runs for it any more.
	ended chan struct{}
}

// begin returns a namespace's Runner, which it starts if the Namespace is known to be there and
// in scope; nil if not. The caller holds the lock.
func (s *Set) begin(name string) *allocator.Runner {
	if m, ok := s.members[name]; ok {
		return m.runner
	}
	seen, ok := s.known[name]
	if !ok || seen.gone() || !s.runs() {
		return nil
	}
	ctx, end := context.WithCancelCause(s.ctx)
	m := &member{uid: seen.uid, runner: allocator.NewRunner(s.runnerOf(name)), end: end, ended: make(chan struct{})}
	s.members[name] = m
	if s.elected {
		m.runner.Elect(true)
	}
	before := s.leaving[name]
	s.running.Go(func() { s.run(ctx, name, m, before) })
	return m.runner
}

// runnerOf returns the options of one more Runner.
func (s *Set) runnerOf(name string) allocator.RunnerOptions {
	s.begun++
	options := s.options.Runner
	options.Namespace = name
	options.Config.Process = fmt.Sprintf("%s.%d", options.Config.Process, s.begun)
	options.Changed = func(changes stock.Changes) {
		for _, changed := range s.changed {
			changed(name, changes)
		}
	}
	return options
}

// run runs a member until ctx ends, once the one before it of the same name has ended: what is
// kept by the name of a namespace is never that of two.
func (s *Set) run(ctx context.Context, name string, m, before *member) {
	defer s.left(name, m)
	if before != nil {
		<-before.ended
	}
	var running sync.WaitGroup
	running.Go(func() { _ = m.runner.Run(ctx) }) // it ends with ctx and not before
	for _, attend := range s.attendants {
		running.Go(func() { attend(ctx, name, m.runner) })
	}
	running.Wait()
}

// drop ends what runs for a namespace, which is told why, and forgets it. The caller holds the
// lock.
func (s *Set) drop(name string, why error) {
	m := s.members[name]
	m.end(why)
	delete(s.members, name)
	s.leaving[name] = m
}

// left takes note that nothing runs for a member any more.
func (s *Set) left(name string, m *member) {
	close(m.ended)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.leaving[name] == m {
		delete(s.leaving, name)
	}
}
