package main

import (
	"regexp"
	"strings"
)

// mutant is one deliberate fault: it takes one guarantee away where the code
// makes it, and tests must notice.
type mutant struct {
	name string
	// fault says what the program does wrong.
	fault string
	// patches make the fault, all of them together.
	patches []patch
	// caughtBy are tests, each of which fails.
	caughtBy []catcher
}

// patch replaces one text of one file, in the build with the mutants alone.
type patch struct {
	// file is its path from the root of the module.
	file string
	// old is what is replaced. The file has it exactly once.
	old string
	// new stands in its place. The word MUTANT in it is true where this mutant is
	// chosen and false everywhere else.
	new string
}

// catcher is a test that fails where the program has a certain fault.
type catcher struct {
	// pkg is the test's folder, such as ./internal/stock.
	pkg string
	// test is its name, or that of a part of it, such as TestTables/empty_table.
	test string
	// env is added to its environment, as key=value.
	env []string
	// says is a pattern that its output has to match, where the test can fail for
	// other reasons than the fault. Empty for any.
	says string
	// long says that it takes its time, such as with real processes.
	long bool
}

// pattern is what go test has to be given to run the test and nothing else.
func (c catcher) pattern() string {
	parts := strings.Split(c.test, "/")
	for i, part := range parts {
		parts[i] = "^" + regexp.QuoteMeta(part) + "$"
	}
	return strings.Join(parts, "/")
}
