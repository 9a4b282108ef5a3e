package publisher

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/acme/inventory-service/internal/metric"
)

// Label names, and the values of label result.
const (
	labelResult    = "result"
	labelNamespace = "namespace"

	resultDelivered    = "delivered"
	resultDeadLettered = "dead_lettered"
	resultFailed       = "failed"
	resultRefused      = "refused"
)

var (
	deliveries = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "inventory_publisher_deliveries_total",
		Help: "Attempts to deliver an outcome, by result: delivered, dead_lettered, failed (tried again soon), refused (tried again slowly).",
	}, []string{labelResult})

	retries = prometheus.NewCounter(prometheus.CounterOpts{
		Name: "inventory_publisher_retries_total",
		Help: "Attempts to deliver an outcome that had been tried before.",
	})

	latency = prometheus.NewHistogram(prometheus.HistogramOpts{
		Name:    "inventory_publisher_delivery_latency_seconds",
		Help:    "Time from an outcome's decision to its acknowledgement by the sink or the dead-letter sink.",
		Buckets: []float64{.002, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200},
	})

	backlog = prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "inventory_publisher_backlog",
		Help: "Outcomes that are not acknowledged yet, by namespace.",
	}, []string{labelNamespace})

	undeliverable = prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "inventory_publisher_undeliverable",
		Help: "Outcomes of the backlog that the sink refuses, by namespace.",
	}, []string{labelNamespace})
)

func init() {
	metric.Register(deliveries, retries, latency, backlog, undeliverable)
	// Counters that stand at 0 show their first increase.
	for _, result := range []string{resultDelivered, resultDeadLettered, resultFailed, resultRefused} {
		deliveries.WithLabelValues(result)
	}
}

// gauges are those of one namespace.
type gauges struct{ backlog, undeliverable prometheus.Gauge }

func gaugesOf(namespace string) gauges {
	return gauges{backlog: backlog.WithLabelValues(namespace), undeliverable: undeliverable.WithLabelValues(namespace)}
}

func (g gauges) set(l, ends *line) {
	g.backlog.Set(float64(l.backlog() + len(ends.known)))
	g.undeliverable.Set(float64(l.refused + ends.refused))
}

// hide drops the gauges of a namespace: this process no longer knows.
func hide(namespace string) {
	backlog.DeleteLabelValues(namespace)
	undeliverable.DeleteLabelValues(namespace)
}
