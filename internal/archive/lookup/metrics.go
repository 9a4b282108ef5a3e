package lookup

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/acme/inventory-service/internal/metric"
	"github.com/acme/inventory-service/internal/stock"
)

// What is asked, and what comes of it, as metrics name them.
const (
	queryReservation = "reservation"
	queryFind        = "find"
	queryOutcome     = "outcome"

	resultFound   = "found"
	resultNone    = "none"
	resultBehind  = "behind"
	resultFailed  = "failed"
	resultSkipped = "skipped"
)

var (
	lookups = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "inventory_bridge_archive_lookups_total",
		Help: "Questions of the bridge to the archive, by query: reservation, find, outcome (of a command that is too old); and result: " +
			"found, none, behind (none, but the archive has not read yet all that the journal has forgotten), failed, " +
			"skipped (it had just failed, or too many waited).",
	}, []string{"query", "result"})
	lookupSeconds = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name:    "inventory_bridge_archive_lookup_seconds",
		Help:    "How long the bridge waited for the archive, where it asked, by query.",
		Buckets: prometheus.ExponentialBuckets(0.001, 2, 12),
	}, []string{"query"})
)

func init() {
	metric.Register(lookups, lookupSeconds)
	// Counters that stand at 0 show their first increase.
	for _, query := range []string{queryReservation, queryFind, queryOutcome} {
		for _, result := range []string{resultFound, resultNone, resultBehind, resultFailed, resultSkipped} {
			lookups.WithLabelValues(query, result)
		}
	}
}

func resultOf(found []*stock.Reservation, err error) string {
	switch {
	case errors.Is(err, errSkipped):
		return resultSkipped
	case len(found) > 0:
		return resultFound
	case errors.Is(err, ErrBehind):
		return resultBehind
	case err == nil, errors.Is(err, ErrNotArchived), errors.Is(err, ErrGap):
		return resultNone
	default:
		return resultFailed
	}
}
