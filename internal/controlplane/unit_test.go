package controlplane

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestKubernetesVersion(t *testing.T) {
	got, err := kubernetesVersion("../../hack/controlplane/go.mod")
	if err != nil || !strings.HasPrefix(got, "v1.") {
		t.Errorf("got %q, %v", got, err)
	}
	if _, err := kubernetesVersion("../../go.mod"); err == nil {
		t.Error("found a version in a go.mod that has none")
	}
}

func TestReadManifestsRefuses(t *testing.T) {
	for name, test := range map[string]struct{ content, want string }{
		"not YAML":   {"a: [", "yaml"},
		"no kind":    {"apiVersion: v1\nmetadata: {name: a}", "lacks apiVersion or kind"},
		"no name":    {"apiVersion: v1\nkind: ConfigMap", "a ConfigMap lacks metadata.name"},
		"no objects": {"", "no manifests in"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if test.content != "" {
				if err := os.WriteFile(filepath.Join(dir, "a.yaml"), []byte(test.content), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := readManifests([]string{dir}); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

// What a killed test left in the temporary directory goes; what is new, or in use,
// stays.
func TestRemoveAbandoned(t *testing.T) {
	temp := t.TempDir()
	old := time.Now().Add(-time.Hour)
	made := map[string]string{}
	for _, name := range []string{"old", "new", "used"} {
		dir := filepath.Join(temp, tempPattern+name)
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		made[name] = dir
	}
	lock, err := lockDirectory(made["used"])
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = lock.Close() }()
	for _, name := range []string{"old", "used"} {
		if err := os.Chtimes(made[name], old, old); err != nil {
			t.Fatal(err)
		}
	}
	removeAbandoned(temp)
	for name, dir := range made {
		_, err := os.Stat(dir)
		if gone := err != nil; gone != (name == "old") {
			t.Errorf("%s: gone is %v", name, gone)
		}
	}
}
