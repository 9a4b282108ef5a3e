package webhook

import (
	"context"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"

	v1 "github.com/acme/inventory-service/api/v1"
)

// readFunc reads a Reservation.
type readFunc func(ctx context.Context, key types.NamespacedName) (*v1.Reservation, error)

// readServer reads a Reservation from the API server.
func (b *bridge) readServer(ctx context.Context, key types.NamespacedName) (*v1.Reservation, error) {
	r := &v1.Reservation{}
	err := b.APIReader.Get(ctx, key, r)
	if apierrors.IsNotFound(err) && !unserved(err) {
		return nil, fail(notFound, "there is no reservation %s in namespace %s", key.Name, key.Namespace)
	}
	return r, err
}

// readEither reads a Reservation from the cache, and from the API server if it is
// not there or has no outcome there, since one just made or decided may not have arrived
// yet, and a write over an old version costs more than a read.
func (b *bridge) readEither(ctx context.Context, key types.NamespacedName) (*v1.Reservation, error) {
	if r, ok := b.readCache(ctx, key); ok && r.CurrentPhase() != v1.PhasePending {
		return r, nil
	}
	return b.readServer(ctx, key)
}

// readCache reads a Reservation from the informers; false if they do not have it.
func (b *bridge) readCache(ctx context.Context, key types.NamespacedName) (*v1.Reservation, bool) {
	r := &v1.Reservation{}
	err := b.Cache.Get(ctx, key, r)
	return r, err == nil
}
