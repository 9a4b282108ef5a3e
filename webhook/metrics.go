package webhook

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/acme/inventory-service/internal/metric"
)

const (
	metricsNamespace = "inventory"
	metricsSubsystem = "bridge"

	labelOperation = "operation"
	labelMode      = "mode"
	labelCode      = "code"
	labelResult    = "result"
	labelReason    = "reason"
)

// secondsBuckets span a stock level from memory to a command that waits in vain.
var secondsBuckets = []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 15}

var (
	requestsTotal = prometheus.NewCounterVec(prometheus.CounterOpts{
		Namespace: metricsNamespace, Subsystem: metricsSubsystem, Name: "requests_total",
		Help: "Requests answered, by operation, mode (plain, binary, structured) and HTTP status.",
	}, []string{labelOperation, labelMode, labelCode})

	requestSeconds = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Namespace: metricsNamespace, Subsystem: metricsSubsystem, Name: "request_duration_seconds",
		Help:    "Time from a request's headers to its answer, by operation.",
		Buckets: secondsBuckets,
	}, []string{labelOperation})

	unwritableTotal = prometheus.NewCounterVec(prometheus.CounterOpts{
		Namespace: metricsNamespace, Subsystem: metricsSubsystem, Name: "unwritable_total",
		Help: "Commands that the API server would not store though it stored others, by operation.",
	}, []string{labelOperation})

	forwardedTotal = prometheus.NewCounterVec(prometheus.CounterOpts{
		Namespace: metricsNamespace, Subsystem: metricsSubsystem, Name: "forwarded_total",
		Help: "Attempts to have another process answer, by result: answered, not_leading, unreachable, unanswered. " +
			"What is answered counts among the requests of both.",
	}, []string{labelResult})

	extensionsDropped = prometheus.NewCounter(prometheus.CounterOpts{
		Namespace: metricsNamespace, Subsystem: metricsSubsystem, Name: "extensions_dropped_total",
		Help: "Extensions of reserve commands that their outcomes do not carry, since they are more than 20 or 512 bytes.",
	})
)

var (
	inFlight = prometheus.NewGauge(prometheus.GaugeOpts{
		Namespace: metricsNamespace, Subsystem: metricsSubsystem, Name: "in_flight",
		Help: "Requests that are being served, a batch counting as many as it has events.",
	})

	rejectedTotal = prometheus.NewCounterVec(prometheus.CounterOpts{
		Namespace: metricsNamespace, Subsystem: metricsSubsystem, Name: "rejected_total",
		Help: "Requests answered 429, by what was full: all (--max-in-flight), caller (--max-in-flight-per-caller), bodies (their bytes).",
	}, []string{labelReason})

	connectionsClosed = prometheus.NewCounter(prometheus.CounterOpts{
		Namespace: metricsNamespace, Subsystem: metricsSubsystem, Name: "connections_closed_total",
		Help: "Connections that were closed since there were too many: one that was idle, or else the newest.",
	})
)

func init() {
	metric.Register(requestsTotal, requestSeconds, unwritableTotal, forwardedTotal, extensionsDropped, inFlight, rejectedTotal, connectionsClosed)
	// Counters that stand at 0 show their first increase.
	for _, operation := range []string{operationReserve, operationRelease, operationConsume} {
		unwritableTotal.WithLabelValues(operation)
	}
	for _, result := range []string{resultAnswered, resultNotLeading, resultUnreachable, resultUnanswered} {
		forwardedTotal.WithLabelValues(result)
	}
	for _, reason := range []string{reasonAll, reasonCaller, reasonBodies} {
		rejectedTotal.WithLabelValues(reason)
	}
}
