package webhook

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	cloudevents "github.com/cloudevents/sdk-go/v2"
	"github.com/cloudevents/sdk-go/v2/binding"
	"github.com/cloudevents/sdk-go/v2/event"
	cehttp "github.com/cloudevents/sdk-go/v2/protocol/http"

	"github.com/acme/inventory-service/api/events"
)

// mediaTypePrefix begins the media types of CloudEvents in structured mode.
const mediaTypePrefix = "application/cloudevents"

// decodeEvent reads a CloudEvent in binary or structured mode and notes the mode.
// The SDK's codec reads it; its receiver would answer broken messages with 500,
// which brokers deliver again.
func decodeEvent(x *exchange, r *http.Request) (*cloudevents.Event, error) {
	x.mode = modeBinary
	switch cehttp.NewMessageFromHttpRequest(r).ReadEncoding() {
	case binding.EncodingStructured:
		x.mode = modeStructured
	case binding.EncodingBinary:
	case binding.EncodingBatch:
		return nil, fail(unsupportedMedia, "batches are not served: send one CloudEvent a request")
	default:
		if strings.HasPrefix(r.Header.Get("Content-Type"), mediaTypePrefix) {
			return nil, fail(unsupportedMedia, "CloudEvents are served as %s or in binary mode", cloudevents.ApplicationCloudEventsJSON)
		}
		return nil, fail(invalid, "this is no CloudEvent of version 1.0: send Content-Type %s, or the headers ce-specversion, ce-type, ce-source and ce-id",
			cloudevents.ApplicationCloudEventsJSON)
	}
	body, err := readBody(x, r)
	if err != nil {
		return nil, err
	}
	if _, nameless := r.Header["Ce-"]; nameless {
		return nil, fail(invalid, "the header \"ce-\" names no attribute") // the codec does not survive it
	}
	message := cehttp.NewMessage(r.Header, io.NopCloser(bytes.NewReader(body)))
	decoded, err := binding.ToEvent(r.Context(), message)
	if err != nil {
		return nil, fail(invalid, "the CloudEvent cannot be read: %v", err)
	}
	return decoded, validateEvent(decoded)
}

// validateEvent refuses an event that breaks the CloudEvents specification, or
// whose payload is not JSON.
func validateEvent(e *cloudevents.Event) error {
	if err := e.Validate(); err != nil {
		return attributeFailure(err)
	}
	if e.SpecVersion() != cloudevents.VersionV1 {
		return invalidMessage(events.Invalid("specversion", "must be %s", cloudevents.VersionV1))
	}
	for field, value := range map[string]string{"id": e.ID(), "source": e.Source()} {
		if !utf8.ValidString(value) {
			return invalidMessage(events.Invalid(field, "must be valid UTF-8"))
		}
	}
	if contentType := e.DataContentType(); contentType != "" && !isJSON(contentType) {
		return fail(unsupportedMedia, "datacontenttype must be %s, or be left out", contentTypeJSON)
	}
	return nil
}

// attributeFailure tells what the SDK found, in a stable order.
func attributeFailure(err error) error {
	var attributes event.ValidationError
	if !errors.As(err, &attributes) {
		return fail(invalid, "the CloudEvent is not valid: %v", err)
	}
	found := &events.InvalidError{}
	for name, problem := range attributes {
		found.Violations = append(found.Violations, events.Violation{Field: name, Detail: fmt.Sprint(problem)})
	}
	slices.SortFunc(found.Violations, func(a, b events.Violation) int { return strings.Compare(a.Field, b.Field) })
	return invalidMessage(found)
}

// invalidMessage is the failure of a message that can never be accepted.
func invalidMessage(err *events.InvalidError) *failure {
	f := fail(invalid, "%s", err.Error())
	f.violations = err.Violations
	return f
}
