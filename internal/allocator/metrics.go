package allocator

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/metric"
)

const (
	metricsNamespace = "inventory"
	metricsSubsystem = "journal"

	labelNamespace = "namespace"
	labelResult    = "result"
)

var (
	writesTotal = prometheus.NewCounterVec(prometheus.CounterOpts{
		Namespace: metricsNamespace, Subsystem: metricsSubsystem, Name: "writes_total",
		Help: "Writes of journal pages, by result: stored, conflicted (another process has written), unknown (no answer), rejected (never taken), " +
			"other_history (etcd was restored), denied (no write is taken now).",
	}, []string{labelResult})

	writeSeconds = prometheus.NewHistogram(prometheus.HistogramOpts{
		Namespace: metricsNamespace, Subsystem: metricsSubsystem, Name: "write_duration_seconds",
		Help:    "Time from sending a journal page to the API server's answer.",
		Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
	})

	batchSize = prometheus.NewHistogram(prometheus.HistogramOpts{
		Namespace: metricsNamespace, Subsystem: metricsSubsystem, Name: "batch_size",
		Help:    "Callers answered by one write of the journal, or by one proof where nothing was to be written.",
		Buckets: prometheus.ExponentialBuckets(1, 2, 12),
	})

	queueDepth = prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Namespace: metricsNamespace, Subsystem: metricsSubsystem, Name: "waiting",
		Help: "Callers that wait for an answer of the journal, by namespace.",
	}, []string{labelNamespace})
)

func init() {
	metric.Register(writesTotal, writeSeconds, batchSize, queueDepth)
	for _, result := range results {
		writesTotal.WithLabelValues(result)
	}
}

// results name the results of writes, as metrics do.
var results = map[journal.Result]string{
	journal.Unknown: "unknown", journal.Stored: "stored", journal.Conflicted: "conflicted", journal.Rejected: "rejected",
	journal.OtherHistory: "other_history", journal.Denied: "denied",
}
