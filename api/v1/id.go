package v1

import "strings"

// CanonicalID is the one form of an id: lower case where it is a UUID (RFC 9562), which may
// be written in either case, and as it is otherwise.
func CanonicalID(id string) string {
	const length = 36
	if len(id) != length {
		return id
	}
	for i := range length {
		hyphen := i == 8 || i == 13 || i == 18 || i == 23
		if c := id[i]; hyphen && c != '-' || !hyphen && !isHex(c) {
			return id
		}
	}
	return strings.ToLower(id)
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}
