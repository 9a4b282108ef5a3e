package webhook

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/acme/inventory-service/api/events"
	v1 "github.com/acme/inventory-service/api/v1"
)

// Annotations of the Reservations that the bridge makes.
const (
	// AnnotationCommandHash is the hash of the command's canonical form. A
	// repeated command has the same.
	AnnotationCommandHash = "inventory.acme.com/command-hash"
	// AnnotationCommandSource and AnnotationCommandID say for people where the
	// command came from, shortened to 256 bytes each.
	AnnotationCommandSource = "inventory.acme.com/command-source"
	AnnotationCommandID     = "inventory.acme.com/command-id"
)

const maxAnnotation = 256

// newReservation is the Reservation that a command asks for.
func newReservation(namespace string, id identity, command *events.ReserveInventory) *v1.Reservation {
	items := make([]v1.ReservationItem, 0, len(command.Items))
	for _, item := range command.Items {
		items = append(items, v1.ReservationItem{ProductID: item.ProductID, Quantity: item.Quantity})
	}
	return &v1.Reservation{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: id.uuid(), Annotations: Annotations(id.source, id.id, command)},
		Spec: v1.ReservationSpec{
			CartID:     command.CartID,
			CustomerID: command.CustomerID,
			OrderID:    command.OrderID,
			Items:      items,
			HoldFor:    command.HoldFor,
			Intent:     v1.IntentHold,
		},
	}
}

// Annotations are those of the Reservation that a command asks for. The source is empty
// where the command has no identity of its own.
func Annotations(source, id string, command *events.ReserveInventory) map[string]string {
	annotations := map[string]string{AnnotationCommandHash: command.Hash()}
	if source != "" {
		annotations[AnnotationCommandSource] = clip(source, maxAnnotation)
		annotations[AnnotationCommandID] = clip(id, maxAnnotation)
	}
	return annotations
}

// sameCommand tells whether a Reservation was made by the same command as another.
func sameCommand(a, b *v1.Reservation) bool {
	return a.Annotations[AnnotationCommandHash] == b.Annotations[AnnotationCommandHash]
}
