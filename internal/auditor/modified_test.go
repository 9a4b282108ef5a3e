package auditor

import (
	"testing"

	"k8s.io/apimachinery/pkg/types"
	clocktesting "k8s.io/utils/clock/testing"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/test/fixture"
)

func statusAt(position string, reserved int64) *v1.StockItem {
	i := &v1.StockItem{}
	i.Namespace, i.Name, i.UID = namespace, "mugs", "uid-of-mugs"
	i.Status = v1.StockItemStatus{Position: position, OnHand: 10, Reserved: reserved}
	return i
}

// A cart is reserved and released, and the watch brings the first status when the second
// is written already: nobody else wrote that.
func TestOwnLateWriteIsNobodyElses(t *testing.T) {
	changed := 0
	a := New(Options{Clock: clocktesting.NewFakeClock(fixture.Start), Changed: func(string) { changed++ }})
	inTerm(t, a)
	a.Vouch(statusAt("j.1.1", 0))
	a.Vouch(statusAt("j.1.2", 1))
	a.Vouch(statusAt("j.1.3", 0))
	for name, c := range map[string]struct {
		shown *v1.StockItem
		want  bool
	}{
		"own and late":       {statusAt("j.1.2", 1), false},
		"own and older":      {statusAt("j.1.1", 0), false},
		"of another process": {statusAt("j.1.0", 7), false},
		"erased":             {statusAt("", 0), false},
		"edited":             {statusAt("j.1.3", 4), true},
	} {
		if got := a.Modified(t.Context(), c.shown, statusAt("j.1.3", 0)); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
	status, consistent, ok := a.Audit(namespace)
	const want = "StockItem mugs: reserved is 4, expected 0"
	if !ok || consistent.Message != want || status.LastDifference == nil || status.LastDifference.Summary != want || changed != 1 {
		t.Errorf("%+v, %+v, %t, told %d times", status, consistent, ok, changed)
	}
}

// What is remembered of writes is bounded.
func TestWritesAreBounded(t *testing.T) {
	var w writes
	for i := range 3 * maxWritten {
		w.add(types.UID(rune(i)), write{"p", 1})
	}
	if n := len(w.young) + len(w.old); n > 2*maxWritten {
		t.Errorf("%d objects are remembered", n)
	}
	for i := range 3 * maxWrites {
		w.add("one", write{string(rune(i)), 1})
	}
	if n := len(w.of("one")); n != maxWrites {
		t.Errorf("%d writes are remembered", n)
	}
}
