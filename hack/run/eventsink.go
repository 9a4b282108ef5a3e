package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/acme/inventory-service/internal/sink"
)

// eventSink is the server that prints outcomes.
type eventSink struct {
	server *http.Server
	died   chan error // an error when it ends by itself
}

// startSink listens and serves. The caller owes it stop.
func startSink(port int, out io.Writer) (*eventSink, error) {
	listener, err := net.Listen("tcp", loopback(port))
	if err != nil {
		return nil, fmt.Errorf("the sink (SINK_PORT): %w", err)
	}
	s := &eventSink{
		server: &http.Server{
			Handler:           sink.Handler(out),
			ReadHeaderTimeout: 5 * time.Second,
			ReadTimeout:       10 * time.Second,
		},
		died: make(chan error, 1),
	}
	go func() {
		if err := s.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			s.died <- fmt.Errorf("the sink ended: %w", err)
		}
	}()
	return s, nil
}

// stop lets requests under way finish, for a while. The operator, which sends
// them, is gone by then.
func (s *eventSink) stop() error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	if err := s.server.Shutdown(ctx); err != nil {
		return s.server.Close()
	}
	return nil
}
