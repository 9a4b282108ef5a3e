package webhook

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/acme/inventory-service/api/events"
	"github.com/acme/inventory-service/internal/contract"
)

const (
	contentTypeJSON    = "application/json"
	contentTypeProblem = "application/problem+json"

	// defaultRetryAfter is when those come again who are answered 503.
	defaultRetryAfter = 2 * time.Second

	// maxProblem is how many bytes of a failed delivery's answer a broker passes
	// on with the dead letter.
	maxProblem = 1023
)

// problem is an RFC 9457 problem document.
type problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail,omitempty"`
	// Field is the first field that is wrong, and Errors are all that are told.
	Field         string             `json:"field,omitempty"`
	Errors        []events.Violation `json:"errors,omitempty"`
	ReservationID string             `json:"reservationId,omitempty"`
}

// newProblem is the document of a failure.
func newProblem(f *failure, byEvent bool) problem {
	p := problem{
		Type:          contract.ProblemBase + f.kind.Slug,
		Title:         f.kind.Title,
		Status:        f.status(byEvent),
		Detail:        clip(f.detail, 300),
		ReservationID: f.reservationID,
	}
	if len(f.violations) > 0 {
		p.Field, p.Errors = f.violations[0].Field, f.violations
	}
	return p
}

// encode makes the document fit for a dead letter: fewer errors first, then a
// shorter detail.
func (p problem) encode() []byte {
	for {
		body, err := json.Marshal(p)
		switch {
		case err != nil:
			panic("webhook: a problem that is no JSON: " + err.Error()) // strings and a number alone: cannot fail
		case len(body) < maxProblem: // its line has an end
			return body
		case len(p.Errors) > 0:
			p.Errors = p.Errors[:len(p.Errors)-1]
		case len(p.Detail) > 0:
			p.Detail = clip(p.Detail, len(p.Detail)/2)
		default:
			p.Field, p.ReservationID = "", ""
		}
	}
}

func writeProblem(x *exchange, f *failure) {
	status := f.status(x.byEvent())
	if status == http.StatusServiceUnavailable || status == http.StatusTooManyRequests {
		after := f.retryAfter
		if after == 0 {
			after = defaultRetryAfter
		}
		x.Header().Set("Retry-After", strconv.Itoa(int(after.Seconds())))
	}
	if f.challenge != "" {
		x.Header().Set("WWW-Authenticate", f.challenge)
	}
	writeBody(x, status, contentTypeProblem, newProblem(f, x.byEvent()).encode())
}

// clip shortens s to at most n bytes of valid UTF-8.
func clip(s string, n int) string {
	s = strings.ToValidUTF8(s, "?")
	if len(s) <= n {
		return s
	}
	s = s[:n]
	for len(s) > 0 && !utf8.ValidString(s) {
		s = s[:len(s)-1]
	}
	return s
}
