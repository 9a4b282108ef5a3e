package steadfast_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-logr/logr/funcr"
	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/util/watchlist"
	"sigs.k8s.io/controller-runtime/pkg/log"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/steadfast"
)

// server answers watches by a script, one step for each request, and notes what it
// was asked for.
type server struct {
	steps []step
	asked []string
}

// step is an error, or events after which the watch breaks off.
type step struct {
	err    error
	events []watch.Event
	// stays says that the watch does not break off.
	stays bool
}

func (s *server) source() cache.ListerWatcher {
	return steadfast.ListerWatcher(&cache.ListWatch{
		ListWithContextFunc: func(context.Context, metav1.ListOptions) (runtime.Object, error) {
			return &v1.StockItemList{}, nil
		},
		WatchFuncWithContext: func(_ context.Context, options metav1.ListOptions) (watch.Interface, error) {
			asked := "from " + options.ResourceVersion
			if options.SendInitialEvents != nil {
				asked = "all"
			}
			s.asked = append(s.asked, asked)
			next := s.steps[0]
			if len(s.steps) > 1 {
				s.steps = s.steps[1:]
			}
			if next.err != nil {
				return nil, next.err
			}
			w := watch.NewFakeWithChanSize(len(next.events), false)
			for _, e := range next.events {
				w.Action(e.Type, e.Object)
			}
			if !next.stays {
				w.Stop()
			}
			return w, nil
		},
	})
}

func item(version string) *v1.StockItem {
	return &v1.StockItem{ObjectMeta: metav1.ObjectMeta{Name: "mug", ResourceVersion: version}}
}

func event(kind watch.EventType, version string) watch.Event {
	return watch.Event{Type: kind, Object: item(version)}
}

func allThere(version string) watch.Event {
	i := item(version)
	i.Annotations = map[string]string{metav1.InitialEventsAnnotationKey: "true"}
	return watch.Event{Type: watch.Bookmark, Object: i}
}

func failed(code int32, causes ...metav1.StatusCause) watch.Event {
	return watch.Event{Type: watch.Error, Object: &metav1.Status{Status: metav1.StatusFailure, Code: code, Details: &metav1.StatusDetails{Causes: causes}}}
}

var (
	errAway      = errors.New("connection refused")
	errForbidden = apierrors.NewForbidden(schema.GroupResource{Resource: "stockitems"}, "", errors.New("no role yet"))
	gone         = apierrors.NewResourceExpired("too old")
	sendAll      = metav1.ListOptions{SendInitialEvents: new(true), AllowWatchBookmarks: true}
)

// hear opens a watch and returns the versions of what comes until it ends, or until
// there is nothing more for a while.
func hear(t *testing.T, s *server, options metav1.ListOptions) (heard []string) {
	t.Helper()
	w, err := cache.ToListerWatcherWithContext(s.source()).WatchWithContext(t.Context(), options)
	if err != nil {
		return []string{"refused: " + err.Error()}
	}
	defer w.Stop()
	for {
		select {
		case e, open := <-w.ResultChan():
			if !open {
				synctest.Wait()
				return append(heard, "end")
			}
			if i, ok := e.Object.(*v1.StockItem); ok {
				heard = append(heard, string(e.Type)+" "+i.ResourceVersion)
				i.ResourceVersion = "another" // it belongs to who gets it
			} else {
				heard = append(heard, string(e.Type)+" "+http.StatusText(int(e.Object.(*metav1.Status).Code)))
			}
		case <-time.After(time.Hour):
			synctest.Wait() // what was asked is read next
			return heard
		}
	}
}

