package webhook

import (
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2"

	"github.com/acme/inventory-service/api/events"
)

// The media types of CloudEvents in structured and batched mode.
const (
	mediaTypePrefix = "application/cloudevents"
	mediaTypeBatch  = "application/cloudevents-batch"
)

// message is a CloudEvent that can be served.
type message struct {
	id, source, eventType string
	// at is the event's own time, nil where it has none.
	at *time.Time
	// extensions are its attributes beyond those of the specification.
	extensions map[string]string
	// data is its payload, which is said to be JSON.
	data []byte
}

// modeOf tells how a message came: as a CloudEvent, or as plain HTTP. Whoever sends any
// attribute sends a CloudEvent, be it an incomplete one.
func modeOf(header http.Header) string {
	if strings.HasPrefix(mediaType(header.Get("Content-Type")), mediaTypePrefix) {
		return modeStructured
	}
	for name := range header {
		if isAttribute(name) {
			return modeBinary
		}
	}
	return modePlain
}

// mediaType is a media type without its parameters, in lower case.
func mediaType(contentType string) string {
	media, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		media, _, _ = strings.Cut(contentType, ";")
	}
	return strings.ToLower(strings.TrimSpace(media))
}

// decodeEvent reads a CloudEvent in binary or structured mode.
func decodeEvent(x *exchange, r *http.Request) (*message, error) {
	media := mediaType(r.Header.Get("Content-Type"))
	switch {
	case x.mode == modePlain:
		x.mode = modeBinary // whoever posts here is answered as a broker
		return nil, fail(invalid, "this is no CloudEvent of version 1.0: send Content-Type %s, or the headers ce-specversion, ce-type, ce-source and ce-id",
			cloudevents.ApplicationCloudEventsJSON)
	case strings.HasPrefix(media, mediaTypeBatch):
		return nil, fail(unsupportedMedia, "batches are served as %s alone", cloudevents.ApplicationCloudEventsBatchJSON)
	case x.mode == modeStructured && media != cloudevents.ApplicationCloudEventsJSON:
		return nil, fail(unsupportedMedia, "CloudEvents are served as %s or in binary mode", cloudevents.ApplicationCloudEventsJSON)
	}
	body, err := readBody(x, r)
	if err != nil {
		return nil, err
	}
	if x.mode == modeBinary {
		return readBinary(r.Header, body).message()
	}
	e, err := readStructured(body)
	if err != nil {
		return nil, err
	}
	return e.message()
}

// message checks the attributes, and tells all that is wrong with them.
func (e *envelope) message() (*message, error) {
	if version, given := e.attributes[attributeVersion]; !e.refused(attributeVersion) && (!given || version != cloudevents.VersionV1) {
		e.refuse(attributeVersion, "must be %s", cloudevents.VersionV1)
	}
	for _, name := range []string{attributeID, attributeSource, attributeType} {
		if strings.TrimSpace(e.attributes[name]) == "" && !e.refused(name) {
			e.refuse(name, "is required")
		}
	}
	if _, err := url.Parse(e.attributes[attributeSource]); err != nil {
		e.refuse(attributeSource, "must be a URI reference")
	}
	if text, given := e.attributes[attributeSchema]; given {
		if schema, err := url.Parse(text); err != nil || !schema.IsAbs() {
			e.refuse(attributeSchema, "must be an absolute URI, or be left out")
		}
	}
	if text, given := e.attributes[attributeSubject]; given && text == "" {
		e.refuse(attributeSubject, "must not be empty, or be left out")
	}
	m := &message{extensions: e.extensions(), id: e.attributes[attributeID], source: e.attributes[attributeSource], eventType: e.attributes[attributeType], data: e.data}
	if text, given := e.attributes[attributeTime]; given {
		at, ok := parseTime(text)
		if !ok {
			e.refuse(attributeTime, "must be a time of RFC 3339, such as 2030-01-31T12:00:00Z")
		}
		m.at = &at
	} else if at, ok := parseTime(e.attributes[attributeArrival]); ok {
		m.at = &at
	}
	if len(e.problems) > 0 {
		return nil, invalidMessage(&events.InvalidError{Violations: e.problems[:min(len(e.problems), maxProblems)]})
	}
	if contentType, given := e.attributes[attributeContentType]; given && !isJSON(contentType) {
		return nil, fail(unsupportedMedia, "datacontenttype must be %s, or be left out", contentTypeJSON)
	}
	return m, nil
}

// maxProblems is how many problems with an envelope are told at once.
const maxProblems = 5

// invalidMessage is the failure of a message that can never be accepted.
func invalidMessage(err *events.InvalidError) *failure {
	f := fail(invalid, "%s", err.Error())
	f.violations = err.Violations
	return f
}
