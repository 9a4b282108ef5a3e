package webhook

import (
	"context"
	"encoding/json"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/acme/inventory-service/api/events"
	v1 "github.com/acme/inventory-service/api/v1"
)

// release asks for a Reservation's release and returns it once its phase is
// final: Released, or Unavailable where nothing was held.
func (b *bridge) release(ctx context.Context, namespace string, command *events.ReleaseInventory) (*v1.Reservation, error) {
	ctx, cancel := context.WithTimeout(ctx, b.Wait)
	defer cancel()
	key := types.NamespacedName{Namespace: namespace, Name: command.ReservationID}
	sub := b.Board.Watch(key)
	defer sub.Close()

	current, err := b.intendRelease(ctx, key, command.Reason)
	if err != nil {
		return nil, err
	}
	last, err := b.waitFor(ctx, sub, current, func(r *v1.Reservation) bool { return r.CurrentPhase().Final() })
	if err != nil {
		return nil, err
	}
	return last, refuseConsumed(last)
}

// intendRelease returns the Reservation with intent Release, or in a phase that
// needs none. Each attempt writes over exactly the version that it has looked at.
// The first may come from the cache: one that is out of date conflicts, and is
// read from the API server then.
func (b *bridge) intendRelease(ctx context.Context, key types.NamespacedName, reason v1.ReleaseReason) (*v1.Reservation, error) {
	var current *v1.Reservation
	read := b.readEither
	err := b.persist(ctx, func(ctx context.Context) error {
		var err error
		if current, err = read(ctx, key); err != nil {
			return err
		}
		if err := refuseConsumed(current); err != nil {
			return err
		}
		if current.CurrentPhase().Final() || current.Spec.Intent == v1.IntentRelease {
			return nil
		}
		read = b.readServer
		current, err = b.patchRelease(ctx, current, reason)
		return err
	})
	return current, err
}

// patchRelease sets the intent and nothing else, as a compare-and-swap.
func (b *bridge) patchRelease(ctx context.Context, seen *v1.Reservation, reason v1.ReleaseReason) (*v1.Reservation, error) {
	spec := map[string]any{"intent": v1.IntentRelease}
	if reason != "" {
		spec["releaseReason"] = reason
	}
	patch, err := json.Marshal(map[string]any{
		"metadata": map[string]any{"resourceVersion": seen.ResourceVersion},
		"spec":     spec,
	})
	if err != nil {
		return nil, err
	}
	patched := &v1.Reservation{}
	patched.Namespace, patched.Name = seen.Namespace, seen.Name
	err = b.Client.Patch(ctx, patched, client.RawPatch(types.MergePatchType, patch))
	if apierrors.IsNotFound(err) {
		return nil, errVanished // read again and told as what it is
	}
	return patched, err
}

func refuseConsumed(r *v1.Reservation) error {
	if r.CurrentPhase() == v1.PhaseConsumed || (r.Spec.Intent == v1.IntentConsume && !r.CurrentPhase().Final()) {
		return fail(consumed, "the units of reservation %s are shipped or about to be: they cannot be released any more", r.Name)
	}
	return nil
}

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
// not there, since one just made may not have arrived yet.
func (b *bridge) readEither(ctx context.Context, key types.NamespacedName) (*v1.Reservation, error) {
	if r, ok := b.readCache(ctx, key); ok {
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
