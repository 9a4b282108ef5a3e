package testbed

import (
	"context"
	"strconv"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Follow calls seen for every version of every object of a kind in the world's
// namespace. Where the API server has forgotten the versions in between, it
// calls reset and goes on with what there is.
func Follow[T client.Object](
	ctx context.Context, w *World, list func() client.ObjectList, reset func(), seen, gone func(T),
) {
	version := ""
	for ctx.Err() == nil {
		watcher, err := w.Client.Watch(ctx, list(), client.InNamespace(w.Namespace),
			&client.ListOptions{Raw: &metav1.ListOptions{ResourceVersion: version}})
		if apierrors.IsResourceExpired(err) || apierrors.IsGone(err) {
			version = ""
		}
		if err != nil {
			continue // the API server may be away for a moment
		}
		if version == "" {
			reset()
		}
		version = followEvents(watcher, version, seen, gone)
	}
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
