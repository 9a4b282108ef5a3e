package journal_test

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"

	"github.com/acme/inventory-service/internal/journal"
)

// A write lands over the version that it names, once, and comes back as it is stored.
func TestPutIsGuarded(t *testing.T) {
	k := newWorld(t).open(journal.StoreOptions{})
	blank := k.create("journal-0")
	first := after(blank, "a/1", "r")
	stored := k.mustPut(first)
	want := first
	want.Version = stored.Version
	if diff := cmp.Diff(want, stored); diff != "" || stored.Version <= blank.Version {
		t.Errorf("version %d was stored over %d as another page (-sent +stored):\n%s", stored.Version, blank.Version, diff)
	}
	if diff := cmp.Diff(&stored, k.get("journal-0")); diff != "" {
		t.Errorf("it is read as another (-stored +read):\n%s", diff)
	}
	otherUID, nobody := after(stored, "a/2", "s"), after(stored, "a/2", "s")
	otherUID.UID, nobody.UID = "00000000-0000-0000-0000-000000000000", ""
	gone := after(stored, "a/2", "s")
	gone.Name = "journal-9"
	for name, test := range map[string]struct {
		page journal.Page
		want journal.Result
	}{
		"sent again":          {first, journal.Conflicted},
		"over an old version": {after(blank, "b/1", "x"), journal.Conflicted},
		"over another object": {otherUID, journal.Conflicted},
		"over no object":      {nobody, journal.Rejected},
		"a page that is not":  {gone, journal.Unknown},
	} {
		if wrote := k.put(test.page); wrote.Result != test.want {
			t.Errorf("%s: the result is %d with %v, want %d", name, wrote.Result, wrote.Err, test.want)
		}
	}
	if diff := cmp.Diff(&stored, k.get("journal-0")); diff != "" {
		t.Errorf("one of them was stored:\n%s", diff)
	}
	if got := k.get("journal-9"); got != nil {
		t.Errorf("a write made page %+v", got)
	}
}

// A page that is there already is not made again.
func TestCreateTwice(t *testing.T) {
	k := newWorld(t).open(journal.StoreOptions{})
	blank := k.create("journal-0")
	k.store.Perform(journal.Create{Call: k.call(), Name: "journal-0"})
	if created := await[journal.Created](k); created.Page != nil {
		t.Errorf("it was made again: %+v", created.Page)
	}
	if diff := cmp.Diff(&blank, k.get("journal-0")); diff != "" {
		t.Errorf("it was changed:\n%s", diff)
	}
}

// Where the answer is lost, late or doubled, the result says no more than is known, and
// what is read afterwards settles it.
func TestPutFaults(t *testing.T) {
	for name, test := range map[string]struct {
		fault  fault
		want   journal.Result
		landed bool
	}{
		"request lost":   {fault{loseRequest: true}, journal.Unknown, false},
		"answer lost":    {fault{loseAnswer: true}, journal.Unknown, true},
		"arrives twice":  {fault{again: 1}, journal.Conflicted, true},
		"throttled":      {fault{code: http.StatusTooManyRequests, answer: status(429, "TooManyRequests", "later")}, journal.Unknown, false},
		"unavailable":    {fault{code: http.StatusServiceUnavailable, answer: "no server"}, journal.Unknown, false},
		"forbidden":      {fault{code: http.StatusForbidden, answer: status(403, "Forbidden", "exceeded quota")}, journal.Denied, false},
		"etcd is full":   {fault{code: http.StatusInternalServerError, answer: status(500, "", "etcdserver: mvcc: database space exceeded")}, journal.Denied, false},
		"unauthorized":   {fault{code: http.StatusUnauthorized, answer: status(401, "Unauthorized", "Unauthorized")}, journal.Denied, false},
		"webhook away":   {fault{code: http.StatusInternalServerError, answer: status(500, "InternalError", "failed calling webhook frozen: connection refused")}, journal.Denied, false},
		"etcd is slow":   {fault{code: http.StatusInternalServerError, answer: status(500, "", "etcdserver: request timed out")}, journal.Unknown, false},
		"no page at all": {fault{code: http.StatusOK, answer: "{"}, journal.Unknown, false},
		"another rule":   {fault{code: http.StatusUnprocessableEntity, answer: status(422, "Invalid", "a policy")}, journal.Rejected, false},
	} {
		t.Run(name, func(t *testing.T) {
			k := newWorld(t).open(journal.StoreOptions{})
			blank := k.create("journal-0")
			k.proxy.breaks(func(*http.Request) fault { return test.fault })
			before := len(k.proxy.requests())
			wrote := k.put(after(blank, "a/1", "r"))
			if wrote.Result != test.want {
				t.Errorf("the result is %d with %v, want %d", wrote.Result, wrote.Err, test.want)
			}
			if sent := k.proxy.requests()[before:]; len(sent) != 1 {
				t.Errorf("it was sent %d times: %v", len(sent), sent)
			}
			k.proxy.calm()
			if landed := k.get("journal-0").Token == "a/1"; landed != test.landed {
				t.Errorf("landed: %t, want %t", landed, test.landed)
			}
		})
	}
}

func status(code int, reason, message string) string {
	text := `{"kind":"Status","apiVersion":"v1","status":"Failure","code":CODE,"reason":"REASON","message":"MESSAGE"}`
	return strings.NewReplacer("CODE", strconv.Itoa(code), "REASON", reason, "MESSAGE", message).Replace(text)
}

