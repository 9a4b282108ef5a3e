package tracing

import (
	"context"
	"net/http"
	"sync/atomic"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
)

// The names of the W3C trace context, as headers and as extensions of CloudEvents.
const (
	TraceParent = "traceparent"
	TraceState  = "tracestate"
)

// scope names this service's instrumentation.
const scope = "github.com/acme/inventory-service"

// tracer makes the spans of this process, nil while none are exported.
var tracer atomic.Pointer[trace.Tracer]

var (
	nothing trace.Span = noop.Span{}
	w3c                = propagation.TraceContext{}
)

// use has spans made by a provider from now on; nil is by none.
func use(provider trace.TracerProvider) {
	if provider == nil {
		tracer.Store(nil)
		return
	}
	t := provider.Tracer(scope)
	tracer.Store(&t)
}

// On tells whether spans are exported.
func On() bool { return tracer.Load() != nil }

// Begin begins a span, a child of the one of ctx, and returns a context that has it. Where
// nothing is exported it returns ctx and a span that does nothing.
func Begin(ctx context.Context, name string, options ...trace.SpanStartOption) (context.Context, trace.Span) {
	t := tracer.Load()
	if t == nil {
		return ctx, nothing
	}
	return (*t).Start(ctx, name, options...)
}

// FromHeader is the trace context of a request's headers, none where there is none that can be read.
func FromHeader(header http.Header) trace.SpanContext {
	return of(propagation.HeaderCarrier(header))
}

// FromExtensions is the trace context that a CloudEvent has as its extensions.
func FromExtensions(extensions map[string]string) trace.SpanContext {
	return of(propagation.MapCarrier(extensions))
}

func of(carrier propagation.TextMapCarrier) trace.SpanContext {
	return trace.SpanContextFromContext(w3c.Extract(context.Background(), carrier))
}

// ToHeader writes the trace context of ctx into headers, where there is one and spans are exported.
func ToHeader(ctx context.Context, header http.Header) {
	if On() {
		w3c.Inject(ctx, propagation.HeaderCarrier(header))
	}
}

// ToExtensions are the extensions that carry a trace context on; none where it is not sampled.
func ToExtensions(span trace.SpanContext) map[string]string {
	carrier := propagation.MapCarrier{}
	if span.IsSampled() {
		w3c.Inject(trace.ContextWithSpanContext(context.Background(), span), carrier)
	}
	return carrier
}
