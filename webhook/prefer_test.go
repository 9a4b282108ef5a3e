package webhook

import (
	"net/http"
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
