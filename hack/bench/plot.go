package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/plotutil"
	"gonum.org/v1/plot/vg"
	_ "gonum.org/v1/plot/vg/vgsvg" // writes .svg
)

// drawPlots makes the plots of docs/performance.md from a saved result.
func drawPlots(from, dir string) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	var r result
	if err := json.Unmarshal(text, &r); err != nil {
		return fmt.Errorf("%s: %w", from, err)
	}
	failed := os.MkdirAll(dir, 0o750)
	for _, w := range []workload{hot, zipf, wide} {
		failed = errors.Join(failed,
			r.overClients(w.name, "reservations per second", func(c run) float64 { return c.Rate }).save(dir, "rate-"+w.name),
			r.overClients(w.name, "p50 to the outcome, ms", func(c run) float64 { return c.P50 }).save(dir, "latency-"+w.name))
	}
	failed = errors.Join(failed, r.costs(hot.name, 64).save(dir, "cpu-hot-64"))
	if len(r.Growth) > 1 {
		failed = errors.Join(failed,
			r.overSize("reservations per second, 64 clients on hot", func(g grown) float64 { return g.Rate }).save(dir, "growth-rate"),
			r.overSize("live heap, MiB", func(g grown) float64 { return g.Heap }).save(dir, "growth-heap"),
			r.overSize("seconds to the first decision", func(g grown) float64 { return g.FirstDecision }, func(g grown) float64 { return g.TakeOver }).save(dir, "growth-start"))
	}
	return failed
}

// chart is a plot, or what went wrong in drawing it.
type chart struct {
	*plot.Plot
	// headroom is how many times the largest value the axis shows: the legend
	// stands above what is shown.
	headroom float64
	err      error
}

func newChart(title, x, y string) *chart {
	p := plot.New()
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = title, x, y
	p.Y.Min = 0
	p.Legend.Top = true
	p.Legend.Left = true
	p.Add(plotter.NewGrid())
	return &chart{Plot: p, headroom: 1.3}
}

// overDecades shows values on a logarithmic axis, of which none is 0.
func (c *chart) overDecades() {
	c.Y.Min, c.Y.Scale, c.Y.Tick.Marker = math.Inf(1), plot.LogScale{}, plot.LogTicks{Prec: -1}
	c.headroom = 50
}

// save writes the chart unless it shows nothing.
func (c *chart) save(dir, name string) error {
	switch {
	case c == nil:
		return nil
	case c.err != nil:
		return fmt.Errorf("plot %s: %w", name, c.err)
	default:
		c.Y.Max *= c.headroom
		return c.Save(16*vg.Centimeter, 9*vg.Centimeter, filepath.Join(dir, name+".svg"))
	}
}

// line adds named points.
func (c *chart) line(name string, index int, points plotter.XYs) {
	line, marks, err := plotter.NewLinePoints(points)
	if err != nil {
		c.err = errors.Join(c.err, err)
		return
	}
	line.Color, marks.Color, marks.Shape = plotutil.Color(index), plotutil.Color(index), plotutil.Shape(index)
	c.Add(line, marks)
	c.Legend.Add(name, line, marks)
}

// overClients shows a figure of every contender by the number of clients, nil
// where a workload was not measured with several.
func (r *result) overClients(workload, label string, figure func(run) float64) *chart {
	points := map[string]plotter.XYs{}
	var names []string
	for _, c := range r.Runs {
		if c.Workload != workload || c.Events == toSink {
			continue
		}
		if points[c.Contender] == nil {
			names = append(names, c.Contender)
		}
		points[c.Contender] = append(points[c.Contender], plotter.XY{X: float64(c.Clients), Y: figure(c)})
	}
	if !slices.ContainsFunc(names, func(name string) bool { return len(points[name]) > 1 }) {
		return nil
	}
	c := newChart(workload, "clients", label)
	c.overDecades()
	c.X.Scale = plot.LogScale{}
	c.X.Tick.Marker = plot.ConstantTicks{{Value: 1, Label: "1"}, {Value: 16, Label: "16"}, {Value: 64, Label: "64"}, {Value: 256, Label: "256"}}
	for i, name := range names {
		slices.SortFunc(points[name], func(a, b plotter.XY) int { return cmp.Compare(a.X, b.X) })
		c.line(name, i, points[name])
	}
	c.X.Max *= 1.2 // for the last number below it
	return c
}

// overSize shows figures by the number of open Reservations. The first size is
// none, which a logarithmic axis cannot show: it stands at 100.
func (r *result) overSize(label string, figures ...func(grown) float64) *chart {
	c := newChart("open reservations", "open Reservations and StockItems (100: none)", label)
	c.X.Scale, c.X.Tick.Marker = plot.LogScale{}, plot.LogTicks{Prec: -1}
	names := []string{"ours"}
	if len(figures) > 1 {
		names = []string{"cold start", "take-over, lease included"}
	}
	for i, figure := range figures {
		var points plotter.XYs
		for _, g := range r.Growth {
			points = append(points, plotter.XY{X: max(100, float64(g.Open)), Y: figure(g)})
		}
		c.line(names[i], i, points)
	}
	return c
}

// costs shows the CPU time of a reservation by process, stacked, of each contender on
// the API server: a database counts otherwise. Of the plain reconciler it is the best.
func (r *result) costs(workload string, clients int) *chart {
	parts := []struct {
		name string
		of   func(run) float64
	}{
		{"etcd", func(c run) float64 { return c.CPUEtcd }},
		{"kube-apiserver", func(c run) float64 { return c.CPUAPIServer }},
		{"operator or service", func(c run) float64 { return c.CPUOperator }},
		{"clients and sink", func(c run) float64 { return c.CPUClients }},
	}
	var names []string
	values := make([]plotter.Values, len(parts))
	for _, contender := range []string{"floor", "ours", "bridge", "naive-*"} {
		c, ok := r.find(contender, workload, clients)
		if !ok {
			continue
		}
		names = append(names, c.Contender)
		for i, part := range parts {
			values[i] = append(values[i], part.of(c))
		}
	}
	if len(names) == 0 {
		return nil
	}
	c := newChart(fmt.Sprintf("%s, %d clients", workload, clients), "", "CPU ms for a reservation")
	var below *plotter.BarChart
	for i, part := range parts {
		bars, err := plotter.NewBarChart(values[i], vg.Points(30))
		if err != nil {
			c.err = errors.Join(c.err, err)
			return c
		}
		bars.Color, bars.LineStyle.Width = plotutil.Color(i), 0
		if below != nil {
			bars.StackOn(below)
		}
		below = bars
		c.Add(bars)
		c.Legend.Add(part.name, bars)
	}
	c.NominalX(names...)
	c.X.Min, c.X.Max = c.X.Min-0.4, c.X.Max+0.4 // for the names below the outer bars
	return c
}
