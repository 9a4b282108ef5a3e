// Package metric registers the metrics of this process, and tells which there are: the reference in
// docs/reference is made from what is registered.
//
// What libraries register themselves (Go, the process, controller-runtime, client-go) is not told.
package metric

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"sigs.k8s.io/controller-runtime/pkg/metrics"
)

// Type is the type of a metric.
type Type string

// The types of metrics.
const (
	Counter   Type = "counter"
	Gauge     Type = "gauge"
	Histogram Type = "histogram"
)

// Metric is one metric of this process.
type Metric struct {
	Name   string
	Type   Type
	Help   string
	Labels []string
}

var registered []prometheus.Collector

// Register adds collectors to what /metrics serves, as package initialization does: it is not safe
// for concurrent use, and panics where a name is taken. Collectors that are none of the client
// library's own vectors and values have to have gauges alone.
func Register(collectors ...prometheus.Collector) {
	metrics.Registry.MustRegister(collectors...)
	registered = append(registered, collectors...)
}

// All are the metrics that were registered, by name.
func All() []Metric {
	var all []Metric
	for _, collector := range registered {
		descriptions := make(chan *prometheus.Desc)
		go func() {
			collector.Describe(descriptions)
			close(descriptions)
		}()
		for description := range descriptions {
			all = append(all, read(description, typeOf(collector)))
		}
	}
	slices.SortFunc(all, func(a, b Metric) int { return strings.Compare(a.Name, b.Name) })
	return all
}

func typeOf(collector prometheus.Collector) Type {
	switch collector.(type) {
	case *prometheus.CounterVec:
		return Counter
	case *prometheus.HistogramVec, prometheus.Histogram:
		return Histogram
	case prometheus.Gauge, *prometheus.GaugeVec:
		return Gauge
	case prometheus.Counter:
		return Counter
	default:
		return Gauge
	}
}

// text is how the client library prints a description, which is all that it tells of one.
var text = regexp.MustCompile(`^Desc\{fqName: ("(?:[^"\\]|\\.)*"), help: ("(?:[^"\\]|\\.)*"),.* constLabels: \{.*\}, variableLabels: \{(.*)\}\}$`)

func read(description *prometheus.Desc, of Type) Metric {
	parts := text.FindStringSubmatch(description.String())
	if parts == nil {
		panic(fmt.Sprintf("metric: %s is printed in another way: read it as this release of the client library prints it", description))
	}
	m := Metric{Type: of}
	m.Name, _ = strconv.Unquote(parts[1]) // as the expression has them
	m.Help, _ = strconv.Unquote(parts[2])
	if parts[3] != "" {
		m.Labels = strings.Split(parts[3], ",")
	}
	return m
}
