package auditor

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/acme/inventory-service/internal/metric"
)

const (
	metricsNamespace = "inventory"
	metricsSubsystem = "audit"

	labelNamespace = "namespace"
	labelKind      = "kind"
	labelResult    = "result"
)

// Results of an audit.
const (
	resultConsistent   = "consistent"
	resultInconsistent = "inconsistent"
	resultUnknown      = "unknown"
)

var (
	differencesFound = prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Namespace: metricsNamespace, Subsystem: metricsSubsystem, Name: "differences",
		Help: "Figures that the last audit of a namespace found to be wrong, by kind.",
	}, []string{labelNamespace, labelKind})
	audits = prometheus.NewCounterVec(prometheus.CounterOpts{
		Namespace: metricsNamespace, Subsystem: metricsSubsystem + "s", Name: "total",
		Help: "Audits by result: consistent, inconsistent, or unknown where the stored objects could not be read.",
	}, []string{labelResult})
	repairs = prometheus.NewCounterVec(prometheus.CounterOpts{
		Namespace: metricsNamespace, Subsystem: metricsSubsystem, Name: "repairs_total",
		Help: "Wrong figures that were set right, by kind.",
	}, []string{labelKind})
)

func init() {
	metric.Register(differencesFound, audits, repairs)
	// Counters that stand at 0 show their first increase.
	for _, result := range []string{resultConsistent, resultInconsistent, resultUnknown} {
		audits.WithLabelValues(result)
	}
	for _, kind := range Kinds() {
		repairs.WithLabelValues(kind.String())
	}
}

// observe counts an audit and what it found in a namespace.
func observe(namespace, result string, found []Difference) {
	audits.WithLabelValues(result).Inc()
	counts := map[Kind]int{}
	for _, d := range found {
		counts[d.Kind]++
	}
	for _, kind := range Kinds() {
		differencesFound.WithLabelValues(namespace, kind.String()).Set(float64(counts[kind]))
	}
}

// unobserve drops the series of a namespace that this process does not lead any more.
func unobserve(namespace string) {
	differencesFound.DeletePartialMatch(prometheus.Labels{labelNamespace: namespace})
}
