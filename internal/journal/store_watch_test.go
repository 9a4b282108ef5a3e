package journal_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/acme/inventory-service/internal/controlplane"
	"github.com/acme/inventory-service/internal/controlplane/controlplanetest"
	"github.com/acme/inventory-service/internal/journal"
)

// watched is the next change, which has to be of a list.
func (k *keeper) watched(call uint64) journal.Watched {
	k.Helper()
	e := await[journal.Watched](k)
	if e.Call != call {
		k.Fatalf("a change came for list %d, want %d", e.Call, call)
	}
	return e
}

// A list is whole at one version, however many requests it takes and whatever is written
// meanwhile, and the watch brings what came after it.
func TestListInChunks(t *testing.T) {
	w := newWorld(t)
	writer := w.openTo(w.plane.RESTConfig(), journal.StoreOptions{})
	var want []journal.Page
	for i := range 7 {
		want = append(want, writer.mustPut(after(writer.create(journal.PageName(i)), fmt.Sprintf("a/%d", i), "r")))
	}
	k := w.open(journal.StoreOptions{Chunk: 2})
	chunks := 0
	var late journal.Page
	k.proxy.breaks(func(r *http.Request) fault {
		if isWatch(r) {
			return fault{}
		}
		if chunks++; chunks == 3 { // there is one to come
			return fault{before: func() { late = writer.mustPut(after(want[6], "a/7", "late")) }}
		}
		return fault{}
	})
	listed := k.list()
	if diff := cmp.Diff(want, listed.Pages); diff != "" || chunks != 4 {
		t.Errorf("in %d chunks, another list than was stored when it began (-want +got):\n%s", chunks, diff)
	}
	if listed.Version < want[6].Version || listed.Version >= late.Version {
		t.Errorf("its version is %d, want one between %d and %d", listed.Version, want[6].Version, late.Version)
	}
	if diff := cmp.Diff(journal.Watched{Call: listed.Call, Page: late}, k.watched(listed.Call)); diff != "" {
		t.Errorf("the watch does not begin with what came after (-want +got):\n%s", diff)
	}
}

// A list whose version is gone in the middle begins again, and is of one version.
func TestListBeginsAgain(t *testing.T) {
	w := newWorld(t)
	writer := w.openTo(w.plane.RESTConfig(), journal.StoreOptions{})
	for i := range 3 {
		writer.create(journal.PageName(i))
	}
	k := w.open(journal.StoreOptions{Chunk: 2})
	expired := 0
	k.proxy.breaks(func(r *http.Request) fault {
		if r.URL.Query().Get("continue") == "" {
			return fault{}
		}
		if expired++; expired > 1 {
			return fault{}
		}
		return fault{
			before: func() { writer.mustPut(after(*writer.get("journal-0"), "a/1", "r")) },
			code:   http.StatusGone,
			answer: `{"kind":"Status","apiVersion":"v1","metadata":{"continue":"go-on-at-another-version"},"status":"Failure","code":410,"reason":"Expired","message":"too old"}`,
		}
	})
	listed := k.list()
	if len(listed.Pages) != 3 || listed.Pages[0].Token != "a/1" || expired != 2 {
		t.Errorf("after %d more requests the list is %+v", expired, listed.Pages)
	}
	for _, request := range k.proxy.requests() {
		if strings.Contains(request, "another-version") {
			t.Errorf("it went on at another version: %s", request)
		}
	}
}

// Each change comes once and in order, deletions with their last content, however often
// the watch is cut.
func TestWatchHasNoGap(t *testing.T) {
	w := newWorld(t)
	writer := w.openTo(w.plane.RESTConfig(), journal.StoreOptions{})
	k := w.open(journal.StoreOptions{})
	listed := k.list()
	var want []journal.Watched
	writing := make(chan struct{})
	go func() {
		defer close(writing)
		p := writer.create("journal-0")
		want = append(want, journal.Watched{Call: listed.Call, Page: p})
		for i := range 60 {
			p = writer.mustPut(after(p, fmt.Sprintf("a/%d", i), "r"))
			want = append(want, journal.Watched{Call: listed.Call, Page: p})
			if i%7 == 3 {
				w.proxy.cutWatches()
			}
		}
		if err := w.pages.Delete(t.Context(), "journal-0", metav1.DeleteOptions{}); err != nil {
			t.Error(err)
		}
		want = append(want, journal.Watched{Call: listed.Call, Page: p, Deleted: true})
	}()
	var got []journal.Watched
	for len(got) == 0 || !got[len(got)-1].Deleted {
		got = append(got, k.watched(listed.Call))
	}
	<-writing
	last := &got[len(got)-1].Page
	if last.Version <= want[len(want)-1].Page.Version {
		t.Errorf("the deletion has version %d, which is not later than %d", last.Version, want[len(want)-1].Page.Version)
	}
	last.Version = want[len(want)-1].Page.Version
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the watch brought something else (-written +watched):\n%s", diff)
	}
}

