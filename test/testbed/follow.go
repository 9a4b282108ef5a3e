package testbed

import (
	"context"
	"strconv"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Follow calls seen for every version of every object of a kind in the world's
// namespace. Where the API server has forgotten the versions in between, it
// calls reset and goes on with what there is. It returns once the first watch is
// open, so that nothing of what its caller does next is missed, and goes on in
// running until ctx ends.
func Follow[T client.Object](
	ctx context.Context, running *sync.WaitGroup, w *World, list func() client.ObjectList, reset func(), seen, gone func(T),
) {
	watcher, version := openWatch(ctx, w, list(), "")
	running.Go(func() {
		for watcher != nil {
			if version == "" {
				reset()
			}
			version = followEvents(watcher, version, seen, gone)
			watcher, version = openWatch(ctx, w, list(), version)
		}
	})
}

// openWatch tries until a watch is open, for the API server may be away for a
// moment. There is none once ctx has ended. The watch begins with what there is
// where the version that it returns is empty.
func openWatch(ctx context.Context, w *World, list client.ObjectList, version string) (watch.Interface, string) {
	for ctx.Err() == nil {
		watcher, err := w.Client.Watch(ctx, list, client.InNamespace(w.Namespace),
			&client.ListOptions{Raw: &metav1.ListOptions{ResourceVersion: version}})
		if err == nil {
			return watcher, version
		}
		if apierrors.IsResourceExpired(err) || apierrors.IsGone(err) {
			version = ""
		}
	}
	return nil, version
}

func followEvents[T client.Object](watcher watch.Interface, version string, seen, gone func(T)) string {
	defer watcher.Stop()
	for event := range watcher.ResultChan() {
		object, ok := event.Object.(T)
		if !ok { // an error: begin anew
			return ""
		}
		version = object.GetResourceVersion()
		if event.Type == watch.Deleted {
			gone(object)
		} else {
			seen(object)
		}
	}
	return version
}

func revision(object client.Object) uint64 {
	version, _ := strconv.ParseUint(object.GetResourceVersion(), 10, 64)
	return version
}

// AwaitClosed waits for a channel to close.
func AwaitClosed(w *World, c <-chan struct{}, what string) {
	w.Helper()
	select {
	case <-c:
	case <-time.After(Patience):
		w.Fatalf("waited in vain for %s", what)
	}
}
