package publisher

import (
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/internal/view"
)

func TestOutcomesReachTheSinkWithoutAWrite(t *testing.T) {
	s, sink := newShop(t), newRecorder(t)
	op := s.start(Options{Sink: sink.URL})
	first := op.reserve()
	object := s.show(first)
	last := op.reserve()
	op.published(last.Number)
	for _, r := range []*stock.Reservation{first, last} {
		if n := sink.acceptedOf(eventID(r)); n != 1 {
			t.Errorf("%s was delivered %d times", r.ID, n)
		}
	}
	if got := s.get(first); got.ResourceVersion != object.ResourceVersion {
		t.Error("the object was written to")
	}
	want := "Id: " + eventID(last) + "\nSource: /apis/inventory.acme.com/v1/namespaces/" + s.namespace + "/reservations\n"
	if got := sink.sent(eventID(last))[0]; !strings.Contains(got, want) || !strings.Contains(got, "Subject: "+view.Name(last)) {
		t.Errorf("received %s, want %s", got, want)
	}
}

func TestTakeOverSendsFromTheMarkAgain(t *testing.T) {
	s, sink := newShop(t), newRecorder(t)
	op := s.start(Options{Sink: sink.URL})
	delivered := op.reserve()
	op.published(delivered.Number)

	sink.answerWith(http.StatusServiceUnavailable)
	lost := op.reserve()
	op.reserve()
	sink.await(t, func() bool { return len(sink.received[eventID(lost)]) > 0 })
	op.ask(stock.Release{Reservation: lost.ID})
	op.stop()
	if mark := op.marks().Published; mark >= lost.Number {
		t.Fatalf("the mark %d passed outcome %d", mark, lost.Number)
	}

	sink.answerWith(http.StatusOK)
	op = s.start(Options{Sink: sink.URL})
	op.published(lost.Number + 1)
	op.stop()
	for _, again := range sink.sent(eventID(lost)) {
		if again != sink.sent(eventID(lost))[0] {
			t.Errorf("the event changed:\n%s\nwas\n%s", again, sink.sent(eventID(lost))[0])
		}
	}
	if n := len(sink.sent(eventID(delivered))); n != 1 {
		t.Errorf("what was below the mark was sent %d times", n)
	}

	op = s.start(Options{Sink: sink.URL})
	last := op.reserve()
	op.published(last.Number)
	if n := sink.acceptedOf(eventID(lost)); n != 1 {
		t.Errorf("after everything was delivered, a take-over sent it again: %d times", n)
	}
}

func TestSinkDownThenUp(t *testing.T) {
	s, sink := newShop(t), newRecorder(t)
	sink.answerWith(http.StatusInternalServerError)
	op := s.start(Options{Sink: sink.URL})
	var all []*stock.Reservation
	for range 40 {
		all = append(all, op.reserve())
	}
	sink.await(t, func() bool { return len(sink.received) >= 3 })
	await(t, func() bool { return testutil.ToFloat64(backlog.WithLabelValues(s.namespace)) == 40 })
	if mark := op.marks().Published; mark != 0 {
		t.Errorf("the mark is %d", mark)
	}
	sink.answerWith(http.StatusOK)
	op.published(40)
	for _, r := range all {
		if n := sink.acceptedOf(eventID(r)); n != 1 {
			t.Errorf("outcome %d was delivered %d times", r.Number, n)
		}
	}
	await(t, func() bool { return testutil.ToFloat64(backlog.WithLabelValues(s.namespace)) == 0 })
}

func TestWithoutASinkTheMarkMoves(t *testing.T) {
	s := newShop(t)
	op := s.start(Options{})
	r := op.reserve()
	op.published(r.Number)
	op.stop()

	sink := newRecorder(t)
	op = s.start(Options{Sink: sink.URL})
	next := op.reserve()
	op.published(next.Number)
	if len(sink.sent(eventID(r))) != 0 || sink.acceptedOf(eventID(next)) != 1 {
		t.Errorf("the history was sent %d times, the new outcome %d times", len(sink.sent(eventID(r))), sink.acceptedOf(eventID(next)))
	}
}

// Attend ends with its namespace, in the middle of things, and leaves no series behind. The
// others go on.
func TestANamespaceEndsMidway(t *testing.T) {
	gone, other, sink := newShop(t), newShop(t), newRecorder(t)
	sink.answerWith(http.StatusBadGateway)
	// Requests are counted where they are made: the sink may hear of one after it was given up.
	var sent atomic.Int64
	counting := newClient(1, nil)
	counting.Transport = tallied{counting.Transport, &sent}
	going := gone.start(Options{Sink: sink.URL, Workers: 1, HTTPClient: counting})
	staying := other.start(Options{Sink: sink.URL})
	r, kept := going.reserve(), staying.reserve()
	sink.await(t, func() bool { return len(sink.received[eventID(r)]) > 0 && len(sink.received[eventID(kept)]) > 0 })
	going.leave()
	for _, series := range []*prometheus.GaugeVec{backlog, undeliverable} {
		if slices.ContainsFunc(seriesOf(t, series), func(namespace string) bool { return namespace == gone.namespace }) {
			t.Error("a series is left of a namespace that is gone")
		}
	}
	before := sent.Load()
	sink.answerWith(http.StatusNoContent)
	staying.published(kept.Number)
	if got := sent.Load(); got != before {
		t.Errorf("sent %d times more after the end", got-before)
	}
}

// tallied counts requests.
type tallied struct {
	http.RoundTripper
	n *atomic.Int64
}

func (s tallied) RoundTrip(r *http.Request) (*http.Response, error) {
	s.n.Add(1)
	return s.RoundTripper.RoundTrip(r)
}

func TestOptionsAreChecked(t *testing.T) {
	good := Options{Client: struct{ client.Client }{}}
	for name, change := range map[string]func(*Options){
		"bad sink":    func(o *Options) { o.Sink = "localhost:80" },
		"bad letters": func(o *Options) { o.Sink, o.DeadLetterSink = "http://a", "b" },
		"no client":   func(o *Options) { o.Client = nil },
	} {
		o := good
		change(&o)
		if _, err := New(o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := New(good); err != nil {
		t.Error(err)
	}
}
