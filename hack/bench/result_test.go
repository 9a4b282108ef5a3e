package main

import (
	"math"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestCompare(t *testing.T) {
	r := result{Runs: []run{
		{Contender: "floor", Workload: "hot", Clients: 64, Rate: 400},
		{Contender: "ours", Workload: "hot", Clients: 64, Rate: 360},
		{Contender: "ours", Workload: "hot", Clients: 256, Rate: 342},
		{Contender: "bridge", Workload: "hot", Clients: 64, Rate: 342, OwnWrites: 2.1},
		{Contender: "bridge", Workload: "hot", Clients: 256, Rate: 684},
		{Contender: "naive-1", Workload: "hot", Clients: 64, Rate: 120},
		{Contender: "naive-64", Workload: "hot", Clients: 64, Rate: 40},
		{Contender: "postgres", Workload: "hot", Clients: 64, Rate: 720},
		{Contender: "postgres-http", Workload: "hot", Clients: 64, Rate: 684},
		{Contender: "postgres-group", Workload: "hot", Clients: 64, Rate: 3420},
		{Contender: "floor", Workload: "hot", Clients: 1, Rate: 200, P50: 4},
		{Contender: "ours", Workload: "hot", Clients: 1, Rate: 150, P50: 6},
		{Contender: "bridge", Workload: "hot", Clients: 1, Rate: 150, P50: 5},
		{Contender: "bridge", Workload: "hot", Clients: 64, Rate: 300, Events: toSink},
		{Contender: "postgres-outbox", Workload: "hot", Clients: 64, Rate: 600, Events: toSink},
		{Contender: "bridge", Workload: "burst-scarce", Clients: 256, Rate: 100, acknowledgements: acknowledgements{Carts: 20, Seconds: 40, Extrapolated: true}},
		{Contender: "postgres-http", Workload: "burst-scarce", Clients: 256, Rate: 400, acknowledgements: acknowledgements{Carts: 20, Seconds: 10}},
	}}
	r.compare()
	want := map[string]float64{
		"hot_64": 0.9, "objects_floor_hot_64": 0.9, "hot_1": 0.75, "objects_floor_hot_1": 0.75, "latency_c1": 1.5,
		"naive_hot_64": 3, "naive64_hot_64": 9, "postgres_hot_64": 0.5, "hot_256_over_64": 0.95,
		"bridge_hot_64": 0.95, "bridge_hot_1": 1, "bridge_hot_256": 2,
		"bridge_floor_hot_64": 0.855, "bridge_floor_hot_1": 0.75, "latency_c1_bridge": 1.25,
		"bridge_pghttp_hot_64": 0.5, "bridge_pggroup_hot_64": 0.1, "writes_per_cart_bridge_64": 2.1, "bridge_256_64": 2,
		"bridge_pgoutbox_hot_64": 0.5, "bridge_pghttp_burst_scarce": 0.25,
	}
	if diff := cmp.Diff(want, r.Ratios, cmpopts.EquateApprox(0, 1e-9)); diff != "" {
		t.Errorf("ratios (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"bridge_pghttp_burst_scarce"}, r.Extrapolated); diff != "" {
		t.Errorf("extrapolated (-want +got):\n%s", diff)
	}
}

// A variant of the bridge has ratios of its own, which end in its suffix.
func TestCompareVariants(t *testing.T) {
	r := result{Runs: []run{
		{Contender: "bridge-none", Workload: "wide", Clients: 64, Rate: 100},
		{Contender: "postgres-http", Workload: "wide", Clients: 64, Rate: 200},
	}, Ratios: map[string]float64{}}
	r.compareBridge(bridgeVariant{name: "bridge-none", suffix: "_none"})
	if diff := cmp.Diff(map[string]float64{"bridge_pghttp_wide_64_none": 0.5}, r.Ratios); diff != "" {
		t.Errorf("ratios (-want +got):\n%s", diff)
	}
}

func TestMedians(t *testing.T) {
	got := medians([]run{
		{Contender: "ours", Rate: 3, P50: 10, Writes: 2},
		{Contender: "ours", Rate: 1, P50: 30, Writes: 2.1},
		{Contender: "ours", Rate: 2, P50: 20, Writes: 2.2},
	})
	want := run{Contender: "ours", Rounds: 3, Rate: 2, P50: 20, Writes: 2.1}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(run{})); diff != "" {
		t.Errorf("medians (-want +got):\n%s", diff)
	}
	if got := median([]float64{4, 1, 2, 3}); got != 2.5 {
		t.Errorf("the median of an even number of values is %v, want 2.5", got)
	}
}

func TestQuantile(t *testing.T) {
	var s sample
	for i := range 1000 {
		s.latencies = append(s.latencies, time.Duration(1000-i)*time.Millisecond)
	}
	got := map[float64]time.Duration{}
	for _, share := range []float64{0.5, 0.99, 0.999, 1} {
		got[share] = s.quantile(share)
	}
	want := map[float64]time.Duration{
		0.5: 501 * time.Millisecond, 0.99: 991 * time.Millisecond, 0.999: time.Second, 1: time.Second,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("quantiles (-want +got):\n%s", diff)
	}
}

// A cart names each product once, and a skewed workload has a favourite.
func TestCarts(t *testing.T) {
	for _, w := range []workload{hot, zipf, wide} {
		t.Run(w.name, func(t *testing.T) {
			carts, count := w.carts(1), map[string]int{}
			const n = 10_000
			for range n {
				cart := carts.next()
				seen := map[string]bool{}
				for _, item := range cart {
					seen[item.ProductID] = true
					count[item.ProductID]++
				}
				if len(seen) != w.perCart || len(cart) != w.perCart {
					t.Fatalf("a cart of %d lines names %d products, want %d", len(cart), len(seen), w.perCart)
				}
			}
			most := 0
			for _, c := range count {
				most = max(most, c)
			}
			uniform := float64(n*w.perCart) / float64(w.products)
			if skewed := float64(most) > 10*math.Max(uniform, 1) && w.products > 1; skewed != (w.skew > 0) {
				t.Errorf("the most wanted of %d products is in %d of %d carts", w.products, most, n)
			}
		})
	}
}

func TestOnly(t *testing.T) {
	at := func(w workload, contenders ...string) cell {
		return cell{workload: w, clients: 64, contenders: contenders}
	}
	told := at(hot, telling...)
	told.events = true
	f := form{cells: []cell{at(hot, own...), at(zipf, own...), told}, reads: true, growth: []int{0, 1000}, archive: archiveForm{behind: 1}, pages: pageForm{cells: pageCells(8, 16), loads: []pageLoad{{kib: 8}}, codings: true}}
	for pattern, want := range map[string]form{
		"^hot/64/(floor|ours)$": {cells: []cell{at(hot, "floor", "ours")}},
		"^(reads|growth/1000)$": {reads: true, growth: []int{1000}},
		"^events/":              {cells: []cell{told}},
		"^archive$":             {archive: archiveForm{behind: 1}},
		"^pages/8/[br].*/1$":    {pages: pageForm{cells: []pageCell{{kib: 8, schema: formatted, pages: 1}, {kib: 8, schema: ruled, pages: 1}}}},
		"^pages/(memory|enc)":   {pages: pageForm{loads: []pageLoad{{kib: 8}}, codings: true}},
		"^[hz].*bridge$":        {cells: []cell{at(hot, "bridge"), at(zipf, "bridge")}},
	} {
		got := f.only(regexp.MustCompile(pattern))
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(form{}, cell{}, workload{}, pageForm{}, pageCell{}, pageLoad{}, archiveForm{}), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", pattern, diff)
		}
	}
}

// Every contender of a form exists, and those of a cell with events are those that
// deliver them, no two of them from the same operator.
func TestForms(t *testing.T) {
	l := &lab{}
	objects := newOurs(l)
	known := map[string]bool{"floor": true, "ours": true, "postgres": true, "naive-1": true, "naive-8": true, "naive-64": true}
	for _, c := range append(newBridges(l, objects), newPostgresServers(l, "")...) {
		known[c.name()] = true
	}
	for name, f := range forms {
		for _, c := range f.cells {
			for _, contender := range c.contenders {
				if !known[contender] {
					t.Errorf("%s: nobody is %s", name, contender)
				}
				delivers := contender == "postgres-outbox" || slices.ContainsFunc(bridges, func(v bridgeVariant) bool { return v.name == contender })
				if c.events != delivers && (c.events || contender == "postgres-outbox") {
					t.Errorf("%s: %s is in a cell with events %s", name, c.path(contender), c.eventsTo())
				}
			}
		}
	}
}
