package docs

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSteps(t *testing.T) {
	page := "text\n```sh\nA=1\nB=2\n```\n```json\n$ none\n```\n```console\n$ echo \\\n  $A\n1\n$ true\n```\n" +
		"```sql\nSELECT\n  1;\n```\n\n```text\n 1\n```\n```text\nmore\n```\n"
	want := []Step{
		{Line: 3, Command: "A=1\nB=2\n"},
		{Line: 10, Command: "echo \\\n  $A\n", Shown: true, Output: []string{"1"}},
		{Line: 13, Command: "true\n", Shown: true},
		{Line: 16, Command: beginSQL + "SELECT\n  1;\n" + endSQL, Shown: true, Output: []string{" 1", "more"}},
	}
	if diff := cmp.Diff(want, Steps(page)); diff != "" {
		t.Error(diff)
	}
}

func TestAgrees(t *testing.T) {
	for name, test := range map[string]struct {
		want, got []string
		agrees    bool
	}{
		"the same":            {[]string{"a"}, []string{"a", ""}, true},
		"another":             {[]string{"a"}, []string{"b"}, false},
		"more":                {[]string{"a"}, []string{"a", "b"}, false},
		"less":                {[]string{"a", "b"}, []string{"a"}, false},
		"nothing":             {nil, nil, true},
		"something":           {nil, []string{"a"}, false},
		"any lines":           {[]string{"a", "...", "c"}, []string{"a", "b", "b", "c"}, true},
		"no lines":            {[]string{"a", "...", "c"}, []string{"a", "c"}, true},
		"another after any":   {[]string{"a", "...", "c"}, []string{"a", "b", "d"}, false},
		"columns and ages":    {[]string{"NAME  AGE", "x     4s"}, []string{"NAME   AGE", "x      1m30s"}, true},
		"a table of dates":    {[]string{"    day", "------+--", "2026-11-30"}, []string{"  day", "----+----", "2027-01-02"}, true},
		"another column":      {[]string{"x  4  4s"}, []string{"x  5  4s"}, false},
		"ids and times":       {[]string{`{"id":"4f73cf9a-9cce-53fb-b10c-2754fe20b8c0","at":"2026-11-29T01:33:43Z"}`}, []string{`{"id":"00000000-9cce-53fb-b10c-2754fe20b8c0","at":"2027-11-29T01:33:43.779Z"}`}, true},
		"a number beside ids": {[]string{`{"id":"4f73cf9a-9cce-53fb-b10c-2754fe20b8c0","n":1}`}, []string{`{"id":"4f73cf9a-9cce-53fb-b10c-2754fe20b8c0","n":2}`}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Agrees(test.want, test.got); got != test.agrees {
				t.Errorf("Agrees is %v", got)
			}
		})
	}
}

// The steps share a shell, and what they print is told from what ends them.
func TestRun(t *testing.T) {
	page := "```sh\nA='x y'\n```\n```console\n$ printf \"$A\" >&2\nx y\n$ true\n```\n"
	Shell{Dir: t.TempDir()}.Run(t.Context(), t, Steps(page))
}

// A block is left out where the line before it says why, and nowhere else.
func TestExceptions(t *testing.T) {
	page := "<!-- not run: needs Docker -->\n```sh\ndocker\n```\n<!-- not run: far away -->\n\n```sh\nA=1\n```\n<!-- not run: no commands -->\n```yaml\n```\n```sh\nB=1\n```\n"
	if diff := cmp.Diff([]Exception{{Line: 2, Reason: "needs Docker"}}, Exceptions(page)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]Step{{Line: 8, Command: "A=1\n"}, {Line: 14, Command: "B=1\n"}}, Steps(page)); diff != "" {
		t.Error(diff)
	}
}
