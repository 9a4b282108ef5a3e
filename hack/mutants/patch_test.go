package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// oneFile is a module with one file.
func oneFile(t *testing.T, text string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.go"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// fault is a mutant of that file.
func fault(name string, patches ...patch) mutant {
	for i := range patches {
		patches[i].file = "a.go"
	}
	return mutant{name: name, patches: patches}
}

// The faults of all mutants are in one text, each behind the name of its own.
func TestPatched(t *testing.T) {
	dir := oneFile(t, "if old {\n\tx()\n}\nif new {\n}\n")
	files, err := patched(dir, []mutant{
		fault("b", patch{old: "if new {", new: "if new && !MUTANT {"}),
		fault("a", patch{old: "if old {", new: "if old || MUTANT {"}, patch{old: "x()", new: "MUTANTS()"}),
	})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"a.go": "if old || mutated(\"a\") {\n\tMUTANTS()\n}\nif new && !mutated(\"b\") {\n}\n"}
	if diff := cmp.Diff(want, files); diff != "" {
		t.Errorf("patched (-want +got):\n%s", diff)
	}
}

// What does not fit is refused, whatever else fits, by the names of all mutants
// that it is about.
func TestPatchedRefuses(t *testing.T) {
	const source = "one two three two"
	fits := fault("fits", patch{old: "one", new: "MUTANT"})
	cases := map[string]struct {
		mutants []mutant
		want    []string
	}{
		"a text that is not there": {[]mutant{fits, fault("lost", patch{old: "four", new: "MUTANT"})}, []string{"mutant lost: a.go: ", "there 0 times"}},
		"a text that is there twice": {
			[]mutant{fault("twice", patch{old: "two", new: "MUTANT"}), fits}, []string{"mutant twice: a.go: ", "there 2 times"},
		},
		"no text":   {[]mutant{fault("blank", patch{new: "MUTANT"})}, []string{"mutant blank: ", "what to replace"}},
		"no switch": {[]mutant{fault("always", patch{old: "one", new: "1"})}, []string{"mutant always: ", "switched off"}},
		"no file":   {[]mutant{{name: "homeless", patches: []patch{{file: "b.go", old: "one", new: "MUTANT"}}}}, []string{"mutant homeless: b.go: "}},
		"one text for two": {
			[]mutant{fault("late", patch{old: "ne two t", new: "MUTANT"}), fits}, []string{"a.go: ", "fits and late"},
		},
		"several at once": {
			[]mutant{fault("lost", patch{old: "four", new: "MUTANT"}), fault("always", patch{old: "one", new: "1"})}, []string{"mutant lost", "mutant always"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := patched(oneFile(t, source), tc.mutants)
			if err == nil {
				t.Fatal("they were applied")
			}
			for _, want := range tc.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error is %q, want %q in it", err, want)
				}
			}
		})
	}
}
