package journal_test

import (
	"bytes"
	"context"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"sync"
	"testing"
	"time"

	"k8s.io/client-go/rest"
)

// faulty stands between stores and the API server and breaks requests. It has the
// credentials, so that clients need none.
type faulty struct {
	config   *rest.Config
	server   *httptest.Server
	upstream *url.URL
	next     http.RoundTripper
	relay    *httputil.ReverseProxy
	// strays are requests that arrive without their senders.
	strays sync.WaitGroup

	mu sync.Mutex
	// choose says what happens to a request, nil for nothing.
	choose func(*http.Request) fault
	// watches end the watches that are open.
	watches map[*http.Request]context.CancelFunc
	// seen are all requests, by their first lines.
	seen []string
}

// fault is what happens to a request. The zero value is nothing.
type fault struct {
	// delay is the time before it arrives.
	delay time.Duration
	// loseRequest and loseAnswer break the connection before and after it arrives.
	loseRequest, loseAnswer bool
	// again is how many times more it arrives before it is answered, and straggler
	// how much later once more, when it was answered.
	again     int
	straggler time.Duration
	// answer is sent instead, with this code.
	answer string
	code   int
	// before is done before it arrives.
	before func()
}

// newFaulty starts a proxy, which ends with the test.
func newFaulty(t *testing.T, config *rest.Config) *faulty {
	t.Helper()
	upstream, err := url.Parse(config.Host)
	if err != nil {
		t.Fatal(err)
	}
	next, err := rest.TransportFor(config)
	if err != nil {
		t.Fatal(err)
	}
	p := &faulty{upstream: upstream, next: next, watches: map[*http.Request]context.CancelFunc{}}
	p.relay = &httputil.ReverseProxy{
		Rewrite:       func(r *httputil.ProxyRequest) { r.SetURL(upstream) },
		Transport:     next,
		FlushInterval: -1,
		ErrorLog:      log.New(io.Discard, "", 0),
		ErrorHandler:  func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
	}
	p.server = httptest.NewServer(p)
	p.server.Config.ErrorLog = log.New(io.Discard, "", 0)
	p.config = &rest.Config{Host: p.server.URL}
	t.Cleanup(func() {
		p.calm()
		p.cutWatches()
		p.server.CloseClientConnections()
		p.server.Close()
		p.strays.Wait()
	})
	return p
}

// breaks has a function choose what happens to each request from now on.
func (p *faulty) breaks(choose func(*http.Request) fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.choose = choose
}

// calm passes everything on.
func (p *faulty) calm() { p.breaks(nil) }

// cutWatches breaks all watches that are open.
func (p *faulty) cutWatches() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, cut := range p.watches {
		cut()
	}
}

// requests are those that came, as method and path with query.
func (p *faulty) requests() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.seen)
}

func isWatch(r *http.Request) bool { return r.URL.Query().Get("watch") == "true" }

func (p *faulty) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	f := p.take(r)
	if f.before != nil {
		f.before()
	}
	if f.delay > 0 {
		<-time.After(f.delay) // the request arrives, whether its sender is there or not
	}
	switch {
	case f.loseRequest:
		panic(http.ErrAbortHandler)
	case f.code != 0:
		rw.Header().Set("Content-Type", "application/json")
		rw.WriteHeader(f.code)
		_, _ = io.WriteString(rw, f.answer)
		return
	case isWatch(r):
		p.passWatch(rw, r)
		return
	}
	answer, err := p.forward(r, body)
	for range f.again {
		answer, err = p.forward(r, body)
	}
	if f.straggler > 0 {
		p.strays.Go(func() {
			<-time.After(f.straggler)
			_, _ = p.forward(r, body)
		})
	}
	if err != nil || f.loseAnswer {
		panic(http.ErrAbortHandler)
	}
	for name, values := range answer.header {
		rw.Header()[name] = values
	}
	rw.WriteHeader(answer.code)
	_, _ = rw.Write(answer.body)
}

func (p *faulty) take(r *http.Request) fault {
	p.mu.Lock()
	p.seen = append(p.seen, r.Method+" "+r.URL.RequestURI())
	choose := p.choose
	p.mu.Unlock()
	if choose == nil {
		return fault{}
	}
	return choose(r)
}

func (p *faulty) passWatch(rw http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithCancel(r.Context())
	r = r.WithContext(ctx)
	r.Body = http.NoBody
	p.mu.Lock()
	p.watches[r] = cancel
	p.mu.Unlock()
	defer func() {
		cancel()
		p.mu.Lock()
		delete(p.watches, r)
		p.mu.Unlock()
	}()
	p.relay.ServeHTTP(rw, r)
}

// reply is what the API server answered.
type reply struct {
	code   int
	header http.Header
	body   []byte
}

// forward makes a request whether its sender is still there or not.
func (p *faulty) forward(r *http.Request, body []byte) (*reply, error) {
	target := *r.URL
	target.Scheme, target.Host = p.upstream.Scheme, p.upstream.Host
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	out, err := http.NewRequestWithContext(ctx, r.Method, target.String(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	out.Header = r.Header.Clone()
	response, err := p.next.RoundTrip(out)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	return &reply{code: response.StatusCode, header: response.Header, body: answer}, err
}
