package events

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"

	kjson "sigs.k8s.io/json"
)

// decodeMessage reads a whole message, which must be one JSON object, into a
// struct of json.RawMessage fields. Their types are looked at field by field
// afterwards, since only then a violation can name its path.
func decodeMessage(data []byte, o openness, into any) error {
	switch {
	case len(bytes.TrimSpace(data)) == 0:
		return Invalid("", "the message has no body: send a JSON object")
	case !utf8.Valid(data):
		return Invalid("", "the message is not valid UTF-8")
	}
	var v violations
	decodeObject(data, "", o, into, &v)
	return v.err()
}

// decodeObject reads one JSON object. encoding/json is no good for this: it takes
// "CARTID" for "cartId" and lets the last of two equal keys win.
func decodeObject(raw []byte, path string, o openness, into any, v *violations) bool {
	if !startsWith(raw, '{') && json.Valid(raw) {
		v.add(path, "must be a JSON object")
		return false
	}
	found, err := kjson.UnmarshalStrict(raw, into, kjson.DisallowDuplicateFields, kjson.DisallowUnknownFields)
	switch {
	case err != nil:
		v.add(path, "is broken JSON: %v", err)
		return false
	case len(found) == 0:
		return true
	}
	var object map[string]json.RawMessage
	duplicates, err := kjson.UnmarshalStrict(raw, &object, kjson.DisallowDuplicateFields)
	switch {
	case err != nil:
		v.add(path, "is broken JSON: %v", err)
		return false
	case len(duplicates) > 0:
		v.add(path, "%v", duplicates[0])
		return false
	}
	return o.checkUnknown(object, path, into, v)
}

// startsWith looks at the first byte that is no white space.
func startsWith(raw []byte, first byte) bool {
	raw = bytes.TrimLeft(raw, " \t\r\n")
	return len(raw) > 0 && raw[0] == first
}

// decodeString reads a JSON string; false if it is anything else.
func decodeString(raw json.RawMessage) (string, bool) {
	if !startsWith(raw, '"') {
		return "", false
	}
	var s string
	if err := json.Unmarshal(raw, &s); err != nil {
		return "", false
	}
	return s, true
}
