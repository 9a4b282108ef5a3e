package namespaces

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"sync"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/stock"
)

// Attendant is a loop beside the Runner of one namespace, such as its publisher. It returns
// when ctx ends, which is when the namespace is deleted or leaves the scope, or the process
// stops. Where it has left the scope, and there alone, the cause of ctx is an *OutsideError.
type Attendant func(ctx context.Context, namespace string, runner *allocator.Runner)

// Observer has to know what Namespaces say before anything is done there. It must not block, nor
// call the Set.
type Observer interface {
	// SeeNamespace takes note of a Namespace as it is, be it in scope or not.
	SeeNamespace(namespace *metav1.PartialObjectMetadata)
	// NamespaceGone takes note of a Namespace that is no more.
	NamespaceGone(namespace *metav1.PartialObjectMetadata)
}

// Options are what a Set needs.
type Options struct {
	// Runner are the options of each Runner. Namespace and Changed are set here, and to
	// Config.Process a number is added: the writes of a namespace that was given up and taken
	// up again must not be taken for each other.
	Runner allocator.RunnerOptions
	// Scope says in which namespaces this process works.
	Scope Scope
	// Read reads a Namespace past the caches. Its error is that of the API server.
	Read func(ctx context.Context, namespace string) (*metav1.PartialObjectMetadata, error)
	// Pages lists the namespaces that have a journal, past the caches.
	Pages func(ctx context.Context) (namespaces []string, err error)
}

// Set is what this process works in. It is safe for concurrent use.
type Set struct {
	options    Options
	attendants []Attendant
	observers  []Observer
	changed    []func(namespace string, changes stock.Changes)

	mu sync.Mutex
	// ctx is that of Start; nothing runs before.
	ctx     context.Context //nolint:containedctx // members begin at any time while Start runs
	elected bool
	// known are the Namespaces as they were seen last, wanted those in which something of
	// ours was seen, be they in scope or not, and gone what is remembered of those that are
	// known no more.
	known   map[string]known
	wanted  map[string]bool
	gone    tombstones
	members map[string]*member
	// leaving are the members that were dropped last and may not have ended yet, by name.
	leaving map[string]*member
	// begun counts the members that were ever begun.
	begun   uint64
	running sync.WaitGroup
}

type known struct {
	uid         types.UID
	version     uint64
	terminating bool
	// outside says that it is not in scope.
	outside bool
}

// gone tells whether nothing is done in the namespace.
func (k known) gone() bool { return k.terminating || k.outside }

// New returns a Set in which nothing runs before Start.
func New(options Options) *Set {
	return &Set{
		options: options, known: map[string]known{}, wanted: map[string]bool{}, gone: tombstones{},
		members: map[string]*member{}, leaving: map[string]*member{},
	}
}

// Attend lets a loop run beside each Runner. It is called before Start.
func (s *Set) Attend(attendants ...Attendant) { s.attendants = append(s.attendants, attendants...) }

// Observe has every Namespace told to observers, whether a watch or a read past the caches has seen
// it, and each version only after those that are older. Call it before Start.
func (s *Set) Observe(observers ...Observer) { s.observers = append(s.observers, observers...) }

// OnChange adds functions that are called with what a namespace's journal changed while this
// process leads it. They must not block. Call OnChange before Start.
func (s *Set) OnChange(changed ...func(namespace string, changes stock.Changes)) {
	s.changed = append(s.changed, changed...)
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
	// Who found that it still runs holds the lock until what is waited for here has begun.
	s.mu.Lock()
	s.mu.Unlock() //nolint:staticcheck // SA2001: it is empty on purpose
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

// See notes that a namespace has something of ours, so that it is worked in as soon as it is there
// and in scope. It ignores a namespace that Scope.Names leaves out, and one that is being deleted
// or has gone lately: what was in that is no reason to work in one that is made again.
func (s *Set) See(name string) {
	if !s.options.Scope.Named(name) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known[name].terminating || s.gone.has(name, s.options.Runner.Now()) {
		return
	}
	if !s.wanted[name] {
		s.wanted[name] = true
		s.begin(name)
	}
}

// SeeNamespace takes note of a Namespace as the watch sees it: one that has come into scope is taken
// up if something of ours was seen there, and one that has left it is given up.
func (s *Set) SeeNamespace(namespace *metav1.PartialObjectMetadata) {
	if !s.options.Scope.Named(namespace.Name) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.note(namespace)
}

// seeRead takes note of a Namespace as a read past the caches has found it. The watch may have told
// meanwhile that it is gone, and tells no more of it. What the watch itself tells is in order.
func (s *Set) seeRead(namespace *metav1.PartialObjectMetadata) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.gone.cover(namespace, s.options.Runner.Now()) {
		s.note(namespace)
	}
}

// note is SeeNamespace for who holds the lock.
func (s *Set) note(namespace *metav1.PartialObjectMetadata) {
	name := namespace.Name
	now := known{
		uid: namespace.UID, version: versionOf(namespace),
		terminating: namespace.DeletionTimestamp != nil, outside: !s.options.Scope.Has(namespace),
	}
	before := s.known[name]
	if now.version < before.version || before.uid == now.uid && before.terminating {
		return // an older version, maybe of the one before: one that is being deleted stays so
	}
	s.known[name] = now
	delete(s.gone, name)
	for _, o := range s.observers {
		o.SeeNamespace(namespace)
	}
	switch m, ok := s.members[name]; {
	case !ok:
	case m.uid != now.uid:
		s.drop(name, &MissingError{Namespace: name})
	case now.gone():
		s.drop(name, s.refusal(name))
	}
	switch {
	case now.terminating:
		delete(s.wanted, name)
	case s.wanted[name]:
		s.begin(name)
	}
}

// versionOf is the resourceVersion of a Namespace, by which all that have its name are ordered,
// since they are of one kind; 0 where it is no number.
func versionOf(namespace *metav1.PartialObjectMetadata) uint64 {
	version, _ := strconv.ParseUint(namespace.ResourceVersion, 10, 64)
	return version
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
	s.gone.add(namespace, s.options.Runner.Now())
	if _, ok := s.members[name]; ok {
		s.drop(name, &MissingError{Namespace: name})
	}
	for _, o := range s.observers {
		o.NamespaceGone(namespace)
	}
}
