package publisher

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
)

// newClient makes a client that keeps a connection for each worker, and trusts roots; nil are
// the system's.
func newClient(workers int, roots *x509.CertPool) *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = workers
	transport.MaxIdleConns = 2 * workers
	if roots != nil {
		transport.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots}
	}
	return &http.Client{Transport: transport, Timeout: attemptTimeout, CheckRedirect: checkRedirect}
}

// checkRedirect follows what keeps the method (307, 308), the scheme and the host: where
// events go is for the operator's flags to say, not for a sink. Any other redirect is the
// answer.
func checkRedirect(next *http.Request, via []*http.Request) error {
	first := via[0]
	if next.Method != first.Method || next.URL.Scheme != first.URL.Scheme || next.URL.Host != first.URL.Host || len(via) > maxRedirects {
		return http.ErrUseLastResponse
	}
	return nil
}

// Roots are the system's certificate authorities and, beside them, those of a text in PEM and
// of all files of directories; a directory that is not there has none. It is nil where there
// are none beside the system's.
func Roots(pem string, files ...string) (*x509.CertPool, error) {
	texts := map[string][]byte{}
	if pem != "" {
		texts["K_CA_CERTS"] = []byte(pem)
	}
	for _, root := range files {
		err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if info, err := os.Stat(path); err != nil || info.IsDir() { // a mounted ConfigMap has links to its files
				return err
			}
			texts[path], err = os.ReadFile(path) //nolint:gosec // the caller's path
			return err
		})
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("read certificates to trust: %w", err)
		}
	}
	if len(texts) == 0 {
		return nil, nil
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		return nil, fmt.Errorf("read the system's certificates: %w", err)
	}
	for name, text := range texts {
		if !pool.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("%s holds no certificate: give certificates in PEM, each between BEGIN CERTIFICATE and END CERTIFICATE", name)
		}
	}
	return pool, nil
}
