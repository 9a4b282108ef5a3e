package webhook

import (
	"context"
	"net/http"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/acme/inventory-service/api/events"
	"github.com/acme/inventory-service/internal/tracing"
)

// beginTrace begins the span of a message, unless it has one. Where the message is a CloudEvent
// whose extensions tell of a trace, the span belongs to that: it is what the outcome's event carries on.
// The headers tell of the last hop before this one, which counts where it is part of the same trace,
// or the message tells of none.
func (x *exchange) beginTrace(r *http.Request, extensions map[string]string) {
	if x.span != nil || !tracing.On() {
		return
	}
	parent, hop := tracing.FromExtensions(extensions), tracing.FromHeader(r.Header)
	options := []trace.SpanStartOption{trace.WithSpanKind(trace.SpanKindServer), trace.WithTimestamp(x.began)}
	switch {
	case !parent.IsValid() || hop.TraceID() == parent.TraceID() || x.received && hop.IsValid():
		parent = hop
	case hop.IsValid():
		options = append(options, trace.WithLinks(trace.Link{SpanContext: hop}))
	}
	_, x.span = tracing.Begin(trace.ContextWithRemoteSpanContext(context.Background(), parent), x.operation, options...)
}

// beginEntry begins the span of one event of a batch, which has the batch's so far: in the event's
// own trace, or else in the batch's.
func (x *exchange) beginEntry(extensions map[string]string) {
	batch := x.span
	if batch == nil {
		return
	}
	parent, links := tracing.FromExtensions(extensions), []trace.Link{{SpanContext: batch.SpanContext()}}
	if !parent.IsValid() {
		parent, links = batch.SpanContext(), nil
	}
	_, x.span = tracing.Begin(trace.ContextWithRemoteSpanContext(context.Background(), parent), x.operation, trace.WithLinks(links...))
}

// traceEvent says of which event the span is.
func (x *exchange) traceEvent(namespace string, command *message) {
	if x.span == nil {
		return
	}
	x.span.SetName(x.operation)
	x.span.SetAttributes(
		attribute.String("inventory.namespace", namespace), attribute.String("cloudevents.event_id", clip(command.id, 200)),
		attribute.String("cloudevents.event_source", clip(command.source, 200)), attribute.String("cloudevents.event_type", clip(command.eventType, 200)),
	)
}

// endTrace ends the span with what became of the message.
func (x *exchange) endTrace(method string) {
	if x.span == nil {
		return
	}
	x.span.SetName(x.operation)
	x.span.SetAttributes(
		attribute.String("http.request.method", clip(method, 20)), attribute.Int("http.response.status_code", x.status), attribute.String("inventory.mode", x.mode),
	)
	x.endSpan(x.status >= http.StatusInternalServerError)
}

// endSpan ends the span of what the exchange is about.
func (x *exchange) endSpan(failed bool) {
	if x.span == nil {
		return
	}
	if x.reservation != "" {
		x.span.SetAttributes(attribute.String("inventory.reservation.id", x.reservation))
	}
	if x.cartID != "" {
		x.span.SetAttributes(attribute.String("inventory.cart.id", x.cartID))
	}
	if failed {
		x.span.SetStatus(codes.Error, "")
	}
	x.span.End()
}

// spanning is ctx with the span of the message.
func (x *exchange) spanning(ctx context.Context) context.Context {
	if x.span == nil {
		return ctx
	}
	return trace.ContextWithSpan(ctx, x.span)
}

// carryTrace is what an outcome carries of its command's extensions: where they tell of no trace,
// that of the command's own span, so that the one of the outcome continues it.
func (x *exchange) carryTrace(extensions map[string]string) (carried map[string]string, dropped int) {
	if x.span == nil || extensions[tracing.TraceParent] != "" {
		return events.Carried(extensions)
	}
	own := tracing.ToExtensions(x.span.SpanContext())
	for name, value := range extensions {
		if _, told := own[name]; !told {
			own[name] = value
		}
	}
	return events.Carried(own)
}
