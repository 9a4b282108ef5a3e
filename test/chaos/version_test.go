package chaos

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/acme/inventory-service/test/faultreport"
	"github.com/acme/inventory-service/test/testbed"
)

// TestOldAndNew lets operators of the newest tag and of this checkout lead in turn,
// each while the other stands by, under the API and the rights of this checkout:
// the two of an upgrade, and of taking it back.
func TestOldAndNew(t *testing.T) {
	rounds := faultreport.Rounds(t, 1)
	tag, err := newestTag()
	if err != nil {
		t.Fatal(err)
	}
	if tag == "" {
		// Printed without -v too: nobody is to believe that this was tested.
		fmt.Println("TestOldAndNew is skipped: there is no git tag of an older version yet")
		t.Skip("there is no git tag of an older version yet")
	}
	old := buildTag(t, tag)
	fault := faultreport.Begin(t, "old and new binary together")
	spread(t, rounds, 5, 1, func(t *testing.T, first, rounds int) {
		w := testbed.NewWorld(t)
		d := found(w, fault)
		present := w.Binary
		w.Binary = old
		d.reign(uint64(first + 1))
		for range rounds {
			for _, next := range []struct{ name, binary string }{{"this checkout", present}, {tag, old}} {
				w.Binary = next.binary
				d.reserve()
				d.shoppers.awaitMore(20)
				fault.Recovered(d.succeed(terminate), handOverLimit)
				d.Logf("%s leads", next.name)
				d.crown()
			}
			fault.Injected(1)
		}
		d.end()
	})
}

// newestTag is the newest tag before the commit that is checked out, none if there
// is none.
func newestTag() (string, error) {
	for _, from := range []string{"HEAD^", "HEAD"} { // a tagged commit is compared with the tag before
		tag, err := git("describe", "--tags", "--abbrev=0", from)
		if err == nil {
			return tag, nil
		}
	}
	tags, err := git("tag", "--list")
	if err != nil {
		return "", err
	}
	if tags != "" {
		return "", errors.New("no tag can be reached from the commit that is checked out: fetch the history (git fetch --unshallow --tags)")
	}
	return "", nil
}

// buildTag builds the operator of a tag and returns the binary's path.
func buildTag(t *testing.T, tag string) string {
	t.Helper()
	dir := t.TempDir()
	source := filepath.Join(dir, "source")
	if err := os.Mkdir(source, 0o700); err != nil {
		t.Fatal(err)
	}
	archive := filepath.Join(dir, "source.tar")
	if _, err := git("archive", "--output", archive, tag); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "inventory-operator")
	for _, arguments := range [][]string{
		{"tar", "-x", "-f", archive, "-C", source},
		{"go", "build", "-C", source, "-buildvcs=false", "-o", path, "."},
	} {
		if out, err := exec.CommandContext(t.Context(), arguments[0], arguments[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("build the operator of %s: %s: %v\n%s", tag, arguments[0], err, out)
		}
	}
	return path
}

// git runs git at the root of the checkout and returns what it printed.
func git(arguments ...string) (string, error) {
	command := exec.Command("git", append([]string{"-C", "../.."}, arguments...)...)
	var problem bytes.Buffer
	command.Stderr = &problem
	out, err := command.Output()
	if err != nil {
		return "", fmt.Errorf("git %s: %w: %s", strings.Join(arguments, " "), err, problem.Bytes())
	}
	return strings.TrimSpace(string(out)), nil
}
