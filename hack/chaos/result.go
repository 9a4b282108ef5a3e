package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/acme/inventory-service/test/faultreport"
)

// result is what a run found, as .run/chaos.json has it.
type result struct {
	Faults  []fault `json:"faults"`
	Mutants mutants `json:"mutants"`
}

// fault is one line of the table.
type fault struct {
	Name       string `json:"name"`
	Injected   int    `json:"injected"`
	Checked    int    `json:"checked"`
	Violations int    `json:"violations"`
	// Found says what the first violations were.
	Found []string `json:"found,omitempty"`
	// RecoveryP99 and RecoveryMax are in milliseconds, absent where the fault
	// takes no service away.
	RecoveryP99 *float64 `json:"recovery_p99_ms,omitempty"`
	RecoveryMax *float64 `json:"recovery_max_ms,omitempty"`
}

// mutants tells how many deliberate faults of the code the tests noticed.
type mutants struct {
	Caught int `json:"caught"`
	Total  int `json:"total"`
}

// sum adds up the records of each fault, in the order of their names.
func sum(records []faultreport.Record) *result {
	byName := map[string]faultreport.Record{}
	for _, r := range records {
		all := byName[r.Name]
		all.Name = r.Name
		all.Injected += r.Injected
		all.Checked += r.Checked
		all.Violations += r.Violations
		all.Found = append(all.Found, r.Found...)
		all.Recoveries = append(all.Recoveries, r.Recoveries...)
		byName[r.Name] = all
	}
	sums := &result{Faults: []fault{}}
	for _, r := range byName {
		f := fault{Name: r.Name, Injected: r.Injected, Checked: r.Checked, Violations: r.Violations, Found: r.Found}
		if len(r.Recoveries) > 0 {
			slices.Sort(r.Recoveries)
			f.RecoveryP99, f.RecoveryMax = at(r.Recoveries, 0.99), at(r.Recoveries, 1)
		}
		sums.Faults = append(sums.Faults, f)
	}
	slices.SortFunc(sums.Faults, func(a, b fault) int { return strings.Compare(a.Name, b.Name) })
	return sums
}

// at is the value that a share of the sorted values do not exceed.
func at(sorted []float64, share float64) *float64 {
	value := math.Round(sorted[max(0, int(math.Ceil(share*float64(len(sorted))))-1)])
	return &value
}

// missing tells which faults were injected less often than planned.
func (r *result) missing(played []suite, long bool) []error {
	injected := map[string]int{}
	for _, f := range r.Faults {
		injected[f.Name] = f.Injected
	}
	var missing []error
	for _, s := range played {
		if want := s.bar(long); s.fault != "" && injected[s.fault] < want {
			missing = append(missing, fmt.Errorf("%s: injected %d times, want %d", s.fault, injected[s.fault], want))
		}
	}
	return missing
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
	_, _ = fmt.Fprintln(table, "fault\tinjected\tchecks\tviolations\trecovery p99\tslowest\t")
	for _, f := range r.Faults {
		_, _ = fmt.Fprintf(table, "%s\t%d\t%d\t%d\t%s\t%s\t\n",
			f.Name, f.Injected, f.Checked, f.Violations, seconds(f.RecoveryP99), seconds(f.RecoveryMax))
	}
	if r.Mutants.Total > 0 {
		_, _ = fmt.Fprintf(table, "mutants caught\t%d of %d\t\t%d\t\t\t\n",
			r.Mutants.Caught, r.Mutants.Total, r.Mutants.Total-r.Mutants.Caught)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, f := range r.Faults {
		for _, found := range f.Found {
			if _, err := fmt.Fprintf(out, "VIOLATION, %s: %s\n", f.Name, found); err != nil {
				return err
			}
		}
	}
	return nil
}

func seconds(ms *float64) string {
	if ms == nil {
		return "-"
	}
	return fmt.Sprintf("%.2f s", *ms/1000)
}
