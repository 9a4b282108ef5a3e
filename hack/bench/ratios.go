package main

import (
	"fmt"
	"slices"
	"strings"
)

// find returns what a contender did in a cell without events. A name that ends in "*"
// means the fastest of those that begin so.
func (r *result) find(contender, workload string, clients int) (run, bool) {
	return r.findIn(contender, workload, clients, noEvents)
}

func (r *result) findIn(contender, workload string, clients int, events string) (run, bool) {
	prefix, several := strings.CutSuffix(contender, "*")
	var best run
	for _, c := range r.Runs {
		named := c.Contender == contender || several && strings.HasPrefix(c.Contender, prefix)
		told := c.Events == events || c.Events == "" && events == noEvents
		if named && told && c.Workload == workload && c.Clients == clients && c.Rate > best.Rate {
			best = c
		}
	}
	return best, best.Rate > 0
}

// compare fills in the ratios, wherever both sides were measured.
func (r *result) compare() {
	r.Ratios, r.Extrapolated = map[string]float64{}, nil
	for _, c := range r.Runs {
		if c.Contender == "ours" {
			r.compareObjects(c)
		}
	}
	for _, v := range bridges {
		r.compareBridge(v)
	}
	slices.Sort(r.Extrapolated)
}

// compareObjects compares a run of ours, carts as objects, with the others in its cell.
func (r *result) compareObjects(c run) {
	cell := fmt.Sprintf("%s_%d", c.Workload, c.Clients)
	if floor, ok := r.find("floor", c.Workload, c.Clients); ok {
		r.Ratios[cell] = c.Rate / floor.Rate
		r.Ratios["objects_floor_"+cell] = c.Rate / floor.Rate
		if c.Clients == 1 && c.Workload == hot.name {
			r.Ratios["latency_c1"] = c.P50 / floor.P50
		}
	}
	for name, other := range map[string]string{"naive": "naive-*", "naive64": "naive-64", "postgres": "postgres"} {
		if o, ok := r.find(other, c.Workload, c.Clients); ok {
			r.Ratios[name+"_"+cell] = c.Rate / o.Rate
		}
	}
	if bridge, ok := r.find("bridge", c.Workload, c.Clients); ok {
		r.Ratios["bridge_"+cell] = bridge.Rate / c.Rate
	}
	if more, ok := r.find("ours", c.Workload, 256); ok && c.Clients == 64 {
		r.Ratios[c.Workload+"_256_over_64"] = more.Rate / c.Rate
	}
}

// compareBridge compares a variant of the bridge with the others: above 1 it is faster.
func (r *result) compareBridge(v bridgeVariant) {
	for _, c := range r.Runs {
		if c.Contender != v.name {
			continue
		}
		set := func(name string, ratio float64, rests ...run) {
			r.Ratios[name+v.suffix] = ratio
			if slices.ContainsFunc(rests, func(c run) bool { return c.Extrapolated }) {
				r.Extrapolated = append(r.Extrapolated, name+v.suffix)
			}
		}
		cell := fmt.Sprintf("%s_%d", c.Workload, c.Clients)
		if c.Events == toSink {
			if o, ok := r.findIn("postgres-outbox", c.Workload, c.Clients, toSink); ok {
				set("bridge_pgoutbox_"+cell, c.Rate/o.Rate)
			}
			continue
		}
		for short, other := range map[string]string{"pghttp": "postgres-http", "pggroup": "postgres-group", "floor": "floor"} {
			o, ok := r.find(other, c.Workload, c.Clients)
			switch {
			case !ok:
			case c.Carts > 0:
				name := "bridge_" + short + "_" + strings.ReplaceAll(c.Workload, "-", "_")
				set(name, o.Seconds/c.Seconds, o, c)
			default:
				set("bridge_"+short+"_"+cell, c.Rate/o.Rate)
			}
		}
		if c.Workload == hot.name {
			r.compareHot(v, c)
		}
	}
}

// compareHot adds what only a run on hot tells of the bridge.
func (r *result) compareHot(v bridgeVariant, c run) {
	switch c.Clients {
	case 1:
		if floor, ok := r.find("floor", c.Workload, 1); ok {
			r.Ratios["latency_c1_bridge"+v.suffix] = c.P50 / floor.P50
		}
	case 64:
		r.Ratios["writes_per_cart_bridge_64"+v.suffix] = c.OwnWrites
		if more, ok := r.find(v.name, c.Workload, 256); ok {
			r.Ratios["bridge_256_64"+v.suffix] = more.Rate / c.Rate
		}
	}
}
