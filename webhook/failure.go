package webhook

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/acme/inventory-service/api/events"
)

// kind is a class of failures: its problem type, and how it is told to whom.
type kind struct {
	// slug ends the problem's type.
	slug  string
	title string
	// plain and event are the status over plain HTTP and over CloudEvents.
	plain, event int
}

// The kinds of failures. Brokers deliver again on 404, 408, 409, 429 and 5xx, so over
// CloudEvents what may succeed later is 429 or 503, and nothing else is any of these.
var (
	invalid          = &kind{slug: "invalid", title: "Invalid message", plain: http.StatusBadRequest, event: http.StatusBadRequest}
	incomplete       = &kind{slug: "incomplete", title: "Message incomplete", plain: http.StatusRequestTimeout, event: http.StatusServiceUnavailable}
	tooLarge         = &kind{slug: "too-large", title: "Message too large", plain: http.StatusRequestEntityTooLarge, event: http.StatusRequestEntityTooLarge}
	unsupportedMedia = &kind{slug: "unsupported-media-type", title: "Unsupported media type", plain: http.StatusUnsupportedMediaType, event: http.StatusUnsupportedMediaType}
	unknownType      = &kind{slug: "unknown-event-type", title: "Unknown event type", plain: http.StatusUnprocessableEntity, event: http.StatusUnprocessableEntity}
	tooOld           = &kind{slug: "too-old", title: "Command too old", plain: http.StatusUnprocessableEntity, event: http.StatusUnprocessableEntity}
	unauthenticated  = &kind{slug: "unauthenticated", title: "Unauthenticated", plain: http.StatusUnauthorized, event: http.StatusUnauthorized}
	forbidden        = &kind{slug: "forbidden", title: "Forbidden", plain: http.StatusForbidden, event: http.StatusForbidden}
	notFound         = &kind{slug: "not-found", title: "Not found", plain: http.StatusNotFound, event: http.StatusUnprocessableEntity}
	methodNotAllowed = &kind{slug: "method-not-allowed", title: "Method not allowed", plain: http.StatusMethodNotAllowed, event: http.StatusUnprocessableEntity}
	idReused         = &kind{slug: "id-reused", title: "Same id, other content", plain: http.StatusConflict, event: http.StatusUnprocessableEntity}
	consumed         = &kind{slug: "consumed", title: "Reservation consumed", plain: http.StatusConflict, event: http.StatusUnprocessableEntity}
	notReserved      = &kind{slug: "not-reserved", title: "Reservation not reserved", plain: http.StatusConflict, event: http.StatusUnprocessableEntity}
	tooMany          = &kind{slug: "more-than-reserved", title: "More than is reserved", plain: http.StatusBadRequest, event: http.StatusUnprocessableEntity}
	elsewhere        = &kind{slug: "not-there", title: "Too few units at that location", plain: http.StatusConflict, event: http.StatusUnprocessableEntity}
	irreplaceable    = &kind{slug: "nothing-to-replace", title: "No hold to replace", plain: http.StatusConflict, event: http.StatusUnprocessableEntity}
	unextendable     = &kind{slug: "not-later", title: "Hold cannot be made longer", plain: http.StatusConflict, event: http.StatusUnprocessableEntity}
	orderNamed       = &kind{slug: "order-named", title: "Another order is attached", plain: http.StatusConflict, event: http.StatusUnprocessableEntity}
	contradicting    = &kind{slug: "contradicts-total", title: "Contradicts an earlier total", plain: http.StatusConflict, event: http.StatusUnprocessableEntity}
	unwritable       = &kind{slug: "unwritable", title: "Command cannot be stored", plain: http.StatusUnprocessableEntity, event: http.StatusUnprocessableEntity}
	tryLater         = &kind{slug: "try-later", title: "Try again later", plain: http.StatusServiceUnavailable, event: http.StatusServiceUnavailable}
	tooManyRequests  = &kind{slug: "too-many-requests", title: "Too many requests", plain: http.StatusTooManyRequests, event: http.StatusTooManyRequests}
	internal         = &kind{slug: "internal", title: "Internal error", plain: http.StatusInternalServerError, event: http.StatusServiceUnavailable}
)

// kinds are all of them.
var kinds = []*kind{
	invalid, incomplete, tooLarge, unsupportedMedia, unknownType, tooOld, unauthenticated, forbidden, notFound, methodNotAllowed,
	idReused, consumed, notReserved, tooMany, elsewhere, irreplaceable, unextendable, orderNamed, contradicting, unwritable, tryLater, tooManyRequests, internal,
}

// failure is why a request got no answer of its own.
type failure struct {
	kind *kind
	// detail says what is wrong and what to do.
	detail     string
	violations []events.Violation
	// reservationID is set where a reservation may have been decided nevertheless, or has to be.
	reservationID string
	// retryAfter is when to come again, 0 where nothing is known about that.
	retryAfter time.Duration
	// challenge is the header WWW-Authenticate, where the caller may come back with another token.
	challenge string
	// cause is what an operator may want to know and the caller need not.
	cause error
}

// Error is the detail, for logs.
func (f *failure) Error() string { return f.kind.title + ": " + f.detail }

// Unwrap is the cause.
func (f *failure) Unwrap() error { return f.cause }

func fail(k *kind, format string, args ...any) *failure {
	return &failure{kind: k, detail: fmt.Sprintf(format, args...)}
}

// asFailure is the failure that an error is, or nil.
func asFailure(err error) *failure {
	var f *failure
	errors.As(err, &f)
	return f
}

// status is what the failure is over plain HTTP or CloudEvents.
func (f *failure) status(byEvent bool) int {
	if byEvent {
		return f.kind.event
	}
	return f.kind.plain
}
