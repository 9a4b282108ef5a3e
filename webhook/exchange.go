package webhook

import (
	"context"
	"fmt"
	"net/http"
	"runtime/debug"
	"strconv"
	"time"

	"go.opentelemetry.io/otel/trace"
	"k8s.io/apiserver/pkg/authentication/user"

	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/forward"
)

// headerCaching says who may store an answer.
const headerCaching = "Cache-Control"

// How a message came, as metrics name it.
const (
	modePlain      = "plain"
	modeBinary     = "binary"
	modeStructured = "structured"
)

// serveFunc answers a request, or returns why it cannot: a *failure, or an error
// that describe turns into one.
type serveFunc func(x *exchange, r *http.Request) error

// exchange is one request on its way to its answer. It is the ResponseWriter too,
// and remembers the status for the metrics.
type exchange struct {
	http.ResponseWriter
	operation string
	mode      string
	status    int
	// began is when the request came.
	began time.Time
	// prefers is what the caller would like, namespace the one that is asked for, and prefix
	// its path, empty where none is named.
	prefers   preferences
	namespace string
	prefix    string
	// after is the position that the request has to be answered behind, and journal the one
	// that answers it, nil while none does.
	after   allocator.Position
	journal Journal

	// place is what the request takes of what may be in flight.
	place *place
	// caller is who asks, nil where nobody is asked who they are.
	caller user.Info

	// received says that another replica forwarded the request.
	received bool
	// deadline is when the wait for an answer ends, set once the message was read.
	deadline time.Time
	// body is the message as it was read, nil before that. What is kept of a request lets
	// it be served again, or be forwarded, as the same command.
	body []byte
	// given is the id that this replica gave to a command which brought none, and reservationID that
	// of the reservation it asks for.
	given, reservationID string
	// reservation and cartID are what logs and traces say that it is about, empty where that is
	// not known. span is nil where it is not traced.
	reservation, cartID string
	span                trace.Span
	// archived says that the answer is the archive's, since the journal has forgotten it.
	archived bool
	// asked says that a process was asked to decide it: it may have been carried out.
	asked bool
}

// bound bounds the wait for an answer, from the first call on.
func (x *exchange) bound(ctx context.Context, wait time.Duration) (context.Context, context.CancelFunc) {
	if x.deadline.IsZero() {
		x.deadline = time.Now().Add(x.bounded(wait))
	}
	return context.WithDeadline(ctx, x.deadline)
}

// WriteHeader passes the status on and remembers it.
func (x *exchange) WriteHeader(status int) {
	if x.status == 0 {
		x.status = status
		x.tellPosition()
		x.tellCaching()
	}
	x.ResponseWriter.WriteHeader(status)
}

// tellCaching keeps caches from storing what changes, and why there is no answer. Without a word
// they may store it for as long as they please, and tell it to others. What may be stored says so
// before.
func (x *exchange) tellCaching() {
	if x.Header().Get(headerCaching) == "" {
		x.Header().Set(headerCaching, "no-store")
	}
}

// Unwrap lets http.ResponseController reach the server's own writer.
func (x *exchange) Unwrap() http.ResponseWriter { return x.ResponseWriter }

// byEvent tells whether the answer goes to a broker.
func (x *exchange) byEvent() bool { return x.mode != modePlain }

// endpoint serves requests of one operation: it counts them, and answers errors
// and panics.
func (b *bridge) endpoint(operation string, serve serveFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		x := &exchange{ResponseWriter: w, began: start, operation: operation, mode: modeOf(r.Header), received: forward.Received(r.Context()), prefers: preferencesOf(r.Header)}
		if operation != operationHealth && x.mode != modeStructured { // that of an envelope has to be read
			x.beginTrace(r, binaryTrace(r.Header))
		}
		defer func() {
			if p := recover(); p != nil {
				b.answerPanic(x, p)
			}
			if operation != operationHealth {
				x.beginTrace(r, nil)
				x.endTrace(r.Method)
			}
			requestsTotal.WithLabelValues(x.operation, x.mode, strconv.Itoa(x.status)).Inc()
			requestSeconds.WithLabelValues(x.operation).Observe(time.Since(start).Seconds())
		}()
		if err := serve(x, r); err != nil {
			b.answerFailure(x, b.describe(err))
		}
	})
}

func (b *bridge) answerFailure(x *exchange, f *failure) {
	if f.cause != nil {
		b.log.trouble(f.cause, x)
	}
	if x.status != 0 {
		return // the answer has begun; its writer failed, so nobody reads on
	}
	writeProblem(x, f)
}

func (b *bridge) answerPanic(x *exchange, p any) {
	if p == http.ErrAbortHandler { //nolint:errorlint // net/http's own way to end a connection
		panic(p)
	}
	broken := b.panicked(x, "A request ended in a panic", p)
	if x.status == 0 {
		writeProblem(x, broken)
	}
}

// panicked logs a panic, and is what is told of it.
func (b *bridge) panicked(x *exchange, what string, p any) *failure {
	b.log.Error(fmt.Errorf("panic: %v", p), what, x.fields("stack", string(debug.Stack()))...)
	return fail(internal, "the bridge failed; its log says how")
}
