package namespaces

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/stock"
)

// Attendant is a loop beside the Runner of one namespace, such as its publisher. It returns
// when ctx ends, which is when the namespace is deleted or the process stops.
type Attendant func(ctx context.Context, namespace string, runner *allocator.Runner)

// Options are what a Set needs.
type Options struct {
	// Runner are the options of each Runner. Namespace and Changed are set here.
	Runner allocator.RunnerOptions
	// Serves tells whether this process works in a namespace.
	Serves func(namespace string) bool
	// Read reads a Namespace past the caches. Its error is that of the API server.
	Read func(ctx context.Context, namespace string) (*metav1.PartialObjectMetadata, error)
	// Pages lists the namespaces that have a journal, past the caches.
	Pages func(ctx context.Context) (namespaces []string, err error)
}

// Set is what this process works in. It is safe for concurrent use.
type Set struct {
	options    Options
	attendants []Attendant
	changed    []func(namespace string, changes stock.Changes)

	mu sync.Mutex
	// ctx is that of Start; nothing runs before.
	ctx     context.Context //nolint:containedctx // members begin at any time while Start runs
	elected bool
	// known are the Namespaces as they were seen last, wanted those in which something of
	// ours was seen.
	known   map[string]known
	wanted  map[string]bool
	members map[string]*member
	running sync.WaitGroup
}

type known struct {
	uid         types.UID
	terminating bool
}

// member is a namespace that is worked in.
type member struct {
	uid    types.UID
	runner *allocator.Runner
	end    context.CancelFunc
}

// New returns a Set in which nothing runs before Start.
func New(options Options) *Set {
	return &Set{
		options: options, known: map[string]known{}, wanted: map[string]bool{}, members: map[string]*member{},
	}
}

// Attend lets a loop run beside each Runner. It is called before Start.
func (s *Set) Attend(attendants ...Attendant) { s.attendants = append(s.attendants, attendants...) }

// Tell lets changed be told what a namespace's journal changed while this process leads it.
// It must not block. Tell is called before Start.
func (s *Set) Tell(changed ...func(namespace string, changes stock.Changes)) {
	s.changed = append(s.changed, changed...)
}

// ErrNotRunning says that this process has not begun to work, or works no more.
var ErrNotRunning = errors.New("this process does not work in namespaces now")

// MissingError says that nothing can be decided in a namespace.
type MissingError struct {
	Namespace string
	// Terminating says that it is being deleted, else there is none.
	Terminating bool
}

// Error says so.
func (e *MissingError) Error() string {
	if e.Terminating {
		return fmt.Sprintf("namespace %s is being deleted", e.Namespace)
	}
	return fmt.Sprintf("there is no namespace %s", e.Namespace)
}

// NeedLeaderElection is false: every process follows the journals.
func (s *Set) NeedLeaderElection() bool { return false }

// Start runs what is wanted until ctx ends, and returns when all of it has ended.
func (s *Set) Start(ctx context.Context) error {
	s.mu.Lock()
	s.ctx = ctx
	for name := range s.wanted {
		s.begin(name)
	}
	s.mu.Unlock()
	s.discover(ctx)
	<-ctx.Done()
	s.running.Wait()
	return nil
}

// Running tells whether Start has begun to work and works on.
func (s *Set) Running() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.runs()
}

// runs is Running for who holds the lock.
func (s *Set) runs() bool { return s.ctx != nil && s.ctx.Err() == nil }

// Elect says whether this process should lead.
func (s *Set) Elect(elected bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.elected = elected
	for _, m := range s.members {
		m.runner.Elect(elected)
	}
}

// Elected tells whether this process should lead.
func (s *Set) Elected() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.elected
}

// Find returns the Runner of a namespace that is worked in already.
func (s *Set) Find(name string) (*allocator.Runner, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m, ok := s.members[name]; ok {
		return m.runner, true
	}
	return nil, false
}

