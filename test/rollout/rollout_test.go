// Package rollout rolls a release out and back whose journal has another format.
package rollout

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/acme/inventory-service/test/testbed"
)

func TestMain(m *testing.M) { os.Exit(testbed.Main(m)) }

// A release writes the older of the two formats that it reads until a flag says otherwise:
// so it can be rolled out beside the release before it, and rolled back. After the flag, that
// one changes nothing, has a newer one answer and lead, and whatever was decided is still there.
func TestNextFormat(t *testing.T) {
	w := testbed.NewWorld(t)
	old, next := w.Binary, nextRelease(t)
	run := func(binary string, flags ...string) *testbed.Operator {
		w.Binary = binary
		return w.Operate(flags...)
	}
	w.Declare("mug", "mug", "ams", 100)
	var told []string
	carts := 0
	// decide has an operator that begins to lead decide one more cart, and repeats all
	// before: each gets the answer that it got first.
	decide := func(o *testbed.Operator) {
		t.Helper()
		for n := range carts + 1 {
			answer := w.Ask(testbed.Reserve(fmt.Sprintf("cart-%d", n), testbed.PlainHTTP, testbed.Item("mug", 1)), o)
			if n == carts {
				told = append(told, answer.Text)
			}
			if answer.Refused || answer.Text != told[n] {
				t.Errorf("cart %d is told %s, first %s", n, answer.Text, told[n])
			}
		}
		carts++
	}

	first := run(old)
	decide(first)
	second := run(next) // rolled out
	first.Stop()
	decide(second)
	third := run(old) // rolled back
	second.Stop()
	decide(third)
	fourth := run(next, "--journal-format=3")
	third.Stop()
	decide(fourth)

	fifth := run(old) // too late: it knows nothing of that format
	paths := []string{"/stock/mug", "/reservations/" + reservation(t, told[0])}
	for _, path := range paths { // whoever knows it answers for it
		fifth.Get(path).Want(t, http.StatusOK)
	}
	decide(fifth)
	fourth.Stop()
	for _, path := range paths {
		if got := fifth.Get(path); got.Code != http.StatusServiceUnavailable {
			t.Errorf("a release that cannot read the journal answers %s with %d: %s", path, got.Code, got.Body)
		}
	}
	fifth.AwaitNoLeader(t.Context())
	sixth := run(next) // it writes the older format again, over pages of the newer
	decide(sixth)      // the other does not keep the lease
	decide(fifth)
}

func reservation(t *testing.T, told string) string {
	t.Helper()
	var answer struct{ ReservationID string }
	body := regexp.MustCompile(`(?s)\{.*\}`).FindString(told)
	if err := json.Unmarshal([]byte(body), &answer); err != nil || answer.ReservationID == "" {
		t.Fatalf("no reservation in %s: %v", told, err)
	}
	return answer.ReservationID
}

// nextRelease builds this operator as it would be with another format.
func nextRelease(t *testing.T) string {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	source := filepath.Join(root, "internal/journal/page.go")
	text, err := os.ReadFile(source)
	if err != nil {
		t.Fatal(err)
	}
	is := regexp.MustCompile(`(?m)^\tFormat +=.*$`)
	if len(is.FindAll(text, -1)) != 1 {
		t.Fatal("page.go does not say which format is the newest")
	}
	dir := t.TempDir()
	patched, overlay, binary := filepath.Join(dir, "page.go"), filepath.Join(dir, "overlay.json"), filepath.Join(dir, "next")
	if err := os.WriteFile(patched, is.ReplaceAll(text, []byte("\tFormat = 3")), 0o600); err != nil {
		t.Fatal(err)
	}
	replace, err := json.Marshal(map[string]map[string]string{"Replace": {source: patched}})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(overlay, replace, 0o600); err != nil {
		t.Fatal(err)
	}
	build := exec.CommandContext(t.Context(), "go", "build", "-buildvcs=false", "-overlay", overlay, "-o", binary, ".")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the next release: %v\n%s", err, out)
	}
	return binary
}
