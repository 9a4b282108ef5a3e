package webhook

import (
	"os"
	"strconv"
	"strings"
	"testing"
)

// docs/bridge.md lists every kind of failure, with the statuses that the code has.
func TestKindsAreDocumented(t *testing.T) {
	text, err := os.ReadFile("../docs/bridge.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]string{}
	for line := range strings.Lines(string(text)) {
		if slug, rest, ok := strings.Cut(strings.TrimPrefix(line, "| `"), "` | "); ok && strings.HasPrefix(line, "| `") {
			rows[slug] = rest
		}
	}
	for _, k := range kinds {
		want := strconv.Itoa(k.plain) + " | " + strconv.Itoa(k.event) + " | "
		if !strings.HasPrefix(rows[k.slug], want) {
			t.Errorf("%s: %q, want %q", k.slug, rows[k.slug], want)
		}
		delete(rows, k.slug)
	}
	delete(rows, "inventory-unavailable") // an outcome
	for slug := range rows {
		t.Errorf("there is no kind %s", slug)
	}
}
