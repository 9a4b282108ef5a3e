package journal_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"k8s.io/apimachinery/pkg/types"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/journal"
)

// noon is a time of writes.
var noon = time.Date(2030, 1, 1, 12, 0, 0, 1000, time.UTC)

// writtenPage is a page as an operator writes it, over a version of an object.
func writtenPage(records ...string) journal.Page {
	p := journal.Page{
		Ref: journal.Ref{Name: "journal-1", UID: "uid-1"}, Version: 7, Number: 3, Token: "b/2", Over: "a/1",
		Header: journal.Header{
			Journal: journal.Identity{Journal: "uid-0", Namespace: "ns"}, Format: journal.Format,
			Leader: journal.Leader{Name: "b", URL: "https://b:1", Key: "k"}, Head: 2, Before: "beef", Digest: "feed",
			Next: &journal.Ref{Name: "journal-2", UID: "uid-2"}, Marks: json.RawMessage(`{"m":1}`),
		},
	}
	for _, record := range records {
		p.Records = append(p.Records, []byte(record))
	}
	p.Blob = journal.Pack(p.Records)
	return p
}

func blankPage() journal.Page {
	return journal.Page{Ref: journal.Ref{Name: "journal-0", UID: "uid-0"}, Version: 3}
}

func encode(t testing.TB, p journal.Page) *v1.JournalPage {
	t.Helper()
	object, err := journal.Encode(&p, noon)
	if err != nil {
		t.Fatal(err)
	}
	return object
}

// What is encoded is decoded, over the JSON in which it is stored.
func TestEncodeRoundTrip(t *testing.T) {
	emptied := journal.Page{Ref: journal.Ref{Name: "journal-1", UID: "uid-1"}, Version: 9, Number: 3, Emptied: true, Token: "b/3", Over: "b/2"}
	for name, p := range map[string]journal.Page{
		"blank": blankPage(), "emptied": emptied, "no records": writtenPage(), "one": writtenPage("r"), "some": writtenPage("r", "", "s"),
	} {
		t.Run(name, func(t *testing.T) {
			text, err := json.Marshal(encode(t, p))
			if err != nil {
				t.Fatal(err)
			}
			var object v1.JournalPage
			if err := json.Unmarshal(text, &object); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(p, journal.Decode(&object), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("decoded it differs (-encoded +decoded):\n%s", diff)
			}
		})
	}
}

// What people see of a page is there in fields of its own.
func TestEncodeForPeople(t *testing.T) {
	object := encode(t, writtenPage("r", "s"))
	if object.Page != 3 || object.Records != 2 || object.Bytes == 0 || object.Leader != "b" || object.Written != "2030-01-01T12:00:00.000001Z" {
		t.Errorf("got page %d, %d records, %d bytes, leader %q, written at %v",
			object.Page, object.Records, object.Bytes, object.Leader, object.Written)
	}
}

func TestEncodeRefuses(t *testing.T) {
	huge, marks := writtenPage("r"), writtenPage("r")
	huge.Number, marks.Header.Marks = math.MaxUint64, json.RawMessage("{")
	for name, p := range map[string]journal.Page{"a number too large": huge, "marks that are no JSON": marks} {
		if object, err := journal.Encode(&p, noon); err == nil {
			t.Errorf("%s: it was encoded as %v", name, object)
		}
	}
}

