package wire

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
)

// shape is what a request has to know of a kind.
type shape struct {
	kind, resource string
	status         any
}

// shapeOf is false for objects that are not of our kinds.
func shapeOf(object client.Object) (s shape, ours bool) {
	switch o := object.(type) {
	case *v1.Reservation:
		return shape{"Reservation", "reservations", &o.Status}, true
	case *v1.StockItem:
		return shape{"StockItem", "stockitems", &o.Status}, true
	case *v1.StockLedger:
		return shape{"StockLedger", "stockledgers", &o.Status}, true
	default:
		return shape{}, false
	}
}

// isOurs tells whether an object is of our kinds.
func isOurs(object client.Object) bool {
	_, is := shapeOf(object)
	return is
}

// statusUpdate is an object without all that an update of its status does not change.
type statusUpdate struct {
	metav1.TypeMeta `json:",inline"`
	Metadata        version `json:"metadata"`
	Status          any     `json:"status"`
}

// version names one version of an object.
type version struct {
	Name            string    `json:"name"`
	Namespace       string    `json:"namespace"`
	UID             types.UID `json:"uid,omitempty"`
	ResourceVersion string    `json:"resourceVersion,omitempty"`
}

func (s shape) statusOf(object client.Object) *statusUpdate {
	return &statusUpdate{
		TypeMeta: metav1.TypeMeta{Kind: s.kind, APIVersion: v1.GroupVersion.String()},
		Metadata: version{
			Name: object.GetName(), Namespace: object.GetNamespace(),
			UID: object.GetUID(), ResourceVersion: object.GetResourceVersion(),
		},
		Status: s.status,
	}
}
