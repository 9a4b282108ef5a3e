package webhook

import (
	"errors"
	"fmt"
	"time"

	"github.com/acme/inventory-service/api/events"
	"github.com/acme/inventory-service/internal/contract"
)

// kind is a class of failures: its problem type, and how it is told to whom.
type kind = contract.Failure

// The kinds of failures, by short names.
var (
	invalid          = contract.Invalid
	incomplete       = contract.Incomplete
	tooLarge         = contract.TooLarge
	unsupportedMedia = contract.UnsupportedMedia
	unknownType      = contract.UnknownType
	tooOld           = contract.TooOld
	unauthenticated  = contract.Unauthenticated
	forbidden        = contract.Forbidden
	notFound         = contract.NotFound
	methodNotAllowed = contract.MethodNotAllowed
	idReused         = contract.IDReused
	consumed         = contract.Consumed
	notReserved      = contract.NotReserved
	tooMany          = contract.MoreThanReserved
	elsewhere        = contract.NotThere
	irreplaceable    = contract.NothingToReplace
	unextendable     = contract.NotLater
	orderNamed       = contract.OrderNamed
	contradicting    = contract.ContradictsTotal
	unwritable       = contract.Unwritable
	tryLater         = contract.TryLater

	archiveUnavailable = contract.ArchiveUnavailable
	tooManyRequests    = contract.TooManyRequests
	internal           = contract.Internal
)

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
func (f *failure) Error() string { return f.kind.Title + ": " + f.detail }

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
func (f *failure) status(byEvent bool) int { return f.kind.Status(byEvent) }