// A page that is not as an operator writes it is Broken, with a reason, whatever of it is
// wrong.
func TestDecodeBroken(t *testing.T) {
	header := func(replace, with string) func(*v1.JournalPage) {
		return func(o *v1.JournalPage) { o.Header = strings.Replace(o.Header, replace, with, 1) }
	}
	for name, test := range map[string]struct {
		page   journal.Page
		change func(*v1.JournalPage)
		want   string
	}{
		"no version":               {writtenPage("r"), func(o *v1.JournalPage) { o.ResourceVersion = "x" }, "resourceVersion"},
		"negative number":          {writtenPage("r"), func(o *v1.JournalPage) { o.Page = -1 }, "no page number -1"},
		"number taken off":         {writtenPage("r"), func(o *v1.JournalPage) { o.Page = 0 }, "no number"},
		"blank with a header":      {blankPage(), func(o *v1.JournalPage) { o.Header = "{}" }, "holds something"},
		"blank and emptied":        {blankPage(), func(o *v1.JournalPage) { o.Emptied = true }, "no number"},
		"blank with a token":       {blankPage(), func(o *v1.JournalPage) { o.Token = "t" }, "no number"},
		"emptied with records":     {writtenPage("r"), func(o *v1.JournalPage) { o.Emptied = true }, "holds something"},
		"fewer records than said":  {writtenPage("r"), func(o *v1.JournalPage) { o.Records = 2 }, "2 records, and holds 1"},
		"fewer bytes than said":    {writtenPage("r"), func(o *v1.JournalPage) { o.Bytes++ }, "bytes, and holds"},
		"other records":            {writtenPage("r"), func(o *v1.JournalPage) { o.Data, o.Bytes = "AXg=", 2 }, "not compressed"},
		"no base64":                {writtenPage("r"), func(o *v1.JournalPage) { o.Data = "-" }, "not in base64"},
		"records taken off":        {writtenPage("r"), func(o *v1.JournalPage) { o.Data, o.Bytes = "", 0 }, "1 records, and holds 0"},
		"no header":                {writtenPage("r"), func(o *v1.JournalPage) { o.Header = "" }, "header cannot be read"},
		"header of another type":   {writtenPage("r"), func(o *v1.JournalPage) { o.Header = "[]" }, "header cannot be read"},
		"null header":              {writtenPage("r"), func(o *v1.JournalPage) { o.Header = "null" }, "no format"},
		"unknown field":            {writtenPage("r"), header(`"head":2`, `"head":2,"tail":3`), "tail"},
		"field in other letters":   {writtenPage("r"), header(`"head"`, `"Head"`), "not written as"},
		"field twice":              {writtenPage("r"), header(`"head":2`, `"head":1,"head":2`), "not written as"},
		"negative head":            {writtenPage("r"), header(`"head":2`, `"head":-2`), "header cannot be read"},
		"something after it":       {writtenPage("r"), func(o *v1.JournalPage) { o.Header += "{}" }, "header cannot be read"},
		"no format":                {writtenPage("r"), header(`"format":2`, `"format":0`), "no format"},
		"newer, and no JSON":       {writtenPage("r"), header(`"format":2`, `"format":9,,`), "header cannot be read"},
		"newer, with an old field": {writtenPage("r"), func(o *v1.JournalPage) { o.Header = `{"format":9,"leader":3}` }, "header cannot be read"},
	} {
		t.Run(name, func(t *testing.T) {
			object := encode(t, test.page)
			test.change(object)
			if got := journal.Decode(object); !strings.Contains(got.Broken, test.want) {
				t.Errorf("it is broken for %q, want %q", got.Broken, test.want)
			}
		})
	}
}

// Of a page of a later release this one knows its number, its journal and who leads, so
// that it can forward, and judges nothing else.
func TestDecodeNewerFormat(t *testing.T) {
	object := encode(t, writtenPage("r"))
	object.Header = `{"format":9,"journal":{"uid":"uid-0","namespace":"ns","shard":1},"leader":{"name":"z","url":"https://z"},"head":{"page":1}}`
	object.Data, object.Bytes, object.Records = "whatever", 99, 99
	want := journal.Page{
		Ref: journal.Ref{Name: "journal-1", UID: "uid-1"}, Version: 7, Number: 3, Token: "b/2", Over: "a/1",
		Header: journal.Header{
			Format: 9, Journal: journal.Identity{Journal: "uid-0", Namespace: "ns"}, Leader: journal.Leader{Name: "z", URL: "https://z"},
		},
	}
	if diff := cmp.Diff(want, journal.Decode(object)); diff != "" {
		t.Errorf("decoded it differs (-want +got):\n%s", diff)
	}
}

// Whatever an object holds, decoding it does not panic; what is not broken is encoded as
// it was.
func FuzzDecode(f *testing.F) {
	for _, p := range []journal.Page{blankPage(), writtenPage(), writtenPage("r", "s")} {
		o := encode(f, p)
		f.Add(o.ResourceVersion, o.Page, o.Records, o.Bytes, o.Emptied, o.Header, o.Data, o.Token, o.Over)
	}
	f.Fuzz(func(t *testing.T, version string, page, records, size int64, emptied bool, header, data, token, over string) {
		object := &v1.JournalPage{
			Page: page, Records: records, Bytes: size, Emptied: emptied, Header: header, Data: data, Token: token, Over: over,
		}
		object.Name, object.UID, object.ResourceVersion = "journal-1", types.UID("uid-1"), version
		p := journal.Decode(object)
		if p.Broken != "" || p.Header.Format > journal.Format || p.Version == 0 {
			return
		}
		again := journal.Decode(encode(t, p))
		if diff := cmp.Diff(p, again, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("encoded and decoded it differs:\n%s", diff)
		}
	})
}
