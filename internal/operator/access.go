package operator

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"

	"sigs.k8s.io/controller-runtime/pkg/certwatcher"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/acme/inventory-service/internal/access"
	"github.com/acme/inventory-service/webhook"
)

// The values of --authentication.
const (
	authenticateTokens = "tokenreview"
	authenticateNobody = "none"
)

// defaultAudience is what tokens are made for, unless --audience says it.
const defaultAudience = "inventory-bridge"

// audiences are those of --audience.
func (o Options) audiences() (all []string) {
	for audience := range strings.SplitSeq(o.audience, ",") {
		if audience = strings.TrimSpace(audience); audience != "" {
			all = append(all, audience)
		}
	}
	return all
}

// newAccess tells who asks of the bridge and what they may do; nil where nobody is asked.
func (p *parts) newAccess() (webhook.Access, error) {
	if p.o.authentication == authenticateNobody {
		return nil, nil //nolint:nilnil // that is what the bridge takes for nobody
	}
	control, err := access.New(p.GetConfig(), p.o.audiences()...)
	if err != nil {
		return nil, fmt.Errorf("review callers of the bridge: %w", err)
	}
	return control, nil
}

// secure has the bridge use the certificate of files, where they are given.
func (p *parts) secure(bridge *webhook.Server) error {
	if p.o.tlsCertFile == "" {
		return nil
	}
	files, err := certwatcher.New(p.o.tlsCertFile, p.o.tlsKeyFile)
	if err != nil {
		return fmt.Errorf("read --tls-cert-file %s and --tls-private-key-file %s: %w", p.o.tlsCertFile, p.o.tlsKeyFile, err)
	}
	bridge.WithTLS(files.GetCertificate)
	return p.Add(files)
}

// addHealth serves by themselves the answers that the bridge gives at /livez and /readyz.
func (p *parts) addHealth() error {
	err := p.AddHealthzCheck("process", healthz.Ping)
	for _, check := range p.checks() {
		err = errors.Join(err, p.AddReadyzCheck(check.Name, func(*http.Request) error { return check.Fails() }))
	}
	return err
}

// tellExposure says loudly that whoever reaches a server may do everything, and by the way
// that tokens can be read on their way.
func (p *parts) tellExposure(servers []*webhook.Server) {
	logger := log.Log.WithName("bridge")
	for _, server := range servers {
		if isLoopback(server.Addr()) {
			continue
		}
		if p.o.authentication == authenticateNobody {
			logger.Error(nil, "WITHOUT AUTHENTICATION: whoever reaches this address can reserve, release and consume all stock: "+
				"start with --authentication=tokenreview, or listen on loopback", "address", server.Addr().String())
		}
	}
	if p.o.authentication == authenticateTokens && p.o.tlsCertFile == "" && !isLoopback(servers[0].Addr()) {
		logger.Info("Tokens come without TLS: let a mesh encrypt them, or give --tls-cert-file and --tls-private-key-file",
			"address", servers[0].Addr().String())
	}
}

// isLoopback tells whether this machine alone reaches an address.
func isLoopback(address net.Addr) bool {
	tcp, ok := address.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}
