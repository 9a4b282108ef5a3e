package webhook

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/acme/inventory-service/internal/tracing"
)

// attributePrefix begins the names of the headers that are attributes, in any case.
const attributePrefix = "ce-"

// isAttribute tells whether a header is an attribute of a CloudEvent in binary mode.
func isAttribute(name string) bool {
	return len(name) >= len(attributePrefix) && strings.EqualFold(name[:len(attributePrefix)], attributePrefix)
}

// readBinary reads an event in binary mode.
func readBinary(header http.Header, body []byte) *envelope {
	e := &envelope{attributes: map[string]string{}, data: body}
	for _, key := range slices.Sorted(maps.Keys(header)) {
		if !isAttribute(key) {
			continue
		}
		name := strings.ToLower(key[len(attributePrefix):])
		switch {
		case name == memberData || name == attributeContentType:
			e.refuse("ce-"+name, "is no header: the body is the data, and Content-Type says of what type it is")
		case !attributeName.MatchString(name):
			e.refuse("ce-"+name, "is the header of no attribute: their names have letters and digits alone")
		case len(header[key]) > 1:
			e.refuse(name, "is given %d times", len(header[key]))
		default:
			e.set(name, decodeHeader(header[key][0]))
		}
	}
	if contentType := header.Get("Content-Type"); contentType != "" {
		e.set(attributeContentType, contentType)
	}
	return e
}

// binaryTrace are those extensions of an event in binary mode that tell of a trace.
func binaryTrace(header http.Header) map[string]string {
	parent := header.Get(attributePrefix + tracing.TraceParent)
	if parent == "" {
		return nil
	}
	return map[string]string{tracing.TraceParent: decodeHeader(parent), tracing.TraceState: decodeHeader(header.Get(attributePrefix + tracing.TraceState))}
}

// decodeHeader undoes what the HTTP binding of CloudEvents (3.1.3.2) has senders do: double
// quotes around the value, and then one round of percent-encoding. Many senders do not encode
// anything, so a percent sign that begins no escape stands for itself.
func decodeHeader(value string) string {
	value = unquote(value)
	if !strings.Contains(value, "%") {
		return value
	}
	decoded := make([]byte, 0, len(value))
	for i := 0; i < len(value); i++ {
		if value[i] == '%' && i+2 < len(value) {
			if b, err := strconv.ParseUint(value[i+1:i+3], 16, 8); err == nil {
				decoded = append(decoded, byte(b))
				i += 2
				continue
			}
		}
		decoded = append(decoded, value[i])
	}
	return string(decoded)
}

// unquote takes a quoted-string of RFC 9110 apart. What is none stays as it is.
func unquote(value string) string {
	inner, begins := strings.CutPrefix(value, `"`)
	inner, ends := strings.CutSuffix(inner, `"`)
	if !begins || !ends {
		return value
	}
	var text strings.Builder
	for i := 0; i < len(inner); i++ {
		switch inner[i] {
		case '"':
			return value
		case '\\':
			if i++; i == len(inner) {
				return value // the last quote is escaped
			}
		}
		text.WriteByte(inner[i])
	}
	return text.String()
}
