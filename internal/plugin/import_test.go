package plugin_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/plugin"
)

// file writes a sheet.
func (s *shop) file(text string) string {
	s.Helper()
	path := filepath.Join(s.t.TempDir(), "stock.csv")
	s.Must(os.WriteFile(path, []byte(text), 0o600))
	return path
}

// specs are those of all StockItems, by name.
func (s *shop) specs() map[string]v1.StockItemSpec {
	s.Helper()
	var list v1.StockItemList
	s.Must(s.Client.List(s.Context(), &list, client.InNamespace(s.Namespace)))
	specs := map[string]v1.StockItemSpec{}
	for _, item := range list.Items {
		specs[item.Name] = item.Spec
	}
	return specs
}

// What is exported, counted, and imported again: a file that nobody has changed changes
// nothing, and what is counted is on hand.
func TestRoundTrip(t *testing.T) {
	s := newShop(t).open()
	s.Stock("mug", "mug", "amsterdam", 100)
	s.Stock("tea", "茶, \"green\"", "=shelf 3", 20)
	s.PatchItem("tea", `{"spec":{"safetyStock":2,"lowStockThreshold":5,"priority":-3,"suspended":true}}`)
	s.want(plugin.Done, "reserve", "mug=10", "--name", "cart")
	s.want(plugin.Done, "consume", "cart")
	s.AwaitItem("mug", func(i *v1.StockItem) bool { return i.Status.Consumed == 10 })
	s.AwaitItem("tea", func(i *v1.StockItem) bool { return i.Status.ObservedGeneration == i.Generation })
	before := s.specs()

	sheet := s.want(plugin.Done, "export").out
	golden(t, "export.csv", sheet)
	golden(t, "import-unchanged", s.want(plugin.Done, "import", s.file(sheet)).out)
	if diff := cmp.Diff(before, s.specs()); diff != "" {
		t.Fatalf("importing what was exported changes (-before +after):\n%s", diff)
	}

	counted := s.file(strings.Replace(sheet, "mug,mug,amsterdam,100,,", "mug,mug,amsterdam,100,85,", 1))
	dry := s.want(plugin.Done, "import", counted, "--dry-run")
	golden(t, "import-dry", dry.out+dry.err)
	if diff := cmp.Diff(before, s.specs()); diff != "" {
		t.Fatalf("a dry run changes (-before +after):\n%s", diff)
	}
	golden(t, "import-counted-json", s.want(plugin.Done, "import", counted, "-o", "json").out)
	s.AwaitItem("mug", func(i *v1.StockItem) bool { return i.Spec.Received == 95 && i.Status.OnHand == 85 })

	// The same sheet again changes nothing, whatever was sold since.
	s.want(plugin.Done, "reserve", "mug=5", "--name", "later")
	s.want(plugin.Done, "consume", "later")
	if r := s.want(plugin.Done, "import", counted); !strings.Contains(r.err, "2 rows: 2 unchanged") {
		t.Errorf("the second time: %s%s", r.out, r.err)
	}
	// An older sheet does not take a delivery back.
	s.want(plugin.Done, "receive", "tea", "+7")
	if r := s.want(plugin.Misused, "import", s.file(sheet)); !strings.Contains(r.out, "changed since the sheet was made") {
		t.Errorf("an older sheet: %s%s", r.out, r.err)
	}
}

// Units that were shipped since the sheet was made were counted, or not: somebody has to say.
func TestShippedSinceTheSheet(t *testing.T) {
	s := newShop(t).open()
	s.Stock("mug", "mug", "amsterdam", 100)
	sheet := strings.Replace(s.want(plugin.Done, "export").out, "mug,mug,amsterdam,100,,", "mug,mug,amsterdam,100,90,", 1)
	s.want(plugin.Done, "reserve", "mug=4", "--name", "cart")
	s.want(plugin.Done, "consume", "cart")
	if r := s.want(plugin.Misused, "import", s.file(sheet)); !strings.Contains(r.out, "4 units were shipped since") {
		t.Errorf("it says %s", r.out)
	}
	s.want(plugin.Done, "import", s.file(sheet), "--shipped", "after-count")
	s.AwaitItem("mug", func(i *v1.StockItem) bool { return i.Spec.Received == 90 && i.Status.OnHand == 86 })
	sheet = strings.Replace(s.want(plugin.Done, "export").out, "mug,mug,amsterdam,90,,", "mug,mug,amsterdam,90,80,", 1)
	s.want(plugin.Done, "reserve", "mug=1", "--name", "next")
	s.want(plugin.Done, "consume", "next")
	s.want(plugin.Done, "import", s.file(sheet), "--shipped", "before-count")
	s.AwaitItem("mug", func(i *v1.StockItem) bool { return i.Spec.Received == 85 && i.Status.OnHand == 80 })
}

// The export of another system: its headings, its separators, and more than we want to know.
func TestForeignSheet(t *testing.T) {
	s := newShop(t).open()
	s.Stock("mug", "mug", "amsterdam", 100)
	path := s.file("\ufeffSKU;\"Qty, counted\";Warehouse;Color\r\nmug;40;amsterdam;blue\r\nCup \U0001F3C6;7;rotterdam;red\r\n")
	r := s.want(plugin.Done, "import", path, "--columns", `product=SKU,location=Warehouse,counted="Qty, counted"`)
	golden(t, "import-foreign", r.out)
	if got := s.item("mug").Spec.Received; got != 40 {
		t.Errorf("received is %d", got)
	}
	s.want(plugin.Done, "import", path, "--columns", `product=SKU,location=Warehouse,counted="Qty, counted"`)
	if len(s.specs()) != 2 {
		t.Errorf("there are %v", s.specs())
	}
}

