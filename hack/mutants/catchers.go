package main

import (
	"fmt"
	"slices"
	"strings"
)

// The packages whose tests catch most.
const (
	allocatorPackage   = "./internal/allocator"
	journalPackage     = "./internal/journal"
	stockPackage       = "./internal/stock"
	controllersPackage = "./controllers"
	bridgePackage      = "./webhook"
	lookupPackage      = "./internal/archive/lookup"
	eventsPackage      = "./api/events"
	publisherPackage   = "./internal/publisher"
)

// by joins catchers.
func by(catchers ...[]catcher) []catcher { return slices.Concat(catchers...) }

// unit are tests of a package that need no more than that package.
func unit(pkg string, names ...string) []catcher {
	var catchers []catcher
	for _, name := range names {
		catchers = append(catchers, catcher{pkg: pkg, test: name})
	}
	return catchers
}

// model is one configuration of the exhaustive model check, which drives the journal, the
// stock and the allocator together. It must say how the fault comes about: it also fails
// where it reaches too few states.
func model(configuration string) []catcher {
	return []catcher{{
		pkg: allocatorPackage, test: "TestModelCheck/" + strings.ReplaceAll(configuration, " ", "_"),
		says: `after [0-9]+ states, by these`,
	}}
}

// processes is a test of real processes.
func processes(test string) []catcher {
	return []catcher{{pkg: "./test/chaos", test: test, long: true}}
}

// alone are tests of one process over a server that fails as the test says.
func alone(names ...string) []catcher { return unit(allocatorPackage, names...) }

// decisions are tests of the stock by itself.
func decisions(names ...string) []catcher { return unit(stockPackage, names...) }

// pages are tests of the journal by itself.
func pages(names ...string) []catcher { return unit(journalPackage, names...) }

// seeds is the seeded simulation of the journal with so many seeds. It must name the seed
// that fails: it also fails where its seeds reach too little, which says nothing of a fault.
func seeds(count int) []catcher {
	return []catcher{{
		pkg: journalPackage, test: "TestSimulation", env: []string{fmt.Sprintf("SEEDS=%d", count)}, says: `seed [0-9]+: `,
	}}
}