// A watch goes on from the version of a bookmark, so that it is not too old when nothing
// was written for long.
func TestWatchGoesOnFromBookmark(t *testing.T) {
	w := newWorld(t)
	k := w.open(journal.StoreOptions{Watch: 5 * time.Second}) // a bookmark comes 2 s before the end
	p := k.create("journal-0")
	listed := k.list()
	// Something else moves the API server's version.
	ledger := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "inventory.acme.com/v1", "kind": "StockLedger", "metadata": map[string]any{"name": "default"},
	}}
	made, err := w.ledgers.Create(t.Context(), ledger, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	moved, err := strconv.ParseUint(made.GetResourceVersion(), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	later := make(chan uint64, 100)
	w.proxy.breaks(func(r *http.Request) fault {
		if from, err := strconv.ParseUint(r.URL.Query().Get("resourceVersion"), 10, 64); err == nil && isWatch(r) && from >= moved {
			later <- from
		}
		return fault{}
	})
	writer := w.openTo(w.plane.RESTConfig(), journal.StoreOptions{})
	w.openTo(w.plane.RESTConfig(), journal.StoreOptions{}).list() // has the API server's cache learn of it
	select {
	case from := <-later:
		t.Logf("the list was of version %d, the watch goes on from %d", listed.Version, from)
	case <-time.After(patience):
		t.Fatal("no watch went on from a bookmark")
	}
	p = writer.mustPut(after(p, "a/1", "r"))
	if diff := cmp.Diff(p, k.watched(listed.Call).Page); diff != "" {
		t.Errorf("the next change is another (-written +watched):\n%s", diff)
	}
}

// When another list has been begun, the watch before it is silent for ever.
func TestListEndsTheWatchBefore(t *testing.T) {
	w := newWorld(t)
	writer := w.openTo(w.plane.RESTConfig(), journal.StoreOptions{})
	p := writer.create("journal-0")
	k := w.open(journal.StoreOptions{})
	writing, stop := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(writing)
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
				p = writer.mustPut(after(p, fmt.Sprintf("a/%d", i), "r"))
			}
		}
	}()
	for range 20 {
		listed := k.list()
		k.watched(listed.Call)
		k.store.Perform(journal.List{Call: k.call()})
		if again := await[journal.Listed](k); again.Err != nil || again.Call != listed.Call+1 {
			t.Fatalf("got the answer to %d with %v, want that to %d", again.Call, again.Err, listed.Call+1)
		}
		k.watched(listed.Call + 1)
	}
	close(stop)
	for {
		select {
		case <-k.events:
		case <-writing:
			return
		}
	}
}

// A list that another takes the place of is answered as well.
func TestListIsReplaced(t *testing.T) {
	k := newWorld(t).open(journal.StoreOptions{})
	k.store.Perform(journal.List{Call: 1, Delay: time.Hour})
	k.store.Perform(journal.List{Call: 2})
	errs := map[uint64]bool{}
	for range 2 {
		listed := await[journal.Listed](k)
		errs[listed.Call] = listed.Err != nil
	}
	if diff := cmp.Diff(map[uint64]bool{1: true, 2: false}, errs); diff != "" {
		t.Errorf("errors by list (-want +got):\n%s", diff)
	}
}

