package testbed

import (
	"bytes"
	"encoding/pem"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	v1 "github.com/acme/inventory-service/api/v1"
)

// Proxy stands between an operator and the API server and breaks single API
// writes. Everything else passes as it is, watches and credentials included.
type Proxy struct {
	w *World
	// Kubeconfig is the operator's, with the proxy as its server.
	Kubeconfig string
	upstream   *url.URL
	transport  http.RoundTripper
	relay      *httputil.ReverseProxy
	// Victim is the operator that a fault kills.
	Victim chan *Operator

	mu    sync.Mutex
	rules []*rule
	// wrote is told of every write, views serves watches.
	wrote func(Write)
	views Views
	// requests counts what is asked about the world's namespace, and last are the newest.
	requests int
	last     []string
	// lastWrite is when the last write of a world's own object was served.
	lastWrite time.Time
	// breaking are the faults under way.
	breaking sync.WaitGroup
}

// rule breaks the first write that is made at a point, or every one.
type rule struct {
	Point Point
	Fault Fault
	// Met is closed when the fault has been done; nil where it is done to every write.
	Met chan struct{}
}

// Proxied starts a proxy, which ends with the test.
func (w *World) Proxied() *Proxy {
	w.Helper()
	upstream, err := url.Parse(w.ControlPlane.APIServerURL())
	w.Must(err)
	config := w.ControlPlane.RESTConfig()
	config.BearerToken = "" // the operator's own is passed on
	transport, err := rest.TransportFor(config)
	w.Must(err)
	p := &Proxy{w: w, upstream: upstream, transport: transport, Victim: make(chan *Operator, 1)}
	p.relay = &httputil.ReverseProxy{
		Rewrite:       func(r *httputil.ProxyRequest) { r.SetURL(upstream) },
		Transport:     transport,
		FlushInterval: -1,                         // watches
		ErrorLog:      log.New(io.Discard, "", 0), // killed operators and servers
	}
	server := httptest.NewTLSServer(p) // clients give their credentials to no other
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	w.Cleanup(func() {
		server.Close()
		p.breaking.Wait()
	})
	p.Kubeconfig = w.kubeconfigFor(server)
	return p
}

// kubeconfigFor is the operator's kubeconfig with another server.
func (w *World) kubeconfigFor(server *httptest.Server) string {
	w.Helper()
	config, err := clientcmd.LoadFromFile(w.Kubeconfig)
	w.Must(err)
	for _, cluster := range config.Clusters {
		cluster.Server = server.URL
		cluster.CertificateAuthorityData = pem.EncodeToMemory(
			&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	}
	path := filepath.Join(w.TempDir(), "kubeconfig")
	w.Must(clientcmd.WriteToFile(*config, path))
	return path
}

// Arm breaks the next write at a point. The channel closes when that is done.
func (p *Proxy) Arm(at Point, f Fault) <-chan struct{} {
	r := &rule{Point: at, Fault: f, Met: make(chan struct{})}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rules = append(p.rules, r)
	return r.Met
}

// ArmAlways breaks every write at a point until disarm is called.
func (p *Proxy) ArmAlways(at Point, f Fault) (disarm func()) {
	r := &rule{Point: at, Fault: f}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rules = append(p.rules, r)
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.rules = slices.DeleteFunc(p.rules, func(other *rule) bool { return other == r })
	}
}

func (p *Proxy) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	p.count(r)
	resource, mutates := p.resource(r)
	if !mutates {
		p.read(rw, r)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler) // the operator is gone
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	p.breaking.Add(1)
	defer p.breaking.Done()
	write := Write{Method: r.Method, Resource: resource, Body: body}
	if p.reads() {
		write.Append = p.appendOf(r.Method, resource, body)
		write.Names = p.names(r.Method, resource, body)
	}
	p.note(write)
	broken := p.match(write)
	if broken == nil {
		p.relay.ServeHTTP(rw, r)
		return
	}
	if broken.Met != nil {
		defer close(broken.Met)
	}
	passage := &Passage{World: p.w, Writer: rw, Victim: p.Victim, body: body}
	passage.Send = func() (*Reply, error) { return p.forward(r, passage.body) }
	broken.Fault(passage)
}

