package tracing

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// Exporter sends the spans of this process. The zero value sends none.
type Exporter struct{ provider *sdktrace.TracerProvider }

// endTimeout bounds how long the last spans may take at the end of the process.
const endTimeout = 5 * time.Second

// Start begins to export spans where the environment asks for it by the standard variables:
// OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT, or OTEL_TRACES_EXPORTER=otlp.
// OTEL_SDK_DISABLED=true and OTEL_TRACES_EXPORTER=none turn it off. Where spans go, how they are
// sampled and what the service is called say the others that OpenTelemetry knows. It fails where they
// name what this process cannot do; a collector that is away is no error: spans are dropped.
func Start(ctx context.Context, version string) (*Exporter, error) {
	wanted, err := asked()
	if err != nil || !wanted {
		return &Exporter{}, err
	}
	client, err := newClient()
	if err != nil {
		return nil, err
	}
	exporter, err := otlptrace.New(ctx, client)
	if err != nil {
		return nil, fmt.Errorf("export traces: %w", err)
	}
	about, err := resource.New(ctx, resource.WithTelemetrySDK(), resource.WithAttributes(
		attribute.String("service.name", "inventory-operator"), attribute.String("service.version", version),
	), resource.WithFromEnv())
	if err != nil {
		return nil, fmt.Errorf("export traces: read OTEL_RESOURCE_ATTRIBUTES: %w", err)
	}
	e := &Exporter{provider: sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter), sdktrace.WithResource(about))}
	use(e.provider)
	return e, nil
}

// asked tells whether the environment asks for traces.
func asked() (bool, error) {
	if strings.EqualFold(os.Getenv("OTEL_SDK_DISABLED"), "true") {
		return false, nil
	}
	switch exporter := os.Getenv("OTEL_TRACES_EXPORTER"); exporter {
	case "":
		return os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT") != "" || os.Getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") != "", nil
	case "otlp":
		return true, nil
	case "none":
		return false, nil
	default:
		return false, fmt.Errorf("OTEL_TRACES_EXPORTER is %q: give otlp or none", exporter)
	}
}

// newClient returns what speaks the protocol that the environment names. The variables of
// OTEL_EXPORTER_OTLP are read by it.
func newClient() (otlptrace.Client, error) {
	protocol := os.Getenv("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL")
	if protocol == "" {
		protocol = os.Getenv("OTEL_EXPORTER_OTLP_PROTOCOL")
	}
	switch protocol {
	case "", "http/protobuf":
		return otlptracehttp.NewClient(), nil
	case "grpc":
		return otlptracegrpc.NewClient(), nil
	default:
		return nil, fmt.Errorf("OTEL_EXPORTER_OTLP_PROTOCOL is %q: give http/protobuf or grpc", protocol)
	}
}

// End sends what is left, for at most 5 s, and ends the export.
func (e *Exporter) End() error {
	if e.provider == nil {
		return nil
	}
	use(nil)
	ctx, cancel := context.WithTimeout(context.Background(), endTimeout)
	defer cancel()
	if err := e.provider.Shutdown(ctx); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("send the last traces: %w", err)
	}
	return nil
}
