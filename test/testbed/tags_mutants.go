//go:build mutants

package testbed

// buildTags are those that the operator is built with: the tests' own. The
// variable MUTANT reaches it with the rest of the environment.
const buildTags = "mutants"
