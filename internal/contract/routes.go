package contract

import (
	"net/http"
	"slices"

	"github.com/acme/inventory-service/api/events"
)

// The ids of routes.
const (
	RouteEvents           = "send-event"
	RouteHandshake        = "handshake"
	RouteReserve          = "reserve"
	RouteFind             = "find-reservations"
	RouteReservation      = "get-reservation"
	RouteAttach           = "attach-order"
	RouteRelease          = "release-reservation"
	RouteConsume          = "consume-reservation"
	RouteExtend           = "extend-reservation"
	RouteReleaseOrder     = "release-order"
	RouteConsumeOrder     = "consume-order"
	RouteStockLevels      = "get-stock-levels"
	RouteStockLevel       = "get-stock-level"
	RouteAlive            = "live"
	RouteAliveByOlderName = "live-by-older-name"
	RouteReady            = "ready"
	RouteOpenAPI          = "openapi"
	RouteAsyncAPI         = "asyncapi"
	RouteSchemas          = "list-schemas"
	RouteSchema           = "get-schema"
)

// What several routes have.
var (
	// ofDocuments is what may come before a document is served.
	ofDocuments = []*Failure{UnsupportedMedia, TooManyRequests, Internal}
	// known is what whoever asks for something in a namespace may get, and changing what commands,
	// which have a body, may get beyond that.
	known    = with(ofDocuments, TryLater, Unauthenticated, Forbidden, Invalid, NotFound)
	changing = with(known, TooLarge, Incomplete, Unwritable)

	position = Parameter{Name: "Inventory-Position", Summary: "What an answer before said: this one includes as much."}
	prefer   = Parameter{Name: "Prefer", Example: "wait=5",
		Summary: "`wait=5` is answered within 5 seconds, `respond-async` with 202 once the command has landed; RFC 7240."}
	key = Parameter{Name: "Idempotency-Key", Example: "checkout-1",
		Summary: "1 to 256 printable ASCII characters. A repetition under the same key gets the first outcome again."}

	etag = Parameter{Name: "If-None-Match", Summary: "The `ETag` of an answer before."}

	unchanged = Reply{Status: http.StatusNotModified, When: "It is the one that `If-None-Match` names."}
	accepted  = Reply{Status: http.StatusAccepted, When: "It has landed, and `Prefer: respond-async` asks for no more; `Location` tells what became of it."}
)

func with(failures []*Failure, more ...*Failure) []*Failure {
	return append(slices.Clone(failures), more...)
}

func ok(body Body, when string) Reply { return Reply{http.StatusOK, body, when} }

// Routes are all of them, in the order in which the reference tells them.
func Routes() []Route {
	return slices.Concat(eventRoutes, reservationRoutes, stockRoutes, documentRoutes, healthRoutes)
}

var eventRoutes = []Route{
	{
		ID: RouteEvents, Operation: OperationUnknown, Method: http.MethodPost, Path: "/{$}", Namespaced: true,
		Summary: "Takes a CloudEvent, in binary or structured mode, or a batch of up to 100.",
		Headers: []Parameter{prefer, position, {Name: "Kn-Namespace", Summary: "The namespace, where the path names none: Knative sets it.", Example: "shop"}},
		Body:    Body{Name: "CloudEvent", Event: true},
		Answers: []Reply{
			ok(Body{Name: "CloudEvent", Event: true}, "The event that tells what became of it, in the mode of the request; of a batch, a batch."),
			{Status: http.StatusAccepted, When: "It has landed, and its outcome goes to a sink, or nobody asked for it."},
		},
		Failures: with(changing, UnknownType, TooOld, IDReused, Consumed, NotReserved, NotThere, NothingToReplace, NotLater, OrderNamed,
			MoreThanReserved, ContradictsTotal),
	},
	{
		ID: RouteHandshake, Operation: OperationHandshake, Method: http.MethodOptions, Path: "/{$}", Namespaced: true, Public: true,
		Summary: "Answers the handshake of the CloudEvents web-hook specification: whoever asks may send.",
		Headers: []Parameter{{Name: "WebHook-Request-Origin", Summary: "Who wants to send.", Example: "eventemitter.example.com"}},
		Answers: []Reply{{Status: http.StatusOK, When: "`Allow`, and `WebHook-Allowed-Origin` and `WebHook-Allowed-Rate` where an origin asks."}},
	},
}

