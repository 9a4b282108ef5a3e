package mutant

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Mutant is one fault and the tests that catch it.
type Mutant struct {
	Name Name
	// Fault says what the program does wrong.
	Fault string
	// CaughtBy are tests, each of which fails.
	CaughtBy []Catcher
}

// Catcher is a test that fails where the program has a certain fault.
type Catcher struct {
	// Package is the test's folder, such as ./internal/ledger.
	Package string
	// Test is its name, or that of a part of it, such as TestTables/empty_table.
	Test string
	// Env is added to its environment, as key=value.
	Env []string
	// Says is a pattern that its output has to match, where the test can fail for
	// other reasons than the fault. Empty for any.
	Says string
	// Long says that it takes its time, such as with real processes.
	Long bool
}

// Pattern is what go test has to be given to run the test and nothing else.
func (c Catcher) Pattern() string {
	parts := strings.Split(c.Test, "/")
	for i, part := range parts {
		parts[i] = "^" + regexp.QuoteMeta(part) + "$"
	}
	return strings.Join(parts, "/")
}

// Catalog returns all mutants. It is a function, as are its parts, so that a
// program that does not ask for it does not have it either.
func Catalog() []Mutant {
	return slices.Concat(protocol(), folds(), accounting(), edges())
}

// Find returns the mutant of a name; false if there is none.
func Find(name Name) (Mutant, bool) {
	for _, m := range Catalog() {
		if m.Name == name {
			return m, true
		}
	}
	return Mutant{}, false
}

// by joins catchers.
func by(catchers ...[]Catcher) []Catcher { return slices.Concat(catchers...) }

// unit are tests of a package that need no more than that package.
func unit(pkg string, names ...string) []Catcher {
	var catchers []Catcher
	for _, name := range names {
		catchers = append(catchers, Catcher{Package: pkg, Test: name})
	}
	return catchers
}

// simulation is the seeded simulation, with as many seeds as find the fault many
// times over: which seed finds what changes with every change of the program.
func simulation() []Catcher { return seeds(600, false) }

// rareSimulation is the simulation for faults that one seed in hundreds shows.
func rareSimulation() []Catcher { return seeds(5000, true) }

// seeds is the simulation with so many seeds. It must name the seed that fails:
// it also fails where its seeds reach too little, which says nothing of a fault.
func seeds(count int, long bool) []Catcher {
	return []Catcher{{
		Package: allocatorPackage, Test: "TestSimulation",
		Env: []string{fmt.Sprintf("SEEDS=%d", count)}, Says: `seed [0-9]+: `, Long: long,
	}}
}

// model is one configuration of the exhaustive model check. It must say how the
// fault comes about: it also fails where it reaches too few states.
func model(configuration string) []Catcher {
	return []Catcher{{
		Package: allocatorPackage, Test: "TestModelCheck/all/" + configuration,
		Says: `after [0-9]+ states, by these`,
	}}
}

// processes is a test of real processes.
func processes(test string) []Catcher {
	return []Catcher{{Package: "./test/chaos", Test: test, Long: true}}
}

// The packages that make guarantees.
const (
	allocatorPackage   = "./internal/allocator"
	ledgerPackage      = "./internal/ledger"
	lifecyclePackage   = "./internal/lifecycle"
	controllersPackage = "./controllers"
	bridgePackage      = "./webhook"
	eventsPackage      = "./api/events"
	publisherPackage   = "./internal/publisher"
)