// A file with one mistake changes nothing, wherever that is found: in the file, beside what is
// in stock, or by the API server.
func TestBrokenSheets(t *testing.T) {
	s := newShop(t).open()
	s.Stock("mug", "mug", "amsterdam", 100)
	s.Stock("cup", "cup", "amsterdam", 100)
	before := s.specs()
	const head = "name,product,location,received,safetyStock,suspended\nnew,pot,amsterdam,5,,\n"
	for name, test := range map[string]struct{ text, says string }{
		"no headings":        {"", "is empty"},
		"unknown heading":    {"name,receivd\nmug,3\n", `"receivd" is not known`},
		"no key":             {"location,received\na,3\n", "neither name nor product"},
		"not UTF-8":          {"name,received\nm\xfcg,3\n", "not UTF-8"},
		"broken quotes":      {head + "\"mug,3\n", "cannot be read from line"},
		"missing cell":       {head + "mug,mug\n", "it has 2 cells"},
		"no number":          {head + "mug,,,1.000,,\n", `received "1.000" is no whole number`},
		"negative":           {head + "mug,,,-1,,\n", "is no whole number"},
		"too large":          {head + "mug,,,9000000000000000,,\n", "is no whole number"},
		"neither true":       {head + "mug,,,1,,maybe\n", "neither true nor false"},
		"wrong tracking":     {"name,tracking\nmug,Endless\n", "neither Counted nor Unlimited"},
		"another product":    {head + "mug,cup,,1,,\n", "has product mug: that never changes"},
		"another place":      {head + "mug,,utrecht,1,,\n", "is at amsterdam: that never changes"},
		"twice":              {head + "mug,,,1,,\n,mug,amsterdam,2,,\n", "line 3 is about the same StockItem"},
		"a duplicate":        {head + "mug-2,mug,amsterdam,1,,\n", "StockItem mug has this product at this location already"},
		"new without units":  {head + "pan,pan,amsterdam,,,\n", "give received or counted"},
		"the server refuses": {head + "Not_A_Name,pan,amsterdam,1,,\n", "metadata.name"},
		"hostile":            {head + "\x1b[31mred,pan,amsterdam,1,,\n", `\u001b[31mred`},
	} {
		t.Run(name, func(t *testing.T) {
			r := s.run("import", s.file(test.text))
			if r.code != plugin.Misused || !strings.Contains(r.out+r.err, test.says) || strings.Contains(r.out+r.err, "\x1b") {
				t.Errorf("it ended with %d, want %q:\n%s%s", r.code, test.says, r.out, r.err)
			}
			if diff := cmp.Diff(before, s.specs()); diff != "" {
				t.Fatalf("it changed (-before +after):\n%s", diff)
			}
		})
	}
	s.want(plugin.Misused, "import", "/nowhere/stock.csv")
	s.want(plugin.Misused, "import", s.file(head), "--columns", "colour=Color")
	viewer := s.as("viewer", "inventory-viewer")
	if r := viewer.want(plugin.Failed, "import", s.file(head)); !strings.Contains(r.out, "cannot create") {
		t.Errorf("a viewer: %s%s", r.out, r.err)
	}
}

// What could not be written is told, and the same file completes it.
func TestImportIsCompleted(t *testing.T) {
	s := newShop(t).open()
	s.Stock("mug", "mug", "amsterdam", 100)
	s.Stock("cup", "cup", "amsterdam", 100)
	text := "name,product,location,counted\nmug,,,50\ncup,,,60\npot,pot,amsterdam,70\n"
	failing := s.failing(func(method, path string, dry bool) bool {
		return !dry && method == "PATCH" && strings.HasSuffix(path, "/cup")
	})
	r := failing.want(plugin.Failed, "import", s.file(text))
	if !strings.Contains(r.err, "1 of 3 rows could not be written: run the same file again") || !strings.Contains(r.err, "1 created, 1 updated, 1 failed") {
		t.Errorf("it says %s%s", r.out, r.err)
	}
	s.want(plugin.Done, "reserve", "mug=5", "--name", "cart")
	s.want(plugin.Done, "consume", "cart")
	if r := s.want(plugin.Done, "import", s.file(text)); !strings.Contains(r.err, "1 updated, 2 unchanged") {
		t.Errorf("the second time: %s%s", r.out, r.err)
	}
	specs := s.specs()
	if specs["mug"].Received != 50 || specs["cup"].Received != 60 || specs["pot"].Received != 70 {
		t.Errorf("they are %+v", specs)
	}
}

// Ten thousand rows take what the API server takes for them.
func TestLargeImport(t *testing.T) {
	const rows = 10_000
	s := newShop(t)
	var text bytes.Buffer
	text.WriteString("product,location,received\n")
	for i := range rows {
		fmt.Fprintf(&text, "product-%d,amsterdam,%d\n", i, i)
	}
	path := s.file(text.String())
	began := time.Now()
	if r := s.want(plugin.Done, "import", path, "-o", "name"); !strings.Contains(r.err, "10000 rows: 10000 created") {
		t.Errorf("it says %s", r.err)
	}
	took := time.Since(began)
	began = time.Now()
	if r := s.want(plugin.Done, "import", path, "-o", "name"); !strings.Contains(r.err, "10000 rows: 10000 unchanged") {
		t.Errorf("the second time it says %s", r.err)
	}
	t.Logf("%d rows were checked and made in %s, and seen to be there in %s", rows, took, time.Since(began))
	s.Must(s.Client.DeleteAllOf(s.Context(), &v1.StockItem{}, client.InNamespace(s.Namespace), client.PropagationPolicy(metav1.DeletePropagationBackground)))
}
