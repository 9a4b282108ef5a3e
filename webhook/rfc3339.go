package webhook

import (
	"regexp"
	"strings"
	"time"
)

// rfc3339 is a time of RFC 3339. Go's parser takes commas and hours of one digit too, and
// knows neither small letters nor leap seconds.
var rfc3339 = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$`)

// parseTime reads a time of RFC 3339. A leap second is the second after it.
func parseTime(text string) (time.Time, bool) {
	text = strings.ToUpper(text)
	if !rfc3339.MatchString(text) {
		return time.Time{}, false
	}
	const seconds = len("2006-01-02T15:04:")
	leap := text[seconds:seconds+2] == "60"
	if leap {
		text = text[:seconds] + "59" + text[seconds+2:]
	}
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return time.Time{}, false
	}
	if leap {
		if utc := at.UTC(); utc.Hour() != 23 || utc.Minute() != 59 {
			return time.Time{}, false
		}
		at = at.Add(time.Second)
	}
	return at, true
}
