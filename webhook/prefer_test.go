package webhook

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestPreferences(t *testing.T) {
	for text, want := range map[string]preferences{
		"":                      {},
		"reply":                 {},
		"respond-async":         {async: true},
		"Respond-Async; x=y":    {async: true},
		"wait=5":                {wait: 5 * time.Second},
		`wait = "7"`:            {wait: 7 * time.Second},
		"wait=5, wait=9":        {wait: 5 * time.Second},
		"wait=-5":               {},
		"wait=soon":             {},
		"wait=99999999999999":   {},
		"wait=0":                {},
		"return=representation": {full: true},
		"return=minimal":        {},
		"return=Representation": {},
		" , ,respond-async,, ":  {async: true},
		"respond-async\t;a":     {async: true},
		"wait\t=\t8":            {wait: 8 * time.Second},
		// What is quoted is text, whatever is in it.
		`handling="strict, respond-async, wait=1"`:                {},
		`foo="a;b", wait=1`:                                       {wait: time.Second},
		`foo; bar="x, respond-async", wait=2`:                     {wait: 2 * time.Second},
		`foo="a\", respond-async, \"b", wait=3`:                   {wait: 3 * time.Second},
		`foo="a\\", wait=4`:                                       {wait: 4 * time.Second},
		`wait="\5"`:                                               {wait: 5 * time.Second},
		`"respond-async"`:                                         {},
		`foo="never ends, respond-async`:                          {},
		`respond-async, foo="\`:                                   {async: true},
		`wait="6, respond-async`:                                  {},
		"reply, respond-async, wait=3;foo, return=representation": {async: true, wait: 3 * time.Second, full: true},
	} {
		header := http.Header{"Prefer": {text}}
		if got := preferencesOf(header); got != want {
			t.Errorf("%q is %+v, want %+v", text, got, want)
		}
	}
	if got := preferencesOf(http.Header{"Prefer": {"respond-async", "wait=4"}}); got != (preferences{async: true, wait: 4 * time.Second}) {
		t.Errorf("of two headers: %+v", got)
	}
	if got := preferencesOf(http.Header{"Prefer": {`foo="never ends`, `respond-async, bar="`, "wait=4"}}); got != (preferences{async: true, wait: 4 * time.Second}) {
		t.Errorf("of lines that are broken: %+v", got)
	}
}

// Nothing that is quoted is a preference, and what comes after it is one.
func FuzzPreferences(f *testing.F) {
	for _, text := range []string{"", `"`, `\`, `a", respond-async; "`, strings.Repeat(`",\;`, 1000)} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		preferencesOf(http.Header{"Prefer": {text, text + `"`}})
		quoted := `foo="` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"; bar, wait=3`
		if got := preferencesOf(http.Header{"Prefer": {quoted}}); got != (preferences{wait: 3 * time.Second}) {
			t.Errorf("%q is %+v", quoted, got)
		}
	})
}

// A caller who waits for less than the bridge does is answered in time.
func TestPreferredWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(t, fixedNow)
		m.stall(true)
		bridge := newBridge(t, over(t, everywhere{Journal: m}))
		began := time.Now()
		got := ask(t, bridge, request(t, http.MethodPost, "/reservations", tinyCart, "Prefer", "wait=1"))
		got.wantProblem(http.StatusServiceUnavailable, tryLater)
		if took := time.Since(began); took != time.Second || got.header.Get("Preference-Applied") != "wait=1" {
			t.Errorf("answered after %s, applied %q", took, got.header.Get("Preference-Applied"))
		}
	})
}
