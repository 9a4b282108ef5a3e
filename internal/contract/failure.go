package contract

import "net/http"

// ProblemBase and a failure's Slug make the type of a problem document (RFC 9457). It names the
// kind and need not lead to a page.
const ProblemBase = "https://inventory.acme.com/problems/"

// Failure is a kind of failures: its problem type, and how it is told to whom.
type Failure struct {
	// Slug ends the problem's type.
	Slug string
	// Title is the kind in words, the same in every document.
	Title string
	// Plain and Event are the status over plain HTTP and over CloudEvents. Event is 0 for what is
	// no failure there but an outcome.
	Plain, Event int
	// When says what leads to it, as Markdown.
	When string
}

// The kinds of failures. Brokers deliver again on 404, 408, 409, 429 and 5xx, so over
// CloudEvents what may succeed later is 429 or 503, and nothing else is any of these.
var (
	Invalid = &Failure{"invalid", "Invalid message", http.StatusBadRequest, http.StatusBadRequest,
		"The message, a header or a value in the path breaks the contract; `errors` names the fields."}
	TooLarge = &Failure{"too-large", "Message too large", http.StatusRequestEntityTooLarge, http.StatusRequestEntityTooLarge,
		"The message has more than 1 MiB, the batch more than 100 events, or what it leads to does not fit into one write of the journal."}
	UnsupportedMedia = &Failure{"unsupported-media-type", "Unsupported media type", http.StatusUnsupportedMediaType, http.StatusUnsupportedMediaType,
		"The body is no JSON, is in another format of CloudEvents, or is compressed; a CloudEvent, or any attribute of one (`ce-*`), " +
			"at a path of plain HTTP: `detail` names the path to send it to."}
	UnknownType = &Failure{"unknown-event-type", "Unknown event type", http.StatusUnprocessableEntity, http.StatusUnprocessableEntity,
		"The type of the CloudEvent is no command or query of the contract."}
	TooOld = &Failure{"too-old", "Command too old", http.StatusUnprocessableEntity, http.StatusUnprocessableEntity,
		"The command's `time` is before what is remembered, so it may have been carried out. Where the archive has its first outcome, and says so at once, " +
			"`detail` tells it and `reservationId` names it."}
	Unauthenticated = &Failure{"unauthenticated", "Unauthenticated", http.StatusUnauthorized, http.StatusUnauthorized,
		"There is no token, or one that says nobody to this service: made up, expired, for another audience."}
	Forbidden = &Failure{"forbidden", "Forbidden", http.StatusForbidden, http.StatusForbidden,
		"The caller may not do this in this namespace; `detail` names the right that is missing."}
	NotFound = &Failure{"not-found", "Not found", http.StatusNotFound, http.StatusUnprocessableEntity,
		"There is no such reservation, product, namespace or path."}
	MethodNotAllowed = &Failure{"method-not-allowed", "Method not allowed", http.StatusMethodNotAllowed, http.StatusUnprocessableEntity,
		"The path is served by another method, which `Allow` names."}
	IDReused = &Failure{"id-reused", "Same id, other content", http.StatusConflict, http.StatusUnprocessableEntity,
		"Another command was taken under the same source and id, or `Idempotency-Key`."}
	Unavailable = &Failure{"inventory-unavailable", "Inventory unavailable", http.StatusConflict, 0,
		"The cart was refused; `unavailableItems` says what was short."}
	Consumed = &Failure{"consumed", "Reservation consumed", http.StatusConflict, http.StatusUnprocessableEntity,
		"The units have been shipped, so they cannot be released."}
	NotReserved = &Failure{"not-reserved", "Reservation not reserved", http.StatusConflict, http.StatusUnprocessableEntity,
		"Nothing is held any more, so nothing can be shipped, and no hold made longer."}
	NotThere = &Failure{"not-there", "Too few units at that location", http.StatusConflict, http.StatusUnprocessableEntity,
		"Units were to be shipped from a location that has too few for sale in place of those that are held; `errors` says what is where."}
	NothingToReplace = &Failure{"nothing-to-replace", "No hold to replace", http.StatusConflict, http.StatusUnprocessableEntity,
		"`replaces` names no running hold of the cart: none that is known, another cart's, or one that has ended. Nothing was reserved."}
	NotLater = &Failure{"not-later", "Hold cannot be made longer", http.StatusConflict, http.StatusUnprocessableEntity,
		"The hold lasts longer than that already, or without end."}
	OrderNamed = &Failure{"order-named", "Another order is attached", http.StatusConflict, http.StatusUnprocessableEntity,
		"The reservation belongs to another order already."}
	MoreThanReserved = &Failure{"more-than-reserved", "More than is reserved", http.StatusBadRequest, http.StatusUnprocessableEntity,
		"A part names more units than the reservation holds of it."}
	ContradictsTotal = &Failure{"contradicts-total", "Contradicts an earlier total", http.StatusConflict, http.StatusUnprocessableEntity,
		"A total by location would raise that of the product, while another location has more than the message says of it."}
	Unwritable = &Failure{"unwritable", "Command cannot be stored", http.StatusUnprocessableEntity, http.StatusUnprocessableEntity,
		"The API server stores other commands, but not this one."}
	Incomplete = &Failure{"incomplete", "Message incomplete", http.StatusRequestTimeout, http.StatusServiceUnavailable,
		"The body stalled or broke off. Send it again."}
	TryLater = &Failure{"try-later", "Try again later", http.StatusServiceUnavailable, http.StatusServiceUnavailable,
		"It could not be decided in time. Repeating it unchanged finds the outcome."}
	ArchiveUnavailable = &Failure{"archive-unavailable", "Archive unavailable", http.StatusServiceUnavailable, http.StatusServiceUnavailable,
		"The journal does not have the reservation, or not any more, and [the archive](../archive.md#what-the-bridge-asks-it) cannot tell now whether there was one. " +
			"It is told only where a bridge asks an archive; whoever does not care for what is forgotten may take it for `not-found`."}
	TooManyRequests = &Failure{"too-many-requests", "Too many requests", http.StatusTooManyRequests, http.StatusTooManyRequests,
		"More is being served than there is [room for](../bridge.md#limits), so nothing was done. `Retry-After` is how long those take " +
			"who are there, by the rate of the last second."}
	Internal = &Failure{"internal", "Internal error", http.StatusInternalServerError, http.StatusServiceUnavailable,
		"The bridge failed; its log says how."}
)

// Failures are all of them, in the order in which the reference tells them.
func Failures() []*Failure {
	return []*Failure{
		Invalid, TooLarge, UnsupportedMedia, UnknownType, TooOld, Unauthenticated, Forbidden, NotFound, MethodNotAllowed, IDReused,
		Unavailable, Consumed, NotReserved, NotThere, NothingToReplace, NotLater, OrderNamed, MoreThanReserved, ContradictsTotal,
		Unwritable, Incomplete, TryLater, ArchiveUnavailable, TooManyRequests, Internal,
	}
}

// Status is what the failure is over plain HTTP, or over CloudEvents.
func (f *Failure) Status(byEvent bool) int {
	if byEvent {
		return f.Event
	}
	return f.Plain
}
