package publisher

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
)

func eventID(r *v1.Reservation) string { return string(r.UID) + ".reserved" }

func resourceVersion(r *v1.Reservation) uint64 {
	version, _ := versionOf(r)
	return version
}

func TestOutcomesReachTheSinkWithoutAWrite(t *testing.T) {
	s, sink := newShop(t), newRecorder(t)
	before := s.reserve("before")
	p, journal, _ := s.start(Options{Sink: sink.URL})
	after := s.reserve("after")
	pending := reservation(s.namespace, "pending", "")
	must(s.client.Create(t.Context(), pending))
	sink.await(t, func() bool { return sink.accepted[eventID(before)] > 0 && sink.accepted[eventID(after)] > 0 })
	journal.await(func(now progress) bool { return now.cursor > resourceVersion(after) && now.backlog == 0 })
	for _, r := range []*v1.Reservation{before, after} {
		if got := s.get(r.Name); got.ResourceVersion != r.ResourceVersion {
			t.Errorf("%s was written to", r.Name)
		}
		if sink.acceptedOf(eventID(r)) != 1 {
			t.Errorf("%s was delivered %d times", r.Name, sink.acceptedOf(eventID(r)))
		}
		if !p.Delivered(r) {
			t.Errorf("%s is not known to be delivered", r.Name)
		}
	}
	if p.Delivered(s.get("pending")) {
		t.Error("an undecided Reservation counts as delivered")
	}
	want := "Id: " + eventID(after) + "\nSource: /apis/inventory.acme.com/v1/namespaces/" + s.namespace + "/reservations\n"
	if got := sink.sent(eventID(after))[0]; !strings.Contains(got, want) {
		t.Errorf("received %s, want %s", got, want)
	}
}

func TestRestartSendsFromTheCursorAgain(t *testing.T) {
	s, sink := newShop(t), newRecorder(t)
	delivered := s.reserve("delivered")
	_, journal, stop := s.start(Options{Sink: sink.URL})
	journal.await(func(now progress) bool { return now.cursor > resourceVersion(delivered) })

	sink.answerWith(http.StatusServiceUnavailable)
	lost := s.reserve("lost")
	s.reserve("other") // moves the cursor on, but for the lost one
	sink.await(t, func() bool { return len(sink.received[eventID(lost)]) > 0 })
	held := journal.await(func(now progress) bool { return now.backlog == 2 })
	stop()
	if held.cursor > resourceVersion(lost) {
		t.Fatalf("the cursor %d passed what is at %d", held.cursor, resourceVersion(lost))
	}
	journal.save()
	released := s.get("lost")
	released.Status.Phase = v1.PhaseReleased
	must(s.client.Status().Update(t.Context(), released))

	sink.answerWith(http.StatusOK)
	_, journal, stop = s.start(Options{Sink: sink.URL})
	sink.await(t, func() bool { return sink.accepted[eventID(lost)] == 1 })
	journal.await(func(now progress) bool { return now.cursor > resourceVersion(released) && now.backlog == 0 })
	stop()
	for _, again := range sink.sent(eventID(lost)) {
		if again != sink.sent(eventID(lost))[0] {
			t.Errorf("the event changed:\n%s\nwas\n%s", again, sink.sent(eventID(lost))[0])
		}
	}
	if n := len(sink.sent(eventID(delivered))); n != 1 {
		t.Errorf("what was below the cursor was sent %d times", n)
	}

	journal.save()
	_, _, stop = s.start(Options{Sink: sink.URL})
	last := s.reserve("last")
	sink.await(t, func() bool { return sink.accepted[eventID(last)] == 1 })
	stop()
	if n := sink.acceptedOf(eventID(lost)); n != 1 {
		t.Errorf("after everything was delivered, a restart sent it again: %d times", n)
	}
}

