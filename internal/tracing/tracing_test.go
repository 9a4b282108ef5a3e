package tracing

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/acme/inventory-service/internal/tracing/tracingtest"
)

const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

// environment is what the tests set: nothing else says where traces go.
func environment(t *testing.T, pairs ...string) {
	t.Helper()
	for _, name := range []string{
		"OTEL_SDK_DISABLED", "OTEL_TRACES_EXPORTER", "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_PROTOCOL",
		"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_SERVICE_NAME", "OTEL_RESOURCE_ATTRIBUTES",
	} {
		t.Setenv(name, "")
	}
	for i := 0; i < len(pairs); i += 2 {
		t.Setenv(pairs[i], pairs[i+1])
	}
}

// Spans reach a collector by either protocol, under the service's name or the one that is given,
// and the last ones before the process ends.
func TestExport(t *testing.T) {
	for _, tc := range []struct {
		protocol, service string
		collector         func(testing.TB) *tracingtest.Collector
	}{{"", "inventory-operator", tracingtest.NewHTTP}, {"http/protobuf", "shop-stock", tracingtest.NewHTTP}, {"grpc", "shop-stock", tracingtest.NewGRPC}} {
		t.Run(tc.protocol, func(t *testing.T) {
			collector := tc.collector(t)
			environment(t, "OTEL_EXPORTER_OTLP_ENDPOINT", collector.URL, "OTEL_EXPORTER_OTLP_PROTOCOL", tc.protocol)
			if tc.service != "inventory-operator" {
				t.Setenv("OTEL_SERVICE_NAME", tc.service)
			}
			exporter, err := Start(t.Context(), "1.2.3")
			if err != nil {
				t.Fatal(err)
			}
			outer := FromHeader(http.Header{"Traceparent": {parent}})
			ctx, span := Begin(trace.ContextWithRemoteSpanContext(t.Context(), outer), "told")
			header := http.Header{}
			ToHeader(ctx, header)
			span.End()
			if err := exporter.End(); err != nil || On() {
				t.Errorf("on: %v, %v", On(), err)
			}
			within, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			got := collector.Await(within, t, "told", func(s tracingtest.Span) bool { return s.Name == "told" })
			if got.Trace != outer.TraceID().String() || got.Parent != outer.SpanID().String() || got.Service != tc.service {
				t.Errorf("it is %+v", got)
			}
			if want := "00-" + got.Trace + "-" + got.ID + "-01"; header.Get(TraceParent) != want {
				t.Errorf("told on as %q, want %q", header.Get(TraceParent), want)
			}
		})
	}
}

// Where the environment asks for nothing, nothing is made, changed or allocated.
func TestOff(t *testing.T) {
	for _, pairs := range [][]string{
		{}, {"OTEL_SDK_DISABLED", "true", "OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1"}, {"OTEL_TRACES_EXPORTER", "none", "OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1"},
	} {
		environment(t, pairs...)
		exporter, err := Start(t.Context(), "")
		if err != nil || On() {
			t.Fatalf("%v: on: %v, %v", pairs, On(), err)
		}
		ctx, header := t.Context(), http.Header{}
		if n := testing.AllocsPerRun(100, func() {
			within, span := Begin(ctx, "untold")
			if within != ctx || span.IsRecording() {
				t.Error("there is a span")
			}
			ToHeader(within, header)
			span.End()
		}); n != 0 || len(header) > 0 {
			t.Errorf("%v: %v allocations, header %v", pairs, n, header)
		}
		if err := exporter.End(); err != nil {
			t.Error(err)
		}
	}
}

// What this process cannot do is told by the name of the variable.
func TestEnvironmentIsChecked(t *testing.T) {
	for _, pairs := range [][]string{
		{"OTEL_TRACES_EXPORTER", "zipkin"}, {"OTEL_EXPORTER_OTLP_PROTOCOL", "http/json", "OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1"},
	} {
		environment(t, pairs...)
		if _, err := Start(t.Context(), ""); err == nil || !strings.Contains(err.Error(), pairs[0]) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%v: %v", pairs, err)
		}
	}
}

// The trace context survives as extensions, and one that is broken or not sampled is none.
func TestExtensions(t *testing.T) {
	extensions := map[string]string{TraceParent: parent, TraceState: "a=b"}
	span := FromExtensions(extensions)
	if got := ToExtensions(span); !span.IsValid() || got[TraceParent] != parent || got[TraceState] != "a=b" {
		t.Errorf("%v is %v", extensions, got)
	}
	for _, none := range []string{"", "x", strings.TrimSuffix(parent, "1") + "0"} {
		if got := ToExtensions(FromExtensions(map[string]string{TraceParent: none})); len(got) != 0 {
			t.Errorf("%q is %v", none, got)
		}
	}
}
