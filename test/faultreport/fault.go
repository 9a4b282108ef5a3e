package faultreport

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"sync"
	"testing"
	"time"
)

const (
	// roundsEnv is how many times each suite is to inject its fault.
	roundsEnv = "FAULT_ROUNDS"
	// reportEnv is the directory that takes a file for each record.
	reportEnv = "FAULT_REPORT"
	// mostFound is how many violations a record describes.
	mostFound = 5
)

// Record is what one test reports about one fault.
type Record struct {
	// Name is the fault's, as in the table.
	Name string `json:"name"`
	// Injected is how many times the fault happened.
	Injected int `json:"injected"`
	// Checked is how many checks of an invariant were made.
	Checked int `json:"checked"`
	// Violations is how many of those failed.
	Violations int `json:"violations"`
	// Found says what the first violations were.
	Found []string `json:"found,omitempty"`
	// Recoveries are the milliseconds from the end of each fault until the
	// service answered again.
	Recoveries []float64 `json:"recoveries_ms,omitempty"`
}

// Rounds is how many times a suite is to inject its fault: what FAULT_ROUNDS
// says, or else usual.
func Rounds(tb testing.TB, usual int) int {
	tb.Helper()
	text := os.Getenv(roundsEnv)
	if text == "" {
		return usual
	}
	rounds, err := strconv.Atoi(text)
	if err != nil || rounds < 1 {
		tb.Fatalf("%s is %q: give a number above 0", roundsEnv, text)
	}
	return rounds
}

// Fault counts what one test does with one fault. It may be used by many
// goroutines at once.
type Fault struct {
	tb testing.TB

	mu     sync.Mutex
	record Record
}

// Begin begins a record, which is written when the test ends. A test that fails
// has at least one violation.
func Begin(tb testing.TB, name string) *Fault {
	tb.Helper()
	f := &Fault{tb: tb, record: Record{Name: name}}
	tb.Cleanup(f.end)
	return f
}

// Injected notes that the fault happened n times more.
func (f *Fault) Injected(n int) { f.change(func(r *Record) { r.Injected += n }) }

// Checked notes n more checks of an invariant.
func (f *Fault) Checked(n int) { f.change(func(r *Record) { r.Checked += n }) }

// Violated notes that an invariant did not hold, and fails the test.
func (f *Fault) Violated(format string, arguments ...any) {
	f.tb.Helper()
	text := fmt.Sprintf(format, arguments...)
	f.change(func(r *Record) {
		r.Violations++
		if len(r.Found) < mostFound {
			r.Found = append(r.Found, text)
		}
	})
	f.tb.Error(text)
}

// Recovered notes how long the service took to answer again after a fault. More
// than limit is a violation.
func (f *Fault) Recovered(took, limit time.Duration) {
	f.tb.Helper()
	f.change(func(r *Record) { r.Recoveries = append(r.Recoveries, float64(took)/float64(time.Millisecond)) })
	f.Checked(1)
	if took > limit {
		f.Violated("%s: recovered after %v, want at most %v", f.record.Name, took.Round(time.Millisecond), limit)
	}
}

func (f *Fault) change(by func(*Record)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	by(&f.record)
}

func (f *Fault) end() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.tb.Failed() && f.record.Violations == 0 {
		f.record.Violations = 1
		f.record.Found = []string{f.tb.Name() + " failed otherwise, as its log says"}
	}
	f.tb.Logf("%s: %d injected, %d checked, %d violations",
		f.record.Name, f.record.Injected, f.record.Checked, f.record.Violations)
	if dir := os.Getenv(reportEnv); dir != "" {
		if err := f.record.write(dir, f.tb.Name()); err != nil {
			f.tb.Errorf("report a fault: %v", err)
		}
	}
}

var notPlain = regexp.MustCompile(`[^A-Za-z0-9]+`)

func (r *Record) write(dir, test string) error {
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	name := notPlain.ReplaceAllString(test+" "+r.Name, "-") + ".json"
	return os.WriteFile(filepath.Join(dir, name), text, 0o600)
}

// Read returns the records in a directory.
func Read(dir string) ([]Record, error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		return nil, err
	}
	records := make([]Record, 0, len(paths))
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		var r Record
		if err := json.Unmarshal(text, &r); err != nil {
			return nil, fmt.Errorf("record %s: %w", path, err)
		}
		records = append(records, r)
	}
	return records, nil
}
