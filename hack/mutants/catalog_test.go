package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// root is the root of the module.
const root = "../.."

// Every patch fits the source as it is: a mutant that cannot happen would be caught
// by nobody.
func TestCatalogFitsTheSource(t *testing.T) {
	files, err := patched(root, catalog)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := withSwitches(files); err != nil {
		t.Error(err)
	}
}

// Every mutant has a name of its own, and every test that is to catch one exists.
func TestCatalog(t *testing.T) {
	names := map[string]bool{}
	for _, m := range catalog {
		if names[m.name] || m.name == "" || m.fault == "" || len(m.caughtBy) == 0 {
			t.Errorf("%q is listed twice, or has no name, no fault or no test", m.name)
		}
		names[m.name] = true
		for _, c := range m.caughtBy {
			if !hasTest(t, c) {
				t.Errorf("%s has no test %s, which is to catch %q", c.pkg, c.test, m.name)
			}
		}
	}
}

// hasTest tells whether a package has the test that a catcher names.
func hasTest(t *testing.T, c catcher) bool {
	t.Helper()
	name, _, _ := strings.Cut(c.test, "/")
	declared := regexp.MustCompile(`(?m)^func ` + name + `\(t \*testing\.T\)`)
	files, err := filepath.Glob(filepath.Join(root, c.pkg, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if declared.Match(text) {
			return true
		}
	}
	return false
}
