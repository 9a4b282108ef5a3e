package namespaces

import (
	"context"
	"maps"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
)

// Kind is a Namespace as far as this package looks at it: its metadata.
func Kind() *metav1.PartialObjectMetadata {
	namespace := &metav1.PartialObjectMetadata{}
	namespace.SetGroupVersionKind(schema.GroupVersionKind{Version: "v1", Kind: "Namespace"})
	return namespace
}

// Read returns Options.Read for a reader past the caches.
func Read(reader client.Reader) func(ctx context.Context, namespace string) (*metav1.PartialObjectMetadata, error) {
	return func(ctx context.Context, name string) (*metav1.PartialObjectMetadata, error) {
		namespace := Kind()
		return namespace, reader.Get(ctx, client.ObjectKey{Name: name}, namespace)
	}
}

// pageOfPages is how many JournalPages are listed at once.
const pageOfPages = 500

// Pages returns Options.Pages for a reader past the caches.
func Pages(reader client.Reader) func(ctx context.Context) ([]string, error) {
	return func(ctx context.Context) ([]string, error) {
		found := map[string]bool{}
		list := &metav1.PartialObjectMetadataList{}
		for {
			list.SetGroupVersionKind(v1.GroupVersion.WithKind("JournalPageList"))
			if err := reader.List(ctx, list, client.Limit(pageOfPages), client.Continue(list.Continue)); err != nil {
				return nil, err
			}
			for i := range list.Items {
				found[list.Items[i].Namespace] = true
			}
			if list.Continue == "" {
				return slices.Sorted(maps.Keys(found)), nil
			}
		}
	}
}
