package webhook

import (
	"fmt"
	"net/http"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/acme/inventory-service/internal/allocator"
)

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
	// after is the position that the request has to be answered behind, and journal the one
	// that answers it, nil while none does.
	after   allocator.Position
	journal Journal
}

// WriteHeader passes the status on and remembers it.
func (x *exchange) WriteHeader(status int) {
	if x.status == 0 {
		x.status = status
		x.tellPosition()
	}
	x.ResponseWriter.WriteHeader(status)
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
		x := &exchange{ResponseWriter: w, operation: operation, mode: modePlain}
		defer func() {
			if p := recover(); p != nil {
				b.answerPanic(x, p)
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
		b.log.trouble(f.cause, x.operation)
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
	b.log.Error(fmt.Errorf("panic: %v", p), "A request ended in a panic", "operation", x.operation, "stack", string(debug.Stack()))
	if x.status == 0 {
		writeProblem(x, fail(internal, "the bridge failed; its log says how"))
	}
}
