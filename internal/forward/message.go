package forward

import (
	"net/http"
	"strings"
)

const (
	// HeaderID carries the id that the replica which took a command in gave it.
	HeaderID = "Inventory-Reservation-Id"
	// HeaderNotLeading says, in an answer, that whoever gave it cannot decide: another
	// process does.
	HeaderNotLeading = "Inventory-Not-Leading"
)

// Request is what travels to the leader.
type Request struct {
	Method string
	// URI is the path, as it was escaped, and the query.
	URI    string
	Header http.Header
	Body   []byte
}

// Answer is what comes back.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// asking are the headers of a request that travel, beside those of a CloudEvent.
var asking = map[string]bool{
	"Content-Type": true, "Idempotency-Key": true, "Prefer": true, "Kn-Namespace": true, "Accept": true, "Traceparent": true, "Tracestate": true,
	"If-None-Match": true, "Inventory-Position": true, headerAuthorization: true, HeaderID: true,
}

const headerAuthorization = "Authorization"

// answering are those of an answer that travel back.
var answering = map[string]bool{
	"Content-Type": true, "Retry-After": true, "Location": true, "Inventory-Position": true, "Preference-Applied": true, "Allow": true,
	"Www-Authenticate": true, "Etag": true, "Cache-Control": true,
}

// travelling are the headers that travel.
func travelling(header http.Header, which map[string]bool) http.Header {
	passed := http.Header{}
	for name, values := range header {
		if which[name] || strings.HasPrefix(name, "Ce-") {
			passed[name] = values
		}
	}
	return passed
}

// RequestOf is a request with its body and the id that it was given, if it was given one. Of
// its credentials the bearer token travels alone: whoever leads reviews it anew.
func RequestOf(r *http.Request, body []byte, id string) Request {
	header := travelling(r.Header, asking)
	if !bearer(header[headerAuthorization]) {
		header.Del(headerAuthorization)
	}
	header.Del(HeaderID) // nobody names one but us
	if id != "" {
		header.Set(HeaderID, id)
	}
	return Request{Method: r.Method, URI: r.URL.RequestURI(), Header: header, Body: body}
}

// bearer tells whether credentials are one bearer token.
func bearer(credentials []string) bool {
	if len(credentials) != 1 {
		return false
	}
	scheme, _, _ := strings.Cut(credentials[0], " ")
	return strings.EqualFold(scheme, "Bearer")
}
