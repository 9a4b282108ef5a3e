package controlplane

import (
	"context"
	"fmt"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
)

// settleTimeout bounds the wait for a CRD to be established, and for its kind to be served.
const settleTimeout = 30 * time.Second

// Apply applies the manifests in files and directories (not in their
// subdirectories; kustomizations are left out) by server-side apply, taking over
// fields that others own. Objects without a namespace go to "default".
// Namespaces come first, then CustomResourceDefinitions, which are waited for,
// then the rest in the order given.
func Apply(ctx context.Context, config *rest.Config, fieldManager string, paths ...string) error {
	manifests, err := readManifests(paths)
	if err != nil {
		return err
	}
	discoverer, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		return err
	}
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		return err
	}
	a := applier{
		client:  client,
		mapper:  restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(discoverer)),
		options: metav1.ApplyOptions{FieldManager: fieldManager, Force: true},
	}
	rest := slices.IndexFunc(manifests, func(m manifest) bool { return rank(m.object) > crdRank })
	if rest < 0 {
		rest = len(manifests)
	}
	for _, m := range manifests[:rest] {
		if err := a.apply(ctx, m); err != nil {
			return err
		}
	}
	for _, m := range manifests[:rest] {
		if err := a.awaitCRD(ctx, m); err != nil {
			return err
		}
	}
	a.mapper.Reset()
	for _, m := range manifests[rest:] {
		if err := a.apply(ctx, m); err != nil {
			return err
		}
	}
	return nil
}

type applier struct {
	client  dynamic.Interface
	mapper  *restmapper.DeferredDiscoveryRESTMapper
	options metav1.ApplyOptions
}

func (a *applier) apply(ctx context.Context, m manifest) error {
	fail := func(err error) error {
		return fmt.Errorf("applying %s %s of %s: %w", m.object.GetKind(), m.object.GetName(), m.source, err)
	}
	mapping, err := a.mapping(ctx, m.object.GroupVersionKind())
	if err != nil {
		return fail(err)
	}
	var resource dynamic.ResourceInterface = a.client.Resource(mapping.Resource)
	if mapping.Scope.Name() == meta.RESTScopeNameNamespace {
		namespace := m.object.GetNamespace()
		if namespace == "" {
			namespace = metav1.NamespaceDefault
		}
		resource = a.client.Resource(mapping.Resource).Namespace(namespace)
	}
	if _, err := resource.Apply(ctx, m.object.GetName(), m.object, a.options); err != nil {
		return fail(err)
	}
	return nil
}

// mapping finds the resource of a kind. Discovery shows a kind a moment after its
// CRD is established.
func (a *applier) mapping(ctx context.Context, gvk schema.GroupVersionKind) (*meta.RESTMapping, error) {
	var mapping *meta.RESTMapping
	var last error
	err := wait.PollUntilContextTimeout(ctx, 100*time.Millisecond, settleTimeout, true, func(context.Context) (bool, error) {
		mapping, last = a.mapper.RESTMapping(gvk.GroupKind(), gvk.Version)
		if meta.IsNoMatchError(last) {
			a.mapper.Reset()
			return false, nil
		}
		return true, last
	})
	if err != nil && last != nil {
		return nil, last
	}
	return mapping, err
}

// awaitCRD returns when a CRD is established, and at once for anything else.
func (a *applier) awaitCRD(ctx context.Context, m manifest) error {
	if rank(m.object) != crdRank {
		return nil
	}
	name := m.object.GetName()
	mapping, err := a.mapping(ctx, m.object.GroupVersionKind())
	if err != nil {
		return err
	}
	var state string
	err = wait.PollUntilContextTimeout(ctx, 50*time.Millisecond, settleTimeout, true, func(ctx context.Context) (bool, error) {
		established := false
		crd, err := a.client.Resource(mapping.Resource).Get(ctx, name, metav1.GetOptions{})
		if err == nil {
			established, state = crdState(crd)
		} else {
			state = err.Error() // perhaps better next time
		}
		return established, nil
	})
	if err != nil {
		return fmt.Errorf("CRD %s of %s is not established (%s): %w", name, m.source, state, err)
	}
	return nil
}

// crdState tells whether a CRD is established, and what stands against it if not.
func crdState(crd *unstructured.Unstructured) (established bool, state string) {
	state = "no conditions yet"
	conditions, _, _ := unstructured.NestedSlice(crd.Object, "status", "conditions")
	for _, c := range conditions {
		condition, ok := c.(map[string]any)
		if !ok {
			continue
		}
		if condition["type"] == "Established" && condition["status"] == "True" {
			return true, ""
		}
		if condition["status"] == "False" {
			state = fmt.Sprint(condition["type"], ": ", condition["message"])
		}
	}
	return false, state
}
