package main_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"sigs.k8s.io/yaml"
)

// A release of the plugin is an archive for each platform, and a manifest by which krew finds
// and checks them.
func TestArchives(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds the plugin: not with -short")
	}
	dist := t.TempDir()
	build := func(version string) ([]byte, error) {
		command := exec.CommandContext(t.Context(), "../../hack/plugin-archives.sh", version)
		command.Env = append(os.Environ(), "DIST="+dist, "PLATFORMS="+runtime.GOOS+"/"+runtime.GOARCH)
		return command.CombinedOutput()
	}
	if out, err := build("v1.2.3"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	text, err := os.ReadFile(filepath.Join(dist, "inventory.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var manifest struct {
		Metadata struct{ Name string }
		Spec     struct {
			Version, ShortDescription string
			Platforms                 []struct {
				Selector         struct{ MatchLabels map[string]string }
				URI, SHA256, Bin string
			}
		}
	}
	if err := yaml.Unmarshal(text, &manifest); err != nil {
		t.Fatal(err)
	}
	const longest = 50 // what krew's index takes
	if spec := manifest.Spec; manifest.Metadata.Name != "inventory" || spec.Version != "v1.2.3" || len(spec.ShortDescription) > longest || len(spec.Platforms) != 1 {
		t.Fatalf("the manifest is\n%s", text)
	}
	platform := manifest.Spec.Platforms[0]
	archive, err := os.ReadFile(filepath.Join(dist, filepath.Base(platform.URI)))
	if err != nil {
		t.Fatal(err)
	}
	if sum := sha256.Sum256(archive); platform.SHA256 != hex.EncodeToString(sum[:]) {
		t.Errorf("the archive's sum is %x, and the manifest says %s", sum, platform.SHA256)
	}
	if names := contents(t, archive); !slices.Equal(names, []string{"LICENSE", platform.Bin}) {
		t.Errorf("the archive has %v", names)
	}
	if _, err := build("v1.2.3"); err != nil {
		t.Fatal(err)
	}
	again, err := os.ReadFile(filepath.Join(dist, filepath.Base(platform.URI)))
	if err != nil || !bytes.Equal(archive, again) {
		t.Errorf("built again it is another: %v", err)
	}
	if out, err := build("1.2"); err == nil {
		t.Errorf("1.2 is taken as a version: %s", out)
	}
}

func contents(t *testing.T, archive []byte) (names []string) {
	t.Helper()
	unzipped, err := gzip.NewReader(bytes.NewReader(archive))
	if err != nil {
		t.Fatal(err)
	}
	for files := tar.NewReader(unzipped); ; {
		header, err := files.Next()
		if errors.Is(err, io.EOF) {
			return names
		}
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, header.Name)
	}
}
