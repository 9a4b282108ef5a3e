// Command mutants tests the tests: it builds them together with the deliberate
// faults of internal/mutant, and plays each fault against the tests that are
// said to catch it.
//
//	go run ./hack/mutants [-run pattern] [-long] [-v] [-json file]
//
// First every one of these tests has to pass in that same build without a
// fault. A fault is caught if each of its tests fails by its own account: one
// that times out, is skipped, or dies of a panic proves nothing. It exits with 1
// if a fault survives. With -long the tests that start real processes play, too.
//
// It holds no faults and no tests: internal/mutant lists both. Callers owe it
// KUBEBUILDER_ASSETS and the root of the module as working directory: make
// mutants sees to both.
package main
