package main

import (
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// A checkout that is ready passes, and each piece that is wrong fails one check and says why.
func TestChecks(t *testing.T) {
	ready := files()
	if out, failed := checked(t, ready); failed != 0 {
		t.Fatalf("a checkout that is ready fails:\n%s", out)
	}
	for name, test := range map[string]struct {
		path, old, new string
		fails          string
	}{
		"no date":              {"CHANGELOG.md", "## [1.2.3] - 2026-01-02", "## [1.2.3]", "changelog: .* no date"},
		"unreleased":           {"CHANGELOG.md", "## [1.2.3] - 2026-01-02", "## Unreleased", "changelog: .* no section"},
		"nothing changed":      {"CHANGELOG.md", "- all", "", "changelog: .* says nothing"},
		"another image":        {"config/default/kustomization.yaml", "newTag: 1.2.3", "newTag: 1.2.2", "images: .* no image of 1.2.3"},
		"another label":        {"config/default/kustomization.yaml", "version: 1.2.3", "version: 1.2.2", "images: .* no label"},
		"latest":               {"config/default/deployment.yaml", "image: x:1.2.3", "image: x:latest", "images: .* latest"},
		"another chart":        {"dist/chart/Chart.yaml", "\nversion: 1.2.3", "\nversion: 1.2.2", "version: .*make chart"},
		"no semantic version":  {"dist/chart/Chart.yaml", "1.2.3", "v1", "version: .*no semantic version"},
		"no earlier version":   {"hack/versions", "HEAD", "v9.9.9", "earlier version: .*no commit"},
		"a broken link":        {"README.md", "CHANGELOG.md", "CHANGES.md", "links: README.md links to CHANGES.md"},
		"another archive":      {"dist/a.tar.gz", "content", "other", "plugin archives: .*checksum"},
		"no archive":           {"dist/inventory.yaml", "a.tar.gz", "b.tar.gz", "plugin archives: .*b.tar.gz"},
		"archives of before":   {"dist/inventory.yaml", "v1.2.3", "v1.2.2", "plugin archives: .*make plugin-archives"},
		"a package that fails": {"main.go", "package main", "package", "licences: "},
	} {
		t.Run(name, func(t *testing.T) {
			broken := files()
			if !strings.Contains(broken[test.path], test.old) {
				t.Fatalf("%s has no %q", test.path, test.old)
			}
			broken[test.path] = strings.ReplaceAll(broken[test.path], test.old, test.new)
			out, failed := checked(t, broken)
			if failed != 1 || !regexp.MustCompile(`(?m)^FAILED  `+test.fails).MatchString(out) {
				t.Errorf("%d checks fail, want that of %s:\n%s", failed, test.fails, out)
			}
		})
	}
}

// What is not committed fails, too.
func TestUncommitted(t *testing.T) {
	root := repository(t, files())
	write(t, root, "new.txt", "")
	var out strings.Builder
	if failed := run(t.Context(), &out, root, true); failed != 1 || !strings.Contains(out.String(), "FAILED  clean tree: ") {
		t.Errorf("%d checks fail:\n%s", failed, out.String())
	}
}

func checked(t *testing.T, files map[string]string) (string, int) {
	t.Helper()
	var out strings.Builder
	failed := run(t.Context(), &out, repository(t, files), true)
	return out.String(), failed
}

// files are those of a checkout that is ready.
func files() map[string]string {
	return map[string]string{
		"CHANGELOG.md": "# Changes\n\n## [1.2.3] - 2026-01-02\n\n- all\n\n## [1.2.2] - 2026-01-01\n\n- more\n",
		"README.md":    "See [changes](CHANGELOG.md#x) and [more](https://example.com/x).\n",
		"config/default/kustomization.yaml": "images:\n  - name: x\n    newTag: 1.2.3\nlabels:\n  - pairs:\n" +
			"      app.kubernetes.io/version: 1.2.3\n",
		"config/default/deployment.yaml": "image: x:1.2.3\n",
		"dist/chart/Chart.yaml":          "name: x\nversion: 1.2.3\nappVersion: 1.2.3\n",
		"dist/a.tar.gz":                  "content",
		"dist/inventory.yaml": fmt.Sprintf("spec:\n  version: v1.2.3\n  platforms:\n    - uri: https://example.com/a.tar.gz\n      sha256: %x\n",
			sha256.Sum256([]byte("content"))),
		"hack/versions":                 "# earlier\nHEAD\n",
		"go.mod":                        "module example.com/x\n\ngo 1.26\n",
		"main.go":                       "package main\n\nfunc main() {}\n",
		"cmd/kubectl-inventory/main.go": "package main\n\nfunc main() {}\n",
	}
}

func repository(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for path, text := range files {
		write(t, root, path, text)
	}
	for _, arguments := range [][]string{
		{"init", "-q"}, {"add", "-A"},
		{"-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-q", "-m", "all"},
	} {
		if out, err := exec.Command("git", append([]string{"-C", root}, arguments...)...).CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", arguments, err, out)
		}
	}
	return root
}

func write(t *testing.T, root, path, text string) {
	t.Helper()
	path = filepath.Join(root, path)
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
