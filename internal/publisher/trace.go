package publisher

import (
	"net/http"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/acme/inventory-service/internal/tracing"
)

// traced is a client whose attempts are spans of the traces that the events belong to: each is told
// to whoever gets the event by the headers of its request.
func traced(client *http.Client) *http.Client {
	copied := *client
	copied.Transport = attempts{next: client.Transport}
	return &copied
}

type attempts struct{ next http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (a attempts) RoundTrip(r *http.Request) (*http.Response, error) {
	next := a.next
	if next == nil {
		next = http.DefaultTransport
	}
	if !tracing.On() {
		return next.RoundTrip(r)
	}
	// What the event is about goes on in the extensions, as they were: it is the same each time.
	parent := tracing.FromExtensions(map[string]string{
		tracing.TraceParent: r.Header.Get("ce-" + tracing.TraceParent), tracing.TraceState: r.Header.Get("ce-" + tracing.TraceState),
	})
	ctx, span := tracing.Begin(trace.ContextWithRemoteSpanContext(r.Context(), parent), "publish", trace.WithSpanKind(trace.SpanKindProducer), trace.WithAttributes(
		attribute.String("cloudevents.event_id", r.Header.Get("ce-id")), attribute.String("cloudevents.event_type", r.Header.Get("ce-type")),
		attribute.String("inventory.reservation.id", r.Header.Get("ce-subject")), attribute.String("server.address", r.URL.Hostname()),
	))
	defer span.End()
	r = r.Clone(ctx)
	tracing.ToHeader(ctx, r.Header)
	response, err := next.RoundTrip(r)
	switch {
	case err != nil:
		span.SetStatus(codes.Error, "no answer")
	default:
		span.SetAttributes(attribute.Int("http.response.status_code", response.StatusCode))
		if response.StatusCode >= http.StatusBadRequest {
			span.SetStatus(codes.Error, "")
		}
	}
	return response, err
}
