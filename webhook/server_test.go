package webhook

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"path/filepath"
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
	return start(t, server)
}

// start starts a server as serve does.
func start(t *testing.T, server *Server) (url string, stop func() error) {
	t.Helper()
	if err := server.Listen(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- server.Start(ctx) }()
	return "http://" + server.Addr().String(), func() error {
		cancel()
		select {
		case err := <-ended:
			return err
		case <-time.After(time.Minute):
			return errors.New("it never stops")
		}
	}
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
	await(t, entered)
	stopped := make(chan error, 1)
	go func() { stopped <- stop() }()
	select {
	case err := <-stopped:
		t.Errorf("stopped under a request: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	close(finish)
	if got := await(t, answered); got != "done" {
		t.Errorf("answered %q", got)
	}
	if err := await(t, stopped); err != nil {
		t.Error(err)
	}
}

// What a client sends on a connection that was accepted before the server was told to stop is
// answered, however much of it has arrived by then; the answer says that the connection ends.
func TestServerAnswersWhomItAccepted(t *testing.T) {
	const head, rest = "POST /?q=1 HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n", "\r\n{}"
	for name, sent := range map[string]int{
		"nothing":              0,
		"a part of the line":   len("POST /?q"),
		"a part of the header": len(head),
		"a part of the body":   len(head + rest[:3]),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url, stop := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				_, _ = w.Write(body)
			}))
			connection := dial(t, url)
			if _, err := io.WriteString(connection, (head + rest)[:sent]); err != nil {
				t.Fatal(err)
			}
			if say(t, dial(t, url), asksHealth) != http.StatusOK { // so the one before it was accepted, too
				t.Fatal("not served")
			}
			stopped := make(chan error, 1)
			go func() { stopped <- stop() }()
			untilRefused(t, url)
			if _, err := io.WriteString(connection, (head + rest)[sent:]); err != nil {
				t.Fatal(err)
			}
			_ = connection.SetReadDeadline(time.Now().Add(time.Minute))
			response, err := http.ReadResponse(bufio.NewReader(connection), nil)
			if err != nil {
				t.Fatalf("cut off: %v", err)
			}
			body, _ := io.ReadAll(response.Body)
			_ = response.Body.Close()
			if response.StatusCode != http.StatusOK || string(body) != "{}" || !response.Close {
				t.Errorf("answered %s: %s, closes: %t", response.Status, body, response.Close)
			}
			if err := await(t, stopped); err != nil {
				t.Error(err)
			}
		})
	}
}

// What a client sends on a connection that was idle when the server was told to stop is answered
// as well; the server ends as soon as all have been told that their connection ends.
func TestServerAnswersWhoWasIdle(t *testing.T) {
	server := NewServer("127.0.0.1:0", http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}), 0)
	server.ending.lull, server.ending.grace = time.Hour, time.Hour
	url, stop := start(t, server)
	idle := dial(t, url)
	if say(t, idle, asksHealth) != http.StatusOK {
		t.Fatal("not served")
	}
	stopped := make(chan error, 1)
	go func() { stopped <- stop() }()
	untilRefused(t, url)
	if got := say(t, idle, asksHealth); got != http.StatusOK {
		t.Errorf("answered %d", got)
	}
	if err := await(t, stopped); err != nil {
		t.Error(err)
	}
}

// A client of HTTP/2 is answered, too, and asks no more on the connection from then on.
func TestServerEndsHTTP2(t *testing.T) {
	dir := t.TempDir()
	files := certificateFiles{filepath.Join(dir, "tls.crt"), filepath.Join(dir, "tls.key")}
	pairOfKeys := newPairOfKeys(t)
	files.write(t, pairOfKeys)
	pool := trusting(t, pairOfKeys)
	pair, err := tls.LoadX509KeyPair(files.cert, files.key)
	if err != nil {
		t.Fatal(err)
	}
	entered, finish := make(chan struct{}), make(chan struct{})
	server := NewServer("127.0.0.1:0", http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/busy" {
			close(entered)
			<-finish
		}
	}), 0).WithTLS(func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return &pair, nil })
	if err := server.Listen(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	stopped := make(chan error, 1)
	go func() { stopped <- server.Start(ctx) }()
	url := "https://" + server.Addr().String()
	client := tlsClient(pool, true)
	busy := make(chan error, 1)
	go func() {
		_, protocol, err := askTLS(client, url+"/busy")
		if err == nil && protocol != "HTTP/2.0" {
			err = errors.New(protocol)
		}
		busy <- err
	}()
	await(t, entered)
	cancel()
	untilRefused(t, url)
	if _, _, err := askTLS(client, url); err != nil {
		t.Errorf("the first one after the stop, on a connection in use: %v", err)
	}
	until(t, func() bool { // as soon as the client has read that the connection ends
		_, _, err := askTLS(client, url)
		return errors.Is(err, syscall.ECONNREFUSED)
	})
	close(finish)
	if err := await(t, busy); err != nil {
		t.Errorf("the one that was being served: %v", err)
	}
	if err := await(t, stopped); err != nil {
		t.Error(err)
	}
}

// untilRefused returns when nobody listens at a URL any more.
func untilRefused(t *testing.T, url string) {
	t.Helper()
	_, address, _ := strings.Cut(url, "://")
	until(t, func() bool {
		late, err := net.Dial("tcp", address)
		if err == nil {
			_ = late.Close()
		}
		return err != nil
	})
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
	open := newConnections(maxConnections)
	server.ConnState = open.changed
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
	await(t, entered)
	if err := shutDown(server, open, end, ending{grace: 10 * time.Millisecond, flush: time.Minute}); err != nil {
		t.Error(err)
	}
	if got := await(t, answered); got != http.StatusServiceUnavailable {
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
