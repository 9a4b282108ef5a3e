package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"text/tabwriter"
)

// result is what .run/bench.json holds.
type result struct {
	Machine machine            `json:"machine"`
	Runs    []run              `json:"runs"`
	Ratios  map[string]float64 `json:"ratios"`
	// Extrapolated are those ratios that rest on a burst that was not over in time.
	Extrapolated []string          `json:"ratios_extrapolated,omitempty"`
	Reads        *reads            `json:"reads,omitempty"`
	Growth       []grown           `json:"growth,omitempty"`
	Remembered   []rememberedCarts `json:"remembered,omitempty"`
	Cold         []coldStart       `json:"cold,omitempty"`
	Platforms    []platform        `json:"platforms,omitempty"`
	Pages        *pages            `json:"pages,omitempty"`
	Archive      *archived         `json:"archive,omitempty"`
}

func (r *result) empty() bool {
	return len(r.Runs) == 0 && r.Reads == nil && len(r.Growth) == 0 && len(r.Platforms) == 0 && r.Pages == nil && r.Archive == nil
}

func (r *result) save(path string) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o600)
}

func (r *result) print(out io.Writer) error {
	if err := r.printRuns(out); err != nil {
		return err
	}
	if err := r.printRatios(out); err != nil {
		return err
	}
	if r.Reads != nil {
		_, _ = fmt.Fprintf(out, "\nstock level, one core for the operator, %d clients: %.0f/s, p50 %.2f ms, p99 %.2f ms\n",
			r.Reads.Clients, r.Reads.Rate, r.Reads.P50, r.Reads.P99)
	}
	if err := r.printGrowth(out); err != nil {
		return err
	}
	if err := printPlatforms(out, r.Platforms); err != nil {
		return err
	}
	return r.Pages.print(out)
}

func (r *result) printRuns(out io.Writer) error {
	if len(r.Runs) == 0 {
		return nil
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprintln(table, "workload\tclients\tevents\tcontender\trate/s\tp50 ms\tp99 ms\tp99.9 ms\taccepted\twrites\town\tKiB\tCPU s/1000\town\tAPI server\tetcd\tdatabase\tclients\tRSS MiB\t")
	for _, c := range r.Runs {
		_, _ = fmt.Fprintf(table, "%s\t%d\t%s\t%s\t%.0f\t%.2f\t%.2f\t%.2f\t%.0f%%\t%.2f\t%.2f\t%.1f\t%.2f\t%.2f\t%.2f\t%.2f\t%.2f\t%.2f\t%.0f\t\n",
			c.Workload, c.Clients, c.Events, c.Contender, c.Rate, c.P50, c.P99, c.P999, 100*c.Accepted,
			c.Writes, c.OwnWrites, c.Bytes/1024, c.CPU, c.CPUOperator, c.CPUAPIServer, c.CPUEtcd, c.CPUDatabase, c.CPUClients, c.RSS)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, c := range r.Runs {
		if note := c.acknowledgements.String() + c.deliveries.String(); note != "" {
			_, _ = fmt.Fprintf(out, "%s of %s with %d clients:%s\n", c.Contender, c.Workload, c.Clients, note)
		}
	}
	return nil
}

func (r *result) printRatios(out io.Writer) error {
	if len(r.Ratios) == 0 {
		return nil
	}
	ratios := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(ratios, "\nratio\t")
	for _, name := range slices.Sorted(maps.Keys(r.Ratios)) {
		mark := ""
		if slices.Contains(r.Extrapolated, name) {
			mark = "extrapolated"
		}
		_, _ = fmt.Fprintf(ratios, "%s\t%.2f\t%s\n", name, r.Ratios[name], mark)
	}
	return ratios.Flush()
}

func (r *result) printGrowth(out io.Writer) error {
	if len(r.Growth) == 0 {
		return nil
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprintln(table, "\nopen\trate/s\tfloor/s\tp50 ms\tp99 ms\tbridge/s\tp50 ms\tp99 ms\tfirst decision s\ttake-over s\theap MiB\tKiB/open\tRSS MiB\tpages\tjournal KiB\t")
	for _, g := range r.Growth {
		_, _ = fmt.Fprintf(table, "%d\t%.0f\t%.0f\t%.2f\t%.2f\t%.0f\t%.2f\t%.2f\t%.1f\t%.1f\t%.0f\t%.2f\t%.0f\t%d\t%.0f\t\n",
			g.Open, g.Rate, g.Floor, g.P50, g.P99, g.Bridge, g.BridgeP50, g.BridgeP99, g.FirstDecision, g.TakeOver, g.Heap, g.PerOpen, g.RSS, g.Pages, g.Journal)
	}
	return table.Flush()
}
