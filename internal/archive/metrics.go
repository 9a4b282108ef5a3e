package archive

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/acme/inventory-service/internal/archive/store"
	"github.com/acme/inventory-service/internal/metric"
)

var (
	lagRecords = prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "inventory_archive_lag_records", Help: "Records of the journal that are read and not archived.",
	}, []string{"namespace"})
	lagSeconds = prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "inventory_archive_lag_seconds", Help: "How long ago the archive had all that the journal says; 0 while it has.",
	}, []string{"namespace"})
	recordsArchived = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "inventory_archive_records_total", Help: "Records archived one by one.",
	}, []string{"namespace"})
	rowsWritten = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "inventory_archive_rows_total", Help: "Rows inserted, updated and deleted.",
	}, []string{"namespace"})
	failures = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "inventory_archive_errors_total", Help: "Failed attempts to read or write the database.",
	}, []string{"namespace"})
	gaps = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "inventory_archive_gaps_total", Help: "Times that records were not read one by one, by reason: COMPACTED, BEGAN_LATE, RESTORED, REPLACED.",
	}, []string{"namespace", "reason"})
	transactions = prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: "inventory_archive_transaction_seconds", Help: "How long it took until a batch was archived, failed attempts included.",
		Buckets: prometheus.ExponentialBuckets(0.002, 2, 16),
	})
)

func init() {
	metric.Register(lagRecords, lagSeconds, recordsArchived, rowsWritten, failures, gaps, transactions)
}

// standAtZero has the counters of a namespace show their first increase.
func standAtZero(namespace string) {
	for _, counter := range []*prometheus.CounterVec{recordsArchived, rowsWritten, failures} {
		counter.WithLabelValues(namespace)
	}
	for _, reason := range store.GapReasons() {
		gaps.WithLabelValues(namespace, reason)
	}
}

// forget deletes the series of a namespace.
func forget(namespace string) {
	for _, vec := range []interface {
		DeletePartialMatch(labels prometheus.Labels) int
	}{
		lagRecords, lagSeconds, recordsArchived, rowsWritten, failures, gaps,
	} {
		vec.DeletePartialMatch(prometheus.Labels{"namespace": namespace})
	}
}
