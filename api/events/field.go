package events

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	v1 "github.com/acme/inventory-service/api/v1"
)

// isLocation tells whether s can be a location: what v1.PrintableLocation matches.
func isLocation(s string) bool {
	if s == "" || len(s) > v1.MaxLocationLength || s[0] == ' ' || s[len(s)-1] == ' ' {
		return false
	}
	return !strings.ContainsFunc(s, func(c rune) bool { return c < ' ' || c > '~' })
}

// requiredID reads an id that must be there, in its one form.
func requiredID(raw json.RawMessage, field string, v *violations) string {
	if raw == nil {
		v.add(field, "is required")
		return ""
	}
	return readID(raw, field, "", v)
}

// optionalID reads an id that may be left out, in its one form.
func optionalID(raw json.RawMessage, field string, v *violations) string {
	if raw == nil {
		return ""
	}
	return readID(raw, field, "; leave it out where there is none", v)
}

func readID(raw json.RawMessage, field, advice string, v *violations) string {
	s, _ := decodeString(raw) // what is no string is no id
	if wrong := v.ids.Wrong(s); wrong != "" {
		v.add(field, "%s%s", wrong, advice)
	}
	return v1.CanonicalID(s)
}

// optionalLocation reads a location that may be left out.
func optionalLocation(raw json.RawMessage, field string, v *violations) string {
	if raw == nil {
		return ""
	}
	s, ok := decodeString(raw)
	if !ok || !isLocation(s) {
		v.add(field, "must be a string of 1 to %d printable ASCII characters; leave it out for all locations", v1.MaxLocationLength)
	}
	return s
}

// requiredQuantity reads a number of units that must be there.
func requiredQuantity(raw json.RawMessage, field string, v *violations) int64 {
	if raw == nil {
		v.add(field, "is required")
		return 0
	}
	quantity, err := parseQuantity(raw)
	if err != nil {
		v.add(field, "%v", err)
	}
	return quantity
}

// parseQuantity reads a JSON number whose value is an integer from 1 to
// v1.MaxQuantity, however it is written: 1, 1.0 and 1e3 are integers to JSON
// Schema. It works on the digits, since a float would take
// 1.00000000000000000001 for 1 and an exponent may be of any size.
func parseQuantity(raw json.RawMessage) (int64, error) {
	outOfBounds := fmt.Errorf("must be 1 to %d", v1.MaxQuantity)
	number := strings.TrimSpace(string(raw))
	if number == "" || (number[0] != '-' && (number[0] < '0' || number[0] > '9')) {
		return 0, fmt.Errorf("must be a number, an integer from 1 to %d", v1.MaxQuantity)
	}
	mantissa, exponent := number, "0"
	if i := strings.IndexAny(number, "eE"); i >= 0 {
		mantissa, exponent = number[:i], number[i+1:]
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := strings.TrimLeft(whole+fraction, "0")
	if number[0] == '-' || digits == "" {
		return 0, outOfBounds
	}
	significant := strings.TrimRight(digits, "0")
	// ParseInt answers the nearest bound for an exponent that does not fit, which
	// does as well: no message has digits enough to make up for it.
	scale, _ := strconv.ParseInt(exponent, 10, 32)
	scale += int64(len(digits)-len(significant)) - int64(len(fraction))
	switch {
	case scale < 0:
		return 0, fmt.Errorf("must be an integer from 1 to %d", v1.MaxQuantity)
	case int64(len(significant))+scale > int64(len(strconv.Itoa(v1.MaxQuantity))):
		return 0, outOfBounds
	}
	quantity, err := strconv.ParseInt(significant+strings.Repeat("0", int(scale)), 10, 64)
	if err != nil || quantity > v1.MaxQuantity {
		return 0, outOfBounds
	}
	return quantity, nil
}
