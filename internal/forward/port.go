package forward

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"os"

	"github.com/acme/inventory-service/internal/journal"
)

// DefaultAddress is a free port for this machine alone.
const DefaultAddress = "127.0.0.1:0"

// Port is where a process takes forwarded commands.
type Port struct {
	key      *Key
	listener net.Listener
	url      string
}

// Listen makes a key and takes an address. Where that names no host, others are told the
// one of $POD_IP, else this machine's name.
func Listen(address string) (*Port, error) {
	key, err := NewKey()
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen for forwarded commands on %s, choose another --forward-address: %w", address, err)
	}
	authority, err := authorityOf(address, listener.Addr())
	if err != nil {
		_ = listener.Close()
		return nil, err
	}
	return &Port{key: key, listener: listener, url: "https://" + authority}, nil
}

// authorityOf is the host and port by which others reach a listener.
func authorityOf(address string, at net.Addr) (string, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return "", fmt.Errorf("read the address %s: %w", address, err)
	}
	_, port, err := net.SplitHostPort(at.String())
	if err != nil {
		return "", fmt.Errorf("read the address %s: %w", at, err)
	}
	if ip := net.ParseIP(host); host == "" || ip.IsUnspecified() {
		host = os.Getenv("POD_IP")
	}
	if host == "" {
		if host, err = os.Hostname(); err != nil {
			return "", fmt.Errorf("find a host to tell other replicas: %w: give one in --forward-address", err)
		}
	}
	return net.JoinHostPort(host, port), nil
}

// Leader is how a process with this port presents itself in the journal.
func (p *Port) Leader(name string) journal.Leader {
	return journal.Leader{Name: name, URL: p.url, Key: p.key.Hash()}
}

// Listener accepts connections under the key.
func (p *Port) Listener() net.Listener { return tls.NewListener(p.listener, p.key.server()) }

// received marks the context of a forwarded request.
type received struct{}

// Receive marks what a handler gets as forwarded.
func Receive(handler http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handler.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), received{}, true)))
	})
}

// Received tells whether a request was forwarded: it must not be forwarded again.
func Received(ctx context.Context) bool { return ctx.Value(received{}) != nil }
