package command

import (
	"io"
	"strings"
	"testing"
)

// What could never work is refused before anything is started, and the flag is named.
func TestParse(t *testing.T) {
	const database = "--database-url=postgres://db"
	for _, tc := range []struct {
		arguments []string
		says      string
	}{
		{[]string{database}, ""},
		{[]string{database, "--lease-duration=0", "--leader-elect=false"}, ""},
		{[]string{database, "--lease-duration=900ms", "--renew-deadline=500ms", "--retry-period=100ms"}, "--lease-duration"},
		{[]string{database, "--renew-deadline=2200ms"}, "--renew-deadline"},
		{[]string{database, "--reader-name=A B"}, "--reader-name"},
		{[]string{database, "--nonsense"}, "-nonsense"},
		{nil, "--database-url"},
	} {
		_, err := parse(tc.arguments, io.Discard)
		if (err == nil) != (tc.says == "") || err != nil && !strings.Contains(err.Error(), tc.says) {
			t.Errorf("%s: %v", tc.arguments, err)
		}
	}
}
