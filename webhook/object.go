package webhook

import (
	"context"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/stock"
)

// find returns the reservation that a text names: by the bridge's id, else by the uid or
// the name of its object; nil if State knows none.
func find(j Journal, text string) (found *stock.Reservation) {
	j.Read(func(s *stock.State, _ *journal.Log) {
		found, _ = s.Lookup(stock.ID(text))
	})
	return found
}

// readObject reads the Reservation of a name, or of a uid, past the caches; nil where there is
// none.
func (b *bridge) readObject(ctx context.Context, namespace, text string) (*v1.Reservation, error) {
	r, err := b.readNamed(ctx, namespace, text)
	if r != nil || err != nil || b.NameOf == nil || v1.UUIDs.Wrong(text) != "" {
		return r, err
	}
	name, err := b.NameOf(ctx, namespace, text)
	if err != nil || name == "" {
		return nil, err
	}
	r, err = b.readNamed(ctx, namespace, name)
	if r == nil || string(r.UID) != text {
		return nil, err
	}
	return r, err
}

func (b *bridge) readNamed(ctx context.Context, namespace, name string) (*v1.Reservation, error) {
	r := &v1.Reservation{}
	err := b.Objects.Get(ctx, client.ObjectKey{Namespace: namespace, Name: name}, r)
	if apierrors.IsNotFound(err) && !unserved(err) {
		return nil, nil //nolint:nilnil // its absence is an answer
	}
	return r, err
}

// unknown says that there is no such reservation. That must have been proven.
func unknown(namespace, text string) *failure {
	return fail(notFound, "there is no reservation %s in namespace %s", text, namespace)
}
