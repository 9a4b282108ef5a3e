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
func decodeMessage(data []byte, into any) error {
	switch {
	case len(bytes.TrimSpace(data)) == 0:
		return Invalid("", "the message has no body: send a JSON object")
	case !utf8.Valid(data):
		return Invalid("", "the message is not valid UTF-8")
	}
	var v violations
	decodeObject(data, "", into, &v)
	return v.err()
}

// decodeObject reads one JSON object. encoding/json is no good for this: it takes
// "CARTID" for "cartId" and lets the last of two equal keys win.
func decodeObject(raw []byte, path string, into any, v *violations) bool {
	if !startsWith(raw, '{') && json.Valid(raw) {
		v.add(path, "must be a JSON object")
		return false
	}
	duplicates, err := kjson.UnmarshalStrict(raw, into, kjson.DisallowDuplicateFields)
	switch {
	case err != nil:
		v.add(path, "is broken JSON: %v", err)
	case len(duplicates) > 0:
		v.add(path, "%v", duplicates[0])
	default:
		return true
	}
	return false
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
