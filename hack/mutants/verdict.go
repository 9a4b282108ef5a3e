package main

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// passed is nil if the test ran, and passed, by its own account.
func passed(c catcher, code int, out string) error {
	switch {
	case code != 0:
		return fmt.Errorf("it failed, exit code %d", code)
	case says(out, "SKIP", c.test):
		return errors.New("it was skipped: set KUBEBUILDER_ASSETS, and do not run it with -short")
	case !says(out, "PASS", c.test):
		return errors.New("there is no such test")
	default:
		return nil
	}
}

// caught is nil if the test failed by its own account: not by a panic, whose
// exit code is 2, and not by a time-out, which is one.
func caught(c catcher, code int, out string) error {
	switch {
	case code == 0:
		return errors.New("it passed")
	case code != 1, strings.Contains(out, "\npanic: "), strings.Contains(out, "\nfatal error: "):
		return fmt.Errorf("it broke down, exit code %d", code)
	case !says(out, "FAIL", c.test), !regexp.MustCompile(c.says).MatchString(out):
		return errors.New("something other than the test failed")
	default:
		return nil
	}
}

// says tells whether a test, or for a part of one this part, reported a result.
func says(out, result, name string) bool {
	return regexp.MustCompile(`(?m)^ *--- ` + result + `: ` + regexp.QuoteMeta(name) + ` \(`).MatchString(out)
}

// tail is the end of what a test printed.
func tail(out string) string {
	const most = 4 << 10
	if len(out) > most {
		return "..." + out[len(out)-most:]
	}
	return out
}
