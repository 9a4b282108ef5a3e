package controlplane

import (
	"crypto/rand"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/util/cert"
	"k8s.io/client-go/util/keyutil"
)

// credentials are what one run of a control plane is reached and trusted by.
type credentials struct {
	ca    []byte // PEM
	token string // the admin's

	certFile, keyFile string // kube-apiserver's serving certificate
	tokenFile         string // static tokens
	signingKeyFile    string // signs and checks ServiceAccount tokens
}

// newCredentials makes credentials and writes the files that kube-apiserver reads.
func newCredentials(dir *directory) (*credentials, error) {
	c := &credentials{
		token:          rand.Text() + rand.Text(),
		certFile:       dir.run("serving.crt"),
		keyFile:        dir.run("serving.key"),
		tokenFile:      dir.run("tokens.csv"),
		signingKeyFile: dir.run("service-account.key"),
	}
	certPEM, keyPEM, err := cert.GenerateSelfSignedCertKey("127.0.0.1",
		[]net.IP{net.IPv4(127, 0, 0, 1), net.IPv4(10, 0, 0, 1)}, []string{"localhost", "kubernetes.default.svc"})
	if err != nil {
		return nil, fmt.Errorf("making the serving certificate: %w", err)
	}
	if c.ca, err = issuer(certPEM); err != nil {
		return nil, err
	}
	signingKey, err := keyutil.MakeEllipticPrivateKeyPEM()
	if err != nil {
		return nil, fmt.Errorf("making the ServiceAccount signing key: %w", err)
	}
	for path, content := range map[string][]byte{
		c.certFile:       certPEM,
		c.keyFile:        keyPEM,
		c.tokenFile:      []byte(c.token + `,admin,admin,"system:masters"` + "\n"),
		c.signingKeyFile: signingKey,
	} {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// issuer returns the last certificate of a chain.
func issuer(chain []byte) ([]byte, error) {
	var last *pem.Block
	for block, rest := pem.Decode(chain); block != nil; block, rest = pem.Decode(rest) {
		last = block
	}
	if last == nil {
		return nil, errors.New("the serving certificate is not PEM")
	}
	return pem.EncodeToMemory(last), nil
}

// restConfig is the admin's way in.
func (c *credentials) restConfig(port int) *rest.Config {
	return &rest.Config{
		Host:            "https://" + localAddress(port),
		BearerToken:     c.token,
		TLSClientConfig: rest.TLSClientConfig{CAData: c.ca},
		QPS:             -1, // the server's priority and fairness is limit enough
	}
}

func portOf(s *server) string { return strconv.Itoa(s.port) }
