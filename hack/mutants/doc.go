// Command mutants tests the tests: it builds them together with deliberate faults
// of the program, and plays each fault against the tests that are said to catch it.
//
//	go run ./hack/mutants [-run pattern] [-long] [-v] [-json file]
//
// The source has no faults. A mutant is a patch, listed in catalog_*.go:
//
//	{
//		name:  "decided-twice",
//		fault: "a command that State knows is decided again",
//		patches: []patch{{
//			file: "internal/stock/reserve.go",
//			old:  `known != nil {`,
//			new:  `known != nil && !MUTANT {`,
//		}},
//		caughtBy: by(model("append")),
//	},
//
// The patches of all mutants are applied to copies of the files, which go build
// reads in place of the source (-overlay). MUTANT becomes a call that is true where
// the environment variable MUTANT has the mutant's name, so one build of each
// package's tests has all faults, and a process has one of them or none. The text to
// replace must be in the file exactly once, and two mutants cannot replace the same
// text. What a patch needs besides, such as an import, is a patch of its own; what
// it leaves unused is said in the new text (_ = unused).
//
// First every one of these tests has to pass in that same build without a fault. A
// fault is caught if each of its tests fails by its own account: one that times
// out, is skipped, or dies of a panic proves nothing. It exits with 1 if a fault
// survives. With -long the tests that start real processes play, too.
//
// It injects nothing into the world around the program (lost answers, crashes,
// stale caches): that is the business of the simulation and of test/chaos. Whoever
// adds a guarantee owes it a fault here, in the fewest tokens that take it away and
// at the one place that gives it. Callers owe it KUBEBUILDER_ASSETS and the root of
// the module as working directory: make mutants sees to both.
package main
