package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
)

// result is what .run/bench.json holds.
type result struct {
	Machine machine            `json:"machine"`
	Runs    []run              `json:"runs"`
	Ratios  map[string]float64 `json:"ratios"`
	Reads   *reads             `json:"reads,omitempty"`
	Ahead   []ahead            `json:"ahead,omitempty"`
	Growth  []grown            `json:"growth,omitempty"`
}

func (r *result) empty() bool {
	return len(r.Runs) == 0 && r.Reads == nil && len(r.Ahead) == 0 && len(r.Growth) == 0
}

// find returns what a contender did in a cell. Of several contenders whose name
// begins with the given one and a dash, it is the fastest.
func (r *result) find(contender, workload string, clients int) (run, bool) {
	var best run
	for _, c := range r.Runs {
		named := c.Contender == contender || strings.HasPrefix(c.Contender, contender+"-")
		if named && c.Workload == workload && c.Clients == clients && c.Rate > best.Rate {
			best = c
		}
	}
	return best, best.Rate > 0
}

// compare fills in the ratios of the rates, ours over the others', wherever both
// were measured, and of the latencies of one client.
func (r *result) compare() {
	r.Ratios = map[string]float64{}
	for _, c := range r.Runs {
		if c.Contender != "ours" {
			continue
		}
		cell := fmt.Sprintf("%s_%d", c.Workload, c.Clients)
		if floor, ok := r.find("floor", c.Workload, c.Clients); ok {
			r.Ratios[cell] = c.Rate / floor.Rate
			if c.Clients == 1 && c.Workload == hot.name {
				r.Ratios["latency_c1"] = c.P50 / floor.P50
			}
		}
		for _, other := range []string{"naive", "postgres"} {
			if o, ok := r.find(other, c.Workload, c.Clients); ok {
				r.Ratios[other+"_"+cell] = c.Rate / o.Rate
			}
		}
		if o, ok := r.find("naive-64", c.Workload, c.Clients); ok {
			r.Ratios["naive64_"+cell] = c.Rate / o.Rate
		}
		if bridge, ok := r.find("bridge", c.Workload, c.Clients); ok {
			r.Ratios["bridge_"+cell] = bridge.Rate / c.Rate
		}
		if more, ok := r.find("ours", c.Workload, 256); ok && c.Clients == 64 {
			r.Ratios[c.Workload+"_256_over_64"] = more.Rate / c.Rate
		}
	}
}

func (r *result) save(path string) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o600)
}

func (r *result) print(out io.Writer) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprintln(table, "workload\tclients\tcontender\trate/s\tp50 ms\tp99 ms\tp99.9 ms\taccepted\twrites\tKiB\tCPU s/1000: own\tclients\tAPI server\tetcd\tRSS MiB\t")
	for _, c := range r.Runs {
		_, _ = fmt.Fprintf(table, "%s\t%d\t%s\t%.0f\t%.2f\t%.2f\t%.2f\t%.0f%%\t%.2f\t%.1f\t%.2f\t%.2f\t%.2f\t%.2f\t%.0f\t\n",
			c.Workload, c.Clients, c.Contender, c.Rate, c.P50, c.P99, c.P999, 100*c.Accepted,
			c.Writes, c.Bytes/1024, c.CPUOperator, c.CPUClients, c.CPUAPIServer, c.CPUEtcd, c.RSS)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	ratios := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(ratios, "\nratio\tours over it")
	for _, name := range slices.Sorted(maps.Keys(r.Ratios)) {
		_, _ = fmt.Fprintf(ratios, "%s\t%.2f\n", name, r.Ratios[name])
	}
	if err := ratios.Flush(); err != nil {
		return err
	}
	if r.Reads != nil {
		_, _ = fmt.Fprintf(out, "\nstock level, one core for the operator, %d clients: %.0f/s, p50 %.2f ms, p99 %.2f ms\n",
			r.Reads.Clients, r.Reads.Rate, r.Reads.P50, r.Reads.P99)
	}
	if err := r.printAhead(out); err != nil {
		return err
	}
	return r.printGrowth(out)
}

func (r *result) printAhead(out io.Writer) error {
	if len(r.Ahead) == 0 {
		return nil
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprintln(table, "\nanswered ahead by\tburst/s\tfor s\tthen/s\tp50 ms\tkubectl late by ms\tledger B\t")
	for _, a := range r.Ahead {
		_, _ = fmt.Fprintf(table, "%d\t%.0f\t%.2f\t%.0f\t%.2f\t%.0f\t%d\t\n",
			a.Window, a.Burst, a.BurstSeconds, a.Sustained, a.P50, a.Lag, a.Ledger)
	}
	return table.Flush()
}

func (r *result) printGrowth(out io.Writer) error {
	if len(r.Growth) == 0 {
		return nil
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprintln(table, "\nopen\trate/s\tfloor/s\tp50 ms\tp99 ms\tfirst decision s\ttake-over s\theap MiB\tKiB/open\tRSS MiB\tledger B\titem B\t")
	for _, g := range r.Growth {
		_, _ = fmt.Fprintf(table, "%d\t%.0f\t%.0f\t%.2f\t%.2f\t%.1f\t%.1f\t%.0f\t%.2f\t%.0f\t%d\t%d\t\n",
			g.Open, g.Rate, g.Floor, g.P50, g.P99, g.FirstDecision, g.TakeOver, g.Heap, g.PerOpen, g.RSS, g.Ledger, g.Item)
	}
	return table.Flush()
}
