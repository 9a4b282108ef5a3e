package journal_test

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/acme/inventory-service/internal/journal"
)

var identity = journal.Identity{Journal: "uid-0", Namespace: "ns"}

func (k *keeper) ledger(effect journal.Effect) journal.LedgerRead {
	k.Helper()
	k.store.Perform(effect)
	read := await[journal.LedgerRead](k)
	if read.Err != nil {
		k.Fatal(read.Err)
	}
	return read
}

// The StockLedger is made naming nobody, and names a journal over the version that was
// read; whatever a write does, the answer is what is stored.
func TestLedger(t *testing.T) {
	k := newWorld(t).open(journal.StoreOptions{})
	if read := k.ledger(journal.ReadLedger{}); read != (journal.LedgerRead{}) {
		t.Fatalf("a namespace without a StockLedger has %+v", read)
	}
	made := k.ledger(journal.CreateLedger{Call: 7})
	if !made.Found || made.Version == 0 || made.Call != 7 || made.Names != (journal.Identity{}) {
		t.Fatalf("the new StockLedger is %+v", made)
	}
	if again := k.ledger(journal.CreateLedger{Call: 7}); again != made {
		t.Errorf("made again it is %+v, want %+v", again, made)
	}
	if read := k.ledger(journal.NameLedger{Version: made.Version - 1, Names: identity}); read.Names != (journal.Identity{}) || read.Version != made.Version {
		t.Errorf("named over another version it is %+v", read)
	}
	named := k.ledger(journal.NameLedger{Version: made.Version, Names: identity})
	if named.Names != identity || named.Version <= made.Version {
		t.Fatalf("named it is %+v", named)
	}
	named.Call = 0
	if read := k.ledger(journal.ReadLedger{}); read != named {
		t.Errorf("it is read as %+v, want %+v", read, named)
	}
}

// All else in the status stays as it is.
func TestNameLedgerKeepsStatus(t *testing.T) {
	k := newWorld(t).open(journal.StoreOptions{})
	k.ledger(journal.CreateLedger{})
	object, err := k.ledgers.Get(t.Context(), "default", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	status := map[string]any{"leader": "h", "position": "0123abcd.7.3", "observedGeneration": int64(1)}
	object.Object["status"] = status
	if _, err := k.ledgers.UpdateStatus(t.Context(), object, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	k.ledger(journal.NameLedger{Version: k.ledger(journal.ReadLedger{}).Version, Names: identity})
	if object, err = k.ledgers.Get(t.Context(), "default", metav1.GetOptions{}); err != nil {
		t.Fatal(err)
	}
	got, _, _ := unstructured.NestedMap(object.Object, "status")
	want := map[string]any{
		"leader": "h", "position": "0123abcd.7.3", "observedGeneration": int64(1),
		"journal": map[string]any{"uid": identity.Journal, "namespace": identity.Namespace},
	}
	delete(got, "totals") // it has no omitempty
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the status is another (-want +got):\n%s", diff)
	}
}

// A write whose answer is lost is told by what is read afterwards.
func TestNameLedgerAnswerLost(t *testing.T) {
	k := newWorld(t).open(journal.StoreOptions{})
	made := k.ledger(journal.CreateLedger{})
	k.proxy.breaks(func(r *http.Request) fault { return fault{loseAnswer: r.Method == http.MethodPut} })
	if named := k.ledger(journal.NameLedger{Version: made.Version, Names: identity}); named.Names != identity {
		t.Errorf("it names %+v", named.Names)
	}
	k.proxy.breaks(func(r *http.Request) fault { return fault{loseRequest: r.Method == http.MethodPut} })
	k.store.Perform(journal.NameLedger{Version: k.ledger(journal.ReadLedger{}).Version, Names: journal.Identity{Journal: "other", Namespace: "ns"}})
	if read := await[journal.LedgerRead](k); read.Err == nil {
		t.Errorf("a write that was lost is answered with %+v, without an error", read)
	}
}
