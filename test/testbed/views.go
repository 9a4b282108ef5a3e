package testbed

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"

	v1 "github.com/acme/inventory-service/api/v1"
)

// Views serves what informers ask for, in place of the API server: a watch, or
// a list that may be as old as it likes. What an operator reads past its caches
// is never asked for here, since a server is bound to answer that with the truth.
type Views interface {
	// View serves one request, or tells that it does not.
	View(v *View) (served bool)
}

// View is one request of an informer.
type View struct {
	// Resource is the kind that is asked for, such as reservations.
	Resource string
	Writer   http.ResponseWriter
	Request  *http.Request
	proxy    *Proxy
}

// Frame is one event of a watch.
type Frame struct {
	Type   string          `json:"type"`
	Object json.RawMessage `json:"object"`
}

// See has views serve what informers ask for from now on; nil leaves it to the
// API server again. Watches under way are not touched.
func (p *Proxy) See(views Views) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.views = views
}

func (p *Proxy) read(rw http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	views := p.views
	p.mu.Unlock()
	prefix := "/apis/" + v1.GroupVersion.String() + "/namespaces/" + p.w.Namespace + "/"
	resource, ours := strings.CutPrefix(r.URL.Path, prefix)
	query := r.URL.Query()
	informs := query.Get("watch") == "true" || query.Get("watch") == "1" || query.Get("resourceVersion") == "0"
	if views != nil && ours && informs && !strings.Contains(resource, "/") &&
		views.View(&View{Resource: resource, Writer: rw, Request: r, proxy: p}) {
		return
	}
	p.relay.ServeHTTP(rw, r)
}

// IsWatch tells a watch from a list.
func (v *View) IsWatch() bool { return v.Request.URL.Query().Has("watch") }

// WantsAll tells whether the watch is to begin with all there is.
func (v *View) WantsAll() bool { return v.Request.URL.Query().Get("sendInitialEvents") == "true" }

// Upstream asks the API server for a watch with another query, until the
// operator goes away. The caller closes the body.
func (v *View) Upstream(query url.Values) (*http.Response, error) {
	target := *v.proxy.upstream
	target.Path, target.RawQuery = v.Request.URL.Path, query.Encode()
	out, err := http.NewRequestWithContext(v.Request.Context(), http.MethodGet, target.String(), nil)
	if err != nil {
		return nil, err
	}
	out.Header = v.Request.Header.Clone()
	out.Header.Set("Accept", "application/json")
	out.Header.Del("Accept-Encoding")
	return v.proxy.transport.RoundTrip(out)
}

// Begin answers that a watch follows.
func (v *View) Begin() {
	v.Writer.Header().Set("Content-Type", "application/json")
	v.Writer.WriteHeader(http.StatusOK)
	v.flush()
}

// Send sends one event of a watch. An error means that the operator is gone.
func (v *View) Send(f Frame) error {
	text, err := json.Marshal(f)
	if err != nil {
		return err
	}
	if _, err := v.Writer.Write(append(text, '\n')); err != nil {
		return err
	}
	v.flush()
	return nil
}

func (v *View) flush() { _ = http.NewResponseController(v.Writer).Flush() }

// Frames calls each for the events of a watch, until that is over or each has
// had enough.
func Frames(body io.Reader, each func(Frame) (more bool)) {
	decoder := json.NewDecoder(body)
	for {
		var f Frame
		if decoder.Decode(&f) != nil || !each(f) {
			return
		}
	}
}
