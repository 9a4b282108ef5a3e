package controllers

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/internal/view"
)

const (
	// getsAtOnce is how many objects are read at a time.
	getsAtOnce = 16
	// fewObjects are read one by one however few there are in all, and up to one in
	// objectsPerGet of them: a request costs as much as so many objects of a list.
	fewObjects, objectsPerGet = 64, 32
	// listPage is how many objects are asked for at a time.
	listPage = 1000
)

// read reads the objects of holds past the cache, by the IDs of the holds.
func (t *expiryTerm) read(ctx context.Context, due []*stock.Reservation) (map[stock.ID]*v1.Reservation, error) {
	if len(due) <= max(fewObjects, t.open/objectsPerGet) {
		return t.get(ctx, due)
	}
	return t.list(ctx, due)
}

// get reads each object by itself.
func (t *expiryTerm) get(ctx context.Context, due []*stock.Reservation) (map[stock.ID]*v1.Reservation, error) {
	found := make([]*v1.Reservation, len(due))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(getsAtOnce)
	for i, r := range due {
		group.Go(func() (err error) {
			found[i], err = t.getOne(ctx, r)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	objects := make(map[stock.ID]*v1.Reservation, len(due))
	for i, r := range due {
		if found[i] != nil {
			objects[r.ID] = found[i]
		}
	}
	return objects, nil
}

func (t *expiryTerm) getOne(ctx context.Context, r *stock.Reservation) (*v1.Reservation, error) {
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	var object v1.Reservation
	err := t.Reader.Get(ctx, client.ObjectKey{Namespace: t.namespace, Name: view.Name(r)}, &object)
	switch {
	case err == nil && speaksFor(&object, r):
		return &object, nil
	case client.IgnoreNotFound(err) != nil:
		return nil, fmt.Errorf("read reservation %s, whose hold ended: %w", view.Name(r), err)
	default:
		return nil, nil //nolint:nilnil // there is none, and that is no error
	}
}

// list reads all objects of the namespace and keeps those that are looked for.
func (t *expiryTerm) list(ctx context.Context, due []*stock.Reservation) (map[stock.ID]*v1.Reservation, error) {
	looked := make(map[string][]*stock.Reservation, len(due))
	for _, r := range due {
		looked[view.Name(r)] = append(looked[view.Name(r)], r)
	}
	objects := make(map[stock.ID]*v1.Reservation, len(due))
	for next := ""; ; {
		var page v1.ReservationList
		err := t.Reader.List(ctx, &page, client.InNamespace(t.namespace), client.Limit(listPage), client.Continue(next))
		if apierrors.IsResourceExpired(err) {
			next = "" // too slow for the API server's memory: from the beginning
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("list the reservations of namespace %s, of which holds ended: %w", t.namespace, err)
		}
		for i := range page.Items {
			for _, r := range looked[page.Items[i].Name] {
				if speaksFor(&page.Items[i], r) {
					objects[r.ID] = &page.Items[i]
				}
			}
		}
		if next = page.Continue; next == "" {
			return objects, nil
		}
	}
}

// speaksFor tells whether what an object asks for is about a reservation: it shows it, or was
// made to show it and the journal does not know yet.
func speaksFor(object *v1.Reservation, r *stock.Reservation) bool {
	return stock.ID(object.UID) == r.Object.UID || unseen(r) && object.Spec.Command != nil
}
