package controllers

import (
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	v1 "github.com/acme/inventory-service/api/v1"
)

// Series of StockItems are bounded: the first ones have some, and the others are counted.
func TestItemMetricsAreBounded(t *testing.T) {
	w := newWorld(t)
	p := w.leads()
	for _, product := range []string{"cup", "jug", "mug"} {
		w.receive(product+"s", product, 5)
		w.shows(product+"s", "5 units", func(s *v1.StockItemStatus) bool { return s.Available == 5 })
	}
	p.reserve("cup", 2)
	for most, want := range map[int]struct {
		series  int
		leftOut float64
	}{3: {12, 0}, 2: {8, 1}, 0: {0, 3}} {
		out := make(chan prometheus.Metric, 100)
		if shown := collectItems(out, w.namespace, levelsOf(p.runner()), most); shown != want.series/4 {
			t.Errorf("of %d items %d are shown", most, shown)
		}
		close(out)
		series, leftOut := 0, -1.0
		for m := range out {
			if m.Desc() == itemUnits {
				series++
				continue
			}
			leftOut = testutil.ToFloat64(constant{m})
		}
		if series != want.series || leftOut != want.leftOut {
			t.Errorf("with %d items: %d series, %v left out, want %+v", most, series, leftOut, want)
		}
	}
}

// constant collects one metric.
type constant struct{ prometheus.Metric }

func (c constant) Describe(to chan<- *prometheus.Desc) { to <- c.Desc() }
func (c constant) Collect(to chan<- prometheus.Metric) { to <- c.Metric }
