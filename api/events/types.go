package events

import (
	cloudevents "github.com/cloudevents/sdk-go/v2"

	v1 "github.com/acme/inventory-service/api/v1"
)

// The types of the commands and queries that the service takes.
const (
	TypeReserve       = "com.acme.inventory.reserve.v1"
	TypeRelease       = "com.acme.inventory.release.v1"
	TypeConsume       = "com.acme.inventory.consume.v1"
	TypeStockLevelGet = "com.acme.inventory.stocklevel.get.v1"
	// TypeExtend lets a hold last longer, TypeAttachOrder names the order that a cart became.
	TypeExtend      = "com.acme.inventory.extend.v1"
	TypeAttachOrder = "com.acme.inventory.order.attach.v1"
	// TypeCheck asks whether a cart would fit, and from where; TypeFind for the reservations
	// of an order or a cart.
	TypeCheck = "com.acme.inventory.check.v1"
	TypeFind  = "com.acme.inventory.reservations.find.v1"
)

// The types of the outcomes: published to the sink, and replied to TypeReserve.
const (
	TypeReserved    = "com.acme.inventory.reserved.v1"
	TypeUnavailable = "com.acme.inventory.unavailable.v1"
)

// The types of the replies that are not outcomes. Those of TypeReleased and TypeConsumed are
// published, too, where it is asked for; the others never are.
const (
	TypeReleased   = "com.acme.inventory.released.v1"
	TypeConsumed   = "com.acme.inventory.consumed.v1"
	TypeStockLevel = "com.acme.inventory.stocklevel.v1"
	// TypeStockLevels answers a question for several products.
	TypeStockLevels   = "com.acme.inventory.stocklevels.v1"
	TypeExtended      = "com.acme.inventory.extended.v1"
	TypeOrderAttached = "com.acme.inventory.order.attached.v1"
	// TypeOrderReleased and TypeOrderConsumed answer a release or a consume by orderId.
	TypeOrderReleased = "com.acme.inventory.order.released.v1"
	TypeOrderConsumed = "com.acme.inventory.order.consumed.v1"
	TypeChecked       = "com.acme.inventory.checked.v1"
	TypeFound         = "com.acme.inventory.reservations.found.v1"
	// TypeFailed tells why an event of a batch can never be carried out. Others are told
	// by the status of the response.
	TypeFailed = "com.acme.inventory.failed.v1"
)

// TypesTaken are the types of the commands and queries that the service takes.
func TypesTaken() []string {
	return []string{TypeReserve, TypeRelease, TypeConsume, TypeExtend, TypeAttachOrder, TypeStockLevelGet, TypeCheck, TypeFind}
}

// ReservationSource is the CloudEvents source of everything that is told about
// the Reservations of a namespace.
func ReservationSource(namespace string) string { return source(namespace, "reservations") }

// StockSource is the CloudEvents source of the stock levels of a namespace.
func StockSource(namespace string) string { return source(namespace, "stockitems") }

func source(namespace, resource string) string {
	return "/apis/" + v1.GroupVersion.String() + "/namespaces/" + namespace + "/" + resource
}

// newEvent makes an event without time and data.
func newEvent(eventType, source, id, subject string) cloudevents.Event {
	event := cloudevents.NewEvent(cloudevents.VersionV1)
	event.SetType(eventType)
	event.SetSource(source)
	event.SetID(id)
	event.SetSubject(subject)
	return event
}

// setData sets a payload of this package. They hold strings, numbers and times
// alone, so that encoding them cannot fail.
func setData(event *cloudevents.Event, payload any) {
	if err := event.SetData(cloudevents.ApplicationJSON, payload); err != nil {
		panic("events: a payload that is no JSON: " + err.Error())
	}
}
