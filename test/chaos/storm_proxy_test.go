package chaos

import (
	"bytes"
	"encoding/pem"
	"fmt"
	"hash/fnv"
	"io"
	"log"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/acme/inventory-service/test/testbed"
)

// storm stands between operators and an API server and breaks their requests,
// each as a seed draws for it: the n-th request of a kind gets the same draw in
// every run. What it breaks, it counts.
type storm struct {
	w         *testbed.World
	seed      uint64
	upstream  *url.URL
	transport http.RoundTripper
	relay     *httputil.ReverseProxy
	// kubeconfig is the operator's, with the storm as its server.
	kubeconfig string

	mu     sync.Mutex
	raging bool
	drawn  map[string]uint64 // requests so far, by kind
	broken map[string]int    // by what was done
}

// newStorm is a proxy that breaks nothing yet.
func newStorm(w *testbed.World, seed uint64) *storm {
	w.Helper()
	upstream, err := url.Parse(w.ControlPlane.APIServerURL())
	w.Must(err)
	config := w.ControlPlane.RESTConfig()
	config.BearerToken = "" // the operator's own is passed on
	transport, err := rest.TransportFor(config)
	w.Must(err)
	s := &storm{w: w, seed: seed, upstream: upstream, transport: transport, drawn: map[string]uint64{}, broken: map[string]int{}}
	s.relay = &httputil.ReverseProxy{
		Rewrite:       func(r *httputil.ProxyRequest) { r.SetURL(upstream) },
		Transport:     transport,
		FlushInterval: -1, // watches
		ErrorLog:      log.New(io.Discard, "", 0),
	}
	server := httptest.NewTLSServer(s)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	w.Cleanup(server.Close)
	s.kubeconfig = kubeconfigAt(w, server.URL, server.Certificate().Raw)
	return s
}

// kubeconfigAt is the operator's kubeconfig with another server. Its certificate
// is DER; none keeps the certificate authority there is.
func kubeconfigAt(w *testbed.World, server string, certificate []byte) string {
	w.Helper()
	config, err := clientcmd.LoadFromFile(w.Kubeconfig)
	w.Must(err)
	for _, cluster := range config.Clusters {
		cluster.Server = server
		if certificate != nil {
			cluster.CertificateAuthorityData = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate})
		}
	}
	path := filepath.Join(w.TempDir(), "kubeconfig")
	w.Must(clientcmd.WriteToFile(*config, path))
	return path
}

// rage begins to break requests, or ends that.
func (s *storm) rage(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.raging = on
}

// counts are what was broken so far, by what was done.
func (s *storm) counts() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.broken)
}

func (s *storm) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	draw, raging := s.draw(r)
	if !raging {
		s.relay.ServeHTTP(rw, r)
		return
	}
	switch {
	case r.URL.Query().Get("watch") != "":
		s.breakWatch(rw, r, draw)
	default:
		s.breakRequest(rw, r, draw)
	}
}

// draw is the random source of a request, and whether it is to be broken at all.
func (s *storm) draw(r *http.Request) (*rand.Rand, bool) {
	// The namespace and the lease's name differ from run to run.
	kind := r.Method + " " + strings.ReplaceAll(r.URL.Path, s.w.Namespace, "world")
	hash := fnv.New64a()
	_, _ = io.WriteString(hash, kind)
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.raging {
		return nil, false
	}
	s.drawn[kind]++
	return rand.New(rand.NewPCG(s.seed^hash.Sum64(), s.drawn[kind])), true
}

func (s *storm) count(what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.broken[what]++
}

// In percent of the requests.
const (
	answersLost = 30
	answersBad  = 15
	requestsCut = 5
	slowed      = 15
)

// longestDelay is the longest that a request is slowed down by.
const longestDelay = 300 * time.Millisecond

// breakRequest passes a request on, or not, and tells the operator what became of
// it, or not.
func (s *storm) breakRequest(rw http.ResponseWriter, r *http.Request, draw *rand.Rand) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler) // the operator is gone
	}
	switch at := draw.IntN(100); {
	case at < answersLost:
		s.loseAnswer(rw, r, body, draw)
	case at < answersLost+answersBad:
		code := badCodes(r.Method)[draw.IntN(len(badCodes(r.Method)))]
		s.count(fmt.Sprint("answered ", code))
		deny(rw, code)
	case at < answersLost+answersBad+requestsCut:
		s.count("cut before")
		panic(http.ErrAbortHandler)
	case at < answersLost+answersBad+requestsCut+slowed:
		s.count("delayed")
		time.Sleep(time.Duration(draw.Int64N(int64(longestDelay))))
		fallthrough
	default:
		r.Body = io.NopCloser(bytes.NewReader(body))
		s.relay.ServeHTTP(rw, r)
	}
}

// loseAnswer has a request served to its end and breaks the connection, or says
// that the time was over.
func (s *storm) loseAnswer(rw http.ResponseWriter, r *http.Request, body []byte, draw *rand.Rand) {
	target := *r.URL
	target.Scheme, target.Host = s.upstream.Scheme, s.upstream.Host
	// Served whether the operator still waits or not.
	out, err := http.NewRequest(r.Method, target.String(), bytes.NewReader(body))
	if err != nil {
		s.w.Errorf("pass a request on: %v", err)
		panic(http.ErrAbortHandler)
	}
	out.Header = r.Header.Clone()
	if answer, err := s.transport.RoundTrip(out); err == nil {
		_, _ = io.Copy(io.Discard, answer.Body)
		_ = answer.Body.Close()
	}
	what := "read"
	if r.Method != http.MethodGet {
		what = "write"
	}
	if draw.IntN(3) == 0 {
		s.count("served and answered 504, " + what)
		deny(rw, http.StatusGatewayTimeout)
		return
	}
	s.count("answer lost, " + what)
	panic(http.ErrAbortHandler)
}

// breakWatch refuses a watch, or cuts it after a while.
func (s *storm) breakWatch(rw http.ResponseWriter, r *http.Request, draw *rand.Rand) {
	switch at := draw.IntN(100); {
	case at < answersBad:
		s.count("watch refused")
		codes := badCodes(http.MethodGet)
		deny(rw, codes[draw.IntN(len(codes))])
	case at < 60:
		s.count("watch cut")
		timer := time.AfterFunc(time.Second+time.Duration(draw.Int64N(int64(5*time.Second))), func() {
			_ = http.NewResponseController(rw).SetWriteDeadline(time.Now())
		})
		defer timer.Stop()
		s.relay.ServeHTTP(rw, r)
	default:
		s.relay.ServeHTTP(rw, r)
	}
}
