package webhook

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/acme/inventory-service/api/events"
	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/mutant"
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
	annotations := map[string]string{AnnotationCommandHash: command.Hash()}
	if id.source != "" {
		annotations[AnnotationCommandSource] = clip(id.source, maxAnnotation)
		annotations[AnnotationCommandID] = clip(id.id, maxAnnotation)
	}
	return &v1.Reservation{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: id.uuid(), Annotations: annotations},
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

// sameCommand tells whether a Reservation was made by the same command as another.
func sameCommand(a, b *v1.Reservation) bool {
	return a.Annotations[AnnotationCommandHash] == b.Annotations[AnnotationCommandHash] || mutant.On(mutant.BodyChange)
}
