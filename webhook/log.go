package webhook

import (
	"errors"
	"time"

	"github.com/go-logr/logr"
	"golang.org/x/time/rate"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/acme/inventory-service/internal/allocator"
)

// operatorLog keeps the log for those who operate the service: trouble that they
// alone can end is told once a minute, not once a request.
type operatorLog struct {
	logr.Logger
	refusals rate.Sometimes
}

// refusalsEvery is how often refusals by the API server are told at most.
const refusalsEvery = time.Minute

func newOperatorLog(logger logr.Logger) *operatorLog {
	return &operatorLog{Logger: logger, refusals: rate.Sometimes{Interval: refusalsEvery}}
}

// trouble tells what kept a request from being served. An API server that is away
// shows in metrics and readiness; one that refuses us needs somebody.
func (l *operatorLog) trouble(cause error, x *exchange) {
	if errors.Is(cause, allocator.ErrUnwritable) {
		l.refusals.Do(func() { l.Error(cause, "A command cannot be stored, though others can", x.fields()...) })
		return
	}
	answered := apierrors.APIStatus(nil)
	if !errors.As(cause, &answered) || transient(cause) {
		l.V(1).Info("A request could not be served", x.fields("cause", cause.Error())...)
		return
	}
	l.refusals.Do(func() {
		l.Error(cause, "The API server refuses the bridge: check that the CRDs are installed and the rights of config/rbac are granted", x.fields()...)
	})
}

// fields are what a line about a request says, beside more: what was asked for, of which
// reservation and cart, and in which trace.
func (x *exchange) fields(more ...any) []any {
	fields := []any{"operation", x.operation}
	if x.reservation != "" {
		fields = append(fields, "reservation", clip(x.reservation, 200))
	}
	if x.cartID != "" {
		fields = append(fields, "cart", clip(x.cartID, 200))
	}
	if x.span != nil {
		fields = append(fields, "traceID", x.span.SpanContext().TraceID().String())
	}
	return append(fields, more...)
}
