package api

import (
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	v1 "github.com/acme/inventory-service/api/v1"
)

// dryRun has the API server check a write and store nothing.
var dryRun = []string{metav1.DryRunAll}

// object is what a test sends: fields of any type, so also wrong ones.
type object = unstructured.Unstructured

// change is an edit of an object.
type change func(*object)

// set gives the field at a dotted path a value of any JSON type.
func set(path string, value any) change {
	return func(o *object) {
		if err := unstructured.SetNestedField(o.Object, value, strings.Split(path, ".")...); err != nil {
			panic(err) // the path runs through a field that is no object
		}
	}
}

// remove takes the field at a dotted path away.
func remove(path string) change {
	return func(o *object) { unstructured.RemoveNestedField(o.Object, strings.Split(path, ".")...) }
}

// all makes several changes, in order.
func all(changes ...change) change {
	return func(o *object) {
		for _, c := range changes {
			c(o)
		}
	}
}

// changed is a copy with changes made.
func changed(o *object, changes ...change) *object {
	o = o.DeepCopy()
	all(changes...)(o)
	return o
}

func newObject(kind string, fields map[string]any) *object {
	o := &object{Object: fields}
	o.SetGroupVersionKind(v1.GroupVersion.WithKind(kind))
	o.SetGenerateName(strings.ToLower(kind) + "-")
	return o
}

// newStockItem is a StockItem with the required fields alone.
func newStockItem(changes ...change) *object {
	return changed(newObject("StockItem", map[string]any{
		"spec": map[string]any{"productID": "mug", "received": int64(10)},
	}), changes...)
}

// newReservation is a Reservation with the required fields alone.
func newReservation(changes ...change) *object {
	return changed(newObject("Reservation", map[string]any{
		"spec": map[string]any{"cartID": "cart-1", "items": items(item("mug", 2))},
	}), changes...)
}

// newLedger is the StockLedger of a namespace.
func newLedger() *object {
	o := newObject("StockLedger", map[string]any{})
	o.SetGenerateName("")
	o.SetName(v1.LedgerName)
	return o
}

// newPage is the first JournalPage of a namespace, before anything was written to it.
func newPage(changes ...change) *object {
	o := newObject("JournalPage", map[string]any{
		"page": int64(0), "first": int64(0), "records": int64(0), "bytes": int64(0), "written": "2026-01-02T03:04:05.000006Z",
		"leader": "", "emptied": false, "header": "", "data": "", "token": "", "over": "",
	})
	o.SetGenerateName("")
	o.SetName("journal-0")
	return changed(o, changes...)
}

// resourceOf is where objects of that kind are served.
func resourceOf(o *object) schema.GroupVersionResource {
	resource, _ := meta.UnsafeGuessKindToResource(o.GroupVersionKind())
	return resource
}

// textAt is the text at a dotted path, empty if there is none.
func textAt(o *object, path string) string {
	text, _, _ := unstructured.NestedString(o.Object, strings.Split(path, ".")...)
	return text
}

func item(product, quantity any) map[string]any {
	if n, ok := quantity.(int); ok {
		quantity = int64(n)
	}
	return map[string]any{"productID": product, "quantity": quantity}
}

// partial is a line of running totals. An empty location is left out.
func partial(product, location string, quantity any) map[string]any {
	line := item(product, quantity)
	if location != "" {
		line["locationID"] = location
	}
	return line
}

func items(lines ...map[string]any) []any {
	list := make([]any, len(lines))
	for i, line := range lines {
		list[i] = line
	}
	return list
}

// distinctItems are n lines of different products.
func distinctItems(n int) []any { return itemsNamed("product-", n) }

// longItems are n distinct lines of products whose names are as long as they may be.
func longItems(n int) []any { return itemsNamed(strings.Repeat("p", 125), n) }

func itemsNamed(prefix string, n int) []any {
	lines := make([]map[string]any, n)
	for i := range lines {
		lines[i] = item(prefix+strconv.Itoa(i), 1)
	}
	return items(lines...)
}

// locations are cases of a location's name, up to longest characters, in the field at a
// dotted path.
func locations(path string, longest int) map[string]ruleCase {
	cases := ids(path, longest)
	cases["unicode"] = ruleCase{set(path, "Blaubeertüte"), refuse(path, "should match")}
	cases["longest unicode"] = ruleCase{set(path, strings.Repeat("é", longest)), refuse(path, "should match")}
	return cases
}

// ids are cases of a string that names something, up to longest characters,
// in the field at a dotted path.
func ids(path string, longest int) map[string]ruleCase {
	field := path
	return map[string]ruleCase{
		"one character":   {change: set(path, "x")},
		"a UUID":          {change: set(path, "4465ca67-98d0-4514-baf8-1f97a0af0c27")},
		"inner spaces":    {change: set(path, "blue mug, large")},
		"all printable":   {change: set(path, printable(longest))},
		"longest":         {change: set(path, strings.Repeat("x", longest))},
		"too long":        {set(path, strings.Repeat("x", longest+1)), refuse(field, "may not be more than "+strconv.Itoa(longest))},
		"empty":           {set(path, ""), refuse(field, "should be at least 1 chars long")},
		"a space":         {set(path, " "), refuse(field, "should match")},
		"leading space":   {set(path, " x"), refuse(field, "should match")},
		"space at end":    {set(path, "x "), refuse(field, "should match")},
		"newline":         {set(path, "a\nb"), refuse(field, "should match")},
		"newline end":     {set(path, "a\n"), refuse(field, "should match")},
		"tab":             {set(path, "a\tb"), refuse(field, "should match")},
		"NUL":             {set(path, "a\x00b"), refuse(field, "should match")},
		"DEL":             {set(path, "a\x7f"), refuse(field, "should match")},
		"unicode":         {change: set(path, "Blaubeertüte")},
		"longest unicode": {change: set(path, strings.Repeat("é", longest))},
		"zero width":      {set(path, "a\u200bb"), refuse(field, "should match")},
		"turned around":   {set(path, "a\u202eb"), refuse(field, "should match")},
		"no-break":        {set(path, "a\u00a0b"), refuse(field, "should match")},
		"a number":        {set(path, int64(5)), refuse(field, "must be of type string")},
	}
}

// printable is the first n printable ASCII characters, without the space.
func printable(n int) string {
	var b strings.Builder
	for c := '!'; c <= '~' && b.Len() < n; c++ {
		b.WriteRune(c)
	}
	return b.String()
}
