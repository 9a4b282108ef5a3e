package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/acme/inventory-service/test/earlier"
)

// checks are what a release needs, the quick ones first.
var checks = []check{
	{name: "version", run: func(_ context.Context, r release) (string, error) { return r.version, nil }},
	{name: "clean tree", run: cleanTree},
	{name: "changelog", run: changelog},
	{name: "images", run: images},
	{name: "earlier version", run: earlierVersion},
	{name: "links", run: links},
	{name: "plugin archives", run: archives},
	{name: "licences", run: licences},
	{name: "installer", slow: true, run: installer},
	{name: "binaries", slow: true, run: binaries},
	{name: "CRDs", slow: true, run: goTest("./test/crdcompat")},
	{name: "verify", slow: true, run: func(ctx context.Context, r release) (string, error) {
		_, err := r.command(ctx, "hack/verify.sh")
		return "generated files, go.mod and formatting are up to date", err
	}},
}

func cleanTree(ctx context.Context, r release) (string, error) {
	changed, err := r.command(ctx, "git", "status", "--porcelain")
	if err == nil && changed != "" {
		err = fmt.Errorf("commit or remove what is changed:\n%s", changed)
	}
	return "nothing is uncommitted", err
}

// changelog takes a section of the version, with its date, that says something.
func changelog(_ context.Context, r release) (string, error) {
	text, err := r.read("CHANGELOG.md")
	if err != nil {
		return "", err
	}
	_, section, found := strings.Cut(text, "\n## ["+r.version+"]")
	if !found {
		_, section, found = strings.Cut(text, "\n## "+r.version)
	}
	if !found {
		return "", fmt.Errorf(`CHANGELOG.md has no section "## [%s] - DATE": give "Unreleased" that name`, r.version)
	}
	section, _, _ = strings.Cut(section, "\n## ")
	heading, body, _ := strings.Cut(section, "\n")
	if !regexp.MustCompile(`^ - \d{4}-\d{2}-\d{2}$`).MatchString(heading) {
		return "", fmt.Errorf("the section of %s in CHANGELOG.md has no date", r.version)
	}
	if !strings.Contains(body, "- ") {
		return "", fmt.Errorf("the section of %s in CHANGELOG.md says nothing", r.version)
	}
	return "it has " + r.version, nil
}

// images are named by this version or a digest wherever the repository installs one.
func images(_ context.Context, r release) (string, error) {
	text, err := r.read("config/default/kustomization.yaml")
	if err != nil {
		return "", err
	}
	var wrong []error
	if !strings.Contains(text, "newTag: "+r.version+"\n") && !strings.Contains(text, "digest: sha256:") {
		wrong = append(wrong, fmt.Errorf("config/default/kustomization.yaml names no image of %s", r.version))
	}
	if !strings.Contains(text, "app.kubernetes.io/version: "+r.version+"\n") {
		wrong = append(wrong, fmt.Errorf("config/default/kustomization.yaml has no label of %s", r.version))
	}
	latest := regexp.MustCompile(`(?m)(image|newTag|tag): *.*\blatest\b`)
	err = filepath.WalkDir(filepath.Join(r.root, "config"), func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".yaml" {
			return err
		}
		manifest, err := os.ReadFile(path)
		if latest.Match(manifest) {
			wrong = append(wrong, fmt.Errorf("%s names an image latest", path))
		}
		return err
	})
	return "named by " + r.version + ", never latest", errors.Join(append(wrong, err)...)
}

func earlierVersion(_ context.Context, r release) (string, error) { return earlier.Commit(r.root) }

var link = regexp.MustCompile(`\]\(([^)\s]+)\)`)

// links are those of the documentation to files of the repository, which have to be there.
func links(ctx context.Context, r release) (string, error) {
	listed, err := r.command(ctx, "git", "ls-files", "*.md")
	if err != nil {
		return "", err
	}
	count := 0
	var broken []error
	for _, page := range strings.Fields(listed) {
		text, err := r.read(page)
		if err != nil {
			return "", err
		}
		for _, match := range link.FindAllStringSubmatch(text, -1) {
			path, _, _ := strings.Cut(match[1], "#")
			if path == "" || strings.Contains(path, "://") || strings.HasPrefix(path, "mailto:") {
				continue
			}
			count++
			if _, err := os.Stat(filepath.Join(r.root, filepath.Dir(page), path)); err != nil {
				broken = append(broken, fmt.Errorf("%s links to %s, which is not there", page, path))
			}
		}
	}
	return fmt.Sprintf("%d of pages to files, none broken", count), errors.Join(broken...)
}

func goTest(pkg string) func(context.Context, release) (string, error) {
	return func(ctx context.Context, r release) (string, error) {
		_, err := r.command(ctx, "go", "test", "-count=1", pkg)
		return "compatible with the earlier version", err
	}
}
