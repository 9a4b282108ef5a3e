package forward

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"time"
)

// Key is by what a process is known at its Port. It is made at its start and ends with it.
type Key struct {
	certificate tls.Certificate
	hash        string
}

// NewKey makes a key, in a certificate that nobody has signed but itself.
func NewKey() (*Key, error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make a key: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "inventory-operator"},
		// Nobody looks at these: the key is what counts, and clocks may differ.
		NotBefore: time.Unix(0, 0), NotAfter: time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		return nil, fmt.Errorf("make a certificate: %w", err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("read the certificate: %w", err)
	}
	return &Key{certificate: tls.Certificate{Certificate: [][]byte{der}, PrivateKey: private, Leaf: leaf}, hash: hashOf(leaf)}, nil
}

// Hash names the key: the SHA-256 of the public one.
func (k *Key) Hash() string { return k.hash }

func hashOf(certificate *x509.Certificate) string {
	sum := sha256.Sum256(certificate.RawSubjectPublicKeyInfo)
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// server is how a Port presents itself.
func (k *Key) server() *tls.Config {
	return &tls.Config{Certificates: []tls.Certificate{k.certificate}, MinVersion: tls.VersionTLS13}
}

// errOtherKey says that somebody else answers at an address.
var errOtherKey = errors.New("another process answers there than the one that the journal names")

// pinned accepts who proves to have the key of a hash, and nobody else. The handshake fails
// before anything is sent.
func pinned(hash string) *tls.Config {
	return &tls.Config{
		MinVersion:         tls.VersionTLS13,
		InsecureSkipVerify: true, //nolint:gosec // no authority signs these keys: VerifyConnection compares them
		VerifyConnection: func(state tls.ConnectionState) error {
			if len(state.PeerCertificates) == 0 {
				return errOtherKey
			}
			if subtle.ConstantTimeCompare([]byte(hashOf(state.PeerCertificates[0])), []byte(hash)) != 1 {
				return errOtherKey
			}
			return nil
		},
	}
}
