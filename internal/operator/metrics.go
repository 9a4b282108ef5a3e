package operator

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"runtime"

	"github.com/prometheus/client_golang/prometheus"
	"sigs.k8s.io/controller-runtime/pkg/metrics/filters"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/acme/inventory-service/internal/metric"
)

var buildInfo = prometheus.NewGaugeVec(prometheus.GaugeOpts{
	Name: "inventory_build_info", Help: "1, with the version of this replica and of the Go that it was built with.",
}, []string{"version", "go_version"})

func init() { metric.Register(buildInfo) }

// showBuild lets metrics say of which version this process is.
func showBuild(version string) { buildInfo.WithLabelValues(version, runtime.Version()).Set(1) }

// What asking the API server about a reader of metrics takes.
//
// +kubebuilder:rbac:groups=authentication.k8s.io,resources=tokenreviews,verbs=create
// +kubebuilder:rbac:groups=authorization.k8s.io,resources=subjectaccessreviews,verbs=create

// metricsFlags are what the flags say of metrics.
type metricsFlags struct {
	address string
	secure  bool
	certDir string
	// items is how many StockItems have series of their own at most.
	items int
}

func (m *metricsFlags) bind(flags *flag.FlagSet) {
	flags.StringVar(&m.address, "metrics-address", "127.0.0.1:8081", "address of /metrics; empty or 0 turns it off")
	flags.BoolVar(&m.secure, "metrics-secure", false,
		"serve /metrics under TLS, to those alone whom the API server knows by their token and lets get the path /metrics")
	flags.StringVar(&m.certDir, "metrics-cert-dir", "",
		"directory of tls.crt and tls.key for --metrics-secure, read again when they change; empty is a certificate that is made at each start")
	flags.IntVar(&m.items, "item-metrics", 0,
		"of how many StockItems metrics tell the units at most, 4 series each, those first by namespace, product and location; 0 is none")
}

func (m *metricsFlags) validate() error {
	switch {
	case m.items < 0:
		return fmt.Errorf("--item-metrics is %d: give 1 or more, or 0 for none", m.items)
	case m.certDir != "" && !m.secure:
		return errors.New("--metrics-cert-dir is given and no --metrics-secure: give both or none")
	default:
		return nil
	}
}

// server says how /metrics is served: plainly, or under TLS to those alone whom the API server
// lets get the path /metrics.
func (m *metricsFlags) server() metricsserver.Options {
	served := metricsserver.Options{BindAddress: cmp.Or(m.address, "0")}
	if m.secure {
		served.SecureServing, served.CertDir = true, m.certDir
		served.FilterProvider = filters.WithAuthenticationAndAuthorization
	}
	return served
}
