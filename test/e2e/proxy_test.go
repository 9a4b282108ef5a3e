package e2e

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

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	v1 "github.com/acme/inventory-service/api/v1"
)

// proxy stands between an operator and the API server and breaks single API
// writes. Everything else passes as it is, watches and credentials included.
type proxy struct {
	w *world
	// kubeconfig is the operator's, with the proxy as its server.
	kubeconfig string
	upstream   *url.URL
	transport  http.RoundTripper
	relay      *httputil.ReverseProxy
	// victim is the operator that a fault kills.
	victim chan *operator

	mu    sync.Mutex
	rules []*rule
	// breaking are the faults under way.
	breaking sync.WaitGroup
}

// rule breaks the first write that is made at a point.
type rule struct {
	point point
	fault fault
	// met is closed when the fault has been done.
	met chan struct{}
}

func (w *world) proxied() *proxy {
	w.Helper()
	upstream, err := url.Parse(w.cp.APIServerURL())
	w.must(err)
	config := w.cp.RESTConfig()
	config.BearerToken = "" // the operator's own is passed on
	transport, err := rest.TransportFor(config)
	w.must(err)
	p := &proxy{w: w, upstream: upstream, transport: transport, victim: make(chan *operator, 1)}
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
	p.kubeconfig = w.kubeconfigFor(server)
	return p
}

// kubeconfigFor is the operator's kubeconfig with another server.
func (w *world) kubeconfigFor(server *httptest.Server) string {
	w.Helper()
	config, err := clientcmd.LoadFromFile(w.kubeconfig)
	w.must(err)
	for _, cluster := range config.Clusters {
		cluster.Server = server.URL
		cluster.CertificateAuthorityData = pem.EncodeToMemory(
			&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	}
	path := filepath.Join(w.TempDir(), "kubeconfig")
	w.must(clientcmd.WriteToFile(*config, path))
	return path
}

// arm breaks the next write at a point. The channel closes when that is done.
func (p *proxy) arm(at point, f fault) <-chan struct{} {
	r := &rule{point: at, fault: f, met: make(chan struct{})}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rules = append(p.rules, r)
	return r.met
}

func (p *proxy) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	resource, mutates := p.resource(r)
	if !mutates {
		p.relay.ServeHTTP(rw, r)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler) // the operator is gone
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	p.breaking.Add(1)
	defer p.breaking.Done()
	broken := p.match(r.Method, resource, body)
	if broken == nil {
		p.relay.ServeHTTP(rw, r)
		return
	}
	defer close(broken.met)
	broken.fault(&passage{
		w: p.w, rw: rw, victim: p.victim,
		send: func() (*reply, error) { return p.forward(r, body) },
	})
}

// resource is what a request writes, if it writes in the world's namespace.
func (p *proxy) resource(r *http.Request) (resource string, mutates bool) {
	switch r.Method {
	case http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete:
	default:
		return "", false
	}
	prefix := "/apis/" + v1.GroupVersion.String() + "/namespaces/" + p.w.namespace + "/"
	path, found := strings.CutPrefix(r.URL.Path, prefix)
	if !found {
		return "", false
	}
	kind, rest, _ := strings.Cut(path, "/")
	if _, subresource, found := strings.Cut(rest, "/"); found {
		kind += "/" + subresource
	}
	return kind, true
}

func (p *proxy) match(method, resource string, body []byte) *rule {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, r := range p.rules {
		if r.point.is(method, resource, body) {
			p.rules = slices.Delete(p.rules, i, i+1)
			return r
		}
	}
	return nil
}

// forward makes a request of the operator's, whether that is still there or not.
func (p *proxy) forward(r *http.Request, body []byte) (*reply, error) {
	target := *r.URL
	target.Scheme, target.Host = p.upstream.Scheme, p.upstream.Host
	out, err := http.NewRequest(r.Method, target.String(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	out.Header = r.Header.Clone()
	response, err := p.transport.RoundTrip(out)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	return &reply{code: response.StatusCode, header: response.Header, body: answer}, err
}
