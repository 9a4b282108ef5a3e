package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"debug/buildinfo"
	"debug/elf"
	"encoding/hex"
	"errors"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/spdx/tools-golang/json"
	"github.com/spdx/tools-golang/spdx/v2/v2_3"
	"github.com/spdx/tools-golang/spdxlib"
)

const version = "0.0.0-test"

// makeImage runs make image in a checkout, and returns where it is and its digest.
func makeImage(ctx context.Context, root, out string, variables ...string) (string, error) {
	command := exec.CommandContext(ctx, "make", append([]string{
		"-s", "image", "IMAGE_DIR=" + out, "VERSION=" + version, "REVISION=abc", "SOURCE_DATE_EPOCH=1700000000",
	}, variables...)...)
	command.Dir = root
	command.Stderr = os.Stderr
	text, err := command.Output()
	return strings.TrimSpace(string(text)), err
}

var made = sync.OnceValues(func() (dir string, err error) {
	if dir, err = os.MkdirTemp("", "image"); err == nil {
		_, err = makeImage(context.Background(), "../..", dir)
	}
	return dir, err
})

// madeImage is the directory of one image that the tests share.
func madeImage(t *testing.T) string {
	t.Helper()
	dir, err := made()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestMain(m *testing.M) {
	code := m.Run()
	if dir, err := made(); err == nil {
		_ = os.RemoveAll(dir)
	}
	os.Exit(code)
}

// readLayout returns the index of an image, and the referrers beside it.
func readLayout(t *testing.T, dir string) (v1.ImageIndex, []v1.Descriptor) {
	t.Helper()
	all, err := layout.ImageIndexFromPath(filepath.Join(dir, "oci"))
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := all.IndexManifest()
	if err != nil || len(manifest.Manifests) < 2 {
		t.Fatalf("the layout has %+v, %v", manifest, err)
	}
	for n, entry := range manifest.Manifests { // tools that are not told which take the one with a name
		if name, named := entry.Annotations[refName]; named != (n == 0) || named && name != version {
			t.Errorf("entry %d of the layout has the name %q", n, name)
		}
	}
	index, err := all.ImageIndex(manifest.Manifests[0].Digest)
	if err != nil {
		t.Fatal(err)
	}
	platforms, err := index.IndexManifest()
	if err != nil || len(manifest.Manifests) != 1+len(platforms.Manifests) {
		t.Fatalf("the layout has %+v, %v", manifest, err)
	}
	return index, manifest.Manifests[1:]
}

// Two builds, in different directories, give one digest.
func TestReproducible(t *testing.T) {
	first := madeImage(t)
	elsewhere := t.TempDir()
	files, err := exec.CommandContext(t.Context(), "git", "-C", "../..", "ls-files", "-co", "--exclude-standard").Output()
	if err != nil {
		t.Fatal(err)
	}
	pack := exec.CommandContext(t.Context(), "tar", "-C", "../..", "-cf", "-", "--ignore-failed-read", "-T", "-")
	pack.Stdin = bytes.NewReader(files)
	packed, err := pack.Output()
	if err != nil {
		t.Fatal(err)
	}
	unpack := exec.CommandContext(t.Context(), "tar", "-C", elsewhere, "-xf", "-")
	unpack.Stdin = bytes.NewReader(packed)
	if out, err := unpack.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	again, err := makeImage(t.Context(), elsewhere, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	index, _ := readLayout(t, first)
	digest, err := index.Digest()
	if err != nil {
		t.Fatal(err)
	}
	if digest.String() != again {
		t.Errorf("built again it is %s, first %s", again, digest)
	}
}

// Each platform's image has its own programs, user and labels, and an SBOM that is valid and names
// the programs, and each module in them.
func TestPlatformsAndSBOMs(t *testing.T) {
	dir := madeImage(t)
	index, referrers := readLayout(t, dir)
	manifest, err := index.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	machines := map[string]elf.Machine{"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64}
	for n, entry := range manifest.Manifests {
		architecture := entry.Platform.Architecture
		one, err := index.Image(entry.Digest)
		if err != nil {
			t.Fatal(err)
		}
		config, err := one.ConfigFile()
		if err != nil || config.Config.User != "65532:65532" || config.Architecture != architecture ||
			config.Config.Labels["org.opencontainers.image.version"] != version || config.Created.Unix() != 1700000000 {
			t.Errorf("the image for %s is %+v, %v", architecture, config, err)
		}
		root := t.TempDir()
		unpackImage(t, one, root)
		for _, name := range programs {
			binary := filepath.Join(root, name)
			if program, err := elf.Open(binary); err != nil || program.Machine != machines[architecture] {
				t.Errorf("%s for %s is %v, %v", name, architecture, program, err)
			}
			checkSBOM(t, filepath.Join(dir, "sbom-linux-"+architecture+".spdx.json"), binary)
		}
		subject := referrerSubject(t, dir, referrers[n])
		if subject != entry.Digest {
			t.Errorf("the SBOM for %s is of %s, want %s", architecture, subject, entry.Digest)
		}
	}
}

func referrerSubject(t *testing.T, dir string, of v1.Descriptor) v1.Hash {
	t.Helper()
	all, err := layout.ImageIndexFromPath(filepath.Join(dir, "oci"))
	if err != nil {
		t.Fatal(err)
	}
	one, err := all.Image(of.Digest)
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := one.Manifest()
	if err != nil || manifest.Subject == nil || manifest.Layers[0].MediaType != sbomType || manifest.Config.MediaType != sbomType {
		t.Fatalf("a referrer is %+v, %v", manifest, err)
	}
	title := manifest.Layers[0].Annotations["org.opencontainers.image.title"]
	beside, err := os.ReadFile(filepath.Join(dir, title))
	if digest, _, hashErr := v1.SHA256(bytes.NewReader(beside)); err != nil || hashErr != nil || digest != manifest.Layers[0].Digest {
		t.Errorf("the SBOM with the title %q is not that of the file: %v", title, errors.Join(err, hashErr))
	}
	return manifest.Subject.Digest
}

func checkSBOM(t *testing.T, path, binary string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	document, err := json.Read(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if err := spdxlib.ValidateDocument(document); err != nil {
		t.Errorf("%s is not valid: %v", path, err)
	}
	has, found := map[string]string{}, false
	for _, p := range document.Packages {
		checkPackage(t, p)
		has[p.PackageName] = p.PackageVersion
		if p.PackageFileName == "/"+filepath.Base(binary) {
			found = true
			content, _ := os.ReadFile(binary)
			if sum := sha256.Sum256(content); p.PackageChecksums[0].Value != hex.EncodeToString(sum[:]) {
				t.Errorf("%s is of another %s", path, binary)
			}
		}
	}
	if !found {
		t.Errorf("%s lacks %s", path, binary)
	}
	info, err := buildinfo.ReadFile(binary)
	if err != nil || len(info.Deps) < 20 {
		t.Fatalf("the binary says %v, %v", info, err)
	}
	for _, module := range info.Deps {
		if module.Replace != nil {
			module = module.Replace
		}
		if has[module.Path] != module.Version {
			t.Errorf("%s has %s at %q, the binary at %s", path, module.Path, has[module.Path], module.Version)
		}
	}
	for _, name := range []string{"stdlib", rootsModule} {
		if has[name] == "" {
			t.Errorf("%s lacks %s", path, name)
		}
	}
}

// canonical are the package URLs that we write, as its specification has them written.
var canonical = regexp.MustCompile(`^pkg:(golang/[a-z0-9._~/-]+@[A-Za-z0-9._%-]+(#[a-z0-9/-]+)?|oci/inventory-operator@sha256%3A[0-9a-f]{64}\?arch=[a-z0-9]+)$`)

// checkPackage checks what SPDX 2.3 and the minimum elements of an SBOM ask for of a package.
func checkPackage(t *testing.T, p *v2_3.Package) {
	t.Helper()
	if p.PackageName == "" || p.PackageVersion == "" || p.PackageDownloadLocation == "" || p.PackageSupplier == nil || p.PackageLicenseDeclared == "" ||
		!regexp.MustCompile(`^[A-Za-z0-9.-]+$`).MatchString(string(p.PackageSPDXIdentifier)) {
		t.Errorf("a package lacks something: %+v", p)
	}
	if len(p.PackageExternalReferences) != 1 || !canonical.MatchString(p.PackageExternalReferences[0].Locator) {
		t.Errorf("package %s has no canonical URL: %+v", p.PackageName, p.PackageExternalReferences)
	}
}

// What is pushed is what was made, and a registry's list of referrers has the SBOMs.
func TestPush(t *testing.T) {
	server := httptest.NewServer(registry.New(registry.WithReferrersSupport(true)))
	defer server.Close()
	text := strings.TrimPrefix(server.URL, "http://") + "/shop/inventory-operator:" + version
	digest, err := makeImage(t.Context(), "../..", t.TempDir(), "PUSH="+text)
	if err != nil {
		t.Fatal(err)
	}
	to, err := name.ParseReference(text)
	if err != nil {
		t.Fatal(err)
	}
	index, err := remote.Index(to)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := index.Digest(); err != nil || got.String() != digest {
		t.Errorf("pushed is %s, %v, want %s", got, err, digest)
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range manifest.Manifests {
		found, err := remote.Referrers(to.Context().Digest(entry.Digest.String()))
		if err != nil {
			t.Fatal(err)
		}
		list, err := found.IndexManifest()
		if err != nil || len(list.Manifests) != 1 || list.Manifests[0].ArtifactType != string(sbomType) {
			t.Errorf("the referrers of %s are %+v, %v", entry.Digest, list, err)
		}
	}
}
