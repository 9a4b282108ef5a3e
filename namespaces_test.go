package main

import (
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/acme/inventory-service/internal/steadfast"
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

// Whether all namespaces are watched, one or several: the watches outlast outages.
func TestWatchesAreSteadfast(t *testing.T) {
	for _, s := range []scope{nil, {"shop"}, {"shop", "store"}} {
		options := s.cache()
		if options.NewInformer == nil || reflect.ValueOf(options.NewInformer).Pointer() != reflect.ValueOf(steadfast.NewInformer).Pointer() {
			t.Errorf("the informers of %v are client-go's own", s)
		}
	}
}
