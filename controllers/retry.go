package controllers

import (
	"time"

	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

// The pause before what failed is tried again, doubled each time up to the longest.
// That is short of controller-runtime's 17 minutes: somebody waits for an outcome, and
// should not wait much longer than the fault lasted.
const (
	firstRetry = 5 * time.Millisecond
	maxRetry   = 10 * time.Second
)

const (
	// writeTimeout bounds one request to the API server. What a longer one did is found
	// out by reading.
	writeTimeout = 10 * time.Second
	// askTimeout bounds the wait for one answer of the allocator. Asking again is safe, and
	// a worker should not wait for a process that leads no more.
	askTimeout = 10 * time.Second
)

// options are those of a controller with so many workers, in whose queue namespaces take turns.
// It runs on every replica.
func options(workers int) controller.Options {
	return controller.Options{
		MaxConcurrentReconciles: workers,
		NeedLeaderElection:      ptr.To(false),
		NewQueue:                newTurns(func(r reconcile.Request) string { return r.Namespace }),
		RateLimiter:             workqueue.NewTypedItemExponentialFailureRateLimiter[reconcile.Request](firstRetry, maxRetry),
	}
}
