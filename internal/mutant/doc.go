// Package mutant holds deliberate faults of this program, so that its tests can
// be tested: each takes one guarantee away where the code makes it, and the
// tests that the catalog names must then fail.
//
//	if entry.settled || mutant.On(mutant.EarlyDrop) {
//
// In the product On is the constant false: the compiler drops the fault and its
// condition, and the binary does not even know the names. In a build with the
// tag mutants, the environment variable MUTANT chooses one fault for the
// process, or none. hack/mutants plays them all.
//
// The package injects nothing into the world around the program (lost answers,
// crashes, stale caches): that is the business of the simulation and of
// test/chaos. Whoever adds a guarantee owes it a fault here, in the fewest
// tokens that take it away and at the one place that gives it.
package mutant
