package webhook

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

// dial is a connection to a server that was not asked anything yet.
func dial(t *testing.T, url string) net.Conn {
	t.Helper()
	connection, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = connection.Close() })
	return connection
}

// say sends text as it is and returns the status of what comes back, 0 where the connection is
// closed instead.
func say(t *testing.T, connection net.Conn, text string) int {
	t.Helper()
	if _, err := io.WriteString(connection, text); err != nil {
		return 0
	}
	_ = connection.SetReadDeadline(time.Now().Add(time.Minute))
	response, err := http.ReadResponse(bufio.NewReader(connection), nil)
	if err != nil {
		if errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error("neither answered nor closed")
		}
		return 0
	}
	_, _ = io.Copy(io.Discard, response.Body)
	_ = response.Body.Close()
	return response.StatusCode
}

const asksHealth = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"

// Connections are bounded: the one that was idle for longest makes room for a new one, and where
// all are in use the new one is closed.
func TestConnectionsAreBounded(t *testing.T) {
	busy, finish := make(chan struct{}), make(chan struct{})
	bounds := newConnections(3)
	server := &http.Server{ConnState: bounds.changed, ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/busy" {
			busy <- struct{}{}
			<-finish
		}
	})}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = server.Serve(listener) }()
	defer func() { _ = server.Close() }()
	url := "http://" + listener.Addr().String()

	askHealth := func(connection net.Conn) {
		t.Helper()
		if say(t, connection, asksHealth) != http.StatusOK {
			t.Fatal("not served")
		}
		untilUnused(t, bounds) // the server notes that it is idle after the client has its answer
	}
	first := dial(t, url)
	askHealth(first)
	second := dial(t, url)
	askHealth(second)
	askHealth(first)
	var asking sync.WaitGroup
	defer asking.Wait()
	defer close(finish)
	askBusy := func(connection net.Conn) {
		t.Helper()
		asking.Go(func() { say(t, connection, "GET /busy HTTP/1.1\r\nHost: x\r\n\r\n") })
		select {
		case <-busy:
		case <-time.After(time.Minute):
			t.Fatal("not served")
		}
	}
	askBusy(dial(t, url))
	askBusy(dial(t, url)) // takes the place of the second connection
	if got := say(t, second, asksHealth); got != 0 {
		t.Errorf("the one that was idle for longest is answered %d", got)
	}
	askBusy(first) // it was used since
	if got := say(t, dial(t, url), asksHealth); got != 0 {
		t.Errorf("one more than there may be is answered %d", got)
	}
}

// reluctant is a connection with TLS whose peer does not read the farewell, which there is once
// hands were shaken.
type reluctant struct {
	tls.Conn
	shaken          bool
	closing, closed chan struct{}
}

// Close waits until the peer lets go.
func (r *reluctant) Close() error {
	close(r.closing)
	if r.shaken {
		<-r.closed
	}
	return nil
}

// Nobody waits for a connection that makes room and does not end: neither those that are open nor
// those that come. It counts until it has ended, so that no more are left open than twice the bound.
func TestSlowFarewell(t *testing.T) {
	const most = 2
	bounds := newConnections(most)
	come := func() *reluctant {
		t.Helper()
		conn, told := &reluctant{closing: make(chan struct{}), closed: make(chan struct{})}, make(chan struct{})
		t.Cleanup(func() { close(conn.closed) })
		go func() {
			defer close(told)
			bounds.changed(conn, http.StateNew)
		}()
		await(t, told)
		return conn
	}
	var idle []*reluctant
	for range 2 * most {
		conn := come()
		conn.shaken = true
		bounds.changed(conn, http.StateIdle)
		idle = append(idle, conn)
	}
	for _, conn := range idle[:most] { // they made room for those that came later
		await(t, conn.closing)
	}
	tooMany := come()
	await(t, tooMany.closing)
	bounds.changed(tooMany, http.StateClosed)
	bounds.changed(idle[0], http.StateClosed)
	come() // one has let go
	await(t, idle[most].closing)
}

// untilUnused returns when every open connection is idle.
func untilUnused(t *testing.T, open *connections) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	open.awaitUnused(ctx)
	if ctx.Err() != nil {
		t.Fatal("a connection is in use still")
	}
}

// Whoever sends slowly is cut off in time, and keeps nobody else from being served meanwhile.
func TestSlowSenders(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for the server's time-outs")
	}
	t.Parallel()
	url, stop := serve(t, newBridge(t, offline(t)))
	defer func() { _ = stop() }()
	slow := map[string]struct {
		text   string
		status int
		within time.Duration
	}{
		"nothing":      {"", 0, readHeaderTimeout},
		"request line": {"GET /stock/p", 0, readHeaderTimeout},
		"headers":      {"POST /reservations HTTP/1.1\r\nHost: x\r\nX-A: b", 0, readHeaderTimeout},
		"body":         {"POST /reservations HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{", http.StatusRequestTimeout, readTimeout},
		"event":        {"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/cloudevents+json\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n", http.StatusServiceUnavailable, readTimeout},
	}
	const each = 100
	var sending sync.WaitGroup
	ended := make(chan struct{})
	for name, tc := range slow {
		for range each {
			connection := dial(t, url)
			sending.Go(func() {
				began := time.Now()
				if _, err := io.WriteString(connection, tc.text); err != nil {
					t.Errorf("%s: %v", name, err)
				}
				go dribble(connection, ended) // after the text
				got := say(t, connection, "")
				if got == http.StatusBadRequest && tc.status == 0 {
					got = 0 // what was sent so far is no request
				}
				if got != tc.status {
					t.Errorf("%s: answered %d", name, got)
				}
				if took := time.Since(began); took > tc.within+15*time.Second {
					t.Errorf("%s: ended after %s", name, took)
				}
			})
		}
	}
	calm, stopCalm := serve(t, newBridge(t, offline(t)))
	defer func() { _ = stopCalm() }()
	for range 50 { // what is slow on both is the machine
		var beside, without time.Duration
		var asking sync.WaitGroup
		asking.Go(func() { beside = timeOf(t, url+"/stock/p") })
		asking.Go(func() { without = timeOf(t, calm+"/stock/p") })
		asking.Wait()
		if beside > without+2*time.Second {
			t.Errorf("others are answered after %s, without slow senders after %s", beside, without)
		}
	}
	sending.Wait()
	close(ended)
}

// timeOf is how long it takes until a question is answered.
func timeOf(t *testing.T, url string) time.Duration {
	t.Helper()
	began := time.Now()
	response, err := http.Get(url)
	if err != nil {
		t.Error(err)
		return 0
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Errorf("others are answered %d", response.StatusCode)
	}
	return time.Since(began)
}

// dribble sends a byte now and then, so that the connection is never silent for long.
func dribble(connection net.Conn, ended <-chan struct{}) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if _, err := connection.Write([]byte("1")); err != nil {
				return
			}
		case <-ended:
			return
		}
	}
}
