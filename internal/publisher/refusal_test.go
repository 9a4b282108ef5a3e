package publisher

import (
	"net/http"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"k8s.io/apimachinery/pkg/api/meta"

	v1 "github.com/acme/inventory-service/api/v1"
)

func TestRefusedOutcomeIsMarkedAndTriedAgain(t *testing.T) {
	s, sink := newShop(t), newRecorder(t)
	refused := s.reserve("refused")
	sink.answerBy(func(id string) int {
		if id == eventID(refused) {
			return http.StatusUnprocessableEntity
		}
		return http.StatusNoContent
	})
	p, journal, stop := s.start(Options{Sink: sink.URL})
	good := s.reserve("good")
	marked := s.await("refused", undelivered)
	condition := meta.FindStatusCondition(marked.Status.Conditions, v1.ConditionDelivered)
	if condition.Reason != "SinkAnswered422" || !strings.Contains(condition.Message, "answer 422") {
		t.Errorf("the condition is %+v", condition)
	}
	sink.await(t, func() bool { return len(sink.received[eventID(refused)]) > 3 })
	journal.await(func(now progress) bool { return now.cursor > resourceVersion(good) && now.backlog == 1 })
	if got := s.get("refused"); got.ResourceVersion != marked.ResourceVersion {
		t.Error("it was marked more than once")
	}
	if p.Delivered(marked) || !p.Delivered(good) {
		t.Errorf("delivered: refused %t, good %t", p.Delivered(marked), p.Delivered(good))
	}
	if got := testutil.ToFloat64(undeliverable.WithLabelValues(s.namespace)); got != 1 {
		t.Errorf("the metric tells %v undeliverable ones", got)
	}
	stop()

	journal.save()
	sink.answerWith(http.StatusNoContent)
	p, journal, _ = s.start(Options{Sink: sink.URL})
	done := s.await("refused", func(r *v1.Reservation) bool {
		return meta.IsStatusConditionTrue(r.Status.Conditions, v1.ConditionDelivered)
	})
	journal.await(func(now progress) bool { return now.backlog == 0 && now.cursor > resourceVersion(done) })
	if !p.Delivered(done) {
		t.Error("it is not known to be delivered")
	}
	if n := sink.acceptedOf(eventID(good)); n != 1 {
		t.Errorf("the good one was delivered %d times", n)
	}
}

func TestDeadLetters(t *testing.T) {
	s, sink, letters := newShop(t), newRecorder(t), newRecorder(t)
	sink.answerWith(http.StatusBadRequest)
	letters.answerWith(http.StatusServiceUnavailable)
	p, journal, _ := s.start(Options{Sink: sink.URL, DeadLetterSink: letters.URL})
	r := s.reserve("r")
	letters.await(t, func() bool { return len(letters.received[eventID(r)]) > 1 })
	if p.Delivered(r) {
		t.Error("it counts as delivered before the dead-letter sink has it")
	}
	letters.answerWith(http.StatusAccepted)
	journal.await(func(now progress) bool { return now.backlog == 0 && now.cursor > resourceVersion(r) })
	letter := letters.sent(eventID(r))[0]
	for _, want := range []string{"Knativeerrordest: " + sink.URL, "Knativeerrorcode: 400", "Knativeerrordata: YW5zd2VyIDQwMA=="} {
		if !strings.Contains(letter, want) {
			t.Errorf("the letter lacks %q: %s", want, letter)
		}
	}
	if got := s.get("r"); got.ResourceVersion != r.ResourceVersion || !p.Delivered(got) {
		t.Errorf("delivered %t, or written to: %+v", p.Delivered(got), got.Status.Conditions)
	}
}
