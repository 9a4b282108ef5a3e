package main

import (
	"math"
	"regexp"
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
		{Contender: "bridge", Workload: "hot", Clients: 64, Rate: 342},
		{Contender: "naive-1", Workload: "hot", Clients: 64, Rate: 120},
		{Contender: "naive-64", Workload: "hot", Clients: 64, Rate: 40},
		{Contender: "postgres", Workload: "hot", Clients: 64, Rate: 720},
		{Contender: "floor", Workload: "hot", Clients: 1, Rate: 200, P50: 4},
		{Contender: "ours", Workload: "hot", Clients: 1, Rate: 150, P50: 6},
	}}
	r.compare()
	want := map[string]float64{
		"hot_64": 0.9, "hot_1": 0.75, "latency_c1": 1.5, "naive_hot_64": 3, "naive64_hot_64": 9,
		"postgres_hot_64": 0.5, "bridge_hot_64": 0.95, "hot_256_over_64": 0.95,
	}
	if diff := cmp.Diff(want, r.Ratios, cmpopts.EquateApprox(0, 1e-9)); diff != "" {
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
	if diff := cmp.Diff(want, got); diff != "" {
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
	f := form{cells: []cell{{hot, 64, own}, {zipf, 64, own}}, reads: true, growth: []int{0, 1000}}
	for pattern, want := range map[string]form{
		"^hot/64/(floor|ours)$": {cells: []cell{{hot, 64, []string{"floor", "ours"}}}},
		"^(reads|growth/1000)$": {reads: true, growth: []int{1000}},
		"bridge":                {cells: []cell{{hot, 64, []string{"bridge"}}, {zipf, 64, []string{"bridge"}}}},
	} {
		got := f.only(regexp.MustCompile(pattern))
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(form{}, cell{}, workload{}), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", pattern, diff)
		}
	}
}
