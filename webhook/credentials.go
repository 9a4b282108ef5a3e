package webhook

import (
	"net/http"
	"regexp"
	"strings"
)

// realm is the challenge of RFC 6750.
const realm = `Bearer realm="inventory"`

// tokenText is what a bearer token can be.
var tokenText = regexp.MustCompile(`^[A-Za-z0-9._~+/-]+=*$`)

// bearerToken is the token of a request.
func bearerToken(header http.Header) (string, error) {
	credentials := header.Values("Authorization")
	if len(credentials) == 0 {
		return "", challenge("", "there is no token: send one in the header Authorization: Bearer <token>")
	}
	scheme, token, _ := strings.Cut(credentials[0], " ")
	token = strings.Trim(token, " ")
	if len(credentials) > 1 || !strings.EqualFold(scheme, "Bearer") || !tokenText.MatchString(token) {
		return "", challenge("invalid_token", "the header Authorization must be given once, as Bearer <token>")
	}
	return token, nil
}

// challenge turns a caller away who may come back with another token. Code is that of RFC 6750,
// empty where no token was sent.
func challenge(code, detail string) *failure {
	f := fail(unauthenticated, "%s", detail)
	f.challenge = realm
	if code != "" {
		f.challenge += `, error="` + code + `"`
	}
	return f
}
