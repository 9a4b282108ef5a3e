package allocator

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
)

// Errors of the simulated API server, and of the way to it.
var (
	errConflict = errors.New("conflict")
	errNotFound = errors.New("not found")
	errExists   = errors.New("already exists")
	errUnknown  = errors.New("no answer")
)

// change is one entry of the history that watches follow.
type change struct {
	object  client.Object
	deleted bool
}

// store is the API server's storage, with real resourceVersion semantics: one
// counter, compare-and-swap, and no new version for a write that changes
// nothing.
type store struct {
	w       *world
	version uint64
	uids    int

	ledger       *v1.StockLedger
	items        map[string]*v1.StockItem
	reservations map[string]*v1.Reservation
	tallies      map[string]*v1.StockTally
	history      []change
	// waiters are woken by the next change.
	waiters []func()
	oracle  *oracle
}

func newStore(w *world) *store {
	s := &store{w: w, items: map[string]*v1.StockItem{}, reservations: map[string]*v1.Reservation{},
		tallies: map[string]*v1.StockTally{}}
	s.oracle = newOracle(w, s)
	return s
}

func (s *store) uid() types.UID {
	s.uids++
	return types.UID(fmt.Sprintf("uid-%06d", s.uids))
}

// commit stamps and stores a new version of an object.
func (s *store) commit(o client.Object, deleted bool) {
	s.version++
	o.SetResourceVersion(formatVersion(s.version))
	kept, _ := o.DeepCopyObject().(client.Object)
	switch o := kept.(type) {
	case *v1.StockLedger:
		s.ledger = o
		if deleted {
			s.ledger = nil
		}
	case *v1.StockItem:
		s.items[o.Name] = o
	case *v1.StockTally:
		s.tallies[o.Name] = o
	case *v1.Reservation:
		s.reservations[o.Name] = o
		if deleted {
			delete(s.reservations, o.Name)
		}
	}
	s.history = append(s.history, change{kept, deleted})
	for _, wake := range s.waiters {
		s.w.after(0, wake)
	}
	s.waiters = nil
	s.oracle.look(kept, deleted)
}

func (s *store) created(o client.Object) {
	o.SetUID(s.uid())
	o.SetGeneration(1)
	o.SetCreationTimestamp(metav1.NewTime(s.w.now.Truncate(1e9)))
	s.commit(o, false)
}

// check compares the resourceVersion and the uid of a write with what is stored.
func check(stored, given client.Object) error {
	switch {
	case stored.GetUID() != given.GetUID(), stored.GetResourceVersion() != given.GetResourceVersion():
		return errConflict
	default:
		return nil
	}
}

func (s *store) createLedger() error {
	if s.ledger != nil {
		return errExists
	}
	s.created(&v1.StockLedger{ObjectMeta: metav1.ObjectMeta{Name: v1.LedgerName}})
	return nil
}

func (s *store) updateLedgerStatus(given *v1.StockLedger) (*v1.StockLedger, error) {
	if s.ledger == nil {
		return nil, errNotFound
	}
	if err := check(s.ledger, given); err != nil {
		return nil, err
	}
	next := s.ledger.DeepCopy()
	given.Status.DeepCopyInto(&next.Status)
	if !equality.Semantic.DeepEqual(next.Status, s.ledger.Status) {
		s.commit(next, false)
		if (len(next.Status.InFlight) > 0 || next.Status.OpenFold != nil) && s.w.chance(0.1) {
			s.w.after(s.w.upTo(60*time.Millisecond), s.w.ambush)
		}
	}
	return next, nil
}

func (s *store) createTally(name string) (*v1.StockTally, error) {
	if s.tallies[name] != nil {
		return nil, errExists
	}
	s.created(&v1.StockTally{ObjectMeta: metav1.ObjectMeta{Name: name}})
	return s.tallies[name].DeepCopy(), nil
}

func (s *store) readTally(name string) (*v1.StockTally, error) {
	if t := s.tallies[name]; t != nil {
		return t.DeepCopy(), nil
	}
	return nil, errNotFound
}

func (s *store) updateTallyStatus(given *v1.StockTally) (*v1.StockTally, error) {
	stored, ok := s.tallies[given.Name]
	if !ok {
		return nil, errNotFound
	}
	if err := check(stored, given); err != nil {
		return nil, err
	}
	next := stored.DeepCopy()
	given.Status.DeepCopyInto(&next.Status)
	if !equality.Semantic.DeepEqual(next.Status, stored.Status) {
		s.commit(next, false)
		if s.w.chance(0.1) {
			s.w.after(s.w.upTo(60*time.Millisecond), s.w.ambush)
		}
	}
	return next, nil
}

func (s *store) listTallies() []*v1.StockTally {
	var tallies []*v1.StockTally
	for _, name := range sortedKeys(s.tallies) {
		tallies = append(tallies, s.tallies[name].DeepCopy())
	}
	return tallies
}

func (s *store) updateItemStatus(given *v1.StockItem) (*v1.StockItem, error) {
	stored, ok := s.items[given.Name]
	if !ok {
		return nil, errNotFound
	}
	if err := check(stored, given); err != nil {
		return nil, err
	}
	next := stored.DeepCopy()
	given.Status.DeepCopyInto(&next.Status)
	if !equality.Semantic.DeepEqual(next.Status, stored.Status) {
		s.commit(next, false)
	}
	return next, nil
}

func (s *store) updateReservationStatus(given *v1.Reservation) (*v1.Reservation, error) {
	stored, ok := s.reservations[given.Name]
	if !ok {
		return nil, errNotFound
	}
	if err := check(stored, given); err != nil {
		return nil, err
	}
	next := stored.DeepCopy()
	given.Status.DeepCopyInto(&next.Status)
	if !equality.Semantic.DeepEqual(next.Status, stored.Status) {
		s.commit(next, false)
	}
	return next, nil
}

func (s *store) deleteReservation(name string, ifVersion string) error {
	stored, ok := s.reservations[name]
	if !ok {
		return errNotFound
	}
	if ifVersion != "" && ifVersion != stored.ResourceVersion {
		return errConflict
	}
	s.commit(stored.DeepCopy(), true)
	return nil
}

func (s *store) readLedger() *Stored {
	if s.ledger == nil {
		return nil
	}
	l := s.ledger.DeepCopy()
	return &Stored{UID: l.UID, Version: versionOf(l.ResourceVersion), Status: l.Status}
}

func (s *store) readReservation(name string) (*v1.Reservation, error) {
	if r, ok := s.reservations[name]; ok {
		return r.DeepCopy(), nil
	}
	return nil, errNotFound
}

// listed are objects at one version of the whole store.
type listed[T any] struct {
	version uint64
	objects []T
}

func (s *store) listItems() listed[*v1.StockItem] {
	l := listed[*v1.StockItem]{version: s.version}
	for _, name := range sortedKeys(s.items) {
		l.objects = append(l.objects, s.items[name].DeepCopy())
	}
	return l
}

func (s *store) listPhase(phase v1.Phase) listed[*v1.Reservation] {
	l := listed[*v1.Reservation]{version: s.version}
	for _, name := range sortedKeys(s.reservations) {
		if r := s.reservations[name]; r.CurrentPhase() == phase {
			l.objects = append(l.objects, r.DeepCopy())
		}
	}
	return l
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
