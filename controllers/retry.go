package controllers

import (
	"time"

	"k8s.io/client-go/util/workqueue"
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

// options are those of a controller with so many workers.
func options(workers int) controller.Options {
	return controller.Options{
		MaxConcurrentReconciles: workers,
		RateLimiter:             workqueue.NewTypedItemExponentialFailureRateLimiter[reconcile.Request](firstRetry, maxRetry),
	}
}
