package controllers

import (
	"context"
	"fmt"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
)

// uidIndex names the index of the Reservations that people and Git made, by their uids.
const uidIndex = "uid"

// NamesOf returns a function that tells the name of a Reservation by its uid, which is its
// reservationId, from the cache: the journal does not know one before its decision. The name
// is empty where the cache knows none. It must be called before the manager starts.
func NamesOf(ctx context.Context, mgr ctrl.Manager) (func(ctx context.Context, namespace, uid string) (string, error), error) {
	err := mgr.GetFieldIndexer().IndexField(ctx, &v1.Reservation{}, uidIndex, func(object client.Object) []string {
		if r, ok := object.(*v1.Reservation); !ok || r.Spec.Command != nil {
			return nil
		}
		return []string{string(object.GetUID())}
	})
	if err != nil {
		return nil, fmt.Errorf("index reservations by uid: %w", err)
	}
	return func(ctx context.Context, namespace, uid string) (string, error) {
		var list v1.ReservationList
		err := mgr.GetCache().List(ctx, &list, client.InNamespace(namespace), client.MatchingFields{uidIndex: uid}, client.UnsafeDisableDeepCopy)
		if err != nil {
			return "", fmt.Errorf("look up the reservation with uid %s: %w", uid, err)
		}
		if len(list.Items) == 0 {
			return "", nil
		}
		return list.Items[0].Name, nil
	}, nil
}
