package engines

import (
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// footprint is all of an object that others than the operator write.
type footprint struct {
	UID, ResourceVersion string
	Generation           int64
	Spec                 any
	Labels, Annotations  map[string]string
	Fields               []metav1.ManagedFieldsEntry
}

// footprints are those of the StockItems of the stage, by name.
func (s *stage) footprints() map[string]footprint {
	s.Helper()
	list := &unstructured.UnstructuredList{}
	list.SetGroupVersionKind(itemKind)
	s.Must(s.Client.List(s.Context(), list, client.InNamespace(s.Namespace)))
	all := map[string]footprint{}
	for _, o := range list.Items {
		all[o.GetName()] = footprint{
			UID: string(o.GetUID()), ResourceVersion: o.GetResourceVersion(), Generation: o.GetGeneration(),
			Spec: o.Object["spec"], Labels: o.GetLabels(), Annotations: o.GetAnnotations(),
			Fields: slices.DeleteFunc(o.GetManagedFields(), func(e metav1.ManagedFieldsEntry) bool { return e.Subresource == "status" }),
		}
	}
	return all
}

// withoutVersions are footprints that writes of the status leave alone.
func withoutVersions(all map[string]footprint) map[string]footprint {
	for name, f := range all {
		f.ResourceVersion = ""
		all[name] = f
	}
	return all
}
