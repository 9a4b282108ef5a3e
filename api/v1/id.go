package v1

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// IDs says which ids of products, carts, customers and orders are taken. The zero value
// takes UUIDs.
type IDs string

const (
	// UUIDs are what the published schemas ask for, in either case.
	UUIDs IDs = "uuid"
	// AnyIDs are texts of 1 to MaxIDLength printable characters, in Unicode's form NFC and
	// with no blank at either end.
	AnyIDs IDs = "any"
)

// Wrong says what is wrong with an id, as the end of a sentence that names it; it is empty
// for one that is taken.
func (i IDs) Wrong(id string) string {
	switch {
	case i == AnyIDs && !isPrintable(id):
		return fmt.Sprintf("must be a string of 1 to %d printable characters (Unicode, NFC) with no blank at either end", MaxIDLength)
	case i != AnyIDs && !isUUID(id):
		return "must be a UUID, such as 4465ca67-98d0-4514-baf8-1f97a0af0c27 (an operator with --ids=any takes other ids)"
	default:
		return ""
	}
}

// isPrintable tells whether a text can be an id where any is taken: what PrintableID
// matches, in one form.
func isPrintable(s string) bool {
	if s == "" || len(s) > utf8.UTFMax*MaxIDLength || utf8.RuneCountInString(s) > MaxIDLength || s[0] == ' ' || s[len(s)-1] == ' ' {
		return false
	}
	for _, c := range s {
		// The replacement stands for whatever was no Unicode, so it tells no ids apart.
		if !unicode.IsPrint(c) || c == utf8.RuneError {
			return false
		}
	}
	return norm.NFC.IsNormalString(s)
}

// CanonicalID is the one form of an id: lower case where it is a UUID (RFC 9562), which may
// be written in either case, and as it is otherwise.
func CanonicalID(id string) string {
	if !isUUID(id) {
		return id
	}
	return strings.ToLower(id)
}

func isUUID(id string) bool {
	const length = 36
	if len(id) != length {
		return false
	}
	for i := range length {
		hyphen := i == 8 || i == 13 || i == 18 || i == 23
		if c := id[i]; hyphen && c != '-' || !hyphen && !isHex(c) {
			return false
		}
	}
	return true
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}
