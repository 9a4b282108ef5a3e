package allocator

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/tracing"
)

// appending tells metrics and traces of what a Runner performs. It decides nothing.
type appending struct {
	// sent is when the write or read under way, for which callers wait, was sent.
	sent time.Time
}

// performs notes what is sent.
func (o *appending) performs(effect journal.Effect) {
	switch effect.(type) {
	case journal.Put, journal.Get:
		o.sent = time.Now()
	}
}

// happened notes what became of a write.
func (o *appending) happened(event journal.Event) {
	if wrote, ok := event.(journal.Wrote); ok {
		writesTotal.WithLabelValues(results[wrote.Result]).Inc()
		writeSeconds.Observe(time.Since(o.sent).Seconds())
	}
}

// answered are those who are answered together.
type answered struct {
	sent    time.Time
	callers int
	links   []trace.Link
}

// add adds one, with the span in which it waits.
func (a *answered) add(span trace.SpanContext) {
	a.callers++
	if span.IsSampled() {
		a.links = append(a.links, trace.Link{SpanContext: span})
	}
}

// tell tells of them: as one span that is linked to those of all commands that are traced.
func (a *answered) tell(namespace string) {
	if a.callers == 0 {
		return
	}
	batchSize.Observe(float64(a.callers))
	if len(a.links) == 0 {
		return
	}
	_, span := tracing.Begin(context.Background(), "append", trace.WithTimestamp(a.sent), trace.WithLinks(a.links...), trace.WithAttributes(
		attribute.String("inventory.namespace", namespace), attribute.Int("inventory.batch.size", a.callers),
	))
	span.End()
}
