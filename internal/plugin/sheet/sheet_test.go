package sheet

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func ptr[T any](v T) *T { return &v }

// Whatever separates the cells, and however a file begins and ends its lines, rows say the same.
func TestRead(t *testing.T) {
	want := []Row{
		{Line: 2, Name: "mug", Product: "mug, blue", Location: "amsterdam", Received: ptr(int64(5)), Suspended: ptr(true)},
		{Line: 3, Name: "tea", Priority: ptr(int64(-2)), Suspended: ptr(false)},
	}
	for name, text := range map[string]string{
		"commas":     "name,product,location,received,priority,suspended\nmug,\"mug, blue\",amsterdam,5,,true\ntea,,,,-2,FALSE\n",
		"semicolons": "name;product;location;received;priority;suspended\nmug;mug, blue;amsterdam;5;;true\ntea;;;;-2;false",
		"tabs":       "\ufeffname\tproduct\tlocation\treceived\tpriority\tsuspended\r\nmug\tmug, blue\tamsterdam\t5\t\tTrue\r\ntea\t\t\t\t-2\tfalse\r\n",
		"spaces":     "name , product, location,received,priority,suspended\nmug ,\"mug, blue\",amsterdam, 5 ,,true\ntea,,,,-2,false\n",
	} {
		rows, err := Read(strings.NewReader(text), nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(want, rows); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// Columns are named as they are in the file; the others are left alone.
func TestColumns(t *testing.T) {
	columns, err := ParseColumns(`product=SKU, counted="Qty, counted"`)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := Read(strings.NewReader("SKU,Color,\"Qty, counted\"\nmug,blue,7\n"), columns)
	if want := []Row{{Line: 2, Product: "mug", Counted: ptr(int64(7))}}; err != nil || !cmp.Equal(want, rows) {
		t.Errorf("%v, %v", rows, err)
	}
	for text, says := range map[string]string{"SKU": "FIELD=HEADING", "sku=SKU": "no field", "name=": "FIELD=HEADING", "name=a,name=b": "twice"} {
		if _, err := ParseColumns(text); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v, want %q", text, err, says)
		}
	}
	if _, err := Read(strings.NewReader("SKU\nmug\n"), columns); err == nil || !strings.Contains(err.Error(), `no heading "Qty, counted"`) {
		t.Errorf("a heading that is missing: %v", err)
	}
}

// What is written is read back as it was, and no cell of it is a formula.
func FuzzRoundTrip(f *testing.F) {
	for _, text := range []string{"mug", "=1+1", "'quoted", "-5", "+x", "@a", "a\"b", "a,b;c\td", "茶", "'", "''"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		// Ids have no control characters, and no space at either end.
		if !utf8.ValidString(text) || strings.TrimSpace(text) != text || strings.ContainsAny(text, "\r\n\x00\ufeff") || text == "" {
			t.Skip()
		}
		var file bytes.Buffer
		w, err := NewWriter(&file, ';')
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Write(map[string]string{"name": "item", "product": text, "location": text, "received": "3"}); err != nil {
			t.Fatal(err)
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		rows, err := Read(&file, nil)
		if err != nil || len(rows) != 1 {
			t.Fatalf("%v, %v", rows, err)
		}
		if want := (Row{Line: 2, Name: "item", Product: text, Location: text, Received: ptr(int64(3))}); !cmp.Equal(want, rows[0]) {
			t.Error(cmp.Diff(want, rows[0]))
		}
		if cell := escape(text); strings.ContainsRune(formula, rune(cell[0])) && !isNumber(cell) {
			t.Errorf("%q is a formula", cell)
		}
	})
}
