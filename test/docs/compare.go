package docs

import (
	"regexp"
	"slices"
	"strings"
)

// varying is what differs each time, and what stands for it.
var varying = []struct {
	pattern *regexp.Regexp
	name    string
}{
	{regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`), "UUID"},
	{regexp.MustCompile(`\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z|\d{8}T\d{6}Z`), "TIME"},
	{regexp.MustCompile(`\b\d{4}-\d{2}-\d{2}\b`), "DATE"},
	{regexp.MustCompile(`--+`), "--"},
	{regexp.MustCompile(`\b[0-9a-f]{8}\.\d+\.\d+\b`), "POSITION"},
	{regexp.MustCompile(`\b[\w.-]+_[0-9a-f]{8}\b`), "PROCESS"},
	{regexp.MustCompile(`(^| )(\d+[dhms])+( |$)`), " AGE "},
	{regexp.MustCompile(` +`), " "},
}

// plain is a line without what differs each time.
func plain(line string) string {
	for _, v := range varying {
		line = v.pattern.ReplaceAllString(line, v.name)
	}
	return strings.TrimSpace(line)
}

// Agrees tells whether what a command printed is what a page says.
func Agrees(want, got []string) bool {
	want, got = trim(want), trim(got)
	if len(want) == 0 || want[0] == "..." {
		if len(want) == 0 {
			return len(got) == 0
		}
		for skipped := range len(got) + 1 {
			if Agrees(want[1:], got[skipped:]) {
				return true
			}
		}
		return false
	}
	return len(got) > 0 && plain(want[0]) == plain(got[0]) && Agrees(want[1:], got[1:])
}

// trim takes empty lines off both ends.
func trim(lines []string) []string {
	empty := func(line string) bool { return strings.TrimSpace(line) == "" }
	for len(lines) > 0 && empty(lines[0]) {
		lines = lines[1:]
	}
	for len(lines) > 0 && empty(lines[len(lines)-1]) {
		lines = lines[:len(lines)-1]
	}
	return slices.Clip(lines)
}
