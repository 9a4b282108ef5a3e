package bearer

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
)

// File is the path of a file with a token, such as SinkBinding mounts. It is read for each use,
// so that a token that was renewed counts at once.
type File string

// Token returns what the file holds, without blanks around it.
func (f File) Token(context.Context) (string, error) {
	text, err := os.ReadFile(string(f))
	if err != nil {
		return "", fmt.Errorf("read the token for the sink: %w", err)
	}
	token := strings.TrimSpace(string(text))
	if token == "" || strings.ContainsFunc(token, func(c rune) bool { return c <= ' ' || c > '~' }) {
		return "", fmt.Errorf("read the token for the sink: %s holds none: %w", string(f), ErrNoToken)
	}
	return token, nil
}

// Refused is told that a token was not taken. The next one is read from the file anyway.
func (File) Refused(string) {}

// ErrNoToken says that there is a place for a token, and none in it.
var ErrNoToken = errors.New("no token")
