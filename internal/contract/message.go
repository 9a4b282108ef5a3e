package contract

import "github.com/acme/inventory-service/api/events"

// Nature is what a message is for.
type Nature string

// The natures of messages. An Answer is sent to nobody but who asked.
const (
	Command Nature = "command"
	Query   Nature = "query"
	Event   Nature = "event"
	Answer  Nature = "answer"
)

// Message is a CloudEvent that the service takes or makes. Its payload has the schema that package
// events has for its Type.
type Message struct {
	// ID is its name in catalogues: lower case, with hyphens.
	ID, Type, Title, Summary string
	Nature                   Nature
	// Operation is what a command or a query asks for.
	Operation string
	// Answers are the types that answer a command or a query.
	Answers []string
	// Flag is the flag of the operator that has an event sent to a sink; empty where it is always.
	Flag string
	// Since is the version of the contract that brought it.
	Since string
}

var messages = []Message{
	{ID: "reserve-inventory", Type: events.TypeReserve, Title: "Reserve Inventory", Nature: Command, Operation: OperationReserve, Since: events.Version1_0,
		Summary: "Hold all items of a cart, or none.", Answers: []string{events.TypeReserved, events.TypeUnavailable}},
	{ID: "release-inventory", Type: events.TypeRelease, Title: "Release Inventory", Nature: Command, Operation: OperationRelease, Since: events.Version1_0,
		Summary: "Give back what a reservation, or every reservation of an order, holds.", Answers: []string{events.TypeReleased, events.TypeOrderReleased}},
	{ID: "consume-inventory", Type: events.TypeConsume, Title: "Consume Inventory", Nature: Command, Operation: OperationConsume, Since: events.Version1_0,
		Summary: "Take what a reservation, or every reservation of an order, holds out of stock for good: it was shipped.",
		Answers: []string{events.TypeConsumed, events.TypeOrderConsumed}},
	{ID: "extend-reservation", Type: events.TypeExtend, Title: "Extend Reservation", Nature: Command, Operation: OperationExtend, Since: events.Version1_1,
		Summary: "Have a hold last longer.", Answers: []string{events.TypeExtended}},
	{ID: "attach-order", Type: events.TypeAttachOrder, Title: "Attach Order", Nature: Command, Operation: OperationAttach, Since: events.Version1_1,
		Summary: "Name the order that a cart became.", Answers: []string{events.TypeOrderAttached}},
	{ID: "get-stock-level", Type: events.TypeStockLevelGet, Title: "Get Stock Level", Nature: Query, Operation: OperationStockLevel, Since: events.Version1_0,
		Summary: "Ask how much of a product, or of several, there is.", Answers: []string{events.TypeStockLevel, events.TypeStockLevels}},
	{ID: "check-cart", Type: events.TypeCheck, Title: "Check a Cart", Nature: Query, Operation: OperationCheck, Since: events.Version1_1,
		Summary: "Ask whether a cart would fit, and from where. Nothing is held.", Answers: []string{events.TypeChecked}},
	{ID: "find-reservations", Type: events.TypeFind, Title: "Find Reservations", Nature: Query, Operation: OperationFind, Since: events.Version1_1,
		Summary: "Ask for the reservations of an order or a cart.", Answers: []string{events.TypeFound}},

	{ID: "inventory-reserved", Type: events.TypeReserved, Title: "Inventory Reserved", Nature: Event, Since: events.Version1_0,
		Summary: "All items of a cart are held."},
	{ID: "inventory-unavailable", Type: events.TypeUnavailable, Title: "Inventory Unavailable", Nature: Event, Since: events.Version1_0,
		Summary: "A cart could not be served; nothing of it is held."},
	{ID: "inventory-released", Type: events.TypeReleased, Title: "Inventory Released", Nature: Event, Flag: "send-released", Since: events.Version1_0,
		Summary: "What a reservation held is on sale again: it was released, or its hold ran out."},
	{ID: "inventory-consumed", Type: events.TypeConsumed, Title: "Inventory Consumed", Nature: Event, Flag: "send-consumed", Since: events.Version1_0,
		Summary: "A reservation has ended and some of it was shipped."},
	{ID: "stock-ran-out", Type: events.TypeStockRanOut, Title: "Stock Ran Out", Nature: Event, Flag: "send-stock-ran-out", Since: events.Version1_1,
		Summary: "Nothing of a product can be reserved at a location any more."},
	{ID: "stock-back", Type: events.TypeStockBack, Title: "Stock Back", Nature: Event, Flag: "send-stock-back", Since: events.Version1_1,
		Summary: "Something of a product can be reserved at a location again."},
	{ID: "stock-low", Type: events.TypeStockLow, Title: "Stock Low", Nature: Event, Flag: "send-stock-low", Since: events.Version1_1,
		Summary: "No more of a product can be reserved at a location than the StockItem's threshold."},

	{ID: "stock-level", Type: events.TypeStockLevel, Title: "Stock Level", Nature: Answer, Since: events.Version1_0,
		Summary: "The units of one product."},
	{ID: "stock-levels", Type: events.TypeStockLevels, Title: "Stock Levels", Nature: Answer, Since: events.Version1_1,
		Summary: "The units of several products."},
	{ID: "reservation-extended", Type: events.TypeExtended, Title: "Reservation Extended", Nature: Answer, Since: events.Version1_1,
		Summary: "Until when a reservation is held."},
	{ID: "order-attached", Type: events.TypeOrderAttached, Title: "Order Attached", Nature: Answer, Since: events.Version1_1,
		Summary: "Which order a reservation belongs to."},
	{ID: "order-released", Type: events.TypeOrderReleased, Title: "Order Released", Nature: Answer, Since: events.Version1_1,
		Summary: "What became of each reservation of an order that was released."},
	{ID: "order-consumed", Type: events.TypeOrderConsumed, Title: "Order Consumed", Nature: Answer, Since: events.Version1_1,
		Summary: "What became of each reservation of an order that was shipped."},
	{ID: "cart-checked", Type: events.TypeChecked, Title: "Cart Checked", Nature: Answer, Since: events.Version1_1,
		Summary: "Whether a cart would fit at this moment."},
	{ID: "reservations-found", Type: events.TypeFound, Title: "Reservations Found", Nature: Answer, Since: events.Version1_1,
		Summary: "The reservations that were asked for."},
	{ID: "command-failed", Type: events.TypeFailed, Title: "Command Failed", Nature: Answer, Since: events.Version1_0,
		Summary: "Why an event of a batch can never be carried out."},
}

// Messages are all of them, in the order in which the reference tells them.
func Messages() []Message { return append([]Message(nil), messages...) }

// MessageOf is the message of an event type.
func MessageOf(eventType string) (Message, bool) {
	for _, m := range messages {
		if m.Type == eventType {
			return m, true
		}
	}
	return Message{}, false
}

// Taken tells whether the service takes the message, rather than makes it.
func (m Message) Taken() bool { return m.Nature == Command || m.Nature == Query }
