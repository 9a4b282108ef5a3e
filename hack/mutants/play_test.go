package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func names(chosen []mutant) []string {
	var names []string
	for _, m := range chosen {
		line := m.name
		for _, c := range m.caughtBy {
			line += " " + c.test
		}
		names = append(names, line)
	}
	return names
}

// Tests of real processes play only in the long form, and a mutant that no
// others catch plays only there.
func TestChoose(t *testing.T) {
	quick := catcher{pkg: "./a", test: "TestQuick"}
	slow := catcher{pkg: "./b", test: "TestSlow", long: true}
	catalog := []mutant{
		{name: "one", caughtBy: []catcher{quick, slow}}, {name: "two", caughtBy: []catcher{slow}},
	}
	cases := map[string]struct {
		pattern string
		long    bool
		want    []string
	}{
		"short":         {"", false, []string{"one TestQuick"}},
		"long":          {"", true, []string{"one TestQuick TestSlow", "two TestSlow"}},
		"by name":       {"^t", true, []string{"two TestSlow"}},
		"none of these": {"three", true, nil},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			chosen := choose(catalog, options{run: regexp.MustCompile(tc.pattern), long: tc.long})
			if diff := cmp.Diff(tc.want, names(chosen)); diff != "" {
				t.Errorf("chosen (-want +got):\n%s", diff)
			}
		})
	}
	all := choose(catalog, options{run: regexp.MustCompile(""), long: true})
	if diff := cmp.Diff([]catcher{quick, slow}, catchers(all), cmp.AllowUnexported(catcher{})); diff != "" {
		t.Errorf("each test passes once without a mutant (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"./a", "./b"}, packages(all)); diff != "" {
		t.Errorf("each package is built once (-want +got):\n%s", diff)
	}
}

// A survivor fails the run, and the file names it.
func TestTell(t *testing.T) {
	file := filepath.Join(t.TempDir(), "mutants.json")
	f := &found{Survivors: []string{}}
	f.add(mutant{name: "caught"}, nil, time.Second)
	var out strings.Builder
	if err := f.tell(&out, file); err != nil || out.String() != "1/1 mutants caught\n" {
		t.Errorf("error %v, output %q", err, out.String())
	}
	f.add(mutant{name: "survivor"}, []string{"TestStock passed"}, time.Second)
	if err := f.tell(&out, file); err == nil || !strings.Contains(err.Error(), "survivor") {
		t.Errorf("error is %v, want the survivor", err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"caught": 1.0, "total": 2.0, "survivors": []any{"survivor"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the file (-want +got):\n%s", diff)
	}
}
