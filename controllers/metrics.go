package controllers

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/metric"
	"github.com/acme/inventory-service/internal/stock"
)

const (
	labelOutcome   = "outcome"
	labelNamespace = "namespace"
)

var decisions = prometheus.NewHistogramVec(prometheus.HistogramOpts{
	Namespace: "inventory", Subsystem: "reservation", Name: "decision_seconds",
	Help:    "Time from the moment a Pending Reservation was taken up until its outcome was in the journal.",
	Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2, 5, 10, 30, 60},
}, []string{labelOutcome})

var namesTaken = prometheus.NewGaugeVec(prometheus.GaugeOpts{
	Namespace: "inventory", Subsystem: "reservation", Name: "names_taken",
	Help: "Carts from the bridge that no Reservation shows, since somebody else's has the name.",
}, []string{labelNamespace})

func init() { metric.Register(decisions, namesTaken) }

func observeDecision(r *stock.Reservation, took time.Duration) {
	outcome := v1.PhaseReserved
	if r.Phase == stock.PhaseRefused {
		outcome = v1.PhaseUnavailable
	}
	decisions.WithLabelValues(string(outcome)).Observe(took.Seconds())
}
