package allocator

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"sigs.k8s.io/controller-runtime/pkg/metrics"
)

const (
	metricsNamespace = "inventory"
	metricsSubsystem = "allocator"
	labelResult      = "result"
)

var (
	takeOvers = prometheus.NewCounter(prometheus.CounterOpts{
		Namespace: metricsNamespace, Subsystem: metricsSubsystem, Name: "takeovers_total",
		Help: "How often this process took over a stock ledger.",
	})
	ledgerWrites = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Namespace: metricsNamespace, Subsystem: metricsSubsystem, Name: "ledger_write_seconds",
		Help:    "Time of one write of a stock ledger, by what is known of it.",
		Buckets: prometheus.ExponentialBuckets(0.001, 2, 14),
	}, []string{labelResult})
	batchSize = prometheus.NewHistogram(prometheus.HistogramOpts{
		Namespace: metricsNamespace, Subsystem: metricsSubsystem, Name: "batch_reservations",
		Help:    "Reservations decided by one write of a stock ledger.",
		Buckets: prometheus.ExponentialBuckets(1, 2, 11),
	})
)

func init() {
	metrics.Registry.MustRegister(takeOvers, ledgerWrites, batchSize)
}

// registerQueueDepth exposes how many Reservations wait for a decision. The
// newest Allocator of a process is the one shown.
func registerQueueDepth(depth func() float64) {
	gauge := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Namespace: metricsNamespace, Subsystem: metricsSubsystem, Name: "waiting_reservations",
		Help: "Reservations that wait for a decision.",
	}, depth)
	metrics.Registry.Unregister(gauge)
	metrics.Registry.MustRegister(gauge)
}

func observeLedgerWrite(result WriteResult, took time.Duration, decisions int) {
	ledgerWrites.WithLabelValues(result.String()).Observe(took.Seconds())
	if result == Landed && decisions > 0 {
		batchSize.Observe(float64(decisions))
	}
}

// String names a result for metrics.
func (r WriteResult) String() string {
	switch r {
	case Landed:
		return "landed"
	case Refused:
		return "refused"
	default:
		return "unknown"
	}
}
