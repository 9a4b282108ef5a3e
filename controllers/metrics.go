package controllers

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	v1 "github.com/acme/inventory-service/api/v1"
)

const labelOutcome = "outcome"

var decisions = prometheus.NewHistogramVec(prometheus.HistogramOpts{
	Namespace: "inventory", Subsystem: "reservation", Name: "decision_seconds",
	Help:    "Time from the moment a Pending Reservation was taken up until its outcome was written.",
	Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2, 5, 10, 30, 60},
}, []string{labelOutcome})

func init() { metrics.Registry.MustRegister(decisions) }

func observeDecision(r *v1.Reservation, took time.Duration) {
	decisions.WithLabelValues(string(r.Status.Phase)).Observe(took.Seconds())
}
