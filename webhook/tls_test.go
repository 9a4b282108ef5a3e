package webhook

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"k8s.io/client-go/util/cert"
	"sigs.k8s.io/controller-runtime/pkg/certwatcher"
)

// certificateFiles are a certificate and its key, for 127.0.0.1.
type certificateFiles struct{ cert, key string }

// certificatePair is a certificate in PEM, and its key.
type certificatePair struct{ cert, key []byte }

func newPairOfKeys(t *testing.T) (p certificatePair) {
	t.Helper()
	var err error
	if p.cert, p.key, err = cert.GenerateSelfSignedCertKey("127.0.0.1", []net.IP{net.IPv4(127, 0, 0, 1)}, nil); err != nil {
		t.Fatal(err)
	}
	return p
}

// chain is what a server shows, the authority last.
func (p certificatePair) chain(t *testing.T) []*x509.Certificate {
	t.Helper()
	chain, err := cert.ParseCertsPEM(p.cert)
	if err != nil {
		t.Fatal(err)
	}
	return chain
}

// trusting is a pool of the authorities of pairs.
func trusting(t *testing.T, pairs ...certificatePair) *x509.CertPool {
	t.Helper()
	pool := x509.NewCertPool()
	for _, p := range pairs {
		chain := p.chain(t)
		pool.AddCert(chain[len(chain)-1])
	}
	return pool
}

// write replaces both by another pair, as a Secret's volume does: by renaming.
func (f certificateFiles) write(t *testing.T, p certificatePair) {
	t.Helper()
	for path, content := range map[string][]byte{f.cert: p.cert, f.key: p.key} {
		if err := os.WriteFile(path+".new", content, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(path+".new", path); err != nil {
			t.Fatal(err)
		}
	}
}

// tlsClient is a client that trusts a certificate, over HTTP/2 or 1.1.
func tlsClient(pool *x509.CertPool, http2 bool) *http.Client {
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: http2}
	return &http.Client{Transport: transport, Timeout: time.Minute}
}

// askTLS returns the serial of the certificate that an answer came under, and its protocol.
func askTLS(client *http.Client, url string) (serial *big.Int, protocol string, err error) {
	response, err := client.Get(url)
	if err != nil {
		return nil, "", err
	}
	defer func() { _ = response.Body.Close() }()
	_, err = io.Copy(io.Discard, response.Body)
	return response.TLS.PeerCertificates[0].SerialNumber, response.Proto, err
}

// The certificate is renewed under clients that work on: none of them fails, and whoever
// connects anew gets the new one.
func TestCertificateRenewed(t *testing.T) {
	dir := t.TempDir()
	files := certificateFiles{filepath.Join(dir, "tls.crt"), filepath.Join(dir, "tls.key")}
	firstPair, secondPair := newPairOfKeys(t), newPairOfKeys(t)
	first, second := firstPair.chain(t)[0].SerialNumber, secondPair.chain(t)[0].SerialNumber
	files.write(t, firstPair)
	// Who goes on trusts both: it may have to connect again meanwhile.
	both, newPool := trusting(t, firstPair, secondPair), trusting(t, secondPair)
	watcher, err := certwatcher.New(files.cert, files.key)
	if err != nil {
		t.Fatal(err)
	}
	server := NewServer("127.0.0.1:0", newBridge(t, offline(t)), 0).WithTLS(watcher.WithWatchInterval(50 * time.Millisecond).GetCertificate)
	if err := server.Listen(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var running, working sync.WaitGroup
	running.Go(func() {
		if err := watcher.Start(ctx); err != nil {
			t.Error(err)
		}
	})
	running.Go(func() {
		if err := server.Start(ctx); err != nil {
			t.Error(err)
		}
	})
	defer running.Wait()
	defer cancel()
	url := "https://" + server.Addr().String() + "/stock/p"

	stop := make(chan struct{})
	for http2, want := range map[bool]string{true: "HTTP/2.0", false: "HTTP/1.1"} {
		client := tlsClient(both, http2)
		if serial, protocol, err := askTLS(client, url); err != nil || protocol != want || serial.Cmp(first) != 0 {
			t.Fatalf("%v, %s: %v", serial, protocol, err)
		}
		working.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if _, _, err := askTLS(client, url); err != nil {
					t.Errorf("a client that goes on over %s: %v", want, err)
					return
				}
			}
		})
	}
	files.write(t, secondPair)
	until(t, func() bool {
		client := tlsClient(newPool, true)
		defer client.CloseIdleConnections()
		serial, _, err := askTLS(client, url)
		return err == nil && serial.Cmp(second) == 0
	})
	// What is no pair changes nothing.
	if err := os.WriteFile(files.cert, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	until(t, func() bool { return watcher.ReadCertificate() != nil })
	if serial, _, err := askTLS(tlsClient(newPool, true), url); err != nil || serial.Cmp(second) != 0 {
		t.Errorf("%v, %v", serial, err)
	}
	close(stop)
	working.Wait()

	old := tlsClient(newPool, false)
	old.Transport.(*http.Transport).TLSClientConfig = &tls.Config{RootCAs: newPool, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11} //nolint:gosec // it is refused
	if _, _, err := askTLS(old, url); err == nil || !strings.Contains(err.Error(), "protocol version") {
		t.Errorf("TLS 1.1: %v", err)
	}
	if response, err := http.Get("http://" + server.Addr().String() + "/stock/p"); err == nil {
		_ = response.Body.Close()
		if response.StatusCode != http.StatusBadRequest {
			t.Errorf("in the clear it is answered %d", response.StatusCode)
		}
	}
}
