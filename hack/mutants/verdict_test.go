package main

import (
	"testing"
)

// Only a test that fails by its own account has caught anything.
func TestCaught(t *testing.T) {
	catcher := catcher{test: "TestStock", says: "oversold"}
	const failed = "=== RUN   TestStock\n    stock_test.go:7: oversold\n--- FAIL: TestStock (0.01s)\nFAIL\n"
	cases := map[string]struct {
		code   int
		out    string
		caught bool
	}{
		"it failed":                {1, failed, true},
		"it passed":                {0, "--- PASS: TestStock (0.01s)\nPASS\n", false},
		"for another reason":       {1, "    stock_test.go:9: no server\n--- FAIL: TestStock (0.01s)\nFAIL\n", false},
		"another test failed":      {1, "oversold\n--- FAIL: TestStockroom (0.01s)\nFAIL\n", false},
		"a panic":                  {2, failed + "panic: runtime error [recovered]\n", false},
		"a time-out":               {2, "oversold\npanic: test timed out after 2m0s\n", false},
		"a fatal error":            {2, failed + "fatal error: all goroutines are asleep\n", false},
		"killed":                   {-1, failed, false},
		"the binary did not start": {-1, "fork/exec: no such file", false},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if err := caught(catcher, tc.code, tc.out); (err == nil) != tc.caught {
				t.Errorf("caught says %v, want caught %t", err, tc.caught)
			}
		})
	}
}

// A test that did not run proves nothing about the program without a fault.
func TestPassed(t *testing.T) {
	catcher := catcher{test: "TestStock"}
	cases := map[string]struct {
		code   int
		out    string
		passed bool
	}{
		"it passed":          {0, "--- PASS: TestStock (0.01s)\nPASS\n", true},
		"it failed":          {1, "--- FAIL: TestStock (0.01s)\nFAIL\n", false},
		"it was skipped":     {0, "--- SKIP: TestStock (0.00s)\nPASS\n", false},
		"there is none":      {0, "testing: warning: no tests to run\nPASS\n", false},
		"another one passed": {0, "--- PASS: TestStocktaking (0.01s)\nPASS\n", false},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if err := passed(catcher, tc.code, tc.out); (err == nil) != tc.passed {
				t.Errorf("passed says %v, want passed %t", err, tc.passed)
			}
		})
	}
}
