package allocator

import (
	"fmt"
	"slices"
	"time"

	v1 "github.com/acme/inventory-service/api/v1"
)

// modelEpoch is when the clock of every process begins. Clocks of processes are
// independent of each other: no safety depends on them.
var modelEpoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// modelHold is how long holds last, on the clocks of the processes.
const modelHold = time.Hour

// modelWorld is one state of the model. A transition works on a copy, which
// shares with its origin all that the transition does not touch.
type modelWorld struct {
	cfg   *modelConfig
	store modelStore
	procs [2]*modelProcess
	// owned says which processes are this state's own copies.
	owned [2]bool
	// orphans are writes that nobody waits for any more and that may still land.
	orphans []*modelRequest
	oracle  modelOracle
	left    modelBudget
	// used are the user's actions that were done, by their bit.
	used uint32
	// calm turns the bounds of the search off, for the check of convergence.
	calm bool
	// failure is the invariant that is broken.
	failure string
}

// modelBudget bounds what may go wrong.
type modelBudget struct {
	// takeOvers bounds the attempts to take the ledger over, faults the answers
	// that are lost, late or garbled.
	takeOvers, faults, crashes, elections, depositions, expiries int8
}

func (w *modelWorld) failf(format string, args ...any) {
	if w.failure == "" {
		w.failure = fmt.Sprintf(format, args...)
	}
}

func (w *modelWorld) clone() *modelWorld {
	c := *w
	c.owned = [2]bool{}
	return &c
}

// own returns a process of this state to change.
func (w *modelWorld) own(i int) *modelProcess {
	if !w.owned[i] {
		w.procs[i] = w.procs[i].clone()
		w.owned[i] = true
	}
	return w.procs[i]
}

// fingerprint is that of the whole state.
func (w *modelWorld) fingerprint() fingerprint {
	e := printer{buf: make([]byte, 0, 512), refs: make([]ref, 0, 128)}
	w.store.print(&e, w)
	for _, p := range w.procs {
		p.print(&e, w)
	}
	e.num(int64(len(w.orphans)))
	for _, r := range w.orphans {
		r.print(&e)
	}
	w.oracle.print(&e)
	e.buf = append(e.buf, byte(w.left.takeOvers), byte(w.left.faults), byte(w.left.crashes),
		byte(w.left.elections), byte(w.left.depositions), byte(w.left.expiries))
	e.num(int64(w.used))
	return rename(e.buf, e.refs)
}

// modelStore is the API server's storage. Versions are counted per kind: they
// compare only within a kind.
type modelStore struct {
	current [kinds][modelCarts]*modelObject
	// changes are the latest versions of each kind, for the watches; all that
	// every watch has delivered is dropped.
	changes [kinds][]*modelObject
	version [kinds]uint64
	ledgers int
}

func (s *modelStore) get(kind modelKind, cart int) *modelObject { return s.current[kind][cart] }

// all are the stored objects of a kind.
func (s *modelStore) all(kind modelKind) []*modelObject {
	var list []*modelObject
	for _, o := range s.current[kind] {
		if o != nil {
			list = append(list, o)
		}
	}
	return list
}

// commit stores a new version of an object, which is the caller's no longer.
func (w *modelWorld) commit(like *modelObject, deleted bool) *modelObject {
	s, kind := &w.store, like.kind
	s.version[kind]++
	object := like.object()
	object.SetResourceVersion(formatVersion(s.version[kind]))
	o := newObject(object, like.cart, deleted)
	before := s.current[kind][o.cart]
	s.current[kind][o.cart] = o
	if deleted {
		s.current[kind][o.cart] = nil
	}
	old := s.changes[kind]
	seen := min(w.procs[0].cursor[kind], w.procs[1].cursor[kind])
	for len(old) > 0 && old[0].version <= seen {
		old = old[1:]
	}
	s.changes[kind] = append(slices.Clip(old), o)
	w.oracle.look(w, before, o)
	return o
}

// next is the change after a version, nil if there is none.
func (s *modelStore) next(kind modelKind, after uint64) *modelObject {
	changes := s.changes[kind]
	if len(changes) == 0 || after >= s.version[kind] {
		return nil
	}
	return changes[after+1-changes[0].version]
}

// print encodes what is stored, and what watches have still to deliver.
func (s *modelStore) print(e *printer, w *modelWorld) {
	for kind := range kinds {
		for _, o := range s.current[kind] {
			e.object(o)
		}
		seen := min(w.procs[0].cursor[kind], w.procs[1].cursor[kind])
		e.num(int64(s.version[kind] - seen))
		for at := s.next(kind, seen); at != nil; at = s.next(kind, at.version) {
			e.object(at)
		}
	}
	e.num(int64(s.ledgers))
}

func (e *printer) object(o *modelObject) {
	if o == nil {
		e.flag(false)
		return
	}
	e.flag(true)
	e.add(o.print)
}

// createCart makes a Reservation.
func (w *modelWorld) createCart(cart int, quantity int64) {
	r := &v1.Reservation{}
	r.Name = cartName(cart)
	r.UID = cartUID(cart)
	r.Generation = 1
	r.Spec.Intent = v1.IntentHold
	r.Spec.HoldFor = durationOf(modelHold)
	r.Spec.Items = []v1.ReservationItem{{ProductID: modelProduct, Quantity: quantity}}
	r.Status.Phase = v1.PhasePending
	w.commit(&modelObject{kind: kindCart, cart: cart, rsv: r}, false)
}

// createItem makes the StockItem, as it was shown before.
func (w *modelWorld) createItem(received int64) {
	item := &v1.StockItem{}
	item.Name, item.UID, item.Generation = modelItem, modelItem, 1
	item.Spec.ProductID, item.Spec.LocationID, item.Spec.Received = modelProduct, modelLocation, received
	item.Status.ObservedGeneration = 1
	item.Status.OnHand, item.Status.Available = received, received
	w.commit(&modelObject{kind: kindItem, item: item}, false)
}
