package allocator_test

import (
	"fmt"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
)

// kind is one of the four kinds of objects.
type kind int

const (
	reservations kind = iota
	items
	tallies
	ledgers
	kinds
)

var kindNames = [kinds]string{"reservation", "item", "tally", "ledger"}

func kindOf(object client.Object) kind {
	switch object.(type) {
	case *v1.Reservation:
		return reservations
	case *v1.StockItem:
		return items
	case *v1.StockTally:
		return tallies
	default:
		return ledgers
	}
}

func listKind(list client.ObjectList) kind {
	name := fmt.Sprintf("%T %s", list, list.GetObjectKind().GroupVersionKind().Kind)
	switch {
	case strings.Contains(name, "ReservationList"):
		return reservations
	case strings.Contains(name, "StockItemList"):
		return items
	default:
		return tallies
	}
}

func copyInto(from, into client.Object) error {
	switch into := into.(type) {
	case *v1.Reservation:
		from.(*v1.Reservation).DeepCopyInto(into)
	case *v1.StockItem:
		from.(*v1.StockItem).DeepCopyInto(into)
	case *v1.StockTally:
		from.(*v1.StockTally).DeepCopyInto(into)
	case *v1.StockLedger:
		from.(*v1.StockLedger).DeepCopyInto(into)
	default:
		return fmt.Errorf("the simulation stores no %T", into)
	}
	return nil
}

func resource(k kind) schema.GroupResource {
	return schema.GroupResource{Group: v1.GroupVersion.Group, Resource: kindNames[k]}
}

func notFound(k kind, name string) error { return apierrors.NewNotFound(resource(k), name) }

func conflict(k kind, name string) error { return apierrors.NewConflict(resource(k), name, nil) }

// change is one entry of the history that watches follow.
type change struct {
	object  client.Object
	deleted bool
}

// store is the API server's storage, with real resourceVersion semantics: one
// counter, compare-and-swap, and no new version for a write that changes
// nothing. What it holds is never changed in place.
type store struct {
	w       *world
	version uint64
	uids    int
	objects [kinds]map[string]client.Object
	history [kinds][]change
	oracle  *oracle
}

func newStore(w *world) *store {
	s := &store{w: w}
	for k := range kinds {
		s.objects[k] = map[string]client.Object{}
	}
	s.oracle = newOracle(w, s)
	return s
}

func (s *store) versionText() string { return strconv.FormatUint(s.version, 10) }

// commit stamps and stores a new version of an object, which is the store's from
// here on.
func (s *store) commit(o client.Object, deleted bool) client.Object {
	s.version++
	o.SetResourceVersion(s.versionText())
	k := kindOf(o)
	if deleted {
		delete(s.objects[k], o.GetName())
	} else {
		s.objects[k][o.GetName()] = o
	}
	s.history[k] = append(s.history[k], change{o, deleted})
	s.w.mark(o.GetName())
	s.oracle.look(o, deleted)
	for _, p := range s.w.processes {
		p.watches[k].wake()
	}
	return o
}

func (s *store) create(o client.Object) client.Object {
	s.uids++
	o.SetNamespace(simNamespace)
	o.SetUID(types.UID(fmt.Sprintf("uid-%06d", s.uids)))
	o.SetGeneration(1)
	o.SetCreationTimestamp(metav1.NewTime(s.w.now().Truncate(1e9)))
	return s.commit(o, false)
}

// remove deletes an object. byOperator says that no person did it.
func (s *store) remove(o client.Object, byOperator bool) {
	if r, ok := o.(*v1.Reservation); ok && byOperator {
		s.oracle.retained(r)
	}
	s.commit(o.DeepCopyObject().(client.Object), true)
}

func (s *store) updateStatus(given client.Object) (client.Object, error) {
	k, name := kindOf(given), given.GetName()
	stored := s.objects[k][name]
	switch {
	case stored == nil:
		return nil, notFound(k, name)
	case stored.GetUID() != given.GetUID() || stored.GetResourceVersion() != given.GetResourceVersion():
		return nil, conflict(k, name)
	}
	next, changed := withStatus(stored, given)
	if !changed {
		return stored, nil
	}
	s.commit(next, false)
	s.w.ambush(next)
	return next, nil
}

// withStatus is stored with the status of given. The two share what neither
// changes.
func withStatus(stored, given client.Object) (next client.Object, changed bool) {
	switch stored := stored.(type) {
	case *v1.Reservation:
		o := *stored
		o.Status = given.(*v1.Reservation).Status
		return &o, !equality.Semantic.DeepEqual(o.Status, stored.Status)
	case *v1.StockItem:
		o := *stored
		o.Status = given.(*v1.StockItem).Status
		return &o, !equality.Semantic.DeepEqual(o.Status, stored.Status)
	case *v1.StockTally:
		o := *stored
		o.Status = given.(*v1.StockTally).Status
		return &o, !equality.Semantic.DeepEqual(o.Status, stored.Status)
	default:
		o := *stored.(*v1.StockLedger)
		o.Status = given.(*v1.StockLedger).Status
		return &o, !equality.Semantic.DeepEqual(o.Status, stored.(*v1.StockLedger).Status)
	}
}

func (s *store) ledger() *v1.StockLedger {
	l, _ := s.objects[ledgers][v1.LedgerName].(*v1.StockLedger)
	return l
}

func (s *store) reservation(name string) *v1.Reservation {
	r, _ := s.objects[reservations][name].(*v1.Reservation)
	return r
}

func (s *store) item(name string) *v1.StockItem {
	item, _ := s.objects[items][name].(*v1.StockItem)
	return item
}