// What ends a watch for good: a version that is too old, what the API server calls an
// error, what cannot be read, and versions that go back.
func TestWatchEnds(t *testing.T) {
	page := func(version string) string {
		return `{"type":"MODIFIED","object":{"metadata":{"name":"journal-0","uid":"u","resourceVersion":"` + version + `"}}}`
	}
	for name, answer := range map[string]fault{
		"too old to open": {code: http.StatusGone, answer: status(410, "Expired", "too old resource version")},
		"too old":         {code: http.StatusOK, answer: `{"type":"ERROR","object":` + status(410, "Expired", "too old resource version") + `}`},
		"an error":        {code: http.StatusOK, answer: `{"type":"ERROR","object":` + status(500, "InternalError", "etcd") + `}`},
		"no JSON":         {code: http.StatusOK, answer: `{"type":MODIFIED}`},
		"no object":       {code: http.StatusOK, answer: `{"type":"MODIFIED","object":[]}`},
		"no version":      {code: http.StatusOK, answer: page("")},
		"an old version":  {code: http.StatusOK, answer: page("1")},
		"an old bookmark": {code: http.StatusOK, answer: strings.Replace(page("1"), "MODIFIED", "BOOKMARK", 1)},
		"the same again":  {code: http.StatusOK, answer: page("900000000000") + page("900000000000")},
	} {
		t.Run(name, func(t *testing.T) {
			k := newWorld(t).open(journal.StoreOptions{})
			k.proxy.breaks(func(r *http.Request) fault {
				if isWatch(r) {
					return answer
				}
				return fault{}
			})
			listed := k.list()
			if name == "the same again" {
				k.watched(listed.Call)
			}
			if ended := await[journal.WatchEnded](k); ended.Call != listed.Call {
				t.Errorf("the watch of %d ended, want %d", ended.Call, listed.Call)
			}
		})
	}
}

// A page that cannot be decoded is broken, and hides no other.
func TestWatchOfBrokenPage(t *testing.T) {
	k := newWorld(t).open(journal.StoreOptions{})
	broken := `{"metadata":{"name":"journal-0","uid":"u","resourceVersion":"900000000000"},"page":"one","written":7}`
	k.proxy.breaks(func(r *http.Request) fault {
		if isWatch(r) {
			return fault{code: http.StatusOK, answer: `{"type":"ADDED","object":` + broken + `}`}
		}
		return fault{code: http.StatusOK, answer: `{"metadata":{"resourceVersion":"5"},"items":[` + broken + `]}`}
	})
	listed := k.list()
	for _, p := range []journal.Page{listed.Pages[0], k.watched(listed.Call).Page} {
		if p.Name != "journal-0" || p.UID != "u" || p.Version != 900000000000 || !strings.Contains(p.Broken, "cannot be decoded") {
			t.Errorf("it is %+v", p)
		}
	}
}

// A watch goes on over outages of the API server. One that has started anew does not know
// the changes before: then the watch ends, and a list tells.
func TestWatchOverRestart(t *testing.T) {
	plane := controlplanetest.Start(t, controlplane.Options{UnsafeNoFsync: true}, "../../config/crd/inventory.acme.com_journalpages.yaml")
	w := worldOf(t, plane)
	k := w.openTo(plane.RESTConfig(), journal.StoreOptions{})
	p := k.create("journal-0")
	listed := k.list()
	if err := plane.KillAPIServer(); err != nil {
		t.Fatal(err)
	}
	k.store.Perform(journal.Put{Call: k.call(), Page: after(p, "a/1", "r")})
	if wrote := await[journal.Wrote](k); wrote.Result != journal.Unknown {
		t.Errorf("a write to no server is %d with %v, want %d", wrote.Result, wrote.Err, journal.Unknown)
	}
	if err := plane.StartAPIServer(t.Context()); err != nil {
		t.Fatal(err)
	}
	writer := w.openTo(plane.RESTConfig(), journal.StoreOptions{})
	p = writer.mustPut(after(p, "a/2", "s"))
	switch e := k.next().(type) {
	case journal.WatchEnded:
		if got := k.list().Pages; len(got) != 1 || got[0].Version != p.Version {
			t.Errorf("the list is %+v, want version %d", got, p.Version)
		}
	case journal.Watched:
		if e.Call != listed.Call || e.Page.Version != p.Version {
			t.Errorf("got version %d for list %d, want %d for %d", e.Page.Version, e.Call, p.Version, listed.Call)
		}
	default:
		t.Errorf("got %T", e)
	}
}
