package journal_test

import (
	"bytes"
	"crypto/rand"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/acme/inventory-service/internal/journal"
)

// The API server takes a page's writes as the operator makes them, and refuses edits by
// hand, whatever they change but metadata.
func TestPageRule(t *testing.T) {
	k := newWorld(t).open(journal.StoreOptions{})
	p := k.create("journal-0")
	if err := patch(k.world, k.pages, p.Name, `{"metadata":{"labels":{"blank":"touched"}}}`); err != nil {
		t.Fatalf("the metadata of a blank page cannot be changed: %v", err)
	}
	p = k.mustPut(after(*k.get(p.Name), "a/1", "r"))
	p = k.mustPut(after(p, "a/2", "s"))
	for name, edit := range map[string]string{
		"header": `{"header":"{}"}`, "data": `{"data":"AAAA"}`, "page": `{"page":9}`, "emptied": `{"emptied":true}`,
		"no data": `{"data":null}`, "records": `{"records":7}`, "bytes": `{"bytes":0}`, "no bytes": `{"bytes":null}`, "leader": `{"leader":"me"}`,
		"written": `{"written":"2031-01-01T00:00:00.000000Z"}`, "token": `{"token":"mine"}`, "no token": `{"token":null}`, "over": `{"over":"a/9"}`,
	} {
		err := patch(k.world, k.pages, p.Name, edit)
		if !apierrors.IsInvalid(err) {
			t.Errorf("an edit of %s gave %v, want it refused", name, err)
		} else if !strings.HasPrefix(name, "no ") && !strings.Contains(err.Error(), "undo this edit") {
			t.Errorf("an edit of %s was refused with %q, which does not say what to do", name, err)
		}
	}
	if err := patch(k.world, k.pages, p.Name, `{"metadata":{"annotations":{"a":"b"},"labels":{"c":"d"}}}`); err != nil {
		t.Errorf("the metadata of a page cannot be changed: %v", err)
	}
	touched := *k.get(p.Name)
	if touched.Version == p.Version {
		t.Error("a change of metadata left the version as it was")
	}
	touched.Version = p.Version
	if diff := cmp.Diff(p, touched); diff != "" {
		t.Errorf("a change of metadata changed the page (-before +after):\n%s", diff)
	}
}

// A write over a token that is not stored is known as one of another history, and as
// nothing else.
func TestPageOfAnotherHistory(t *testing.T) {
	k := newWorld(t).open(journal.StoreOptions{})
	p := k.mustPut(after(k.create("journal-0"), "a/1", "r"))
	other := after(p, "b/1", "s")
	other.Over = "elsewhere/1"
	wrote := k.put(other)
	if wrote.Result != journal.OtherHistory {
		t.Fatalf("the result is %d with %v, want %d", wrote.Result, wrote.Err, journal.OtherHistory)
	}
	if !strings.Contains(wrote.Err.Error(), "undo this edit") {
		t.Errorf("the error is %q, without what the API server says", wrote.Err)
	}
	if diff := cmp.Diff(&p, k.get(p.Name)); diff != "" {
		t.Errorf("it was written nevertheless:\n%s", diff)
	}
}

// The API server refuses fields that it does not know: an operator that is newer than the
// CRD loses nothing without noticing.
func TestPageIsStrict(t *testing.T) {
	w := newWorld(t)
	object := func(fields map[string]any) *unstructured.Unstructured {
		fields["apiVersion"], fields["kind"], fields["metadata"] = "inventory.acme.com/v1", "JournalPage", map[string]any{"generateName": "journal-"}
		return &unstructured.Unstructured{Object: fields}
	}
	strict := metav1.CreateOptions{FieldValidation: metav1.FieldValidationStrict}
	for name, test := range map[string]struct {
		change map[string]any
		refuse func(error) bool
	}{
		"as it should be":   {nil, func(err error) bool { return err == nil }},
		"one field unknown": {map[string]any{"shard": int64(1)}, apierrors.IsBadRequest},
		"without over":      {map[string]any{"over": nil}, apierrors.IsInvalid},
	} {
		fields := map[string]any{
			"page": int64(0), "first": int64(0), "records": int64(0), "bytes": int64(0), "written": "2030-01-01T00:00:00.000000Z",
			"leader": "", "emptied": false, "header": "", "data": "", "token": "", "over": "",
		}
		maps.Copy(fields, test.change)
		if _, err := w.pages.Create(t.Context(), object(fields), strict); !test.refuse(err) {
			t.Errorf("a page, %s, gave %v", name, err)
		}
	}
}

// Large pages are stored; larger ones than the API server or etcd takes are known to be
// refused for good, so that smaller ones are sent instead.
func TestPageSizes(t *testing.T) {
	k := newWorld(t).open(journal.StoreOptions{})
	p := k.mustPut(after(k.create("journal-0"), "a/1", random(300<<10)))
	if got := k.get(p.Name); got.Version != p.Version || !slices.EqualFunc(got.Records, p.Records, bytes.Equal) {
		t.Errorf("a page of 300 KB came back as another")
	}
	for name, size := range map[string]int{"etcd": 1500 << 10, "the API server": 4 << 20, "whoever reads": journal.MaxUnpacked} {
		if wrote := k.put(after(p, "a/2", random(size))); wrote.Result != journal.Rejected {
			t.Errorf("%d bytes, too many for %s: the result is %d with %v, want %d", size, name, wrote.Result, wrote.Err, journal.Rejected)
		}
	}
	k.mustPut(after(p, "a/3", "r")) // it goes on
}

func random(size int) string {
	b := make([]byte, size)
	_, _ = rand.Read(b)
	return string(b)
}

// What a person sees of pages.
func TestPageColumns(t *testing.T) {
	k := newWorld(t).open(journal.StoreOptions{})
	k.mustPut(after(k.create("journal-0"), "a/1", "r"))
	table := kubectl(k.world, "get", "journalpages")
	lines := strings.Split(strings.TrimSpace(table), "\n")
	if len(lines) != 2 || strings.Join(strings.Fields(lines[0]), " ") != "NAME PAGE FIRST RECORDS BYTES WRITTEN LEADER" {
		t.Fatalf("kubectl prints\n%s", table)
	}
	if row := strings.Fields(lines[1]); len(row) != 7 || row[1] != "1" || row[2] != "0" || row[3] != "1" || row[6] != "b" {
		t.Errorf("kubectl prints\n%s", table)
	}
}
