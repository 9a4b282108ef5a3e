package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Whatever was measured is drawn, every contender by its name, and nothing else.
func TestDrawPlots(t *testing.T) {
	dir := t.TempDir()
	measured := result{Growth: []grown{{Open: 0, Rate: 500}, {Open: 1000, Rate: 490, Heap: 12, FirstDecision: 1, TakeOver: 6}}}
	for i, contender := range []string{"floor", "ours", "postgres"} {
		for _, clients := range []int{64, 1, 16} {
			measured.Runs = append(measured.Runs, run{
				Contender: contender, Workload: hot.name, Clients: clients,
				Rate: float64(100*i + clients), P50: float64(1 + i), CPUAPIServer: 4, CPUEtcd: 1, CPUOperator: float64(i),
			})
		}
	}
	measured.Runs = append(measured.Runs, run{Contender: "floor", Workload: zipf.name, Clients: 64, Rate: 100}) // one point is no line
	saved := filepath.Join(dir, "bench.json")
	if err := measured.save(saved); err != nil {
		t.Fatal(err)
	}
	if err := drawPlots(saved, dir); err != nil {
		t.Fatal(err)
	}
	for name, shown := range map[string][]string{
		"rate-hot": {"floor", "ours", "postgres"}, "latency-hot": {"floor", "ours", "postgres"}, "cpu-hot-64": {"floor", "ours", "etcd"},
		"growth-rate": {"ours"}, "growth-heap": {"ours"}, "growth-start": {"cold start", "take-over, lease included"},
	} {
		text, err := os.ReadFile(filepath.Join(dir, name+".svg"))
		if err != nil {
			t.Error(err)
			continue
		}
		for _, word := range shown {
			if !strings.Contains(string(text), ">"+word+"<") {
				t.Errorf("%s does not show %q", name, word)
			}
		}
	}
	drawn, err := filepath.Glob(filepath.Join(dir, "*.svg"))
	if err != nil || len(drawn) != 6 || slices.ContainsFunc(drawn, func(path string) bool { return strings.Contains(path, "zipf") }) {
		t.Errorf("drawn are %v (%v), want six, and none of a workload that was measured once", drawn, err)
	}
}
