package forward

import (
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/acme/inventory-service/internal/controlplane/controlplanetest"
	"github.com/acme/inventory-service/internal/journal"
)

// serve lets a handler be reached at a port of its own. accepted counts its connections.
func serve(t *testing.T, address string, handler http.HandlerFunc) (leader journal.Leader, accepted *atomic.Int64, stop func()) {
	t.Helper()
	port, err := Listen(address)
	if err != nil {
		t.Fatal(err)
	}
	accepted = &atomic.Int64{}
	server := &http.Server{
		Handler: Receive(handler), ReadHeaderTimeout: time.Minute, ErrorLog: log.New(io.Discard, "", 0),
		ConnState: func(_ net.Conn, state http.ConnState) {
			if state == http.StateNew {
				accepted.Add(1)
			}
		},
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(port.Listener()) }()
	stop = sync.OnceFunc(func() { _, _ = server.Close(), <-ended })
	t.Cleanup(stop)
	return port.Leader("somebody"), accepted, stop
}

// command is a request with more than may travel.
func command(t *testing.T) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/namespaces/a/reservations/x%2Fy?b=1&c=%20", http.NoBody)
	for _, name := range []string{
		"Content-Type", "ce-id", "Ce-Anything", "Idempotency-Key", "Prefer", "Accept", "traceparent", "tracestate", "Inventory-Position",
		"Cookie", "X-Forwarded-For", "User-Agent", "Accept-Encoding", HeaderID, "Connection", "Host", "Expect",
	} {
		r.Header.Set(name, "of "+name)
	}
	r.Header.Set("Authorization", "Bearer token")
	return r
}

// What is named travels, and nothing else.
func TestWhatTravels(t *testing.T) {
	var got *http.Request
	var body []byte
	leader, _, _ := serve(t, "127.0.0.1:0", func(w http.ResponseWriter, r *http.Request) {
		got = r.Clone(t.Context())
		body, _ = io.ReadAll(r.Body)
		for _, name := range []string{
			"Content-Type", "Ce-Id", "Retry-After", "Location", "Inventory-Position", "Preference-Applied", "Allow", "WWW-Authenticate", "Set-Cookie", "Server",
		} {
			w.Header().Set(name, "told "+name)
		}
		w.WriteHeader(http.StatusConflict)
		_, _ = io.WriteString(w, "no")
		if !Received(r.Context()) {
			t.Error("it is not marked")
		}
	})
	answer, err := (&Client{}).Send(t.Context(), leader, RequestOf(command(t), []byte("body"), "given"))
	if err != nil {
		t.Fatal(err)
	}
	want := http.Header{"Content-Length": {"4"}, HeaderID: {"given"}}
	for _, name := range []string{
		"Content-Type", "ce-id", "Ce-Anything", "Idempotency-Key", "Prefer", "Accept", "traceparent", "tracestate", "Inventory-Position",
	} {
		want.Set(name, "of "+name)
	}
	want.Set("Authorization", "Bearer token")
	if diff := cmp.Diff(want, got.Header); diff != "" || string(body) != "body" || got.Method != http.MethodPost || got.RequestURI != "/namespaces/a/reservations/x%2Fy?b=1&c=%20" {
		t.Errorf("%s %s %q %s", got.Method, got.RequestURI, body, diff)
	}
	told := http.Header{}
	for _, name := range []string{"Content-Type", "Ce-Id", "Retry-After", "Location", "Inventory-Position", "Preference-Applied", "Allow", "WWW-Authenticate"} {
		told.Set(name, "told "+name)
	}
	if diff := cmp.Diff(&Answer{Status: http.StatusConflict, Header: told, Body: []byte("no")}, answer); diff != "" {
		t.Error(diff)
	}
	if Received(t.Context()) {
		t.Error("anything is marked")
	}
	for _, credentials := range [][]string{nil, {"Basic dXNlcjpwYXNz"}, {"Bearer a", "Bearer b"}, {"Negotiate Bearer"}} {
		r := command(t)
		r.Header["Authorization"] = credentials
		if travels := RequestOf(r, nil, "").Header.Values("Authorization"); len(travels) != 0 {
			t.Errorf("the credentials %q travel", travels)
		}
	}
	if nobody := RequestOf(command(t), nil, ""); nobody.Header.Get(HeaderID) != "" {
		t.Errorf("a caller names %q", nobody.Header.Get(HeaderID))
	}
}

// Nothing is sent to a process that has another key than the one that is named, whether it
// was always there or has taken the address of a leader that is gone; and nothing in the open.
func TestWrongKey(t *testing.T) {
	var heard atomic.Int64
	hear := func(http.ResponseWriter, *http.Request) { heard.Add(1) }
	// A port that no system gives to anybody by itself: it is free still when it is taken again.
	address := net.JoinHostPort("127.0.0.1", strconv.Itoa(controlplanetest.FreePort(t)))
	leader, _, stop := serve(t, address, hear)
	client := &Client{}
	message := RequestOf(command(t), []byte("body"), "")
	if _, err := client.Send(t.Context(), leader, message); err != nil || heard.Load() != 1 {
		t.Fatal(err)
	}
	stop()
	other, _, _ := serve(t, address, hear)
	if other.URL != leader.URL || other.Key == leader.Key {
		t.Fatalf("%+v and %+v", leader, other)
	}
	for name, to := range map[string]journal.Leader{
		"gone": leader, "no key": {URL: other.URL}, "half a key": {URL: other.URL, Key: other.Key[:20]},
		"in the open": {URL: "http" + strings.TrimPrefix(other.URL, "https"), Key: other.Key}, "nowhere": {},
	} {
		answer, err := client.Send(t.Context(), to, message)
		if !errors.Is(err, ErrNotSent) || answer != nil || heard.Load() != 1 {
			t.Errorf("%s: %+v, %v, heard %d times", name, answer, err, heard.Load())
		}
	}
	if _, err := client.Send(t.Context(), other, message); err != nil || heard.Load() != 2 {
		t.Errorf("%v, heard %d times", err, heard.Load())
	}
	// Who was there before is not sent to any more, though its key would fit again.
	if len(client.lines) != 1 || !client.lines[0].is(other) {
		t.Errorf("%d leaders are remembered", len(client.lines))
	}
}

