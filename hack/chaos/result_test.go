package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/acme/inventory-service/test/faultreport"
)

func TestSum(t *testing.T) {
	got := sum([]faultreport.Record{
		{Name: "zombie", Injected: 2, Checked: 10, Recoveries: []float64{3000, 1000}},
		{Name: "storm", Injected: 7, Checked: 1, Violations: 1, Found: []string{"oversold"}},
		{Name: "zombie", Injected: 1, Checked: 5, Recoveries: []float64{2000.4}},
	})
	slowest := 3000.0
	want := &result{Faults: []fault{
		{Name: "storm", Injected: 7, Checked: 1, Violations: 1, Found: []string{"oversold"}},
		{Name: "zombie", Injected: 3, Checked: 15, RecoveryP99: &slowest, RecoveryMax: &slowest},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the sum of three records (-want +got):\n%s", diff)
	}
}

func TestMissing(t *testing.T) {
	played := []suite{
		{name: "a", fault: "storm", rounds: counts{8, 80}},
		{name: "b", fault: "zombie", rounds: counts{3, 30}},
		{name: "c", fault: "errors", rounds: counts{45, 600}, least: counts{100, 1000}},
		{name: "d"},
	}
	r := result{Faults: []fault{{Name: "storm", Injected: 7}, {Name: "zombie", Injected: 3}}}
	var got []string
	for _, err := range r.missing(played, false) {
		got = append(got, err.Error())
	}
	want := []string{"storm: injected 7 times, want 8", "errors: injected 0 times, want 100"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what is missing (-want +got):\n%s", diff)
	}
}

func TestPrint(t *testing.T) {
	took := 1234.0
	r := result{
		Faults: []fault{
			{Name: "zombie", Injected: 3, Checked: 15, RecoveryP99: &took, RecoveryMax: &took},
			{Name: "storm", Injected: 1, Checked: 2, Violations: 1, Found: []string{"oversold"}},
		},
		Mutants: mutants{Caught: 11, Total: 12},
	}
	var out bytes.Buffer
	if err := r.print(&out); err != nil {
		t.Fatal(err)
	}
	var got [][]string
	for line := range strings.Lines(out.String()) {
		got = append(got, strings.Fields(line))
	}
	want := [][]string{
		{"fault", "injected", "checks", "violations", "recovery", "p99", "slowest"},
		{"zombie", "3", "15", "0", "1.23", "s", "1.23", "s"},
		{"storm", "1", "2", "1", "-", "-"},
		{"mutants", "caught", "11", "of", "12", "1"},
		{"VIOLATION,", "storm:", "oversold"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the table (-want +got):\n%s", diff)
	}
}

func TestTogether(t *testing.T) {
	got := together([]suite{
		{name: "model", pkg: "./model", tests: "TestModel"},
		{name: "storm", pkg: processes, tests: "TestStorm", rounds: counts{45, 600}},
		{name: "fuzz"},
		{name: "zombie", pkg: processes, tests: "TestZombie|TestTwo"},
	})
	want := []suite{
		{name: "model", pkg: "./model", tests: "TestModel"},
		{name: "fuzz"},
		{name: "real processes", pkg: processes, tests: "TestStorm|TestZombie|TestTwo"},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(suite{}, counts{}), cmpopts.IgnoreFields(suite{}, "program")); diff != "" {
		t.Errorf("suites of the short form (-want +got):\n%s", diff)
	}
}
