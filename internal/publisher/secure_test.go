package publisher

import (
	"context"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"k8s.io/utils/clock"

	"github.com/acme/inventory-service/internal/bearer"
)

func TestOverrides(t *testing.T) {
	for text, want := range map[string]Overrides{
		"": nil, " ": nil, "{}": nil, `{"extensions":{}}`: {}, `{"extensions":{"region":"eu","a1":""}}`: {"region": "eu", "a1": ""},
	} {
		if got, err := ParseOverrides(text); err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{
		"x", `{"extensions":["a"]}`, `{"extensions":{"a":1}}`, `{"extensions":{"A":"x"}}`, `{"extensions":{"":"x"}}`, `{"extensions":{"id":"x"}}`,
		`{"extension":{"a":"x"}}`, `{} {}`, `{"extensions":{"a_b":"x"}}`,
	} {
		if got, err := ParseOverrides(text); err == nil || !strings.Contains(err.Error(), "give") {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
}

// Overrides are set on what goes to the sink, over what the event has, and stay on dead letters, as the
// schema does.
func TestEventsCarryOverrides(t *testing.T) {
	var mu sync.Mutex
	var got []string
	note := func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		got = append(got, r.URL.Path+" "+r.Header.Get("Ce-Partitionkey")+" "+r.Header.Get("Ce-Region")+" "+r.Header.Get("Ce-Knativeerrorcode")+" "+r.Header.Get("Ce-Dataschema"))
		if r.URL.Path == "/in" {
			w.WriteHeader(http.StatusForbidden)
		}
	}
	server := httptest.NewServer(http.HandlerFunc(note))
	defer server.Close()
	p, err := New(Options{
		Client: newObjects(), Sink: server.URL + "/in", DeadLetterSink: server.URL + "/dead",
		Overrides: Overrides{"region": "eu \u00e9", "partitionkey": "mine"}, SchemasURL: "https://s/schemas",
	})
	if err != nil {
		t.Fatal(err)
	}
	if a := p.send(t.Context(), p.sink, someEvent(t), false); a.verdict != accepted {
		t.Errorf("%+v", a)
	}
	const schema = "https://s/schemas/v1.1/reserved.json"
	if want := []string{"/in mine eu%20%C3%A9  " + schema, "/dead mine eu%20%C3%A9 403 " + schema}; strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("got %q, want %q", got, want)
	}
}

// certificate writes a server's certificate as a mounted ConfigMap has it, behind links.
func certificate(t *testing.T, server *httptest.Server) (text, dir string) {
	t.Helper()
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	dir = t.TempDir()
	for _, err := range []error{
		os.Mkdir(filepath.Join(dir, "..2026"), 0o750), os.WriteFile(filepath.Join(dir, "..2026", "ca.pem"), block, 0o600),
		os.Symlink("..2026", filepath.Join(dir, "..data")), os.Symlink("..data/ca.pem", filepath.Join(dir, "ca.pem")),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return string(block), dir
}

func TestRootsAreTrusted(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusAccepted) }))
	defer server.Close()
	text, dir := certificate(t, server)
	for name, test := range map[string]struct {
		pem   string
		files []string
		want  verdict
	}{
		"only the system's":  {"", []string{filepath.Join(dir, "nowhere")}, failed},
		"in K_CA_CERTS":      {text, nil, accepted},
		"in a trust bundle":  {"", []string{dir}, accepted},
		"in --sink-ca-file":  {"", []string{filepath.Join(dir, "ca.pem")}, accepted},
		"twice, and another": {text + text, []string{dir}, accepted},
	} {
		t.Run(name, func(t *testing.T) {
			roots, err := Roots(test.pem, test.files...)
			if err != nil {
				t.Fatal(err)
			}
			p, err := New(Options{Client: newObjects(), Sink: server.URL, Roots: roots})
			if err != nil {
				t.Fatal(err)
			}
			defer p.options.HTTPClient.CloseIdleConnections()
			if a := p.send(t.Context(), p.sink, someEvent(t), false); a.verdict != test.want {
				t.Errorf("%+v", a)
			}
		})
	}
	if _, err := Roots("no PEM"); err == nil || !strings.Contains(err.Error(), "K_CA_CERTS") || strings.Contains(err.Error(), "no PEM") {
		t.Errorf("bad certificates: %v", err)
	}
}

// wallet has one token after the other.
type wallet struct {
	mu      sync.Mutex
	tokens  []string
	refused []string
}

func (w *wallet) Token(context.Context) (string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.tokens) == 0 {
		return "", bearer.ErrNoToken
	}
	return w.tokens[0], nil
}

func (w *wallet) Refused(token string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.refused = append(w.refused, token); len(w.tokens) > 1 {
		w.tokens = w.tokens[1:]
	}
}

// tokenTarget is a sink behind TLS that takes one token only.
func tokenTarget(t *testing.T, takes string, tokens TokenSource) *target {
	t.Helper()
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+takes {
			w.WriteHeader(http.StatusUnauthorized)
		}
	}))
	t.Cleanup(server.Close)
	sink, err := newTarget("sink", server.URL, server.Client(), clock.RealClock{})
	if err == nil {
		err = sink.authenticate("sink", tokens, false)
	}
	if err != nil {
		t.Fatal(err)
	}
	return sink
}

// A token that is refused is replaced, and that is nothing against the event; one that cannot be
// replaced keeps the event waiting. Tokens are in no error.
func TestTokensAreSent(t *testing.T) {
	for name, test := range map[string]struct {
		has  []string
		want verdict
	}{
		"a good one":          {[]string{"t0ken"}, accepted},
		"an old one before":   {[]string{"o1d", "t0ken"}, accepted},
		"a bad one alone":     {[]string{"o1d"}, failed},
		"two bad ones":        {[]string{"o1d", "o2d"}, refused},
		"none that there are": {nil, failed},
	} {
		t.Run(name, func(t *testing.T) {
			sink := tokenTarget(t, "t0ken", &wallet{tokens: test.has})
			a := sink.post(t.Context(), someEvent(t))
			if a.verdict != test.want {
				t.Errorf("%+v", a)
			}
			if a.err != nil && (strings.Contains(a.err.Error(), "o1d") || strings.Contains(a.err.Error(), "o2d")) {
				t.Errorf("the error tells the token: %v", a.err)
			}
		})
	}
}

func TestATokenFileIsReadAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "token")
	sink := tokenTarget(t, "second", bearer.File(path))
	for _, step := range []struct {
		text string
		want verdict
	}{{"", failed}, {"first\n", failed}, {"second\n", accepted}} {
		if err := os.WriteFile(path, []byte(step.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if a := sink.post(t.Context(), someEvent(t)); a.verdict != step.want {
			t.Errorf("with %q: %+v", step.text, a)
		}
	}
}

func TestTokensNeedTLS(t *testing.T) {
	o := Options{Client: newObjects(), Sink: "http://sink.example/", SinkTokens: bearer.File("/nowhere")}
	if _, err := New(o); err == nil || !strings.Contains(err.Error(), "--sink-token-over-http") {
		t.Errorf("a token in clear: %v", err)
	}
	o.TokensOverHTTP = true
	if _, err := New(o); err != nil {
		t.Error(err)
	}
	o = Options{Client: newObjects(), Sink: "HTTPS://sink.example/", SinkTokens: bearer.File("/nowhere")}
	if _, err := New(o); err != nil {
		t.Error(err)
	}
}