func await(t *testing.T, what <-chan struct{}) {
	t.Helper()
	select {
	case <-what:
	case <-time.After(time.Minute):
		t.Fatal("a request is not heard")
	}
}

// Commands that come one after the other, or many at a time, share connections.
func TestConnectionsAreKept(t *testing.T) {
	const atOnce = 16
	entered := make(chan struct{}, atOnce)
	release := make(chan struct{})
	leader, accepted, _ := serve(t, "127.0.0.1:0", func(http.ResponseWriter, *http.Request) {
		entered <- struct{}{}
		<-release
	})
	t.Cleanup(sync.OnceFunc(func() { close(release) }))
	client := &Client{}
	send := func() {
		if _, err := client.Send(t.Context(), leader, RequestOf(command(t), nil, "")); err != nil {
			t.Error(err)
		}
	}
	round := func() {
		var all sync.WaitGroup
		for range atOnce {
			all.Go(send)
		}
		for range atOnce {
			await(t, entered)
		}
		for range atOnce {
			release <- struct{}{}
		}
		all.Wait()
	}
	for range 5 {
		round()
	}
	for range 20 {
		go func() { release <- struct{}{} }()
		send()
		await(t, entered)
	}
	if n := accepted.Load(); n > atOnce+8 { // a connection may be made for a request that then finds another
		t.Errorf("%d connections for %d requests at a time", n, atOnce)
	}
}

// Connections to a leader that has gone are given up, and no more leaders are remembered
// than can be.
func TestOldLeadersAreForgotten(t *testing.T) {
	client := &Client{}
	var all []journal.Leader
	for range maxLeaders + 2 {
		leader, _, _ := serve(t, "127.0.0.1:0", func(http.ResponseWriter, *http.Request) {})
		all = append(all, leader)
		if _, err := client.Send(t.Context(), leader, RequestOf(command(t), nil, "")); err != nil {
			t.Fatal(err)
		}
	}
	var kept []journal.Leader
	for _, l := range client.lines {
		kept = append(kept, l.to)
	}
	if !slices.Equal(kept, all[2:]) {
		t.Errorf("%v of %v", kept, all)
	}
}

// What was not carried out is told from what may have been.
func TestFailures(t *testing.T) {
	client := &Client{}
	message := RequestOf(command(t), []byte("body"), "")
	leader, _, _ := serve(t, "127.0.0.1:0", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set(HeaderNotLeading, "true")
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	if _, err := client.Send(t.Context(), leader, message); !errors.Is(err, ErrNotLeading) {
		t.Errorf("not leading: %v", err)
	}
	leader, _, _ = serve(t, "127.0.0.1:0", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	if _, err := client.Send(t.Context(), leader, message); err == nil || errors.Is(err, ErrNotSent) || errors.Is(err, ErrNotLeading) {
		t.Errorf("the answer is lost: %v", err)
	}
	leader, _, stop := serve(t, "127.0.0.1:0", func(http.ResponseWriter, *http.Request) {})
	stop()
	if _, err := client.Send(t.Context(), leader, message); !errors.Is(err, ErrNotSent) {
		t.Errorf("nobody is there: %v", err)
	}
}

// Others are told a host under which they find this process.
func TestAdvertised(t *testing.T) {
	at := &net.TCPAddr{IP: net.IPv6unspecified, Port: 8443}
	for _, p := range []struct{ address, pod, want string }{
		{"127.0.0.1:0", "10.0.0.7", "127.0.0.1:8443"},
		{"shop.example:8443", "10.0.0.7", "shop.example:8443"},
		{":8443", "10.0.0.7", "10.0.0.7:8443"},
		{"0.0.0.0:0", "10.0.0.7", "10.0.0.7:8443"},
		{"[::]:0", "fd00::7", "[fd00::7]:8443"},
	} {
		t.Setenv("POD_IP", p.pod)
		if got, err := authorityOf(p.address, at); got != p.want || err != nil {
			t.Errorf("%s: %q, %v", p.address, got, err)
		}
	}
	t.Setenv("POD_IP", "")
	if got, err := authorityOf(":8443", at); err != nil || !strings.HasSuffix(got, ":8443") || got == ":8443" {
		t.Errorf("without a pod: %q, %v", got, err)
	}
	if _, err := Listen("nowhere"); err == nil || !strings.Contains(err.Error(), "--forward-address") {
		t.Errorf("an address that is none: %v", err)
	}
}

// Each process has a key of its own.
func TestKeys(t *testing.T) {
	a, err := NewKey()
	if err != nil {
		t.Fatal(err)
	}
	b, err := NewKey()
	if err != nil || a.Hash() == b.Hash() || len(a.Hash()) != 43 {
		t.Errorf("%s and %s, %v", a.Hash(), b.Hash(), err)
	}
}

// An answer that is longer than any there is fails, rather than to arrive without its end.
func TestAnswerTooLong(t *testing.T) {
	leader, _, _ := serve(t, "127.0.0.1:0", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(make([]byte, maxAnswer+1))
	})
	_, err := (&Client{}).Send(t.Context(), leader, RequestOf(command(t), nil, ""))
	var long *http.MaxBytesError
	if !errors.As(err, &long) {
		t.Errorf("it ends with %v", err)
	}
}
