package mutant_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/acme/inventory-service/internal/mutant"
)

const root = "../.."

// Every fault is somewhere in the program, and every test that is to catch one
// exists: a mutant that cannot happen would be caught by nobody.
func TestCatalog(t *testing.T) {
	used := hooks(t)
	names := map[mutant.Name]bool{}
	for _, m := range mutant.Catalog() {
		if names[m.Name] || m.Fault == "" || len(m.CaughtBy) == 0 {
			t.Errorf("%q is listed twice, or has no fault or no test", m.Name)
		}
		names[m.Name] = true
		if used[m.Name] == 0 {
			t.Errorf("%q is nowhere in the program", m.Name)
		}
		for _, c := range m.CaughtBy {
			if !hasTest(t, c) {
				t.Errorf("%s has no test %s, which is to catch %q", c.Package, c.Test, m.Name)
			}
		}
	}
	for name := range used {
		if !names[name] {
			t.Errorf("%q is in the program and not in the catalog", name)
		}
	}
}

// hooks counts where each fault is in the program, tests left out.
func hooks(t *testing.T) map[mutant.Name]int {
	t.Helper()
	constants := constantsOf(t)
	used := map[mutant.Name]int{}
	eachFile(t, root, func(file *ast.File) {
		ast.Inspect(file, func(node ast.Node) bool {
			selector, ok := node.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if pkg, ok := selector.X.(*ast.Ident); ok && pkg.Name == "mutant" {
				if name, known := constants[selector.Sel.Name]; known {
					used[name]++
				}
			}
			return true
		})
	})
	return used
}

// constantsOf are the names of name.go, by the names of their constants.
func constantsOf(t *testing.T) map[string]mutant.Name {
	t.Helper()
	text, err := os.ReadFile("name.go")
	if err != nil {
		t.Fatal(err)
	}
	constants := map[string]mutant.Name{}
	for _, found := range regexp.MustCompile(`(?m)^\t(\w+)\s+Name = "([^"]+)"$`).FindAllStringSubmatch(string(text), -1) {
		constants[found[1]] = mutant.Name(found[2])
	}
	if len(constants) < len(mutant.Catalog()) {
		t.Errorf("name.go has %d names, the catalog %d mutants", len(constants), len(mutant.Catalog()))
	}
	return constants
}

// eachFile parses the Go files of the program.
func eachFile(t *testing.T, dir string, look func(*ast.File)) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && (entry.Name() == "bin" || strings.HasPrefix(entry.Name(), ".") && len(entry.Name()) > 2) {
			return filepath.SkipDir
		}
		if entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err == nil {
			look(file)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// hasTest tells whether a package has the test that a catcher names.
func hasTest(t *testing.T, c mutant.Catcher) bool {
	t.Helper()
	name, _, _ := strings.Cut(c.Test, "/")
	files, err := filepath.Glob(filepath.Join(root, c.Package, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if regexp.MustCompile(`(?m)^func ` + name + `\(t \*testing\.T\)`).Match(text) {
			return true
		}
	}
	return false
}
