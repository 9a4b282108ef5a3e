package engines

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	v1 "github.com/acme/inventory-service/api/v1"
)

var (
	itemKind   = v1.GroupVersion.WithKind("StockItem")
	cartKind   = v1.GroupVersion.WithKind("Reservation")
	ledgerKind = v1.GroupVersion.WithKind("StockLedger")

	namespaceKind = schema.GroupVersionKind{Version: "v1", Kind: "Namespace"}
)

// item is the manifest of a StockItem at the default location.
func item(name, product string, received int64) *Object {
	o := manifest(itemKind, name)
	set(o, product, "spec", "productID")
	set(o, received, "spec", "received")
	return o
}

// cart is the manifest of a Reservation, of mugs.
func cart(name string, quantity int64) *Object {
	o := manifest(cartKind, name)
	set(o, "cart-"+name, "spec", "cartID")
	set(o, []any{map[string]any{"productID": "mug", "quantity": quantity}}, "spec", "items")
	return o
}

func manifest(kind schema.GroupVersionKind, name string) *Object {
	o := &Object{Object: map[string]any{}}
	o.SetGroupVersionKind(kind)
	o.SetName(name)
	return o
}

// set sets a field.
func set(o *Object, value any, path ...string) {
	if err := unstructured.SetNestedField(o.Object, value, path...); err != nil {
		panic(fmt.Sprintf("a test sets a field of what is no object: %v", err))
	}
}

// with is a manifest of which one field of the spec is changed; nil leaves it out.
func with(o *Object, field string, value any) *Object {
	o = o.DeepCopy()
	if value == nil {
		unstructured.RemoveNestedField(o.Object, "spec", field)
		return o
	}
	set(o, value, "spec", field)
	return o
}

// annotated is a manifest with one more annotation.
func annotated(o *Object, name, value string) *Object {
	o = o.DeepCopy()
	annotations := maps.Clone(o.GetAnnotations())
	if annotations == nil {
		annotations = map[string]string{}
	}
	annotations[name] = value
	o.SetAnnotations(annotations)
	return o
}

// Changes names the fields in which two states of an object differ, as a Differ tells them.
// What the API server counts by itself is left out.
func Changes(before, after *Object) []string {
	var changed []string
	compare(before.Object, after.Object, "", func(path string) {
		if path == "generation" || path == "resourceVersion" || path == "managedFields" {
			return
		}
		changed = append(changed, after.GetName()+" "+path)
	})
	slices.Sort(changed)
	return changed
}

func compare(before, after any, name string, differs func(name string)) {
	was, ok := before.(map[string]any)
	is, both := after.(map[string]any)
	if !ok || !both {
		if !reflect.DeepEqual(before, after) {
			differs(strings.TrimSpace(name))
		}
		return
	}
	fields := maps.Clone(was)
	maps.Copy(fields, is)
	for field := range fields {
		compare(was[field], is[field], field, differs)
	}
}
