package main

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/watch"
	toolscache "k8s.io/client-go/tools/cache"

	v1 "github.com/acme/inventory-service/api/v1"
)

func TestNamespacesFlag(t *testing.T) {
	for _, p := range []struct {
		name, namespaces, defaultNamespace string
		want                               scope
		problem                            string // part of the error
	}{
		{name: "all", defaultNamespace: "default"},
		{name: "one", namespaces: "shop", defaultNamespace: "shop", want: scope{"shop"}},
		{name: "several", namespaces: "shop, depot,shop,", defaultNamespace: "depot", want: scope{"depot", "shop"}},
		{name: "no name", namespaces: "shop,De pot", defaultNamespace: "shop", want: scope{"De pot", "shop"}, problem: `"De pot"`},
		{name: "without the default", namespaces: "shop", defaultNamespace: "default", want: scope{"shop"}, problem: "--default-namespace default"},
	} {
		t.Run(p.name, func(t *testing.T) {
			o := parseFlags([]string{"--namespaces", p.namespaces, "--default-namespace", p.defaultNamespace})
			if diff := cmp.Diff(p.want, o.scope()); diff != "" {
				t.Errorf("the scope (-want +got):\n%s", diff)
			}
			err := o.validate()
			if p.problem == "" && err != nil || p.problem != "" && (err == nil || !strings.Contains(err.Error(), p.problem)) {
				t.Errorf("validate says %v, want %q", err, p.problem)
			}
		})
	}
}

// TestScopeOfTheCache: a single namespace keeps one order of events, which the
// publisher needs.
func TestScopeOfTheCache(t *testing.T) {
	if o := (scope)(nil).cache(); o.DefaultFieldSelector != nil || o.DefaultNamespaces != nil {
		t.Errorf("without namespaces the cache is restricted to %v %v", o.DefaultFieldSelector, o.DefaultNamespaces)
	}
	if o := (scope{"shop"}).cache(); o.DefaultNamespaces != nil || o.DefaultFieldSelector.String() != "metadata.namespace=shop" {
		t.Errorf("one namespace makes %v %v", o.DefaultFieldSelector, o.DefaultNamespaces)
	}
	if o := (scope{"depot", "shop"}).cache(); o.DefaultFieldSelector != nil || len(o.DefaultNamespaces) != 2 {
		t.Errorf("two namespaces make %v %v", o.DefaultFieldSelector, o.DefaultNamespaces)
	}
}

// Whether all namespaces are watched, one or several: an informer hears of what happens
// right after an outage, however long that was. client-go's own would still wait.
func TestWatchesAreSteadfast(t *testing.T) {
	for _, s := range []scope{nil, {"shop"}, {"shop", "store"}} {
		synctest.Test(t, func(t *testing.T) {
			back := time.Now().Add(20 * time.Second)
			source := &toolscache.ListWatch{
				ListWithContextFunc: func(context.Context, metav1.ListOptions) (runtime.Object, error) {
					return &v1.StockItemList{ListMeta: metav1.ListMeta{ResourceVersion: "1"}}, nil
				},
				WatchFuncWithContext: func(_ context.Context, options metav1.ListOptions) (watch.Interface, error) {
					switch {
					case options.SendInitialEvents != nil:
						return nil, apierrors.NewInvalid(schema.GroupKind{}, "", nil) // an old server
					case options.ResourceVersion == "1":
						w := watch.NewFakeWithChanSize(1, false)
						w.Add(&v1.StockItem{ObjectMeta: metav1.ObjectMeta{Name: "before", ResourceVersion: "2"}})
						w.Stop()
						return w, nil
					case time.Now().Before(back):
						return nil, errors.New("connection refused")
					}
					w := watch.NewFakeWithChanSize(1, false)
					w.Add(&v1.StockItem{ObjectMeta: metav1.ObjectMeta{Name: "after", ResourceVersion: "3"}})
					return w, nil
				},
			}
			informer := s.cache().NewInformer(source, &v1.StockItem{}, 0, toolscache.Indexers{})
			heard := make(chan string, 2)
			if _, err := informer.AddEventHandler(toolscache.ResourceEventHandlerFuncs{
				AddFunc: func(o any) { heard <- o.(*v1.StockItem).Name },
			}); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			go informer.RunWithContext(ctx)
			if first, second := <-heard, <-heard; first != "before" || second != "after" || time.Since(back) > 2*time.Second {
				t.Errorf("scope %v: heard of %s and %s, %v after the return", s, first, second, time.Since(back))
			}
			cancel()
			synctest.Wait()
		})
	}
}
