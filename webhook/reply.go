package webhook

import (
	"net/http"
	"net/url"

	cloudevents "github.com/cloudevents/sdk-go/v2"

	"github.com/acme/inventory-service/api/events"
)

// Reply says which commands that come as CloudEvents are answered with the event that tells
// what became of them. Queries and plain HTTP are always answered in full.
type Reply string

const (
	// ReplyAuto answers a command unless its outcome goes to a sink anyway, so that nobody
	// gets it twice. With Prefer: return=representation it is answered nevertheless.
	ReplyAuto Reply = "auto"
	// ReplyAlways answers every command.
	ReplyAlways Reply = "always"
	// ReplyNever answers none.
	ReplyNever Reply = "never"
)

// Replies are all of them.
func Replies() []Reply { return []Reply{ReplyAuto, ReplyAlways, ReplyNever} }

// writeReply answers a message whose record has landed: with an event, or with 202 and none.
func (b *bridge) writeReply(x *exchange, r *http.Request, reply cloudevents.Event) error {
	switch {
	case b.tells(x):
		return writeEvent(x, r, reply)
	case x.prefers.async:
		x.accept(x.locationOf(reply))
	default:
		x.WriteHeader(http.StatusAccepted)
	}
	return nil
}

// tells is whether a message is answered with its event.
func (b *bridge) tells(x *exchange) bool {
	switch {
	case x.operation == operationStockLevel, x.operation == operationCheck, x.operation == operationFind:
		return true
	case x.prefers.async:
		return false
	}
	switch b.Reply {
	case ReplyAlways:
		return true
	case ReplyNever:
		return false
	}
	if !b.Sends(x.namespace) || !b.sendsOutcomeOf(x.operation) {
		return true
	}
	if x.prefers.full {
		x.applied(preferFull)
	}
	return x.prefers.full
}

// sendsOutcomeOf tells whether a sink, where there is one, is sent what an operation leads to.
func (b *bridge) sendsOutcomeOf(operation string) bool {
	switch operation {
	case operationReserve:
		return true
	case operationRelease:
		return b.SendsReleased
	case operationConsume:
		return b.SendsConsumed
	default:
		return false
	}
}

// accept answers that a command has landed, and where to ask what became of it.
func (x *exchange) accept(location string) {
	x.applied(preferAsync)
	x.Header().Set("Location", location)
	x.WriteHeader(http.StatusAccepted)
}

// location is the path of a Reservation, in the form in which the request named its
// namespace.
func (x *exchange) location(reservationID string) string {
	return x.prefix + "/reservations/" + reservationID
}

// orderLocation is the path at which the reservations of an order are found, likewise.
func (x *exchange) orderLocation(orderID string) string {
	return x.prefix + "/reservations?orderId=" + url.QueryEscape(orderID)
}

// locationOf is the path of what the answer to a command is about.
func (x *exchange) locationOf(reply cloudevents.Event) string {
	switch reply.Type() {
	case events.TypeOrderReleased, events.TypeOrderConsumed:
		return x.orderLocation(reply.Subject())
	default:
		return x.location(reply.Subject())
	}
}
