package operator

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/rest"
	toolscache "k8s.io/client-go/tools/cache"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/wire"
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
			o, err := ParseFlags([]string{"--namespaces", p.namespaces, "--default-namespace", p.defaultNamespace}, io.Discard)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(p.want, o.scope()); diff != "" {
				t.Errorf("the scope (-want +got):\n%s", diff)
			}
			err = o.validate()
			if p.problem == "" && err != nil || p.problem != "" && (err == nil || !strings.Contains(err.Error(), p.problem)) {
				t.Errorf("validate says %v, want %q", err, p.problem)
			}
		})
	}
}

// TestNamespaceSelectorFlag: labels instead of names, and nothing that says neither.
func TestNamespaceSelectorFlag(t *testing.T) {
	for name, p := range map[string]struct {
		flags   []string
		has     map[string]string // labels of a namespace that is in scope
		lacks   map[string]string // and of one that is not
		problem string            // part of the error
	}{
		"one label":     {flags: []string{"--namespace-selector", "shard=a"}, has: map[string]string{"shard": "a"}, lacks: map[string]string{"shard": "b"}},
		"any but":       {flags: []string{"--namespace-selector", "shard notin (a, b)"}, has: map[string]string{}, lacks: map[string]string{"shard": "b"}},
		"no selector":   {flags: []string{"--namespace-selector", "shard in a"}, problem: "no label selector"},
		"both":          {flags: []string{"--namespace-selector", "shard=a", "--namespaces", "default"}, problem: "both given"},
		"nothing given": {has: map[string]string{}},
	} {
		t.Run(name, func(t *testing.T) {
			o, err := ParseFlags(p.flags, io.Discard)
			if err != nil {
				t.Fatal(err)
			}
			err = o.validate()
			if p.problem == "" && err != nil || p.problem != "" && (err == nil || !strings.Contains(err.Error(), p.problem)) {
				t.Fatalf("validate says %v, want %q", err, p.problem)
			}
			scope, _ := o.worksIn()
			labelled := func(labels map[string]string) *metav1.PartialObjectMetadata {
				return &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{Name: "shop", Labels: labels}}
			}
			if p.has != nil && !scope.Has(labelled(p.has)) || p.lacks != nil && scope.Has(labelled(p.lacks)) {
				t.Errorf("%s has %v: %v, has %v: %v", scope, p.has, scope.Has(labelled(p.has)), p.lacks, scope.Has(labelled(p.lacks)))
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
			source := stockItems(t, func(r *http.Request) (string, error) {
				query := r.URL.Query()
				switch {
				case !query.Has("watch"):
					return `{"kind":"StockItemList","apiVersion":"inventory.acme.com/v1","metadata":{"resourceVersion":"1"},"items":[]}`, nil
				case query.Get("resourceVersion") == "1":
					return added("before", "2"), nil
				case time.Now().Before(back):
					return "", errors.New("connection refused")
				default:
					return added("after", "3"), nil
				}
			})
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

// added is the event of a watch.
func added(name, version string) string {
	return fmt.Sprintf(`{"type":"ADDED","object":{"kind":"StockItem","apiVersion":"inventory.acme.com/v1","metadata":{"name":%q,"resourceVersion":%q}}}`, name, version)
}

// stockItems lists and watches what serve answers, as the operator's clients do.
func stockItems(t *testing.T, serve func(*http.Request) (body string, err error)) toolscache.ListerWatcher {
	t.Helper()
	config := &rest.Config{
		Host: "http://apiserver", APIPath: "/apis",
		ContentConfig: rest.ContentConfig{
			GroupVersion: &v1.GroupVersion, NegotiatedSerializer: serializer.NewCodecFactory(runtime.NewScheme()).WithoutConversion(),
		},
	}
	server := roundTripper(func(r *http.Request) (*http.Response, error) {
		body, err := serve(r)
		if err != nil {
			return nil, err
		}
		header := http.Header{"Content-Type": {"application/json"}}
		return &http.Response{StatusCode: http.StatusOK, Header: header, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
	})
	client, err := rest.RESTClientForConfigAndClient(config, &http.Client{Transport: wire.Transport(server)})
	if err != nil {
		t.Fatal(err)
	}
	return toolscache.NewListWatchFromClient(client, "stockitems", "", fields.Everything())
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
