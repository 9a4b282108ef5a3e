// Package tracingtest receives traces for tests, as an OpenTelemetry collector does.
package tracingtest

import (
	"context"
	"encoding/hex"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	trace "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
)

// Span is a span as it was received, with ids in hexadecimal.
type Span struct {
	Trace, ID, Parent, Name, Service string
	// Links are the ids of the spans that it is linked to.
	Links      []string
	Attributes map[string]string
}

// Collector keeps the spans that it receives. It is safe for concurrent use.
type Collector struct {
	collector.UnimplementedTraceServiceServer
	// URL is where it is reached, under the protocol with which it was made.
	URL string

	mu    sync.Mutex
	spans []Span
	news  chan struct{}
}

// NewHTTP is a collector of OTLP over HTTP with protobuf, until the end of the test.
func NewHTTP(t testing.TB) *Collector {
	t.Helper()
	c := &Collector{news: make(chan struct{})}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		var request collector.ExportTraceServiceRequest
		if err != nil || r.URL.Path != "/v1/traces" || proto.Unmarshal(body, &request) != nil {
			http.Error(w, "no traces", http.StatusBadRequest)
			return
		}
		_, _ = c.Export(r.Context(), &request)
	}))
	t.Cleanup(server.Close)
	c.URL = server.URL
	return c
}

// NewGRPC is a collector of OTLP over gRPC, until the end of the test.
func NewGRPC(t testing.TB) *Collector {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &Collector{news: make(chan struct{}), URL: "http://" + listener.Addr().String()}
	server := grpc.NewServer()
	collector.RegisterTraceServiceServer(server, c)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	return c
}

// Export implements the collector's service.
func (c *Collector) Export(_ context.Context, request *collector.ExportTraceServiceRequest) (*collector.ExportTraceServiceResponse, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, of := range request.ResourceSpans {
		service := ""
		for _, a := range of.Resource.Attributes {
			if a.Key == "service.name" {
				service = a.Value.GetStringValue()
			}
		}
		for _, scope := range of.ScopeSpans {
			for _, span := range scope.Spans {
				c.spans = append(c.spans, read(span, service))
			}
		}
	}
	close(c.news)
	c.news = make(chan struct{})
	return &collector.ExportTraceServiceResponse{}, nil
}

func read(from *trace.Span, service string) Span {
	s := Span{
		Trace: hex.EncodeToString(from.TraceId), ID: hex.EncodeToString(from.SpanId), Parent: hex.EncodeToString(from.ParentSpanId),
		Name: from.Name, Service: service, Attributes: map[string]string{},
	}
	for _, link := range from.Links {
		s.Links = append(s.Links, hex.EncodeToString(link.SpanId))
	}
	for _, a := range from.Attributes {
		s.Attributes[a.Key] = a.Value.GetStringValue()
	}
	return s
}

// Spans are those that were received so far.
func (c *Collector) Spans() []Span {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.spans)
}

// Await returns the first span that is wanted, and fails the test where none comes before ctx ends.
func (c *Collector) Await(ctx context.Context, t testing.TB, what string, wanted func(Span) bool) Span {
	t.Helper()
	for {
		c.mu.Lock()
		news := c.news
		c.mu.Unlock()
		spans := c.Spans()
		if i := slices.IndexFunc(spans, wanted); i >= 0 {
			return spans[i]
		}
		select {
		case <-news:
		case <-ctx.Done():
			t.Fatalf("there is no span %s among %+v", what, spans)
		}
	}
}
