package earlier

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// building keeps tests that run at a time from building the same binary.
var building sync.Mutex

// Revision returns what hack/versions names: a tag or a commit.
func Revision(root string) (string, error) {
	path := filepath.Join(root, "hack", "versions")
	text, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	var named []string
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			named = append(named, line)
		}
	}
	if len(named) != 1 || strings.ContainsAny(named[0], " \t") || strings.HasPrefix(named[0], "-") {
		return "", fmt.Errorf("%s has to name one git revision, and names %q", path, named)
	}
	return named[0], nil
}

// Commit returns the commit that hack/versions names, in full. Its error says what to do where
// the clone does not have it.
func Commit(root string) (string, error) {
	revision, err := Revision(root)
	if err != nil {
		return "", err
	}
	commit, err := git(root, "rev-parse", "--verify", "--quiet", revision+"^{commit}")
	if err == nil {
		return commit, nil
	}
	if shallow, shallowErr := git(root, "rev-parse", "--is-shallow-repository"); shallowErr != nil {
		return "", fmt.Errorf("the earlier version %s is built from git, and this is no clone: %w", revision, shallowErr)
	} else if shallow == "true" {
		return "", fmt.Errorf("hack/versions names %s, which this shallow clone does not have: run git fetch --unshallow --tags", revision)
	}
	return "", fmt.Errorf("hack/versions names %s, which is no commit of this clone: run git fetch --tags, or name another", revision)
}

// Operator is the path of the earlier version's binary. It is built the first time.
func Operator(tb testing.TB) string {
	tb.Helper()
	building.Lock()
	defer building.Unlock()
	root, commit := here(tb)
	path := filepath.Join(root, "bin", "versions", commit, "inventory-operator")
	if _, err := os.Stat(path); err == nil {
		return path
	}
	if err := build(root, commit, path); err != nil {
		tb.Fatalf("build the operator of %s: %v", commit, err)
	}
	return path
}

// Files writes files and folders of the earlier version below a new directory and returns that.
func Files(tb testing.TB, paths ...string) string {
	tb.Helper()
	root, commit := here(tb)
	dir := tb.TempDir()
	if err := extract(root, commit, dir, paths...); err != nil {
		tb.Fatal(err)
	}
	return dir
}

// here is the root of the checkout and the earlier commit.
func here(tb testing.TB) (root, commit string) {
	tb.Helper()
	root, err := git(".", "rev-parse", "--show-toplevel")
	if err != nil {
		tb.Fatalf("the earlier version is built from git: %v", err)
	}
	if commit, err = Commit(root); err != nil {
		tb.Fatal(err)
	}
	return root, commit
}

// build builds the operator of a commit elsewhere and puts it in its place when it is whole.
func build(root, commit, path string) error {
	source, err := os.MkdirTemp("", "inventory-earlier-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(source) }()
	if err := extract(root, commit, source); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return err
	}
	half := fmt.Sprintf("%s.%d", path, os.Getpid()) // tests of other packages may build it, too
	command := exec.Command("go", "build", "-C", source, "-buildvcs=false", "-o", half, ".")
	command.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=readonly")
	if out, err := command.CombinedOutput(); err != nil {
		return errors.Join(fmt.Errorf("%w\n%s", err, out), os.RemoveAll(half))
	}
	return os.Rename(half, path)
}

// extract writes what a commit has at some paths, or all of it, below a directory.
func extract(root, commit, dir string, paths ...string) error {
	archive := filepath.Join(dir, ".archive.tar")
	if _, err := git(root, append([]string{"archive", "--output", archive, commit, "--"}, paths...)...); err != nil {
		return err
	}
	if out, err := exec.Command("tar", "-x", "-f", archive, "-C", dir).CombinedOutput(); err != nil {
		return fmt.Errorf("tar: %w: %s", err, out)
	}
	return os.Remove(archive)
}

// git runs git in a directory and returns what it printed.
func git(dir string, arguments ...string) (string, error) {
	command := exec.Command("git", append([]string{"-C", dir}, arguments...)...)
	var problem bytes.Buffer
	command.Stderr = &problem
	out, err := command.Output()
	if err != nil {
		return "", fmt.Errorf("git %s: %w: %s", strings.Join(arguments, " "), err, bytes.TrimSpace(problem.Bytes()))
	}
	return strings.TrimSpace(string(out)), nil
}
