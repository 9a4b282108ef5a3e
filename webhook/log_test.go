package webhook

import (
	"errors"
	"strings"
	"testing"

	"github.com/go-logr/logr/funcr"
	"go.opentelemetry.io/otel/trace"

	"github.com/acme/inventory-service/internal/allocator"
)

// A line about a command names its reservation, its cart and its trace, so that whoever reads it
// finds them.
func TestLinesNameTheCommand(t *testing.T) {
	var lines []string
	log := newOperatorLog(funcr.New(func(_, line string) { lines = append(lines, line) }, funcr.Options{Verbosity: 1}))
	of := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1, 2}, SpanID: trace.SpanID{3}})
	x := &exchange{
		operation: operationReserve, reservation: "the-reservation", cartID: "the-cart",
		span: trace.SpanFromContext(trace.ContextWithSpanContext(t.Context(), of)),
	}
	log.trouble(errors.New("broken off"), x)
	log.trouble(allocator.ErrUnwritable, x)
	for _, line := range lines {
		for _, part := range []string{`"operation"="reserve"`, `"reservation"="the-reservation"`, `"cart"="the-cart"`, `"traceID"="01020000000000000000000000000000"`} {
			if !strings.Contains(line, part) {
				t.Errorf("%s does not say %s", line, part)
			}
		}
	}
	if len(lines) != 2 {
		t.Errorf("%d lines", len(lines))
	}
}
