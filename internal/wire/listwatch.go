package wire

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"reflect"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// ListerWatcher is one whose lists and watches are those of lw, which decode to the kind
// of example, if that is one of ours. lw's requests have to go through Transport; they fail
// where they do not.
func ListerWatcher(lw cache.ListerWatcher, example runtime.Object) cache.ListerWatcher {
	if object, ok := example.(client.Object); !ok || !isOurs(object) {
		return lw // metadata alone, and other people's kinds
	}
	return &listerWatcher{ListerWatcherWithContext: cache.ToListerWatcherWithContext(lw), kind: reflect.TypeOf(example).Elem()}
}

type listerWatcher struct {
	cache.ListerWatcherWithContext
	kind reflect.Type
}

// IsWatchListSemanticsUnSupported makes reflectors begin with a list. Where a watch
// brings what there is, the API server sends each object by itself, which takes it
// longer than all the rest.
func (*listerWatcher) IsWatchListSemanticsUnSupported() bool { return true }

// Watch and List are what a ListerWatcher has besides; informers use the others.
func (l *listerWatcher) Watch(options metav1.ListOptions) (watch.Interface, error) {
	return l.WatchWithContext(context.Background(), options)
}

func (l *listerWatcher) List(options metav1.ListOptions) (runtime.Object, error) {
	return l.ListWithContext(context.Background(), options)
}

// WatchWithContext opens a watch.
func (l *listerWatcher) WatchWithContext(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
	var tapped tap
	opened, err := l.ListerWatcherWithContext.WatchWithContext(tapped.into(ctx), options)
	if err != nil {
		return nil, err
	}
	opened.Stop() // it has nothing to read
	if tapped.body == nil {
		return nil, errNotTapped
	}
	return watch.NewStreamWatcher(newDecoder(tapped.body, l.kind), unreadable), nil
}

// errNotTapped is a mistake in how the operator is put together, not in what it met.
var errNotTapped = errors.New("a list or watch did not go through wire.Transport: wrap the rest.Config of its client")

// unreadable tells of an event that could not be decoded as client-go does.
var unreadable = apierrors.NewClientErrorReporter(http.StatusInternalServerError, http.MethodGet, "ClientWatchDecoding")

// ListWithContext lists.
func (l *listerWatcher) ListWithContext(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
	var tapped tap
	// Where the body is tapped, what lw made of an empty one says nothing.
	_, err := l.ListerWatcherWithContext.ListWithContext(tapped.into(ctx), options)
	if tapped.body == nil {
		return nil, cmp.Or(err, errNotTapped)
	}
	defer func() { _ = tapped.body.Close() }()
	return decodeList(tapped.body, l.kind)
}
