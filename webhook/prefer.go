package webhook

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// preferences are what a caller would like of an answer (RFC 7240), as far as the bridge knows
// it. What it does not know, or cannot read, is ignored.
type preferences struct {
	// wait is how long the caller waits at most, 0 where it does not say.
	wait time.Duration
	// async says that an answer without the outcome does, once the command has landed.
	async bool
	// full says that the outcome is wanted in the answer.
	full bool
}

const (
	headerPrefer  = "Prefer"
	headerApplied = "Preference-Applied"

	preferAsync = "respond-async"
	preferFull  = "return=representation"
)

// preferencesOf reads the preferences of a request. Of two of the same name the first counts.
func preferencesOf(header http.Header) (p preferences) {
	seen := map[string]bool{}
	for preference := range strings.SplitSeq(strings.Join(header.Values(headerPrefer), ","), ",") {
		token, _, _ := strings.Cut(preference, ";") // parameters say nothing that is known
		name, value, _ := strings.Cut(token, "=")
		name, value = strings.ToLower(strings.TrimSpace(name)), unquote(strings.TrimSpace(value))
		if seen[name] {
			continue
		}
		seen[name] = true
		switch name {
		case preferAsync:
			p.async = true
		case "return":
			p.full = value == "representation"
		case "wait":
			seconds, err := strconv.ParseUint(value, 10, 31)
			if err == nil {
				p.wait = time.Duration(seconds) * time.Second
			}
		}
	}
	return p
}

// applied tells the caller that one of its preferences was followed.
func (x *exchange) applied(preference string) {
	if !slices.Contains(x.Header().Values(headerApplied), preference) {
		x.Header().Add(headerApplied, preference)
	}
}

// bounded is how long a command may take: most, or less where its caller says so.
func (x *exchange) bounded(most time.Duration) time.Duration {
	wait := x.prefers.wait
	if wait == 0 || wait >= most {
		return most
	}
	x.applied("wait=" + strconv.Itoa(int(wait.Seconds())))
	return wait
}
