//go:build mutants

package mutant

import (
	"fmt"
	"os"
)

// Built says whether this build can have faults.
const Built = true

// Variable is the environment variable that chooses the fault.
const Variable = "MUTANT"

var chosen = choose(os.Getenv(Variable))

// choose ends the process where there is no such fault, so that a misspelled
// name is never taken for a program without one.
func choose(name string) Name {
	if _, known := Find(Name(name)); !known && name != "" {
		fmt.Fprintf(os.Stderr, "there is no mutant %q: internal/mutant/catalog*.go lists them\n", name)
		os.Exit(2)
	}
	return Name(name)
}

// On tells whether this process has the fault.
func On(name Name) bool { return chosen == name && name != "" }
