package events

import (
	cloudevents "github.com/cloudevents/sdk-go/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// The types of what becomes of the stock of one product at one location.
const (
	// TypeStockRanOut: nothing is left that can be reserved; TypeStockBack: something is again.
	TypeStockRanOut = "com.acme.inventory.stock.ranout.v1"
	TypeStockBack   = "com.acme.inventory.stock.back.v1"
	// TypeStockLow: no more can be reserved than lowStockThreshold, and something still can.
	TypeStockLow = "com.acme.inventory.stock.low.v1"
)

// StockChanged is the payload of TypeStockRanOut, TypeStockBack and TypeStockLow: a StockItem as it
// was when that was seen.
type StockChanged struct {
	// Name is that of the StockItem.
	Name       string `json:"name"`
	ProductID  string `json:"productId"`
	LocationID string `json:"locationId"`
	// Available is the number of units that could be reserved.
	Available int64 `json:"available"`
	// LowStockThreshold is the StockItem's, 0 where it has none.
	LowStockThreshold int64            `json:"lowStockThreshold,omitempty"`
	At                metav1.MicroTime `json:"at"`
}

// StockChange is the event of one of those types. The id must be unique within the namespace.
func StockChange(namespace, eventType, id string, change StockChanged) cloudevents.Event {
	event := newEvent(eventType, StockSource(namespace), id, change.ProductID)
	event.SetTime(change.At.Time)
	event.SetExtension(ExtensionPartitionKey, change.ProductID)
	setData(&event, change)
	return event
}