func TestSinkDownThenUp(t *testing.T) {
	s, sink := newShop(t), newRecorder(t)
	sink.answerWith(http.StatusInternalServerError)
	_, journal, _ := s.start(Options{Sink: sink.URL})
	var all []*v1.Reservation
	for i := range 40 {
		all = append(all, s.reserve(fmt.Sprint("r", i)))
	}
	held := journal.await(func(now progress) bool { return now.backlog == len(all) })
	if held.cursor > resourceVersion(all[0]) {
		t.Errorf("the cursor %d passed what is at %d", held.cursor, resourceVersion(all[0]))
	}
	if got := testutil.ToFloat64(backlog.WithLabelValues(s.namespace)); got != float64(len(all)) {
		t.Errorf("the metric tells a backlog of %v", got)
	}
	sink.answerWith(http.StatusOK)
	journal.await(func(now progress) bool {
		return now.backlog == 0 && now.cursor > resourceVersion(all[len(all)-1])
	})
	for _, r := range all {
		if sink.acceptedOf(eventID(r)) != 1 {
			t.Errorf("%s was delivered %d times", r.Name, sink.acceptedOf(eventID(r)))
		}
	}
}

func TestDeletionBeforeDelivery(t *testing.T) {
	s, sink := newShop(t), newRecorder(t)
	sink.answerWith(http.StatusBadGateway)
	_, journal, _ := s.start(Options{Sink: sink.URL})
	r := s.reserve("r")
	sink.await(t, func() bool { return len(sink.received[eventID(r)]) > 0 })
	must(s.client.Delete(t.Context(), r))
	marker := s.reserve("marker") // once this is met, the deletion is
	sink.await(t, func() bool { return len(sink.received[eventID(marker)]) > 0 })
	sink.answerWith(http.StatusNoContent)
	sink.await(t, func() bool { return sink.accepted[eventID(r)] == 1 })
	journal.await(func(now progress) bool { return now.backlog == 0 && now.cursor > resourceVersion(marker) })
	sent := sink.sent(eventID(r))
	if first, last := sent[0], sent[len(sent)-1]; first != last {
		t.Errorf("the event changed:\n%s\nwas\n%s", last, first)
	}
}

func TestWithoutASinkTheCursorMoves(t *testing.T) {
	s := newShop(t)
	p, journal, stop := s.start(Options{})
	r := s.reserve("r")
	journal.await(func(now progress) bool { return now.backlog == 0 && now.cursor > resourceVersion(r) })
	if !p.Delivered(r) {
		t.Error("it does not count as delivered")
	}
	stop()
	journal.save()

	sink := newRecorder(t)
	_, journal, _ = s.start(Options{Sink: sink.URL})
	next := s.reserve("next")
	journal.await(func(now progress) bool { return now.cursor > resourceVersion(next) })
	if len(sink.sent(eventID(r))) != 0 || sink.acceptedOf(eventID(next)) != 1 {
		t.Errorf("the history was sent %d times, the new outcome %d times", len(sink.sent(eventID(r))), sink.acceptedOf(eventID(next)))
	}
}

func TestAForeignCursorCountsAsNone(t *testing.T) {
	s, sink := newShop(t), newRecorder(t)
	r := s.reserve("r")
	for _, cursor := range []uint64{resourceVersion(r) + 1_000_000, 0} {
		foreign := &journal{shop: s, told: map[string]progress{s.namespace: {cursor: cursor}}}
		foreign.save()
		want := sink.acceptedOf(eventID(r)) + 1
		_, _, stop := s.start(Options{Sink: sink.URL})
		sink.await(t, func() bool { return sink.accepted[eventID(r)] == want })
		stop()
	}
}

func TestReleasedWithoutOutcomeOwesNothing(t *testing.T) {
	p := &Publisher{sink: &target{}, tracker: newTracker()}
	r := reservation("shop", "r", "u")
	r.Status.Phase = v1.PhaseReleased
	if !p.Delivered(r) {
		t.Error("a Reservation that was never decided could never be deleted")
	}
	decided := decide(r)
	decided.ResourceVersion = strconv.Itoa(5)
	if p.Delivered(decided) {
		t.Error("a publisher that has not started calls an outcome delivered")
	}
}

func TestOptionsAreChecked(t *testing.T) {
	good := Options{Cache: struct{ cache.Cache }{}, Client: struct{ client.Client }{}, Journal: ledgers{}}
	for name, change := range map[string]func(*Options){
		"no journal":     func(o *Options) { o.Journal = nil },
		"bad sink":       func(o *Options) { o.Sink = "localhost:80" },
		"bad letters":    func(o *Options) { o.Sink, o.DeadLetterSink = "http://a", "b" },
		"letters alone":  func(o *Options) { o.DeadLetterSink = "http://b" },
		"no client":      func(o *Options) { o.Client = nil },
		"no cache given": func(o *Options) { o.Cache = nil },
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
