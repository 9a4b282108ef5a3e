package soak

import (
	"fmt"
	"image/color"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/plotutil"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// panel is one of the plots that are drawn below each other.
type panel struct {
	label   string
	figures []figure
}

var panels = []panel{
	{"MiB of memory", []figure{larger("operator", "RSS MiB", 0), larger("operator", "heap MiB", 0), larger("archive", "RSS MiB", 0)}},
	{"MiB", []figure{plain("kube-apiserver RSS MiB", 0), plain("etcd in use MiB", 0), plain("database MiB", 0)}},
	{"number", []figure{larger("operator", "goroutines", 0), larger("operator", "open files", 0), larger("archive", "open files", 0)}},
	{"MiB", []figure{larger("operator", "journal MiB", 0)}},
	{"records", []figure{larger("archive", "records behind", 0)}},
}

// points is how many points a line has, each the median of what was sampled meanwhile.
const points = 120

// TestPlot draws what a soak has saved, where it is asked for.
func TestPlot(t *testing.T) {
	if *drawing == "" {
		t.Skip("give -samples and -plot")
	}
	all, err := readSamples(*samples)
	if err != nil {
		t.Fatal(err)
	}
	if err := drawSamples(all, *drawing); err != nil {
		t.Fatal(err)
	}
}

// What was sampled is drawn, each line by its name and the disturbances between.
func TestDrawSamples(t *testing.T) {
	begin := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	var all []sample
	for i := range 300 {
		s := sample{At: begin.Add(time.Duration(i) * sampleEvery), Disturbances: int64(i / 100), Figures: map[string]float64{}}
		for _, name := range []string{"operator 0 RSS MiB", "operator 1 heap MiB", "kube-apiserver RSS MiB", "operator 0 goroutines", "archive 1 records behind"} {
			if i < 40 || i > 60 { // while it is restarted, it tells nothing
				s.Figures[name] = float64(10 + i%7)
			}
		}
		all = append(all, s)
	}
	path := filepath.Join(t.TempDir(), "soak.svg")
	if err := drawSamples(all, path); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"operator: RSS MiB", "operator: heap MiB", "kube-apiserver RSS MiB", "operator: goroutines", "archive: records behind", "minutes"} {
		if !strings.Contains(string(text), ">"+word+"<") {
			t.Errorf("the plot does not show %q", word)
		}
	}
	if strings.Contains(string(text), "database MiB") {
		t.Error("the plot names what was not sampled")
	}
	if len(text) > 100_000 {
		t.Errorf("the plot has %d bytes", len(text))
	}
}

// drawSamples draws the panels below each other.
func drawSamples(all []sample, path string) error {
	if len(all) == 0 {
		return fmt.Errorf("nothing was sampled")
	}
	rows := make([][]*plot.Plot, len(panels))
	for i, p := range panels {
		drawn, err := p.draw(all)
		if err != nil {
			return err
		}
		if i == len(panels)-1 {
			drawn.X.Label.Text = "minutes"
		}
		rows[i] = []*plot.Plot{drawn}
	}
	canvas := vgsvg.New(18*vg.Centimeter, vg.Length(len(panels))*6*vg.Centimeter)
	tiles := draw.Tiles{Rows: len(panels), Cols: 1, PadX: vg.Millimeter, PadY: 4 * vg.Millimeter}
	for i, row := range plot.Align(rows, tiles, draw.New(canvas)) {
		rows[i][0].Draw(row[0])
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return err
	}
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	if _, err := canvas.WriteTo(file); err != nil {
		_ = file.Close()
		return err
	}
	return file.Close()
}

func (p panel) draw(all []sample) (*plot.Plot, error) {
	drawn := plot.New()
	drawn.Y.Label.Text = p.label
	drawn.Y.Min, drawn.X.Min = 0, 0
	drawn.Legend.Top, drawn.Legend.Left = true, true
	drawn.Add(plotter.NewGrid())
	for i, f := range p.figures {
		line, err := f.line(all)
		if err != nil {
			return nil, err
		}
		if line == nil {
			continue
		}
		line.Color = plotutil.Color(i)
		drawn.Add(line)
		drawn.Legend.Add(f.name, line)
	}
	drawn.Y.Max = max(1, drawn.Y.Max*1.6) // the legend stands above the lines
	for _, at := range disturbancesIn(all) {
		line, err := plotter.NewLine(plotter.XYs{{X: at, Y: 0}, {X: at, Y: drawn.Y.Max * 0.62}})
		if err != nil {
			return nil, err
		}
		line.Color, line.Dashes = color.Gray{Y: 0xa0}, []vg.Length{vg.Points(1), vg.Points(2)}
		drawn.Add(line)
	}
	return drawn, nil
}

// line shows a figure over minutes; nil where it was never told.
func (f figure) line(all []sample) (*plotter.Line, error) {
	var shown plotter.XYs
	for some := range slices.Chunk(all, (len(all)+points-1)/points) {
		if value := f.median(some); value >= 0 {
			shown = append(shown, plotter.XY{X: some[len(some)/2].At.Sub(all[0].At).Minutes(), Y: value})
		}
	}
	if len(shown) == 0 {
		return nil, nil
	}
	return plotter.NewLine(shown)
}

// disturbancesIn are the minutes at which something was done to a process.
func disturbancesIn(all []sample) (at []float64) {
	for i := 1; i < len(all); i++ {
		if all[i].Disturbances > all[i-1].Disturbances {
			at = append(at, all[i].At.Sub(all[0].At).Minutes())
		}
	}
	return at
}
