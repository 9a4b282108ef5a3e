package auditor

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"k8s.io/utils/clock"

	"github.com/acme/inventory-service/internal/journal"
)

// slow are pages whose list takes its time, and then says that there is no journal, or fails.
type slow struct {
	takes time.Duration
	err   error
	lists atomic.Int32
}

func (s *slow) list(context.Context, string) ([]journal.Page, error) {
	s.lists.Add(1)
	time.Sleep(s.takes)
	return nil, s.err
}

func (s *slow) get(context.Context, string, string) (*journal.Page, error) { return nil, s.err }

// leading runs an auditor in a term, in virtual time.
func leading(t *testing.T, o Options, pages pageReader, do func(a *Auditor)) {
	synctest.Test(t, func(t *testing.T) {
		o.Clock = clock.RealClock{}
		a := New(o)
		a.pages = pages
		end := term(t, a)
		do(a)
		end()
	})
}

// Where an audit reads for a minute, the next one comes after nineteen, but for somebody
// who asks.
func TestRest(t *testing.T) {
	pages := &slow{takes: time.Minute, err: errTurned}
	leading(t, Options{Interval: time.Minute}, pages, func(a *Auditor) {
		time.Sleep(2*time.Minute + 30*time.Second)
		if n := pages.lists.Load(); n != 1 {
			t.Errorf("%d audits began within the first minutes, want 1", n)
		}
		time.Sleep(17 * time.Minute)
		if n := pages.lists.Load(); n != 1 {
			t.Errorf("it did not rest: %d audits", n)
		}
		a.Request(namespace, "now")
		time.Sleep(time.Second)
		if n := pages.lists.Load(); n != 2 {
			t.Errorf("nothing came of a request: %d audits", n)
		}
	})
}

// What cannot be read is tried again, then said, and the request counts as handled.
func TestFailure(t *testing.T) {
	pages := &slow{err: errors.New("the API server is away")}
	var told atomic.Int32
	leading(t, Options{Changed: func(string) { told.Add(1) }}, pages, func(a *Auditor) {
		time.Sleep(time.Hour)
		if n := pages.lists.Load(); n != 0 {
			t.Fatalf("%d audits without an interval and a request", n)
		}
		a.Request(namespace, "please")
		time.Sleep(time.Minute)
		status, consistent, ok := a.Audit(namespace)
		if !ok || consistent.Status != "Unknown" || status.LastHandledRequest != "please" || pages.lists.Load() != maxFailures || told.Load() != 2 {
			t.Errorf("%+v, %+v, %t after %d attempts, told %d times", status, consistent, ok, pages.lists.Load(), told.Load())
		}
		a.Request(namespace, "please")
		time.Sleep(time.Minute)
		if n := pages.lists.Load(); n != maxFailures {
			t.Errorf("one request was answered twice: %d attempts", n)
		}
	})
}

// Damage is told at once, looked at again soon a few times, and then at the usual pace.
func TestDamageIsTold(t *testing.T) {
	pages := &slow{err: &damageError{"a page is missing"}}
	leading(t, Options{Interval: time.Hour}, pages, func(a *Auditor) {
		time.Sleep(10 * time.Minute)
		status, consistent, _ := a.Audit(namespace)
		if consistent.Status != "False" || status.Differences != 1 || status.LastDifference == nil {
			t.Errorf("%+v, %+v", status, consistent)
		}
		if n := pages.lists.Load(); n != 1+maxFollowUps {
			t.Errorf("%d audits, want %d", n, 1+maxFollowUps)
		}
		if n := testutil.ToFloat64(differencesFound.WithLabelValues(namespace, KindJournal.String())); n != 1 {
			t.Errorf("the metric says %v", n)
		}
	})
}

// Namespaces are audited two at a time.
func TestTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pages := &slow{takes: time.Minute, err: errTurned}
		a := New(Options{Clock: clock.RealClock{}})
		a.pages = pages
		ctx, end := context.WithCancel(t.Context())
		for _, name := range []string{"one", "two", "three", "four", "five"} {
			go a.lead(ctx, name, nil)
			synctest.Wait()
			a.Request(name, "now")
		}
		time.Sleep(30 * time.Second)
		if n := pages.lists.Load(); n != workers {
			t.Errorf("%d read at a time, want %d", n, workers)
		}
		end()
		synctest.Wait()
		time.Sleep(2 * time.Minute)
	})
}
