//go:build !mutants

package testbed

// buildTags are those that the operator is built with: the tests' own.
const buildTags = ""
