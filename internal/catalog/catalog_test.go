package catalog

import (
	"bytes"
	"flag"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/acme/inventory-service/api/events"
	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/contract"
)

// The folder catalog is what the command writes.
func TestCatalogIsFresh(t *testing.T) {
	const folder = "../../catalog"
	files, err := Files(false)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range files {
		if got, err := os.ReadFile(filepath.Join(folder, name)); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is stale (%v): make generate writes it anew", name, err)
		}
	}
	err = filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		name, _ := filepath.Rel(folder, path)
		if err == nil && !entry.IsDir() && files[filepath.ToSlash(name)] == nil {
			t.Errorf("nothing writes %s", name)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// frontOf is the front matter of a page.
func frontOf(t *testing.T, files map[string][]byte, name string) (head front) {
	t.Helper()
	parts := strings.SplitN(string(files[name]), "---\n", 3)
	if len(parts) != 3 {
		t.Fatalf("%s has no front matter: %s", name, files[name])
	}
	if err := yaml.Unmarshal([]byte(parts[1]), &head); err != nil {
		t.Fatal(name, err)
	}
	return head
}

// The service takes and makes every message of the contract, and each has a page, but for the one that
// belongs to who sends it: that is there only where the catalogue stands alone.
func TestEveryMessageHasAPage(t *testing.T) {
	for _, standalone := range []bool{false, true} {
		files, err := Files(standalone)
		if err != nil {
			t.Fatal(err)
		}
		named := map[string]bool{}
		service := frontOf(t, files, serviceFolder+"/index.mdx")
		for _, list := range []string{"sends", "receives"} {
			for _, entry := range service[list].([]any) {
				entry := entry.(front)
				named[entry["id"].(string)+" "+entry["version"].(string)] = true
			}
		}
		for _, m := range contract.Messages() {
			if !named[m.ID+" "+events.SchemaVersion(m.Type)] {
				t.Errorf("the service does not name %s", m.ID)
			}
			var pages []string
			for name := range files {
				if strings.HasSuffix(name, "/"+m.ID+"/index.mdx") {
					pages = append(pages, name)
				}
			}
			want := 1
			if m.Type == events.TypeReserve && !standalone {
				want = 0
			}
			if len(pages) != want {
				t.Errorf("standalone %v: %s has the pages %v", standalone, m.ID, pages)
			}
		}
		if len(named) != len(contract.Messages()) {
			t.Errorf("the service names %d messages, and the contract has %d", len(named), len(contract.Messages()))
		}
	}
}

// The words of the domain are those of the glossary.
func TestLanguage(t *testing.T) {
	glossary, err := os.ReadFile("../../docs/glossary.md")
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for line := range strings.Lines(string(glossary)) {
		if cells := strings.Split(line, "|"); len(cells) > 2 {
			known[strings.TrimSpace(cells[1])] = true
		}
	}
	for _, word := range language {
		if name := strings.ToLower(word[1]); !known[name] {
			t.Errorf("docs/glossary.md does not have %q", name)
		}
	}
}

// What a catalogue tells of StockItems are fields of them.
func TestStockItemFields(t *testing.T) {
	known := map[string]bool{}
	for _, of := range []reflect.Type{reflect.TypeFor[v1.StockItemSpec](), reflect.TypeFor[v1.StockItemStatus]()} {
		for i := range of.NumField() {
			name, _, _ := strings.Cut(of.Field(i).Tag.Get("json"), ",")
			known[name] = true
		}
	}
	told := map[string]bool{}
	for _, field := range stockItemFields {
		name := field["name"].(string)
		told[name] = true
		if !known[name] {
			t.Errorf("a StockItem has no %s", name)
		}
	}
	spec := reflect.TypeFor[v1.StockItemSpec]()
	for i := range spec.NumField() {
		if name, _, _ := strings.Cut(spec.Field(i).Tag.Get("json"), ","); !told[name] {
			t.Errorf("the spec's %s is not told", name)
		}
	}
}

// Days are dates of YAML: EventCatalog refuses a changelog whose createdAt is a text.
func TestDays(t *testing.T) {
	files, err := Files(true)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for name, text := range files {
		head, _, _ := strings.Cut(strings.TrimPrefix(string(text), "---\n"), "\n---\n")
		if !strings.HasSuffix(name, "/changelog.mdx") {
			continue
		}
		n++
		if _, value, ok := strings.Cut(head, "createdAt: "); !ok || strings.ContainsAny(value, `"'`) {
			t.Errorf("%s: %s", name, head)
		}
	}
	if n == 0 {
		t.Error("there are no changelogs")
	}
}

// Writing replaces what is of this service and leaves the rest of a company's catalogue alone.
func TestCommand(t *testing.T) {
	folder := t.TempDir()
	stale, others := filepath.Join(folder, domainFolder, "gone.mdx"), filepath.Join(folder, "domains/payments/index.mdx")
	for _, file := range []string{stale, others} {
		if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := Command([]string{"--out", folder}, io.Discard); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(stale); err == nil {
		t.Error("what is gone is still there")
	}
	if _, err := os.Stat(others); err != nil {
		t.Error(err)
	}
	for _, arguments := range [][]string{nil, {"--out", folder, "more"}, {"--what"}} {
		if err := Command(arguments, io.Discard); err == nil {
			t.Errorf("%v is taken", arguments)
		}
	}
	var usage bytes.Buffer
	if err := Command([]string{"--help"}, &usage); err != flag.ErrHelp || !strings.Contains(usage.String(), "standalone") { //nolint:errorlint // it is passed on as it is
		t.Errorf("%v: %s", err, &usage)
	}
}
