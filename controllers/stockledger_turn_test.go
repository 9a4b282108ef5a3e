package controllers

import (
	"fmt"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/acme/inventory-service/api/v1"
)

// Many namespaces that sell all the time show their figures in turns, so seldom that this leaves
// the API server to carts; one alone, and what is no figure, does not wait.
func TestFiguresTakeTurns(t *testing.T) {
	r := &StockLedgerReconciler{shown: map[string]*ledgerView{}}
	const many, seconds = 200, 60
	for i := range many {
		r.shown[fmt.Sprint(i)] = &ledgerView{}
	}
	began := time.Unix(1000, 0)
	for range 3 {
		if wait := r.turn("0", true, began); wait > 0 {
			t.Errorf("a namespace that sells alone waits %v", wait)
		}
		began = began.Add(time.Second)
	}
	due, written, all := map[string]time.Time{}, map[string]int{}, 0
	for now := began; now.Before(began.Add(seconds * time.Second)); now = now.Add(10 * time.Millisecond) {
		for name := range r.shown {
			if now.Before(due[name]) {
				continue
			}
			wait := r.turn(name, true, now)
			if due[name] = now.Add(wait); wait > 0 {
				continue
			}
			due[name] = now.Add(ledgerPace)
			written[name]++
			all++
		}
	}
	if most := seconds * int(time.Second/figuresEvery); all > most+1 || all < most-many {
		t.Errorf("%d ledgers are written in %d s, want %d at most", all, seconds, most)
	}
	for name := range r.shown {
		if n := written[name]; n < 4 || n > 7 {
			t.Errorf("namespace %s is shown %d times in %d s", name, n, seconds)
		}
	}
	if wait := r.turn("7", false, began.Add(seconds*time.Second)); wait > 0 {
		t.Errorf("what is no figure waits %v", wait)
	}
	if wait := r.turn("nobody", true, began); wait > 0 {
		t.Errorf("a namespace that is not worked in waits %v", wait)
	}
}

func TestSameButFigures(t *testing.T) {
	before := v1.StockLedgerStatus{Leader: "a", Position: "1/1", Totals: v1.LedgerTotals{Reserved: 1}}
	figures := before
	figures.Position, figures.Totals.Reserved = "1/2", 2
	if !sameButFigures(&before, &figures) {
		t.Error("a sale is more than figures")
	}
	for name, change := range map[string]func(*v1.StockLedgerStatus){
		"leader":    func(s *v1.StockLedgerStatus) { s.Leader = "b" },
		"condition": func(s *v1.StockLedgerStatus) { s.Conditions = []metav1.Condition{{Type: "x"}} },
		"audit":     func(s *v1.StockLedgerStatus) { s.Audit = &v1.AuditStatus{} },
		"journal":   func(s *v1.StockLedgerStatus) { s.Journal = &v1.JournalIdentity{UID: "x"} },
	} {
		changed := figures
		if change(&changed); sameButFigures(&before, &changed) {
			t.Errorf("another %s counts as figures", name)
		}
	}
}
