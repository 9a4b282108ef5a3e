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

// preferencesOf reads the preferences of a request. Of two of the same name the first counts. Each
// line is read by itself, so that one which is broken is no harm to the others.
func preferencesOf(header http.Header) (p preferences) {
	seen := map[string]bool{}
	for _, line := range header.Values(headerPrefer) {
		for more := true; more; {
			var preference string
			preference, line, more = cutUnquoted(line, ',')
			token, _, _ := cutUnquoted(preference, ';') // parameters say nothing that is known
			name, value, _ := strings.Cut(token, "=")
			if name = strings.ToLower(trim(name)); !seen[name] {
				seen[name] = true
				p.take(name, unquote(trim(value)))
			}
		}
	}
	return p
}

// take reads one preference.
func (p *preferences) take(name, value string) {
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

// trim takes off what RFC 9110 takes for white space.
func trim(text string) string { return strings.Trim(text, " \t") }

// cutUnquoted is strings.Cut at the first separator that is in no quoted-string of RFC 9110. One that
// never ends reaches to the end of the text.
func cutUnquoted(text string, separator byte) (before, after string, found bool) {
	quoted := false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			quoted = !quoted
		case c == '\\' && quoted:
			i++ // the next one is text, whatever it is
		case c == separator && !quoted:
			return text[:i], text[i+1:], true
		}
	}
	return text, "", false
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