// Nothing takes longer than its time, and each effect has its answer, whatever does not
// answer.
func TestEffectsAreBounded(t *testing.T) {
	w := newWorld(t)
	// A process that is paused for a while is later than the timeout; one that has the usual
	// timeout of 10 s is later than most.
	const timeout, most = 200 * time.Millisecond, 8 * time.Second
	blank := w.open(journal.StoreOptions{}).create("journal-0") // a write may take longer than that timeout
	k := w.open(journal.StoreOptions{Timeout: timeout})
	hang := make(chan struct{})
	k.proxy.breaks(func(*http.Request) fault { return fault{before: func() { <-hang }, loseRequest: true} })
	t.Cleanup(func() { close(hang) })
	for name, test := range map[string]struct {
		effect journal.Effect
		failed func(journal.Event) bool
	}{
		"List":          {journal.List{Call: 1}, func(e journal.Event) bool { return e.(journal.Listed).Err != nil }},
		"Get":           {journal.Get{Call: 1, Name: "journal-0"}, func(e journal.Event) bool { return e.(journal.Got).Err != nil }},
		"Put":           {journal.Put{Call: 1, Page: after(blank, "a/1", "r")}, func(e journal.Event) bool { return e.(journal.Wrote).Result == journal.Unknown }},
		"Create":        {journal.Create{Call: 1, Name: "journal-1"}, func(e journal.Event) bool { return e.(journal.Created).Page == nil }},
		"ReadNamespace": {journal.ReadNamespace{Call: 1}, func(e journal.Event) bool { return e.(journal.NamespaceRead).Err != nil }},
		"ReadLedger":    {journal.ReadLedger{Call: 1}, func(e journal.Event) bool { return e.(journal.LedgerRead).Err != nil }},
		"CreateLedger":  {journal.CreateLedger{Call: 1}, func(e journal.Event) bool { return e.(journal.LedgerRead).Err != nil }},
		"NameLedger":    {journal.NameLedger{Call: 1, Version: 1}, func(e journal.Event) bool { return e.(journal.LedgerRead).Err != nil }},
	} {
		began := time.Now()
		k.store.Perform(test.effect)
		if event := k.next(); !test.failed(event) {
			t.Errorf("%s was answered with %+v", name, event)
		}
		if took := time.Since(began); took > most {
			t.Errorf("%s took %v, with a timeout of %v", name, took, timeout)
		}
	}
}

// Effects wait for as long as they are told to, and end with the store.
func TestEffectsWait(t *testing.T) {
	k := newWorld(t).open(journal.StoreOptions{})
	const delay = 100 * time.Millisecond
	for _, effect := range []journal.Effect{
		journal.List{Delay: delay}, journal.Get{Name: "journal-0", Delay: delay},
		journal.ReadNamespace{Delay: delay}, journal.ReadLedger{Delay: delay}, journal.Wake{After: delay},
	} {
		began := time.Now()
		k.store.Perform(effect)
		if event := k.next(); time.Since(began) < delay {
			t.Errorf("%T was answered with %T after %v, want at least %v", effect, event, time.Since(began), delay)
		}
	}
	k.store.Perform(journal.List{})
	await[journal.Listed](k)
	k.store.Perform(journal.Wake{After: time.Hour})
	k.stop()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		k.store.Wait()
	}()
	select {
	case <-ended:
	case <-time.After(patience):
		t.Fatal("something of the store is left")
	}
}

// The Namespace is told by its uid, also while it is going and when it is gone.
func TestReadNamespace(t *testing.T) {
	k := newWorld(t).open(journal.StoreOptions{})
	client, err := dynamic.NewForConfig(k.plane.RESTConfig())
	if err != nil {
		t.Fatal(err)
	}
	namespaces := client.Resource(schema.GroupVersionResource{Version: "v1", Resource: "namespaces"})
	namespace, err := namespaces.Get(t.Context(), k.namespace, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	read := func(want journal.NamespaceRead) {
		t.Helper()
		want.Call = k.call()
		k.store.Perform(journal.ReadNamespace{Call: want.Call})
		if diff := cmp.Diff(want, await[journal.NamespaceRead](k)); diff != "" {
			t.Errorf("it is read as another (-want +got):\n%s", diff)
		}
	}
	read(journal.NamespaceRead{UID: string(namespace.GetUID())})
	if err := namespaces.Delete(context.Background(), k.namespace, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	read(journal.NamespaceRead{UID: string(namespace.GetUID()), Terminating: true})
	k.proxy.breaks(func(*http.Request) fault {
		return fault{code: http.StatusNotFound, answer: status(404, "NotFound", "not found")}
	})
	read(journal.NamespaceRead{})
}

// A write to a page that only waits for its finalizers removes them, and the page with
// them: the API server answers with 200 and stores nothing. Such an answer is not taken
// for a landing, and the page is known to be broken before.
func TestPutOnPageBeingDeleted(t *testing.T) {
	k := newWorld(t).open(journal.StoreOptions{})
	p := k.mustPut(after(k.create("journal-0"), "a/1", "r"))
	if err := patch(k.world, k.pages, p.Name, `{"metadata":{"finalizers":["example.com/hold"]}}`); err != nil {
		t.Fatal(err)
	}
	if err := k.pages.Delete(t.Context(), p.Name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	going := k.get(p.Name)
	if going == nil || !strings.Contains(going.Broken, "being deleted") {
		t.Fatalf("it is read as %+v", going)
	}
	p.Version = going.Version
	wrote := k.put(after(p, "a/2", "s"))
	if wrote.Result != journal.Unknown {
		t.Errorf("the result is %d with %v and page %+v, want %d", wrote.Result, wrote.Err, wrote.Page, journal.Unknown)
	}
	t.Log(wrote.Err)
	if got := k.get(p.Name); got != nil {
		t.Errorf("it is still there: %+v", got)
	}
}
