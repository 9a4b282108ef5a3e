package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"syscall"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"k8s.io/client-go/rest"

	v1 "github.com/acme/inventory-service/api/v1"
)

// figures are the metrics of one process at one moment.
type figures map[string]*dto.MetricFamily

// sum adds up a metric over all its series that match.
func (f figures) sum(name string, matches func(labels map[string]string) bool) float64 {
	total := 0.0
	for _, m := range f[name].GetMetric() {
		labels := map[string]string{}
		for _, l := range m.GetLabel() {
			labels[l.GetName()] = l.GetValue()
		}
		if matches == nil || matches(labels) {
			total += m.GetCounter().GetValue() + m.GetGauge().GetValue() + m.GetUntyped().GetValue() + m.GetHistogram().GetSampleSum()
		}
	}
	return total
}

// scrape reads the metrics of a process over plain HTTP.
func scrape(ctx context.Context, url string) (figures, error) {
	text, err := get(ctx, url)
	if err != nil {
		return nil, fmt.Errorf("metrics: %w", err)
	}
	return parse(bytes.NewReader(text))
}

// scrapeAPIServer reads the metrics of kube-apiserver.
func scrapeAPIServer(ctx context.Context, api rest.Interface) (figures, error) {
	text, err := api.Get().AbsPath("/metrics").DoRaw(ctx)
	if err != nil {
		return nil, fmt.Errorf("metrics of kube-apiserver: %w", err)
	}
	return parse(bytes.NewReader(relevant(text)))
}

// relevant are the lines of a text of metrics that sum and usage look at: the rest of
// what kube-apiserver tells takes longer to parse than a turn may.
func relevant(text []byte) []byte {
	var lines bytes.Buffer
	for line := range bytes.Lines(text) {
		for _, name := range []string{requestTotal, "process_", "go_memstats_heap_alloc_bytes"} {
			if bytes.HasPrefix(line, []byte(name)) {
				lines.Write(line)
			}
		}
	}
	return lines.Bytes()
}

func parse(text io.Reader) (figures, error) {
	parser := expfmt.NewTextParser(model.UTF8Validation)
	return parser.TextToMetricFamilies(text)
}

// usage is what processes used: CPU since they started, memory now.
type usage struct {
	cpuSeconds float64
	rssBytes   float64
	heapBytes  float64
}

func (f figures) usage() usage {
	return usage{
		cpuSeconds: f.sum("process_cpu_seconds_total", nil),
		rssBytes:   f.sum("process_resident_memory_bytes", nil),
		heapBytes:  f.sum("go_memstats_heap_alloc_bytes", nil),
	}
}

// ownCPU is what this process has used of CPU, in seconds.
func ownCPU() float64 {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return 0 // it fails for wrong arguments only
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano()).Seconds()
}

const requestTotal = "apiserver_request_total"

// changing are the verbs that write, as kube-apiserver counts them.
var changing = map[string]bool{
	"POST": true, "PUT": true, "PATCH": true, "APPLY": true, "DELETE": true, "DELETECOLLECTION": true,
}

// writes counts the requests that changed something, Leases included. Reviews
// are POSTs that write nothing.
func (f figures) writes() float64 {
	return f.sum(requestTotal, func(labels map[string]string) bool {
		return changing[labels["verb"]] && !strings.HasSuffix(labels["resource"], "reviews")
	})
}

// ownWrites counts those of writes that changed our own kinds.
func (f figures) ownWrites() float64 {
	return f.sum(requestTotal, func(labels map[string]string) bool {
		return changing[labels["verb"]] && labels["group"] == v1.GroupVersion.Group
	})
}

// leaseWrites counts those of writes that renewed a lease.
func (f figures) leaseWrites() float64 {
	return f.sum(requestTotal, func(labels map[string]string) bool {
		return changing[labels["verb"]] && labels["resource"] == "leases"
	})
}
