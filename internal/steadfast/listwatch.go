// Package steadfast keeps the watches of informers going over outages of the API
// server. client-go's reflector waits longer after each outage, up to a minute, and
// forgets only after two minutes without one: an operator whose API servers are
// restarted one after the other, as in an upgrade, is blind for that long while
// everything is there again. A reflector can be given other pauses, an informer cannot
// (kubernetes/kubernetes#136943); when it can, this package is to be weighed again.
//
// It tries again within a second, and goes on where the watch broke off, so that
// nothing is missed and nothing old comes back. What it cannot go on from, a version
// that is too old or not known, it leaves to the reflector, which lists anew. Until a
// watch was open for the first time every error is the reflector's as well, which tells
// of it: there may be something that somebody has to mend.
package steadfast

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync/atomic"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/util/watchlist"
	"sigs.k8s.io/controller-runtime/pkg/log"
)

// The pauses between two tries: the first is short, since a server that ends its
// watches in good order is often there already.
const (
	firstPause = 50 * time.Millisecond
	longPause  = time.Second
)

// NewInformer is for cache.Options.NewInformer: an informer whose watches are steadfast.
func NewInformer(lw cache.ListerWatcher, example runtime.Object, resync time.Duration, indexers cache.Indexers) cache.SharedIndexInformer {
	return cache.NewSharedIndexInformer(ListerWatcher(lw), example, resync, indexers)
}

// ListerWatcher makes the watches of a ListerWatcher steadfast.
func ListerWatcher(lw cache.ListerWatcher) cache.ListerWatcher {
	return &listerWatcher{ListerWatcherWithContext: cache.ToListerWatcherWithContext(lw)}
}

type listerWatcher struct {
	cache.ListerWatcherWithContext
	// opened says that a watch was open once, so that errors are likely to pass.
	opened atomic.Bool
}

// IsWatchListSemanticsUnSupported tells reflectors whether to begin with a list.
func (l *listerWatcher) IsWatchListSemanticsUnSupported() bool {
	return watchlist.DoesClientNotSupportWatchListSemantics(l.ListerWatcherWithContext)
}

// Watch and List are what a ListerWatcher has besides; informers use the others.
func (l *listerWatcher) Watch(options metav1.ListOptions) (watch.Interface, error) {
	return l.WatchWithContext(context.Background(), options)
}

func (l *listerWatcher) List(options metav1.ListOptions) (runtime.Object, error) {
	return l.ListWithContext(context.Background(), options)
}

// ListWithContext tries until the list is there, or something else is wrong than an
// outage.
func (l *listerWatcher) ListWithContext(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
	return persist(ctx, l.passing, func() (runtime.Object, error) {
		return l.ListerWatcherWithContext.ListWithContext(ctx, options)
	})
}

// WatchWithContext opens a watch that goes on by itself.
func (l *listerWatcher) WatchWithContext(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
	w, err := l.open(ctx, options)
	if err != nil {
		return nil, err
	}
	l.opened.Store(true)
	return resume(ctx, l, options, w), nil
}

func (l *listerWatcher) open(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
	return persist(ctx, l.passing, func() (watch.Interface, error) {
		return l.ListerWatcherWithContext.WatchWithContext(ctx, options)
	})
}

// passing tells whether an error is one of an outage. A server that has just started
// may refuse what it will allow as soon as it knows the roles.
func (l *listerWatcher) passing(err error) bool {
	if !l.opened.Load() {
		return false
	}
	status := apierrors.APIStatus(nil)
	if !errors.As(err, &status) {
		return true // no answer
	}
	switch code := status.Status().Code; {
	case tooLarge(err):
		return false
	case code == 401, code == 403, code == 429:
		return true
	default:
		return code >= 500
	}
}

// What does not pass within some tries, about two seconds, is told, and about every
// minute again: somebody may have to mend it.
const (
	quietTries = 6
	toldEvery  = 60
)

// persist calls try until it succeeds, fails otherwise than in passing, or ctx ends.
func persist[T any](ctx context.Context, passing func(error) bool, try func() (T, error)) (T, error) {
	for tries, pause := 1, firstPause; ; tries, pause = tries+1, min(2*pause, longPause) {
		result, err := try()
		if err == nil || !passing(err) {
			return result, err
		}
		if tries%toldEvery == quietTries {
			log.FromContext(ctx).WithName("watches").Error(err, "a list or watch fails, and what it shows is old meanwhile: trying again every second")
		}
		if !rest(ctx, pause) {
			return result, err
		}
	}
}

// rest waits for about a time, and tells whether ctx did not end before.
func rest(ctx context.Context, about time.Duration) bool {
	timer := time.NewTimer(about/2 + rand.N(about))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