// Write is one request of an operator that changes something.
type Write struct {
	// Method and Resource are as in a Point. What is not in the world's namespace
	// and is no Lease has its path for a resource.
	Method, Resource string
	Body             []byte
	// Append is what the write of a page adds; nil where it is none.
	Append *Append
	// Names says that the ledger names another journal from this write on.
	Names bool
}

// Record has every write told to a function, which may be called by many
// goroutines at once.
func (p *Proxy) Record(wrote func(Write)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wrote = wrote
}

// count counts a request that is about the world's namespace, unless it is a watch.
func (p *Proxy) count(r *http.Request) {
	inside := strings.Contains(r.URL.Path, "/namespaces/"+p.w.Namespace+"/") || strings.HasSuffix(r.URL.Path, "/namespaces/"+p.w.Namespace)
	if !inside || r.URL.Query().Has("watch") {
		return
	}
	const kept = 20
	p.mu.Lock()
	defer p.mu.Unlock()
	p.requests++
	p.last = append(p.last[max(0, len(p.last)-kept):], r.Method+" "+r.URL.Path)
}

// Requests is how many requests there were about the world's namespace, without watches.
func (p *Proxy) Requests() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.requests
}

// LastRequests are the newest of them.
func (p *Proxy) LastRequests() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.last)
}

// reads tells whether anybody wants to know what is appended.
func (p *Proxy) reads() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.wrote != nil || len(p.rules) > 0
}

func (p *Proxy) note(w Write) {
	p.mu.Lock()
	wrote := p.wrote
	if w.Resource != resourceLeases {
		p.lastWrite = time.Now()
	}
	p.mu.Unlock()
	if wrote != nil {
		wrote(w)
	}
}

// AwaitRest waits until the operators have written nothing but Leases for a
// while.
func (p *Proxy) AwaitRest(quiet time.Duration) {
	p.w.Helper()
	deadline := time.Now().Add(Patience)
	for {
		p.mu.Lock()
		rested := time.Since(p.lastWrite)
		p.mu.Unlock()
		if rested >= quiet {
			return
		}
		if time.Now().After(deadline) {
			p.w.Errorf("the operators never came to rest: the last write was %v ago", rested)
			return
		}
		<-time.After(quiet - rested) // that nothing happens takes its time
	}
}

const resourceLeases = "leases"

// resource is what a request writes: kind and subresource of the project's
// objects in the world's namespace, leases, or else its path.
func (p *Proxy) resource(r *http.Request) (resource string, mutates bool) {
	switch r.Method {
	case http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete:
	default:
		return "", false
	}
	prefix := "/apis/" + v1.GroupVersion.String() + "/namespaces/" + p.w.Namespace + "/"
	path, found := strings.CutPrefix(r.URL.Path, prefix)
	if !found {
		if strings.HasPrefix(r.URL.Path, "/apis/coordination.k8s.io/v1/namespaces/") {
			return resourceLeases, true
		}
		return r.URL.Path, true
	}
	kind, rest, _ := strings.Cut(path, "/")
	if _, subresource, found := strings.Cut(rest, "/"); found {
		kind += "/" + subresource
	}
	return kind, true
}

func (p *Proxy) match(w Write) *rule {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, r := range p.rules {
		if r.Point.Is(w) {
			if r.Met != nil {
				p.rules = slices.Delete(p.rules, i, i+1)
			}
			return r
		}
	}
	return nil
}

// forward makes a request of the operator's, whether that is still there or not.
func (p *Proxy) forward(r *http.Request, body []byte) (*Reply, error) {
	target := *r.URL
	target.Scheme, target.Host = p.upstream.Scheme, p.upstream.Host
	out, err := http.NewRequest(r.Method, target.String(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	out.Header = r.Header.Clone()
	out.Header.Del("Content-Length") // the body's own counts
	response, err := p.transport.RoundTrip(out)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	return &Reply{Code: response.StatusCode, Header: response.Header, Body: answer}, err
}
