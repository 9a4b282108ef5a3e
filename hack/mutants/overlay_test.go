package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// small is a module whose product and tests, inside and outside of the package, are
// patched.
var small = map[string]string{
	"go.mod": "module small\n\ngo 1.26\n",
	"add.go": `package small

func Add(a, b int) int {
	return a + b
}
`,
	"in_test.go": `package small

import "testing"

func TestIn(t *testing.T) {
	if Add(1, 1) != 2 {
		t.Error("in")
	}
}
`,
	"out_test.go": `package small_test

import (
	"testing"

	"small"
)

func TestOut(t *testing.T) {
	if small.Add(1, 1) != 2 {
		t.Error("out")
	}
}
`,
}

var ofSmall = []mutant{
	{name: "adds-too-much", patches: []patch{{file: "add.go", old: "return a + b", new: "if MUTANT {\n\t\ta++\n\t}\n\treturn a + b"}}},
	{name: "inside-fails", patches: []patch{{file: "in_test.go", old: "!= 2 {", new: "!= 2 || MUTANT {"}}},
	{name: "outside-fails", patches: []patch{{file: "out_test.go", old: "!= 2 {", new: "!= 2 || MUTANT {"}}},
}

// One build has all faults, one of them at a time, and the source has none.
func TestOneBuildHasAllFaults(t *testing.T) {
	if testing.Short() {
		t.Skip("builds tests: not with -short")
	}
	t.Chdir(writeSmall(t))
	files, err := patched(".", ofSmall)
	if err != nil {
		t.Fatal(err)
	}
	built, err := newTests(".", files)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(built.dir) })
	if err := built.build(t.Context(), []string{"./"}); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, name := range []string{"", "adds-too-much", "inside-fails", "outside-fails", "unknown"} {
		for _, c := range unit("./", "TestIn", "TestOut") {
			if code, out := built.run(t.Context(), c, name); caught(c, code, out) == nil {
				got[name] += c.test
			} else if err := passed(c, code, out); err != nil {
				t.Errorf("%s under %q: %v\n%s", c.test, name, err, out)
			}
		}
	}
	want := map[string]string{"adds-too-much": "TestInTestOut", "inside-fails": "TestIn", "outside-fails": "TestOut"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("caught by (-want +got):\n%s", diff)
	}
}

// writeSmall writes the module and returns its root.
func writeSmall(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range small {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// What a test builds by itself has the mutants too, with the flags that were asked for.
func TestEnvironment(t *testing.T) {
	t.Setenv("GOFLAGS", "-mod=readonly")
	env := (&tests{overlay: "/tmp/a b/overlay.json"}).environment(catcher{env: []string{"SEEDS=7"}}, "late-cut")
	all := "\n" + strings.Join(env, "\n") + "\n"
	for _, want := range []string{"SEEDS=7", "GOFLAGS=-mod=readonly '-overlay=/tmp/a b/overlay.json'", "MUTANT=late-cut"} {
		if !strings.Contains(all, "\n"+want+"\n") {
			t.Errorf("the environment has no %s", want)
		}
	}
}
