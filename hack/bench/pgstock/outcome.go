package pgstock

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/acme/inventory-service/api/events"
)

// Reserved is the outcome of a cart that was reserved now. Its reservation has the
// cart's id.
func Reserved(id string, items []events.Item) events.InventoryReserved {
	return events.InventoryReserved{ReservationID: id, CartID: id, Items: items, ReservedAt: now()}
}

// Unavailable is the outcome of a cart that was refused now. How many units there are
// of each line is not told: the transaction would have to read them.
func Unavailable(id string, items []events.Item) events.InventoryUnavailable {
	lines := make([]events.UnavailableItem, 0, len(items))
	for _, i := range items {
		lines = append(lines, events.UnavailableItem{ProductID: i.ProductID, Requested: i.Quantity})
	}
	return events.InventoryUnavailable{CartID: id, UnavailableItems: lines, CheckedAt: now()}
}

func now() metav1.MicroTime { return metav1.NewMicroTime(time.Now().UTC()) }
