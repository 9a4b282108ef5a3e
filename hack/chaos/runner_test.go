package main

import (
	"strings"
	"testing"
)

// Of a log to which many tests have written at once, what the failed ones said is shown.
func TestOfFailed(t *testing.T) {
	log := `=== RUN   TestA
=== PAUSE TestA
=== RUN   TestB
    b_test.go:1: b works
=== CONT  TestA
    a_test.go:7: waited in vain
        {"level":"info","msg":"Starting workers"}
        {"level":"error","msg":"broken"}
=== NAME  TestB
    b_test.go:2: b still works
=== NAME  TestA
    a_test.go:8: and again
--- FAIL: TestA (1.0s)
    --- FAIL: TestA/x (1.0s)
--- PASS: TestB (1.0s)
`
	got := ofFailed(log)
	for _, want := range []string{"TestA\n", "waited in vain", "broken", "and again", "--- FAIL: TestA/x"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not shown: %s", want, got)
		}
	}
	if strings.Contains(got, "b_test") || strings.Contains(got, "Starting") {
		t.Errorf("what did not fail is shown: %s", got)
	}
	if quiet := "--- FAIL: FuzzA (0.1s)\n    a_test.go:1: broken input\n"; ofFailed("fuzz: elapsed 1s\n"+quiet) != quiet {
		t.Errorf("without -v: %s", ofFailed(quiet))
	}
	if passed := ofFailed("=== RUN   TestB\n    b_test.go:1: b works\npanic: x\n"); passed != "" {
		t.Errorf("nothing failed, and %q is shown", passed)
	}
}
