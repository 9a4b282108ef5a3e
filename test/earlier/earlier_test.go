package earlier

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// What hack/versions names is a commit of this clone, and whoever has less is told what to do.
func TestCommit(t *testing.T) {
	if _, err := Commit("../.."); err != nil {
		t.Error(err)
	}
	whole := repository(t, "first", "second")
	first := run(t, whole, "rev-parse", "HEAD^")
	name(t, whole, "# why\n\n"+first+"\n")
	if got, err := Commit(whole); err != nil || got != first {
		t.Errorf("got %q, %v, want %s", got, err, first)
	}
	shallow := filepath.Join(t.TempDir(), "shallow")
	run(t, ".", "clone", "-q", "--depth=1", "file://"+whole, shallow)
	name(t, shallow, first)
	refused(t, shallow, "git fetch --unshallow")
	name(t, whole, "v9.9.9")
	refused(t, whole, "no commit of this clone")
	name(t, whole, "v1 v2")
	refused(t, whole, "one git revision")
	name(t, whole, "--all")
	refused(t, whole, "one git revision")
	none := t.TempDir()
	name(t, none, "v1")
	refused(t, none, "no clone")
}

// Files of the earlier version come from git, whatever the checkout has.
func TestFiles(t *testing.T) {
	dir := Files(t, "config/crd", "go.mod")
	for path, there := range map[string]bool{"config/crd/inventory.acme.com_stockitems.yaml": true, "go.mod": true, "main.go": false} {
		if _, err := os.Stat(filepath.Join(dir, path)); (err == nil) != there {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func refused(t *testing.T, root, why string) {
	t.Helper()
	if got, err := Commit(root); err == nil || !strings.Contains(err.Error(), why) {
		t.Errorf("got %q, %v, want an error that says %q", got, err, why)
	}
}

func name(t *testing.T, root, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Join(root, "hack"), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "hack", "versions"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// repository is a new one with empty commits.
func repository(t *testing.T, commits ...string) string {
	t.Helper()
	dir := t.TempDir()
	run(t, dir, "init", "-q")
	for _, message := range commits {
		run(t, dir, "-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-q", "--allow-empty", "-m", message)
	}
	return dir
}

func run(t *testing.T, dir string, arguments ...string) string {
	t.Helper()
	out, err := exec.Command("git", append([]string{"-C", dir}, arguments...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("git %v: %v\n%s", arguments, err, out)
	}
	return strings.TrimSpace(string(out))
}
