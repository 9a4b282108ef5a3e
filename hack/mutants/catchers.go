package main

import (
	"fmt"
	"slices"
)

// The packages whose tests catch most.
const (
	allocatorPackage   = "./internal/allocator"
	ledgerPackage      = "./internal/ledger"
	lifecyclePackage   = "./internal/lifecycle"
	controllersPackage = "./controllers"
	bridgePackage      = "./webhook"
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

// simulation is the seeded simulation, with as many seeds as find the fault many
// times over: which seed finds what changes with every change of the program.
func simulation() []catcher { return seeds(600, false) }

// rareSimulation is the simulation for faults that one seed in hundreds shows.
func rareSimulation() []catcher { return seeds(5000, true) }

// seeds is the simulation with so many seeds. It must name the seed that fails:
// it also fails where its seeds reach too little, which says nothing of a fault.
func seeds(count int, long bool) []catcher {
	return []catcher{{
		pkg: allocatorPackage, test: "TestSimulation",
		env: []string{fmt.Sprintf("SEEDS=%d", count)}, says: `seed [0-9]+: `, long: long,
	}}
}

// model is one configuration of the exhaustive model check. It must say how the
// fault comes about: it also fails where it reaches too few states.
func model(configuration string) []catcher {
	return []catcher{{
		pkg: allocatorPackage, test: "TestModelCheck/all/" + configuration,
		says: `after [0-9]+ states, by these`,
	}}
}

// processes is a test of real processes.
func processes(test string) []catcher {
	return []catcher{{pkg: "./test/chaos", test: test, long: true}}
}

// alone are tests of one process over a server that fails as the test says.
func alone(names ...string) []catcher { return unit("./internal/allocator", names...) }

// decisions are tests of the stock by itself.
func decisions(names ...string) []catcher { return unit("./internal/stock", names...) }
