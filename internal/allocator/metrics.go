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

// stockUnits and waitingReservations are read from memory when they are asked
// for, so that they cost the decisions nothing.
var (
	stockUnits = prometheus.NewDesc("inventory_stock_units",
		"Units of stock by namespace and state, as this replica knows them.", []string{"namespace", "state"}, nil)
	waitingReservations = prometheus.NewDesc("inventory_allocator_waiting_reservations",
		"Reservations that wait for a decision or to be consumed.", []string{"namespace"}, nil)
)

// Describe implements prometheus.Collector.
func (a *Allocator) Describe(descriptions chan<- *prometheus.Desc) {
	descriptions <- stockUnits
	descriptions <- waitingReservations
}

// Collect implements prometheus.Collector.
func (a *Allocator) Collect(out chan<- prometheus.Metric) {
	for _, s := range a.snapshot() {
		s.mu.Lock()
		totals, waiting := s.state.Stock().Totals(), s.state.Waiting()
		s.mu.Unlock()
		gauge := func(desc *prometheus.Desc, value int64, labels ...string) {
			out <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, float64(value), labels...)
		}
		gauge(waitingReservations, int64(waiting), s.namespace)
		for state, units := range map[string]int64{
			"on_hand": totals.OnHand, "reserved": totals.Reserved, "available": totals.Available,
			"consumed": totals.Consumed, "without_item": totals.WithoutItem,
		} {
			gauge(stockUnits, units, s.namespace, state)
		}
	}
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