var reservationRoutes = []Route{
	{
		ID: RouteReserve, Operation: OperationReserve, Method: http.MethodPost, Path: "/reservations", Namespaced: true,
		Summary: "Reserves all items of a cart, or none.",
		Query:   []Parameter{{Name: "dryRun", Values: []string{"All"}, Summary: "Only tells whether the cart would fit: the operation is `check`, and nothing is held."}},
		Headers: []Parameter{key, prefer, position}, Body: payload(events.TypeReserve),
		Answers: []Reply{
			{http.StatusCreated, payload(events.TypeReserved), "All items are held; `Location` is where to ask for it."},
			ok(payload(events.TypeChecked), "With `dryRun=All`: whether the cart would fit."), accepted,
		},
		Failures: with(changing, Unavailable, IDReused, NothingToReplace, TooOld),
	},
	{
		ID: RouteFind, Operation: OperationFind, Method: http.MethodGet, Path: "/reservations", Namespaced: true,
		Summary: "Finds the reservations of an order or a cart. One of the two has to be given.",
		Query: []Parameter{
			{Name: "orderId", Summary: "The order.", Format: "uuid", Example: "c56a4180-65aa-42ec-a945-5fd21dec0538"},
			{Name: "cartId", Summary: "The cart.", Format: "uuid"},
		},
		Headers: []Parameter{position, etag}, Failures: with(known, ArchiveUnavailable),
		Answers: []Reply{ok(payload(events.TypeFound), "Those that are remembered or archived, 1,000 at most."), unchanged},
	},
	{
		ID: RouteReservation, Operation: OperationReservation, Method: http.MethodGet, Path: "/reservations/{reservation}", Namespaced: true,
		Summary: "Tells how one reservation stands.",
		Headers: []Parameter{position, etag}, Answers: []Reply{ok(Body{Name: Reservation}, "How it stands, or stood when it was forgotten."), unchanged},
		Failures: with(known, ArchiveUnavailable),
	},
	{
		ID: RouteAttach, Operation: OperationAttach, Method: http.MethodPatch, Path: "/reservations/{reservation}", Namespaced: true,
		Summary: "Names the order that a cart became.",
		Headers: []Parameter{prefer, position}, Body: part("OrderOfReservation", events.TypeAttachOrder, "reservationId"),
		Answers: []Reply{ok(Body{Name: Reservation}, "How the reservation stands."), accepted}, Failures: with(changing, OrderNamed, NotReserved),
	},
	{
		ID: RouteRelease, Operation: OperationRelease, Method: http.MethodPost, Path: "/reservations/{reservation}/release", Namespaced: true,
		Summary: "Gives back what a reservation holds, or a part of it.",
		Headers: []Parameter{prefer, position}, Body: part("ReleaseOfReservation", events.TypeRelease, "reservationId", "orderId"), OptionalBody: true,
		Answers:  []Reply{ok(payload(events.TypeReleased), "Where the reservation stands."), accepted},
		Failures: with(changing, Consumed, NotReserved, MoreThanReserved, ContradictsTotal),
	},
	{
		ID: RouteConsume, Operation: OperationConsume, Method: http.MethodPost, Path: "/reservations/{reservation}/consume", Namespaced: true,
		Summary: "Takes what a reservation holds, or a part of it, out of stock for good.",
		Headers: []Parameter{prefer, position}, Body: part("ConsumeOfReservation", events.TypeConsume, "reservationId", "orderId"), OptionalBody: true,
		Answers:  []Reply{ok(payload(events.TypeConsumed), "Where the reservation stands."), accepted},
		Failures: with(changing, NotReserved, NotThere, MoreThanReserved, ContradictsTotal),
	},
	{
		ID: RouteExtend, Operation: OperationExtend, Method: http.MethodPost, Path: "/reservations/{reservation}/extend", Namespaced: true,
		Summary: "Has a hold last longer.",
		Headers: []Parameter{prefer, position}, Body: part("ExtensionOfReservation", events.TypeExtend, "reservationId"),
		Answers: []Reply{ok(payload(events.TypeExtended), "Until when it is held."), accepted}, Failures: with(changing, NotReserved, NotLater),
	},
	{
		ID: RouteReleaseOrder, Operation: OperationRelease, Method: http.MethodPost, Path: "/orders/{order}/release", Namespaced: true,
		Summary: "Gives back what all reservations of an order hold.",
		Headers: []Parameter{prefer, position}, Body: part("ReleaseOfOrder", events.TypeRelease, "reservationId", "orderId", "items"), OptionalBody: true,
		Answers:  []Reply{ok(payload(events.TypeOrderReleased), "What became of each."), accepted},
		Failures: with(changing, Consumed, NotReserved),
	},
	{
		ID: RouteConsumeOrder, Operation: OperationConsume, Method: http.MethodPost, Path: "/orders/{order}/consume", Namespaced: true,
		Summary: "Takes what all reservations of an order hold out of stock for good.",
		Headers: []Parameter{prefer, position}, Body: part("ConsumeOfOrder", events.TypeConsume, "reservationId", "orderId", "items"), OptionalBody: true,
		Answers:  []Reply{ok(payload(events.TypeOrderConsumed), "What became of each."), accepted},
		Failures: with(changing, NotReserved),
	},
}