func TestWatch(t *testing.T) {
	from := metav1.ListOptions{ResourceVersion: "5", AllowWatchBookmarks: true}
	cases := map[string]struct {
		options      metav1.ListOptions
		steps        []step
		heard, asked []string
	}{
		"goes on where it broke off": {
			options: from,
			steps:   []step{{events: []watch.Event{event(watch.Added, "6"), event(watch.Deleted, "7")}}, {events: []watch.Event{event(watch.Bookmark, "9")}}, {stays: true}},
			heard:   []string{"ADDED 6", "DELETED 7", "BOOKMARK 9"}, asked: []string{"from 5", "from 7", "from 9"},
		},
		"outlasts outages": {
			options: from,
			steps:   []step{{}, {err: errAway}, {err: errAway}, {err: errForbidden}, {err: apierrors.NewTooManyRequests("wait", 1)}, {events: []watch.Event{event(watch.Added, "6")}, stays: true}},
			heard:   []string{"ADDED 6"}, asked: []string{"from 5", "from 5", "from 5", "from 5", "from 5", "from 5"},
		},
		"a server that fails in between": {
			options: from,
			steps:   []step{{events: []watch.Event{event(watch.Added, "6"), failed(500)}}, {events: []watch.Event{event(watch.Added, "8")}, stays: true}},
			heard:   []string{"ADDED 6", "ADDED 8"}, asked: []string{"from 5", "from 6"},
		},
		"a version that is too old": {
			options: from,
			steps:   []step{{events: []watch.Event{event(watch.Added, "6"), failed(410), event(watch.Added, "7")}}},
			heard:   []string{"ADDED 6", "ERROR Gone", "end"}, asked: []string{"from 5"},
		},
		"a version that is too old by now": {
			options: from, steps: []step{{events: []watch.Event{event(watch.Added, "6")}}, {err: gone}},
			heard: []string{"ADDED 6", "ERROR Gone", "end"}, asked: []string{"from 5", "from 6"},
		},
		"a version that the server does not know": {
			options: from,
			steps:   []step{{events: []watch.Event{event(watch.Added, "6"), failed(504, metav1.StatusCause{Type: metav1.CauseTypeResourceVersionTooLarge})}}},
			heard:   []string{"ADDED 6", "ERROR Gateway Timeout", "end"}, asked: []string{"from 5"},
		},
		"all that there is, and what comes": {
			options: sendAll,
			steps:   []step{{events: []watch.Event{event(watch.Added, "3"), event(watch.Added, "2"), allThere("8")}}, {events: []watch.Event{event(watch.Modified, "9")}, stays: true}},
			heard:   []string{"ADDED 3", "ADDED 2", "BOOKMARK 8", "MODIFIED 9"}, asked: []string{"all", "from 8"},
		},
		"not all that there is": { // versions of a list are in no order: nothing to go on from
			options: sendAll, steps: []step{{events: []watch.Event{event(watch.Added, "3")}}},
			heard: []string{"ADDED 3", "end"}, asked: []string{"all"},
		},
		"nothing was open yet": {
			options: sendAll, steps: []step{{err: errForbidden}},
			heard: []string{"refused: " + errForbidden.Error()}, asked: []string{"all"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &server{steps: tc.steps}
				if diff := cmp.Diff(tc.heard, hear(t, s, tc.options)); diff != "" {
					t.Errorf("heard (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff(tc.asked, s.asked); diff != "" {
					t.Errorf("asked (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// listing is a source that has reflectors begin with a list.
type listing struct{ cache.ListerWatcherWithContext }

func (listing) IsWatchListSemanticsUnSupported() bool { return true }

func (l listing) List(options metav1.ListOptions) (runtime.Object, error) {
	return l.ListWithContext(context.Background(), options)
}

func (l listing) Watch(options metav1.ListOptions) (watch.Interface, error) {
	return l.WatchWithContext(context.Background(), options)
}

// Whether to begin with a list is the source's choice.
func TestBeginsAsTheSourceDoes(t *testing.T) {
	plain := (&server{}).source()
	if watchlist.DoesClientNotSupportWatchListSemantics(plain) ||
		!watchlist.DoesClientNotSupportWatchListSemantics(steadfast.ListerWatcher(listing{cache.ToListerWatcherWithContext(plain)})) {
		t.Error("a source's choice is not passed on")
	}
}

// Short outages are nobody's business; a long one is told, and told again.
func TestLongOutagesAreTold(t *testing.T) {
	for outage, want := range map[time.Duration]int{time.Second: 0, 30 * time.Second: 1, 90 * time.Second: 2} {
		synctest.Test(t, func(t *testing.T) {
			told := 0
			logger := funcr.New(func(string, string) { told++ }, funcr.Options{})
			back := time.Now().Add(outage)
			source := steadfast.ListerWatcher(&cache.ListWatch{
				WatchFuncWithContext: func(_ context.Context, options metav1.ListOptions) (watch.Interface, error) {
					if options.ResourceVersion != "" && time.Now().Before(back) {
						return nil, errAway
					}
					return watch.NewFake(), nil
				},
			})
			ctx := log.IntoContext(t.Context(), logger)
			for _, from := range []string{"", "5"} { // the first watch there is, and one in an outage
				w, err := cache.ToListerWatcherWithContext(source).WatchWithContext(ctx, metav1.ListOptions{ResourceVersion: from})
				if err != nil {
					t.Fatal(err)
				}
				w.Stop()
			}
			if told != want {
				t.Errorf("an outage of %v is told %d times, want %d", outage, told, want)
			}
		})
	}
}

// However often servers go away, an informer hears of what happens within two seconds
// of their return. With client-go's own waits the tenth outage takes most of a minute.
func TestInformerAfterManyOutages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var served chan watch.Event
		var back time.Time
		source := &cache.ListWatch{
			ListWithContextFunc: func(context.Context, metav1.ListOptions) (runtime.Object, error) {
				if time.Now().Before(back) {
					return nil, errAway
				}
				return &v1.StockItemList{ListMeta: metav1.ListMeta{ResourceVersion: "1"}}, nil
			},
			WatchFuncWithContext: func(_ context.Context, options metav1.ListOptions) (watch.Interface, error) {
				if time.Now().Before(back) {
					return nil, errAway
				}
				if options.SendInitialEvents != nil {
					return nil, apierrors.NewInvalid(schema.GroupKind{}, "", nil) // an old server
				}
				served = make(chan watch.Event)
				return watch.NewProxyWatcher(served), nil
			},
		}
		informer := steadfast.NewInformer(source, &v1.StockItem{}, 0, cache.Indexers{})
		seen := make(chan string, 100)
		_, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
			AddFunc:    func(o any) { seen <- o.(*v1.StockItem).ResourceVersion },
			UpdateFunc: func(_, o any) { seen <- o.(*v1.StockItem).ResourceVersion },
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		go informer.RunWithContext(ctx)
		if !cache.WaitForCacheSync(ctx.Done(), informer.HasSynced) {
			t.Fatal("never synced")
		}
		time.Sleep(time.Second)
		for outage := range 10 {
			synctest.Wait()
			back = time.Now().Add(4 * time.Second)
			close(served)
			time.Sleep(4*time.Second + 2*time.Second)
			synctest.Wait()
			version := strings.Repeat("1", outage+2)
			select {
			case served <- event(watch.Modified, version):
			case <-time.After(time.Minute):
				t.Fatalf("outage %d: nobody watches", outage)
			}
			if got := <-seen; got != version || time.Since(back) > 2*time.Second {
				t.Fatalf("outage %d: heard of %s, want %s, %v after the return", outage, got, version, time.Since(back))
			}
		}
		cancel()
		synctest.Wait()
	})
}
