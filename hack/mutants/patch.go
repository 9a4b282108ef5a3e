package main

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// switchWord is the word in a patch that is true where its mutant is chosen.
var switchWord = regexp.MustCompile(`\bMUTANT\b`)

// edit is a patch at its place in a file.
type edit struct {
	from, to int
	text     string
	mutant   string
}

// patched returns the files of the module at root that the mutants patch, with the
// faults of all of them, by their paths. Nothing is written. Its error names each
// mutant that does not fit the source.
func patched(root string, mutants []mutant) (map[string]string, error) {
	sources, edits, err := locateAll(root, mutants)
	files := map[string]string{}
	for _, file := range slices.Sorted(maps.Keys(edits)) {
		text, applyErr := apply(sources[file], edits[file])
		if applyErr != nil {
			applyErr = fmt.Errorf("%s: %w", file, applyErr)
		}
		files[file] = text
		err = errors.Join(err, applyErr)
	}
	if err != nil {
		return nil, err
	}
	return files, nil
}

// locateAll reads the files that are patched and finds each patch its place.
func locateAll(root string, mutants []mutant) (sources map[string]string, edits map[string][]edit, err error) {
	sources, edits = map[string]string{}, map[string][]edit{}
	for _, m := range mutants {
		if !m.switched() {
			err = errors.Join(err, fmt.Errorf("mutant %s: no patch has the word MUTANT: it could not be switched off", m.name))
		}
		for _, p := range m.patches {
			e, locateErr := locate(root, sources, m.name, p)
			if locateErr != nil {
				err = errors.Join(err, fmt.Errorf("mutant %s: %s: %w", m.name, p.file, locateErr))
				continue
			}
			edits[p.file] = append(edits[p.file], e)
		}
	}
	return sources, edits, err
}

// switched tells whether the mutant is a fault only where it is chosen.
func (m mutant) switched() bool {
	return slices.ContainsFunc(m.patches, func(p patch) bool { return switchWord.MatchString(p.new) })
}

// locate finds the one place of a patch. It keeps what it reads in sources.
func locate(root string, sources map[string]string, name string, p patch) (edit, error) {
	text, known := sources[p.file]
	if !known {
		read, err := os.ReadFile(filepath.Join(root, p.file))
		if err != nil {
			return edit{}, err
		}
		text = string(read)
		sources[p.file] = text
	}
	if p.old == "" {
		return edit{}, errors.New("it does not say what to replace")
	}
	if n := strings.Count(text, p.old); n != 1 {
		return edit{}, fmt.Errorf("the text to replace is there %d times and not once: %s", n, p.old)
	}
	from := strings.Index(text, p.old)
	call := fmt.Sprintf("mutated(%q)", name)
	return edit{from: from, to: from + len(p.old), text: switchWord.ReplaceAllLiteralString(p.new, call), mutant: name}, nil
}

// apply makes all edits of one file. No two may change the same text: which one wins
// would depend on their order.
func apply(source string, edits []edit) (string, error) {
	edits = slices.SortedFunc(slices.Values(edits), func(a, b edit) int { return cmp.Compare(a.from, b.from) })
	var text strings.Builder
	done := 0
	for i, e := range edits {
		if e.from < done {
			return "", fmt.Errorf("mutants %s and %s replace the same text", edits[i-1].mutant, e.mutant)
		}
		text.WriteString(source[done:e.from])
		text.WriteString(e.text)
		done = e.to
	}
	text.WriteString(source[done:])
	return text.String(), nil
}
