package docs

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const pictures = "../../docs/pictures"

// Every picture was drawn from the text that lies beside it.
func TestPicturesAreFresh(t *testing.T) {
	sources, err := filepath.Glob(filepath.Join(pictures, "*.d2"))
	if err != nil || len(sources) == 0 {
		t.Fatalf("there are no sources of pictures (%v)", err)
	}
	for _, source := range sources {
		text, err := os.ReadFile(source)
		if err != nil {
			t.Fatal(err)
		}
		picture := strings.TrimSuffix(source, ".d2") + ".svg"
		drawn, err := os.ReadFile(picture)
		sum := sha256.Sum256(text)
		if err != nil || !strings.Contains(string(drawn), "sha256 "+hex.EncodeToString(sum[:])) {
			t.Errorf("%s is not drawn from what %s is now (%v): make pictures draws it anew", picture, source, err)
		}
	}
}

var image = regexp.MustCompile(`!\[([^\]]*)\]\(([^)]+\.svg)\)`)

// Every picture is shown on some page, with a text for who does not see it; no page shows one that is
// not there; and each brings a background of its own, since pages are dark for some.
func TestPicturesAreShown(t *testing.T) {
	pages, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	shown := map[string]bool{}
	for _, page := range append(pages, "../../README.md") {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range image.FindAllStringSubmatch(string(text), -1) {
			path := filepath.Join(filepath.Dir(page), found[2])
			shown[path] = true
			if _, err := os.Stat(path); err != nil || found[1] == "" {
				t.Errorf("%s shows %s as %q (%v)", page, found[2], found[1], err)
			}
		}
	}
	drawn, err := filepath.Glob(filepath.Join(pictures, "*.svg"))
	if err != nil || len(drawn) == 0 {
		t.Fatalf("there are no pictures (%v)", err)
	}
	background := regexp.MustCompile(`<rect [^>]*fill="#[0-9A-Fa-f]{6}"`)
	for _, picture := range drawn {
		if !shown[picture] {
			t.Errorf("no page shows %s", picture)
		}
		if text, err := os.ReadFile(picture); err != nil || !background.Match(text) {
			t.Errorf("%s has no background (%v)", picture, err)
		}
	}
}
