package auditor

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/internal/view"
)

// pageSize bounds what one request of a list returns.
const pageSize = 500

// readObjects reads all objects past all caches, and keeps those that do not show what the
// book says: it stands where it did before the first of them was read.
func (a *audit) readObjects(ctx context.Context) error {
	var items v1.StockItemList
	if err := a.listPages(ctx, &items, func() {
		for i := range items.Items {
			a.meet(suspectItem(&items.Items[i], a.reading))
		}
	}); err != nil {
		return fmt.Errorf("list stock items: %w", err)
	}
	var reservations v1.ReservationList
	if err := a.listPages(ctx, &reservations, func() {
		for i := range reservations.Items {
			a.meet(suspectReservation(&reservations.Items[i], a.reading))
		}
	}); err != nil {
		return fmt.Errorf("list reservations: %w", err)
	}
	a.missObjects()
	return nil
}

// listPages lists all objects of a kind, page by page into list, and calls see for each.
func (a *audit) listPages(ctx context.Context, list client.ObjectList, see func()) error {
	for next := ""; ; {
		err := a.objects.List(ctx, list, client.InNamespace(a.namespace), client.Limit(pageSize), client.Continue(next))
		if err != nil {
			return err
		}
		see()
		if next = list.GetContinue(); next == "" {
			return nil
		}
		if err := a.keepUp(ctx); err != nil {
			return err
		}
	}
}

// meet judges an object that was read.
func (a *audit) meet(s *suspect) {
	a.markSeen(s)
	if s.judge(a.reading.book); s.verdict != agrees {
		a.suspect(s)
	}
}

func (a *audit) markSeen(s *suspect) {
	if i := a.reading.book.items[s.uid]; i != nil && s.item != nil {
		i.seen = true
	}
	if s.reservation != nil {
		if _, c := a.reading.book.showing(s.reservation); c != nil {
			c.seen = true
		}
	}
}

// missObjects keeps the StockItems, and the objects of what is held, that were not among
// those that were read.
func (a *audit) missObjects() {
	b := a.reading.book
	for uid, i := range b.items {
		if !i.seen {
			a.meet(&suspect{kind: KindItem, name: i.Name, uid: uid})
		}
	}
	for id, c := range b.carts {
		if c.open && c.live && !c.seen {
			a.meet(&suspect{kind: KindReservation, name: view.Name(c.reservation()), uid: id})
		}
	}
}

// readAgain reads the object of a suspect again. It is nil where there is none any more, or
// another of its name, and there need not be.
func (a *audit) readAgain(ctx context.Context, s *suspect) (*suspect, error) {
	key := client.ObjectKey{Namespace: a.namespace, Name: s.name}
	var object client.Object = &v1.Reservation{}
	if s.kind == KindItem {
		object = &v1.StockItem{}
	}
	err := a.objects.Get(ctx, key, object)
	if err != nil && !apierrors.IsNotFound(err) {
		return nil, fmt.Errorf("read %s: %w", s.name, err)
	}
	var again *suspect
	if err == nil {
		switch o := object.(type) {
		case *v1.StockItem:
			again = suspectItem(o, a.reading)
		case *v1.Reservation:
			again = suspectReservation(o, a.reading)
		}
	}
	switch {
	case again != nil && again.shows(s, a.reading.book):
		return again, nil
	case s.version == "":
		return &suspect{kind: s.kind, name: s.name, uid: s.uid}, nil
	default:
		return nil, nil
	}
}

// shows tells whether an object is the one that another suspect is about.
func (s *suspect) shows(other *suspect, b *Book) bool {
	if s.reservation != nil && other.version == "" {
		id, c := b.showing(s.reservation)
		return c != nil && id == other.uid
	}
	return s.uid == other.uid
}

func suspectItem(item *v1.StockItem, r *reading) *suspect {
	s := &suspect{kind: KindItem, name: item.Name, uid: stock.ID(item.UID), version: item.ResourceVersion, item: item.DeepCopy()}
	s.at, s.named = placeOf(item.Status.Position, r.book.journal)
	return s
}

func suspectReservation(object *v1.Reservation, r *reading) *suspect {
	s := &suspect{
		kind: KindReservation, name: object.Name, uid: stock.ID(object.UID), version: object.ResourceVersion, reservation: object.DeepCopy(),
	}
	s.at, s.named = placeOf(object.Status.Position, r.book.journal)
	return s
}

// leaving tells whether the namespace is gone or going: its objects then go in any order.
func (a *audit) leaving(ctx context.Context) (bool, error) {
	var namespace metav1.PartialObjectMetadata
	namespace.APIVersion, namespace.Kind = "v1", "Namespace"
	err := a.objects.Get(ctx, types.NamespacedName{Name: a.namespace}, &namespace)
	switch {
	case apierrors.IsNotFound(err):
		return true, nil
	case apierrors.IsForbidden(err):
		return false, nil // a person who may look at stock need not be allowed that
	case err != nil:
		return false, fmt.Errorf("read namespace %s: %w", a.namespace, err)
	}
	return namespace.DeletionTimestamp != nil || string(namespace.UID) != a.reading.book.journal.Namespace, nil
}
