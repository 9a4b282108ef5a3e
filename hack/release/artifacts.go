package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"sigs.k8s.io/yaml"
)

// archives are those of the plugin, which the krew manifest names with their checksums.
func archives(_ context.Context, r release) (string, error) {
	text, err := r.read("dist/inventory.yaml")
	if err != nil {
		return "", fmt.Errorf("run make plugin-archives VERSION=v%s: %w", r.version, err)
	}
	var manifest struct {
		Spec struct {
			Version   string
			Platforms []struct{ URI, SHA256 string }
		}
	}
	if err := yaml.Unmarshal([]byte(text), &manifest); err != nil {
		return "", err
	}
	if manifest.Spec.Version != "v"+r.version {
		return "", fmt.Errorf("dist/inventory.yaml is of %s: run make plugin-archives VERSION=v%s", manifest.Spec.Version, r.version)
	}
	if len(manifest.Spec.Platforms) == 0 {
		return "", errors.New("dist/inventory.yaml names no platform")
	}
	var wrong []error
	for _, p := range manifest.Spec.Platforms {
		name := p.URI[strings.LastIndex(p.URI, "/")+1:]
		content, err := os.ReadFile(filepath.Join(r.root, "dist", name))
		if err != nil {
			wrong = append(wrong, err)
		} else if sum := fmt.Sprintf("%x", sha256.Sum256(content)); sum != p.SHA256 {
			wrong = append(wrong, fmt.Errorf("dist/%s has the checksum %s, and dist/inventory.yaml says %s", name, sum, p.SHA256))
		}
	}
	return fmt.Sprintf("%d, with the checksums of the krew manifest", len(manifest.Spec.Platforms)), errors.Join(wrong...)
}

// installer builds what make build-installer writes: it has every kind, this version and no other
// image.
func installer(ctx context.Context, r release) (string, error) {
	assets, err := r.command(ctx, "hack/controlplane.sh", "--dir")
	if err != nil {
		return "", err
	}
	built, err := r.command(ctx, filepath.Join(assets, "kubectl"), "kustomize", "config/default")
	if err != nil {
		return "", err
	}
	for _, kind := range []string{
		"Namespace", "CustomResourceDefinition", "ServiceAccount", "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding",
		"Service", "Deployment", "NetworkPolicy", "PodDisruptionBudget",
	} {
		if !regexp.MustCompile(`(?m)^kind: ` + kind + `$`).MatchString(built) {
			return "", fmt.Errorf("config/default has no %s", kind)
		}
	}
	images := regexp.MustCompile(`(?m)^ +(?:- )?image: (.+)$`).FindAllStringSubmatch(built, -1)
	if len(images) == 0 {
		return "", errors.New("config/default has no image")
	}
	for _, image := range images {
		if !strings.HasSuffix(image[1], ":"+r.version) && !strings.Contains(image[1], "@sha256:") {
			return "", fmt.Errorf("config/default installs the image %s", image[1])
		}
	}
	return fmt.Sprintf("%d objects, %d images of %s", strings.Count(built, "\nkind: ")+1, len(images), r.version), nil
}

// binaries are built with the version in them, which they print.
func binaries(ctx context.Context, r release) (string, error) {
	dir, err := os.MkdirTemp("", "inventory-release-")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	version := "v" + r.version
	for pkg, arguments := range map[string][]string{".": {"--version"}, "./cmd/kubectl-inventory": {"--version"}} {
		path := filepath.Join(dir, "binary")
		if _, err := r.command(ctx, "go", "build", "-buildvcs=false", "-trimpath", "-ldflags", "-X main.version="+version, "-o", path, pkg); err != nil {
			return "", err
		}
		printed, err := r.command(ctx, path, arguments...)
		if err != nil || !strings.Contains(printed, version) {
			return "", errors.Join(fmt.Errorf("%s --version prints %q, want %s", pkg, printed, version), err)
		}
	}
	return "--version prints " + version, nil
}

// licences are those of the modules in the binaries: each has a file that says which.
func licences(ctx context.Context, r release) (string, error) {
	listed, err := r.command(ctx, "go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}} {{.Dir}}{{end}}{{end}}", ".", "./cmd/kubectl-inventory")
	if err != nil {
		return "", err
	}
	dirs := map[string]string{}
	for line := range strings.Lines(listed) {
		if path, dir, ok := strings.Cut(strings.TrimSpace(line), " "); ok {
			dirs[path] = dir
		}
	}
	var missing []error
	for path, dir := range dirs {
		found, err := filepath.Glob(filepath.Join(dir, "[LlCc][IiOo][CcPp][EeYy]*"))
		if err != nil || len(found) == 0 {
			missing = append(missing, fmt.Errorf("%s has no file with a licence", path))
		}
	}
	return fmt.Sprintf("%d modules, each with its licence", len(dirs)), errors.Join(missing...)
}
