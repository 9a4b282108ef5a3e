// Package intern keeps the objects that informers cache small: strings that many of
// them have in common are kept once, and what only the API server and people need is
// dropped, managed fields of all kinds, labels and annotations of Reservations and
// StockItems.
//
// It changes no value that anybody reads. Callers owe it objects that nobody else
// has yet, as informers hand them to a transform, and write no more than the status of
// what they find in the cache: a whole object from there would lose what was dropped.
package intern

import (
	"strings"
	"unique"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/cache"
	ctrlcache "sigs.k8s.io/controller-runtime/pkg/cache"

	v1 "github.com/acme/inventory-service/api/v1"
)

// Transform is for informers of any kind. It may be called again with an object that
// it has returned, as informers do after an error. It never fails.
func Transform() cache.TransformFunc {
	strip := ctrlcache.TransformStripManagedFields()
	return func(object any) (any, error) {
		object, err := strip(object)
		switch o := object.(type) {
		case *v1.Reservation:
			reservation(o)
		case *v1.StockItem:
			stockItem(o)
		}
		return object, err
	}
}

func reservation(r *v1.Reservation) {
	meta(&r.TypeMeta, &r.ObjectMeta, deleteAfterCompletion)
	if command := r.Spec.Command; command != nil {
		command.Extensions = nil // nobody looks at them in caches
	}
	for i := range r.Spec.Items {
		share(&r.Spec.Items[i].ProductID)
	}
	for _, parts := range [][]v1.PartialItem{r.Spec.ConsumeItems, r.Spec.ReleaseItems} {
		for i := range parts {
			share(&parts[i].ProductID)
			share(&parts[i].LocationID)
		}
	}
	for i := range r.Status.Allocations {
		share(&r.Status.Allocations[i].ProductID)
		share(&r.Status.Allocations[i].LocationID)
	}
	for i := range r.Status.UnavailableItems {
		share(&r.Status.UnavailableItems[i].ProductID)
	}
	share(&r.Spec.Intent)
	share(&r.Spec.ReleaseReason)
	share(&r.Status.Phase)
	share(&r.Status.Reason)
	conditions(r.Status.Conditions)
	if at := r.Status.DecidedAt; at != nil && r.Status.ReservedAt.Equal(at) {
		r.Status.ReservedAt = at
	}
	own := []*string{
		&r.Name, (*string)(&r.UID), &r.ResourceVersion, &r.Spec.CartID, &r.Spec.CustomerID, &r.Spec.OrderID,
		&r.Status.OutcomeID, &r.Status.Position,
	}
	if command := r.Spec.Command; command != nil {
		share(&command.Source)
		own = append(own, &command.ID)
	}
	gather(own...)
	if r.Status.OrderID == r.Spec.OrderID {
		r.Status.OrderID = r.Spec.OrderID
	}
}

func stockItem(i *v1.StockItem) {
	meta(&i.TypeMeta, &i.ObjectMeta, takeOver)
	share(&i.Spec.ProductID)
	share(&i.Spec.LocationID)
	conditions(i.Status.Conditions)
}

// meta keeps of an object's annotations the one that is looked at, if it has it.
func meta(kind *metav1.TypeMeta, object *metav1.ObjectMeta, one map[string]string) {
	share(&kind.Kind)
	share(&kind.APIVersion)
	share(&object.Namespace)
	had := object.Annotations
	object.Labels, object.Annotations = nil, nil
	for name, value := range one {
		if had[name] == value {
			object.Annotations = one
		}
	}
}

// The annotations that are looked at in caches, one of each kind of object. Nobody changes
// them.
var (
	deleteAfterCompletion = map[string]string{v1.DeleteAfterCompletionAnnotation: "true"}
	takeOver              = map[string]string{v1.TakeOverAnnotation: "true"}
)

// conditions shares what conditions say: their messages are few, for details such as
// names are in the fields of the status.
func conditions(all []metav1.Condition) {
	for i := range all {
		share(&all[i].Type)
		share(&all[i].Status)
		share(&all[i].Reason)
		share(&all[i].Message)
	}
}

// gather puts strings that an object has for itself into one piece of memory: each alone
// takes more than its length.
func gather(own ...*string) {
	var all strings.Builder
	for _, s := range own {
		all.WriteString(*s)
	}
	rest := all.String()
	for _, s := range own {
		*s, rest = rest[:len(*s)], rest[len(*s):]
	}
}

// share makes a string use the memory of the equal ones before it.
func share[S ~string](s *S) { *s = unique.Make(*s).Value() }