var stockRoutes = []Route{
	{
		ID: RouteStockLevels, Operation: OperationStockLevel, Method: http.MethodGet, Path: "/stock", Namespaced: true,
		Summary: "Tells how much of up to 100 products there is.",
		Query: []Parameter{
			{Name: "productId", Summary: "A product.", Required: true, Many: true, Format: "uuid", Example: "4465ca67-98d0-4514-baf8-1f97a0af0c27"},
			{Name: "locations", Summary: "Whether to tell it by place, too.", Values: []string{"true", "false"}},
		},
		Headers: []Parameter{position}, Answers: []Reply{ok(payload(events.TypeStockLevels), "In the order of the question; `unknown` are those that nobody stocks.")}, Failures: known,
	},
	{
		ID: RouteStockLevel, Operation: OperationStockLevel, Method: http.MethodGet, Path: "/stock/{product}", Namespaced: true,
		Summary: "Tells how much of one product there is, over all locations.",
		Headers: []Parameter{position}, Answers: []Reply{ok(payload(events.TypeStockLevel), "Its units.")}, Failures: known,
	},
}

var documentRoutes = []Route{
	{
		ID: RouteOpenAPI, Operation: OperationDocument, Method: http.MethodGet, Path: "/openapi.json", Public: true,
		Summary: "The bridge as OpenAPI 3.1 describes it.", Headers: []Parameter{etag},
		Answers: []Reply{ok(Body{Name: Document}, "The document."), unchanged}, Failures: ofDocuments,
	},
	{
		ID: RouteAsyncAPI, Operation: OperationDocument, Method: http.MethodGet, Path: "/asyncapi.json", Public: true,
		Summary: "The messages as AsyncAPI 3.0 describes them.", Headers: []Parameter{etag},
		Answers: []Reply{ok(Body{Name: Document}, "The document."), unchanged}, Failures: ofDocuments,
	},
	{
		ID: RouteSchemas, Operation: OperationDocument, Method: http.MethodGet, Path: "/schemas", Public: true,
		Summary: "Which JSON Schemas there are.", Headers: []Parameter{etag},
		Answers: []Reply{ok(Body{Name: Document}, "`schemas` has `path`, `id`, `title` and, of messages, `type` and `version`."), unchanged}, Failures: ofDocuments,
	},
	{
		ID: RouteSchema, Operation: OperationDocument, Method: http.MethodGet, Path: "/schemas/{version}/{file}", Public: true,
		Summary: "A JSON Schema (draft-07), such as `/schemas/v1.1/reserve.json`: the path of its `$id`.", Headers: []Parameter{etag},
		Answers: []Reply{ok(Body{Name: Document}, "The schema."), unchanged}, Failures: with(ofDocuments, NotFound),
	},
}

var healthRoutes = []Route{
	{
		ID: RouteAlive, Operation: OperationHealth, Method: http.MethodGet, Path: "/livez", Public: true,
		Summary: "Says that the process runs.", Answers: []Reply{ok(Body{Name: Text}, "It does.")},
	},
	{
		ID: RouteAliveByOlderName, Operation: OperationHealth, Method: http.MethodGet, Path: "/healthz", Public: true,
		Summary: "The older name of `/livez`.", Answers: []Reply{ok(Body{Name: Text}, "It does.")},
	},
	{
		ID: RouteReady, Operation: OperationHealth, Method: http.MethodGet, Path: "/readyz", Public: true,
		Summary:  "Says whether the process can serve.",
		Query:    []Parameter{{Name: "verbose", Summary: "Lists every check."}},
		Answers:  []Reply{ok(Body{Name: Text}, "It can."), {http.StatusServiceUnavailable, Body{Name: Text}, "With `verbose`: it cannot, and the list says why."}},
		Failures: []*Failure{TryLater},
	},
}
