package auditor

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/clock"
)

// term lets an auditor lead until end is called, which returns once it has let go.
func term(t *testing.T, a *Auditor) (end func()) {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		a.lead(ctx, namespace, nil)
	}()
	synctest.Wait()
	return func() {
		cancel()
		<-done
	}
}

// inTerm lets an auditor lead until a test ends, without any audits.
func inTerm(t *testing.T, a *Auditor) {
	p := a.begin(namespace)
	t.Cleanup(func() { a.end(namespace, p) })
}

// nothingKnown fails if a process says something of audits.
func nothingKnown(t *testing.T, a *Auditor, when string) {
	t.Helper()
	if status, consistent, ok := a.Audit(namespace); ok {
		t.Errorf("%s: %+v, %+v", when, status, consistent)
	}
	if n := seriesOf(namespace); n != 0 {
		t.Errorf("%s: there are %d series", when, n)
	}
}

// seriesOf counts the series of a namespace, and drops them.
func seriesOf(namespace string) int {
	return differencesFound.DeletePartialMatch(prometheus.Labels{labelNamespace: namespace})
}

// What a process found in one term is nothing that it says after it, nor in its next one:
// meanwhile another process may have found something else.
func TestVerdictEndsWithItsTerm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := New(Options{Clock: clock.RealClock{}, Interval: time.Hour})
		a.pages = &slow{err: &damageError{"a page is missing"}}
		end := term(t, a)
		time.Sleep(10 * time.Minute)
		if _, consistent, ok := a.Audit(namespace); !ok || consistent.Status != metav1.ConditionFalse {
			t.Errorf("%+v, %t", consistent, ok)
		}
		if n := testutil.ToFloat64(differencesFound.WithLabelValues(namespace, KindJournal.String())); n != 1 {
			t.Errorf("the metric says %v", n)
		}
		end()
		nothingKnown(t, a, "after the term")
		end = term(t, a)
		nothingKnown(t, a, "in the next term")
		end()
	})
}

// A term is over when it ends, also where an audit takes its time then.
func TestVerdictEndsBeforeItsAudit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pages := &slow{err: &damageError{"a page is missing"}}
		a := New(Options{Clock: clock.RealClock{}})
		a.pages = pages
		end := term(t, a)
		a.Request(namespace, "one")
		synctest.Wait()
		pages.takes = time.Minute
		a.Request(namespace, "two")
		synctest.Wait()
		if _, _, ok := a.Audit(namespace); !ok || pages.lists.Load() != 2 {
			t.Errorf("%d audits began, %t", pages.lists.Load(), ok)
		}
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			end()
		}()
		synctest.Wait()
		nothingKnown(t, a, "while an audit goes on")
		<-ended
		nothingKnown(t, a, "after it")
	})
}

// What was asked for in an earlier term may have been answered by another process: only what
// is asked for again is answered. At the beginning of a term who asks is told to do that.
func TestRequestIsOfItsTerm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told atomic.Int32
		pages := &slow{takes: time.Minute, err: errTurned}
		a := New(Options{Clock: clock.RealClock{}, Changed: func(string) { told.Add(1) }})
		a.pages = pages
		a.Request(namespace, "before")
		end := term(t, a)
		if n := pages.lists.Load(); n != 0 || told.Load() != 1 {
			t.Errorf("%d audits before somebody asked in the term, told %d times", n, told.Load())
		}
		a.Request(namespace, "in")
		synctest.Wait()
		end()
		end = term(t, a)
		time.Sleep(time.Hour)
		if n := pages.lists.Load(); n != 1 || told.Load() != 2 {
			t.Errorf("%d audits for one request, told %d times", n, told.Load())
		}
		a.Request(namespace, "in")
		synctest.Wait()
		if n := pages.lists.Load(); n != 2 {
			t.Errorf("nothing came of a request that was made again: %d audits", n)
		}
		end()
	})
}

// Somebody else's write that is put right in no term is counted, and no verdict.
func TestModifiedOutsideOfATerm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := New(Options{Clock: clock.RealClock{}})
		a.Vouch(statusAt("j.1.1", 0))
		modified := func() {
			t.Helper()
			if !a.Modified(t.Context(), statusAt("j.1.1", 4), statusAt("j.1.1", 0)) {
				t.Error("nobody is accused")
			}
		}
		modified()
		nothingKnown(t, a, "before a term")
		end := term(t, a)
		nothingKnown(t, a, "in the term")
		modified()
		if _, consistent, ok := a.Audit(namespace); !ok || consistent.Status != metav1.ConditionFalse {
			t.Errorf("%+v, %t", consistent, ok)
		}
		end()
		modified()
		nothingKnown(t, a, "after a term")
	})
}

// Two processes lead by turns: what one has found it does not say when it leads again, since
// the other has found something newer.
func TestProcessesTakeTurns(t *testing.T) {
	s := newShop(t)
	r, a, _ := s.start("first")
	mugs := s.receive(r, "mug", 100)
	s.showItem(r, mugs)
	mugs.Status.Reserved = 3
	s.must(s.client.Status().Update(t.Context(), mugs))
	if status, consistent := s.audit(a, "one"); consistent.Status != metav1.ConditionFalse || status.LastDifference == nil {
		t.Fatalf("%+v, %+v", status, consistent)
	}
	r.Elect(false)
	s.until("the first one lets go", func() bool { _, _, ok := a.Audit(s.namespace); return !ok })
	other, b, _ := s.start("second")
	s.reserve(other, "cart-1", 1)
	s.showItem(other, mugs)
	if status, consistent := s.audit(b, "two"); consistent.Status != metav1.ConditionTrue {
		t.Fatalf("%+v, %+v", status, consistent)
	}
	other.Elect(false)
	s.until("the second one lets go", func() bool { _, _, ok := b.Audit(s.namespace); return !ok })
	r.Elect(true)
	s.reserve(r, "cart-2", 1)
	s.showItem(r, mugs)
	if status, consistent, ok := a.Audit(s.namespace); ok {
		t.Errorf("before its first audit the first one says %+v, %+v", status, consistent)
	}
	if status, consistent := s.audit(a, "three"); consistent.Status != metav1.ConditionTrue || status.LastDifference != nil {
		t.Errorf("%+v, %+v", status, consistent)
	}
}