// Unreadable are the namespaces, in order, whose journal has a format that this release does
// not know.
func (s *Set) Unreadable() []string {
	s.mu.Lock()
	members := maps.Clone(s.members)
	s.mu.Unlock()
	var names []string
	for name, m := range members {
		m.runner.Read(func(_ *stock.State, log *journal.Log) {
			if log.Foreign() {
				names = append(names, name)
			}
		})
	}
	slices.Sort(names)
	return names
}

// Names are the namespaces that are worked in, in order.
func (s *Set) Names() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.members))
}

// Open returns the Runner of a namespace, begun if need be. It fails with a *MissingError
// where there is no such namespace, with ErrNotRunning before Start and at the end, and with
// the API server's error where it cannot be told. What is known of a Namespace may be old: that it
// is missing or being deleted counts only by a read past the caches.
func (s *Set) Open(ctx context.Context, name string) (*allocator.Runner, error) {
	if runner, err := s.open(name); runner != nil || err != nil {
		return runner, err
	}
	namespace, err := s.options.Read(ctx, name)
	if apierrors.IsNotFound(err) {
		return nil, &MissingError{Namespace: name}
	}
	if err != nil {
		return nil, fmt.Errorf("read namespace %s: %w", name, err)
	}
	s.SeeNamespace(namespace)
	runner, err := s.open(name)
	if runner == nil && err == nil {
		err = &MissingError{Namespace: name, Terminating: true}
	}
	return runner, err
}

// open returns the Runner of a namespace that is known to be there, else nil.
func (s *Set) open(name string) (*allocator.Runner, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.runs() {
		return nil, ErrNotRunning
	}
	return s.begin(name), nil
}

// See says that there is something of ours in a namespace.
func (s *Set) See(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.wanted[name] && s.options.Serves(name) {
		s.wanted[name] = true
		s.begin(name)
	}
}

// SeeNamespace takes note of a Namespace as it is.
func (s *Set) SeeNamespace(namespace *metav1.PartialObjectMetadata) {
	name := namespace.Name
	if !s.options.Serves(name) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := known{uid: namespace.UID, terminating: namespace.DeletionTimestamp != nil}
	before := s.known[name]
	if before.uid == now.uid && before.terminating {
		return // one that is being deleted stays so: this is an older version
	}
	s.known[name] = now
	if m, ok := s.members[name]; ok && (now.terminating || m.uid != now.uid) {
		s.drop(name)
	}
	if now.terminating {
		delete(s.wanted, name)
	} else if s.wanted[name] {
		s.begin(name)
	}
}

// NamespaceGone takes note of a Namespace that is no more.
func (s *Set) NamespaceGone(namespace *metav1.PartialObjectMetadata) {
	s.mu.Lock()
	defer s.mu.Unlock()
	name := namespace.Name
	if s.known[name].uid != namespace.UID {
		return // another has taken its name
	}
	delete(s.known, name)
	delete(s.wanted, name)
	if _, ok := s.members[name]; ok {
		s.drop(name)
	}
}

// begin returns a namespace's Runner, which it starts if the Namespace is known to be
// there; nil if not.
func (s *Set) begin(name string) *allocator.Runner {
	if m, ok := s.members[name]; ok {
		return m.runner
	}
	seen, ok := s.known[name]
	if !ok || seen.terminating || !s.runs() {
		return nil
	}
	options := s.options.Runner
	options.Namespace = name
	options.Changed = func(changes stock.Changes) {
		for _, changed := range s.changed {
			changed(name, changes)
		}
	}
	ctx, end := context.WithCancel(s.ctx)
	m := &member{uid: seen.uid, runner: allocator.NewRunner(options), end: end}
	s.members[name] = m
	if s.elected {
		m.runner.Elect(true)
	}
	s.running.Go(func() { _ = m.runner.Run(ctx) }) // it ends with ctx and not before
	for _, attend := range s.attendants {
		s.running.Go(func() { attend(ctx, name, m.runner) })
	}
	return m.runner
}

// drop ends what runs for a namespace, and forgets it.
func (s *Set) drop(name string) {
	s.members[name].end()
	delete(s.members, name)
}
