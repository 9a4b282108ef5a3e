package cluster

import (
	"context"
	"errors"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
)

// ErrNotYet says that what was waited for has not come in time.
var ErrNotYet = errors.New("it has not come in time")

// ErrGone says that an object was deleted while it was waited for.
var ErrGone = errors.New("it was deleted meanwhile")

// AwaitReservation waits until a Reservation is as it should be. It fails with ErrNotYet when
// ctx ends, and with ErrGone.
func (c *Cluster) AwaitReservation(ctx context.Context, key client.ObjectKey, done func(*v1.Reservation) bool) (*v1.Reservation, error) {
	return await(ctx, c, &v1.ReservationList{}, key, done)
}

// AwaitItem does the same for a StockItem.
func (c *Cluster) AwaitItem(ctx context.Context, key client.ObjectKey, done func(*v1.StockItem) bool) (*v1.StockItem, error) {
	return await(ctx, c, &v1.StockItemList{}, key, done)
}

// AwaitLedger does the same for a StockLedger.
func (c *Cluster) AwaitLedger(ctx context.Context, key client.ObjectKey, done func(*v1.StockLedger) bool) (*v1.StockLedger, error) {
	return await(ctx, c, &v1.StockLedgerList{}, key, done)
}

// rewatchAfter is how long a watch that ended is waited for before the next.
const rewatchAfter = 200 * time.Millisecond

func await[T client.Object](ctx context.Context, c *Cluster, list client.ObjectList, key client.ObjectKey, done func(T) bool) (T, error) {
	var none T
	for {
		found, err := awaitOnce(ctx, c, list, key, done)
		switch {
		case err == nil:
			return found, nil
		case ctx.Err() != nil:
			return none, fmt.Errorf("%s: %w", key.Name, ErrNotYet)
		case !errors.Is(err, errEnded) && !passing(err):
			return none, Explained(err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(rewatchAfter):
		}
	}
}

// passing tells whether an error of the API server may be over soon.
func passing(err error) bool {
	return apierrors.IsTooManyRequests(err) || apierrors.IsServerTimeout(err) || apierrors.IsTimeout(err) ||
		apierrors.IsServiceUnavailable(err) || apierrors.IsInternalError(err) || apierrors.IsResourceExpired(err) || apierrors.IsGone(err)
}

// errEnded says that a watch ended, as it does now and then.
var errEnded = errors.New("the watch ended")

// awaitOnce lists one object and watches it from there.
func awaitOnce[T client.Object](ctx context.Context, c *Cluster, list client.ObjectList, key client.ObjectKey, done func(T) bool) (T, error) {
	var none T
	only := []client.ListOption{
		client.InNamespace(key.Namespace), client.MatchingFieldsSelector{Selector: fields.OneTermEqualSelector("metadata.name", key.Name)},
	}
	if err := c.List(ctx, list, only...); err != nil {
		return none, err
	}
	there := false
	err := meta.EachListItem(list, func(o runtime.Object) error {
		there = true
		if object, ok := o.(T); ok && done(object) {
			none = object
			return errFound
		}
		return nil
	})
	if errors.Is(err, errFound) {
		return none, nil
	}
	if !there {
		return none, fmt.Errorf("%s: %w", key.Name, ErrGone)
	}
	watcher, err := c.Watch(ctx, list, append(only, &client.ListOptions{Raw: fromVersion(list)})...)
	if err != nil {
		return none, err
	}
	defer watcher.Stop()
	for event := range watcher.ResultChan() {
		switch object, ok := event.Object.(T); {
		case event.Type == watch.Deleted:
			return none, fmt.Errorf("%s: %w", key.Name, ErrGone)
		case event.Type == watch.Error:
			return none, apierrors.FromObject(event.Object)
		case ok && done(object):
			return object, nil
		}
	}
	return none, errEnded
}

var errFound = errors.New("found")
