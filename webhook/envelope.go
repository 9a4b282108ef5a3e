package webhook

import (
	"encoding/base64"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/acme/inventory-service/api/events"
)

// envelope is a CloudEvent as it came: its attributes, extensions included, and its payload.
// The SDK's codecs are not asked to read it: they let the last of two equal members win, drop
// members, rewrite sources, do not decode headers and refuse some valid events.
type envelope struct {
	attributes map[string]string
	data       []byte
	// problems are what is wrong with what came.
	problems []events.Violation
}

// Members of a structured event that are no attributes.
const (
	memberData   = "data"
	memberBase64 = "data_base64"
)

// The attributes that this service looks at. They are texts, while extensions may be numbers
// and booleans too.
const (
	attributeVersion     = "specversion"
	attributeID          = "id"
	attributeSource      = "source"
	attributeType        = "type"
	attributeTime        = "time"
	attributeContentType = "datacontenttype"
	attributeSchema      = "dataschema"
	attributeSubject     = "subject"
	// attributeArrival is an extension: when the event arrived at a Knative broker, which
	// does not change when it is delivered again.
	attributeArrival = "knativearrivaltime"
)

var knownAttributes = []string{
	attributeVersion, attributeID, attributeSource, attributeType, attributeTime, attributeContentType, attributeSchema, attributeSubject,
}

// attributeName is what the name of an attribute can be.
var attributeName = regexp.MustCompile(`^[a-z0-9]+$`)

func (e *envelope) refuse(name, format string, args ...any) {
	e.problems = append(e.problems, events.Invalid(clip(name, 64), format, args...).Violations...)
}

// refused tells whether something is wrong with an attribute already.
func (e *envelope) refused(name string) bool {
	return slices.ContainsFunc(e.problems, func(v events.Violation) bool { return v.Field == name })
}

// set notes an attribute, unless it is no text that CloudEvents allow.
func (e *envelope) set(name, text string) {
	switch {
	case !utf8.ValidString(text):
		e.refuse(name, "must be valid UTF-8")
	case strings.ContainsFunc(text, unicode.IsControl):
		e.refuse(name, "must not have control characters")
	default:
		e.attributes[name] = text
	}
}

// extensions are the attributes beyond those of the specification.
func (e *envelope) extensions() map[string]string {
	extensions := maps.Clone(e.attributes)
	maps.DeleteFunc(extensions, func(name, _ string) bool { return slices.Contains(knownAttributes, name) })
	if len(extensions) == 0 {
		return nil
	}
	return extensions
}

// readStructured reads an event in the JSON format, in which null says that there is none.
func readStructured(body []byte) (*envelope, error) {
	var members map[string]jsontext.Value
	if err := json.Unmarshal(body, &members); err != nil || members == nil {
		return nil, fail(invalid, "the CloudEvent must be one JSON object in valid UTF-8 that has no member twice")
	}
	maps.DeleteFunc(members, func(_ string, value jsontext.Value) bool { return value.Kind() == 'n' })
	e := &envelope{attributes: map[string]string{}}
	e.readData(members)
	delete(members, memberData)
	delete(members, memberBase64)
	for _, name := range slices.Sorted(maps.Keys(members)) {
		known := slices.Contains(knownAttributes, name)
		text, ok := attributeText(members[name], !known)
		switch {
		case !attributeName.MatchString(name):
			e.refuse(name, "is the name of no attribute: they have lower case letters and digits alone")
		case !ok && known:
			e.refuse(name, "must be a string")
		case !ok:
			e.refuse(name, "must be a string, a boolean or an integer of 32 bits")
		default:
			e.set(name, text)
		}
	}
	return e, nil
}

// readData takes the payload of a structured event.
func (e *envelope) readData(members map[string]jsontext.Value) {
	e.data = members[memberData]
	encoded, ok := members[memberBase64]
	if !ok {
		return
	}
	if e.data != nil {
		e.refuse(memberBase64, "and data exclude each other")
		return
	}
	text, ok := attributeText(encoded, false)
	data, err := base64.StdEncoding.DecodeString(text)
	if !ok || err != nil {
		e.refuse(memberBase64, "must be a string in base64")
	}
	e.data = data
}

// attributeText is a string as it is, and where anyType is set another value as binary mode
// writes it.
func attributeText(value jsontext.Value, anyType bool) (text string, ok bool) {
	switch value.Kind() {
	case '"':
		return text, json.Unmarshal(value, &text) == nil
	case 't', 'f':
		return string(value), anyType
	case '0':
		_, err := strconv.ParseInt(string(value), 10, 32)
		return string(value), anyType && err == nil
	}
	return "", false
}
