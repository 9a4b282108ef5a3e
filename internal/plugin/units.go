package plugin

import (
	"strconv"
	"strings"
)

// splitUnits reads WHAT=UNITS. What may have a "=" in it.
func splitUnits(text string) (what string, units int64, err error) {
	at := strings.LastIndex(text, "=")
	if at <= 0 {
		return "", 0, misused("%q: write PRODUCT=UNITS", text)
	}
	units, err = parseUnits(text[at+1:])
	if err == nil && units == 0 {
		err = misused("%q: it must be at least one unit", text)
	}
	return text[:at], units, err
}

// maxUnits is what the API takes as received.
const maxUnits = 1_000_000_000_000_000

// parseUnits reads a number of units.
func parseUnits(text string) (int64, error) {
	units, err := strconv.ParseInt(text, 10, 64)
	if err != nil || units < 0 || units > maxUnits || strings.HasPrefix(text, "+") {
		return 0, misused("%q is no number of units: write digits alone, up to 1e15", text)
	}
	return units, nil
}

// parseDelivery reads +UNITS or -UNITS.
func parseDelivery(text string) (int64, error) {
	sign, digits := int64(1), strings.TrimPrefix(text, "+")
	if rest, negative := strings.CutPrefix(text, "-"); negative {
		sign, digits = -1, rest
	} else if digits == text {
		return 0, misused("%q: write +%s for a delivery, -%s for a write-off, or use kubectl inventory count for what was counted", text, text, text)
	}
	units, err := parseUnits(digits)
	if err == nil && units == 0 {
		err = misused("%q changes nothing", text)
	}
	return sign * units, err
}
