package chaos

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/test/testbed"
)

// readPatience is how long an API server that is behind is asked for an answer. It
// gives up by itself on some reads after three seconds.
const readPatience = 4 * time.Second

// view reads one kind in the world's namespace from an API server that is behind,
// and from one that is not.
type view struct {
	w             *testbed.World
	resource      string
	behind, fresh metadata.ResourceInterface
}

func newView(w *testbed.World, resource string, behind *rest.Config) *view {
	w.Helper()
	in := func(config *rest.Config) metadata.ResourceInterface {
		c, err := metadata.NewForConfig(config)
		w.Must(err)
		return c.Resource(v1.GroupVersion.WithResource(resource)).Namespace(w.Namespace)
	}
	return &view{w: w, resource: resource, behind: in(behind), fresh: in(w.ControlPlane.RESTConfig())}
}

// read is a way to read, and the newest revision that it showed.
type read struct {
	name string
	// old says that this way may show the past: nothing the operator does.
	old bool
	do  func(ctx context.Context) (uint64, error)
}

// seen is what became of a read.
type seen struct {
	read
	revision uint64
	took     time.Duration
	err      error
}

// compare reads in every way from the API server that is behind, all at once. It
// returns what the other one had shown before, and what became of each read.
func (v *view) compare() (newest uint64, all []seen) {
	v.w.Helper()
	v.touch()
	name, newest := v.news()
	reads := v.reads(name, newest)
	all = make([]seen, len(reads))
	var running sync.WaitGroup
	for i, r := range reads {
		running.Go(func() {
			ctx, cancel := context.WithTimeout(v.w.Context(), readPatience)
			defer cancel()
			began := time.Now()
			revision, err := r.do(ctx)
			all[i] = seen{read: r, revision: revision, took: time.Since(began), err: err}
		})
	}
	running.Wait()
	return newest, all
}

// touch changes an object, so that there is something new to see.
func (v *view) touch() {
	v.w.Helper()
	name, version := v.news()
	mark := fmt.Appendf(nil, `{"metadata":{"annotations":{"touched":"%d"}}}`, version)
	_, err := v.fresh.Patch(v.w.Context(), name, types.MergePatchType, mark, metav1.PatchOptions{})
	v.w.Must(err)
}

// news is the object that changed last, and its revision.
func (v *view) news() (name string, newest uint64) {
	v.w.Helper()
	list, err := v.fresh.List(v.w.Context(), metav1.ListOptions{})
	v.w.Must(err)
	for _, item := range list.Items {
		if version := revisionOf(item.ResourceVersion); version > newest {
			name, newest = item.Name, version
		}
	}
	return name, newest
}

func (v *view) reads(name string, newest uint64) []read {
	get := func(version string) func(context.Context) (uint64, error) {
		return func(ctx context.Context) (uint64, error) {
			object, err := v.behind.Get(ctx, name, metav1.GetOptions{ResourceVersion: version})
			if apierrors.IsNotFound(err) {
				return 0, nil // from before it was made
			}
			if err != nil {
				return 0, err
			}
			return revisionOf(object.ResourceVersion), nil
		}
	}
	list := func(options metav1.ListOptions) func(context.Context) (uint64, error) {
		return func(ctx context.Context) (uint64, error) {
			list, err := v.behind.List(ctx, options)
			if err != nil {
				return 0, err
			}
			return revisionOf(list.ResourceVersion), nil
		}
	}
	exact := strconv.FormatUint(newest, 10)
	return []read{
		{name: "GET", do: get("")},
		{name: "GET resourceVersion=0", old: true, do: get("0")},
		{name: "LIST", do: list(metav1.ListOptions{})},
		{name: "LIST resourceVersion=0", old: true, do: list(metav1.ListOptions{ResourceVersion: "0"})},
		{name: "LIST not older than the newest", do: list(metav1.ListOptions{
			ResourceVersion: exact, ResourceVersionMatch: metav1.ResourceVersionMatchNotOlderThan,
		})},
		{name: "WATCH with what there is first, as informers begin", do: v.watchList},
	}
}

// watchList reads what an informer reads first, to the bookmark that ends it.
func (v *view) watchList(ctx context.Context) (uint64, error) {
	yes := true
	watcher, err := v.behind.Watch(ctx, metav1.ListOptions{
		SendInitialEvents: &yes, AllowWatchBookmarks: true, ResourceVersionMatch: metav1.ResourceVersionMatchNotOlderThan,
	})
	if err != nil {
		return 0, err
	}
	defer watcher.Stop()
	for {
		select {
		case event, open := <-watcher.ResultChan():
			switch object, _ := event.Object.(metav1.Object); {
			case !open:
				return 0, errors.New("the watch ended")
			case event.Type == watch.Error:
				return 0, apierrors.FromObject(event.Object)
			case event.Type == watch.Bookmark && object.GetAnnotations()[metav1.InitialEventsAnnotationKey] == "true":
				return revisionOf(object.GetResourceVersion()), nil
			}
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
}

// what says in words what became of a read.
func (s seen) what(newest uint64) string {
	took := s.took.Round(time.Millisecond)
	switch {
	case errors.Is(s.err, context.DeadlineExceeded):
		return fmt.Sprintf("waited, no answer within %v", readPatience)
	case s.err != nil:
		return fmt.Sprintf("failed after %v: %v", took, s.err)
	case s.revision < newest:
		return fmt.Sprintf("answered after %v, from the past", took)
	default:
		return fmt.Sprintf("answered after %v, as it is", took)
	}
}

func revisionOf(version string) uint64 {
	revision, _ := strconv.ParseUint(version, 10, 64)
	return revision
}
