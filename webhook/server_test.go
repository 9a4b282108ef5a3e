package webhook

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"
)

// serve starts a server on a free port. The returned function stops it and returns
// what Start did.
func serve(t *testing.T, handler http.Handler) (url string, stop func() error) {
	t.Helper()
	server := NewServer("127.0.0.1:0", handler, 0)
	if server.NeedLeaderElection() {
		t.Error("standbys would not serve")
	}
	if err := server.Listen(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- server.Start(ctx) }()
	return "http://" + server.Addr().String(), func() error { cancel(); return <-ended }
}

func TestServer(t *testing.T) {
	url, stop := serve(t, newBridge(t, offline(t)))
	response, err := http.Get(url + "/stock/a%2Fb%20%25")
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(response.Body)
	_ = response.Body.Close()
	if response.StatusCode != http.StatusOK || !strings.Contains(string(body), `"a/b %"`) {
		t.Errorf("%s: %s", response.Status, body)
	}
	if err := stop(); err != nil {
		t.Errorf("stopping: %v", err)
	}
	if _, err := http.Get(url); !errors.Is(err, syscall.ECONNREFUSED) { //nolint:bodyclose // there is no answer
		t.Errorf("serves on: %v", err)
	}
}

// A request that is being served when the server is told to stop gets its answer.
func TestServerFinishesRequests(t *testing.T) {
	entered, finish := make(chan struct{}), make(chan struct{})
	url, stop := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(entered)
		select {
		case <-finish:
		case <-r.Context().Done():
		}
		_, _ = io.WriteString(w, "done")
	}))
	answered := make(chan string, 1)
	go func() {
		response, err := http.Get(url)
		if err != nil {
			answered <- err.Error()
			return
		}
		defer func() { _ = response.Body.Close() }()
		body, _ := io.ReadAll(response.Body)
		answered <- string(body)
	}()
	<-entered
	stopped := make(chan error, 1)
	go func() { stopped <- stop() }()
	select {
	case err := <-stopped:
		t.Errorf("stopped under a request: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	close(finish)
	if got := <-answered; got != "done" {
		t.Errorf("answered %q", got)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}

// A command that waits for longer than the server will is told so, and not cut off.
func TestServerEndsWaits(t *testing.T) {
	entered := make(chan struct{})
	server := &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			close(entered)
			<-r.Context().Done()
			w.WriteHeader(http.StatusServiceUnavailable)
		}),
	}
	requests, end := context.WithCancel(t.Context())
	server.BaseContext = func(net.Listener) context.Context { return requests }
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = server.Serve(listener) }()
	answered := make(chan int, 1)
	go func() {
		response, err := http.Get("http://" + listener.Addr().String())
		if err != nil {
			answered <- 0
			return
		}
		_ = response.Body.Close()
		answered <- response.StatusCode
	}()
	<-entered
	if err := shutDown(server, end, 10*time.Millisecond, time.Minute); err != nil {
		t.Error(err)
	}
	if got := <-answered; got != http.StatusServiceUnavailable {
		t.Errorf("answered %d", got)
	}
}

func TestServerAddressTaken(t *testing.T) {
	first := NewServer("127.0.0.1:0", http.NotFoundHandler(), 0)
	if first.Addr() != nil || first.Listen() != nil {
		t.Fatal("cannot listen")
	}
	defer func() { _ = first.listener.Close() }()
	second := NewServer(first.Addr().String(), http.NotFoundHandler(), 0)
	err := second.Start(t.Context())
	if !errors.Is(err, syscall.EADDRINUSE) || !strings.Contains(err.Error(), first.Addr().String()) || strings.Contains(err.Error(), "\n") {
		t.Errorf("told %q", err)
	}
	if first.Listen() == nil {
		t.Error("listens twice")
	}
}
