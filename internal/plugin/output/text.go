package output

import (
	"fmt"
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// Printable is a text with its control and formatting characters made visible, so that it can
// stand in a terminal's line.
func Printable(text string) string {
	if strings.IndexFunc(text, hidden) < 0 && strings.ToValidUTF8(text, "") == text {
		return text
	}
	var b strings.Builder
	for _, c := range strings.ToValidUTF8(text, "�") {
		if hidden(c) {
			fmt.Fprintf(&b, "\\u%04x", c)
			continue
		}
		b.WriteRune(c)
	}
	return b.String()
}

func hidden(c rune) bool { return !unicode.IsPrint(c) }

// columns is how many columns of a terminal a text takes.
func columns(text string) (n int) {
	for _, c := range text {
		switch {
		case unicode.In(c, unicode.Mn, unicode.Me):
		case isWide(c):
			n += 2
		default:
			n++
		}
	}
	return n
}

func isWide(c rune) bool {
	kind := width.LookupRune(c).Kind()
	return kind == width.EastAsianWide || kind == width.EastAsianFullwidth
}
