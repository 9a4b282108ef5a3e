package crdcompat

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/acme/inventory-service/internal/controlplane"
	"github.com/acme/inventory-service/internal/controlplane/controlplanetest"
	"github.com/acme/inventory-service/test/earlier"
)

func TestMain(m *testing.M) { os.Exit(controlplanetest.Main(m)) }

// What was stored under the earlier CRDs can be written under these: as it is by whoever touches
// it, its status by the operator, and the manifest that made it by Git. It says the same.
func TestStoredObjects(t *testing.T) {
	before := earlier.Files(t, "config/crd", "config/samples")
	samples := filepath.Join(before, "config/samples")
	cp := controlplanetest.Start(t, controlplane.Options{UnsafeNoFsync: true},
		filepath.Join(before, "config/crd"), filepath.Join(samples, "namespace.yaml"))
	c, err := client.New(cp.RESTConfig(), client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var manifests []*unstructured.Unstructured
	for _, path := range []string{
		filepath.Join(samples, "stockitems.yaml"), filepath.Join(samples, "reservation.yaml"), "testdata/earlier.yaml",
	} {
		manifests = append(manifests, objects(t, path)...)
	}
	stored := map[string]*unstructured.Unstructured{}
	for _, manifest := range manifests {
		object := apply(t, c, manifest)
		if status, ok := manifest.Object["status"]; ok {
			object.Object["status"] = status
			if err := c.Status().Update(t.Context(), object); err != nil {
				t.Fatalf("%s %s under the earlier CRDs: %v", object.GetKind(), object.GetName(), err)
			}
		}
		stored[object.GetKind()+" "+object.GetName()] = object
	}
	if err := controlplane.Apply(t.Context(), cp.RESTConfig(), "upgrade", "../../config/crd"); err != nil {
		t.Fatal(err)
	}
	for name, was := range stored {
		is := read(t, c, was)
		// What the new CRDs add are defaults of what was not there.
		if diff := cmp.Diff(was.Object, known(was.Object, is.Object)); diff != "" {
			t.Errorf("%s reads otherwise (-before +now):\n%s", name, diff)
		}
		is.SetLabels(map[string]string{"touched": "true"})
		if err := c.Update(t.Context(), is); err != nil {
			t.Errorf("%s cannot be touched: %v", name, err)
		}
		if err := c.Status().Update(t.Context(), is); err != nil {
			t.Errorf("the status of %s cannot be written: %v", name, err)
		}
	}
	for _, manifest := range manifests {
		was := stored[manifest.GetKind()+" "+manifest.GetName()]
		if is := apply(t, c, manifest); is.GetGeneration() != was.GetGeneration() {
			t.Errorf("applying %s %s again changes it: %v", is.GetKind(), is.GetName(), cmp.Diff(was.Object["spec"], is.Object["spec"]))
		}
	}
}

// apply applies a manifest but for its status, as Git does.
func apply(t *testing.T, c client.Client, manifest *unstructured.Unstructured) *unstructured.Unstructured {
	t.Helper()
	object := manifest.DeepCopy()
	delete(object.Object, "status")
	if err := c.Apply(t.Context(), client.ApplyConfigurationFromUnstructured(object), client.FieldOwner("git"), client.ForceOwnership); err != nil {
		t.Fatalf("apply %s %s: %v", object.GetKind(), object.GetName(), err)
	}
	return read(t, c, object)
}

func read(t *testing.T, c client.Client, of *unstructured.Unstructured) *unstructured.Unstructured {
	t.Helper()
	is := &unstructured.Unstructured{}
	is.SetGroupVersionKind(of.GroupVersionKind())
	if err := c.Get(context.Background(), types.NamespacedName{Namespace: of.GetNamespace(), Name: of.GetName()}, is); err != nil {
		t.Fatal(err)
	}
	return is
}

// known is what is of an object that was of it before.
func known(was, is map[string]any) map[string]any {
	part := map[string]any{}
	for name, before := range was {
		value, ok := is[name]
		if !ok {
			continue
		}
		if inner, ok := before.(map[string]any); ok {
			if now, ok := value.(map[string]any); ok {
				part[name] = known(inner, now)
				continue
			}
		}
		part[name] = value
	}
	return part
}

// objects are those of a file of manifests.
func objects(t *testing.T, path string) []*unstructured.Unstructured {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var all []*unstructured.Unstructured
	for decoder := utilyaml.NewYAMLOrJSONDecoder(bytes.NewReader(text), 4096); ; {
		object := &unstructured.Unstructured{}
		if err := decoder.Decode(&object.Object); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		if len(object.Object) > 0 {
			if object.GetNamespace() == "" {
				object.SetNamespace("shop")
			}
			all = append(all, object)
		}
	}
}
