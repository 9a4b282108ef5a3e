package main

import (
	"encoding/json"
	"fmt"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// variable is the environment variable that chooses the fault of a process.
const variable = "MUTANT"

// switchSource is the file that tells the code of one package which fault is chosen.
const switchSource = `package %s

import "os"

var mutatedName = os.Getenv(%q)

// mutated tells whether this process has the fault.
func mutated(name string) bool { return name == mutatedName }
`

// withSwitches adds to patched files what their new code calls, once for each package:
// the external tests of a folder are a package of their own.
func withSwitches(files map[string]string) (map[string]string, error) {
	all := maps.Clone(files)
	for path, text := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), path, text, parser.SkipObjectResolution)
		if err != nil {
			return nil, fmt.Errorf("a patch breaks the syntax: %w", err)
		}
		name := "zz_mutated.go"
		if strings.HasSuffix(path, "_test.go") && strings.HasSuffix(parsed.Name.Name, "_test") {
			name = "zz_mutated_test.go"
		}
		all[filepath.Join(filepath.Dir(path), name)] = fmt.Sprintf(switchSource, parsed.Name.Name, variable)
	}
	return all, nil
}

// writeOverlay writes files into dir, and beside them what makes the go command read
// them in place of the module's at root. It returns the path for -overlay.
func writeOverlay(dir, root string, files map[string]string) (string, error) {
	root, err := filepath.Abs(root)
	if err != nil {
		return "", err
	}
	replace := map[string]string{}
	for _, path := range slices.Sorted(maps.Keys(files)) {
		written := filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(written), 0o700); err != nil {
			return "", err
		}
		if err := os.WriteFile(written, []byte(files[path]), 0o600); err != nil {
			return "", err
		}
		replace[filepath.Join(root, path)] = written
	}
	text, err := json.MarshalIndent(map[string]any{"Replace": replace}, "", "  ")
	if err != nil {
		return "", err
	}
	overlay := filepath.Join(dir, "overlay.json")
	return overlay, os.WriteFile(overlay, text, 0o600)
}
