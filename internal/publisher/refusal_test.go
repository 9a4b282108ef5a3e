package publisher

import (
	"net/http"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"k8s.io/apimachinery/pkg/api/meta"

	v1 "github.com/acme/inventory-service/api/v1"
)

// undelivered tells whether an object says that its outcome was refused.
func undelivered(r *v1.Reservation) bool {
	return meta.IsStatusConditionFalse(r.Status.Conditions, v1.ConditionDelivered)
}

func TestRefusedOutcomeIsMarkedAndTriedAgain(t *testing.T) {
	s, sink := newShop(t), newRecorder(t)
	op := s.start(Options{Sink: sink.URL})
	sink.answerWith(http.StatusServiceUnavailable)
	refused := op.reserve()
	s.show(refused)
	sink.answerBy(func(id string) int {
		if id == eventID(refused) {
			return http.StatusUnprocessableEntity
		}
		return http.StatusNoContent
	})
	good := op.reserve()
	marked := s.await(refused, undelivered)
	condition := meta.FindStatusCondition(marked.Status.Conditions, v1.ConditionDelivered)
	if condition.Reason != "SinkAnswered422" || !strings.Contains(condition.Message, "answer 422") {
		t.Errorf("the condition is %+v", condition)
	}
	tries := len(sink.sent(eventID(refused)))
	sink.await(t, func() bool { return len(sink.received[eventID(refused)]) > tries+3 })
	op.published(good.Number)
	if got := s.get(refused); got.ResourceVersion != marked.ResourceVersion {
		t.Error("it was marked more than once")
	}
	if got := testutil.ToFloat64(undeliverable.WithLabelValues(s.namespace)); got != 1 {
		t.Errorf("the metric tells %v undeliverable ones", got)
	}
	op.stop()

	sink.answerWith(http.StatusNoContent)
	s.start(Options{Sink: sink.URL})
	s.await(refused, func(r *v1.Reservation) bool {
		return meta.IsStatusConditionTrue(r.Status.Conditions, v1.ConditionDelivered)
	})
	await(t, func() bool { return testutil.ToFloat64(backlog.WithLabelValues(s.namespace)) == 0 })
	if n := sink.acceptedOf(eventID(good)); n != 1 {
		t.Errorf("the good one was delivered %d times", n)
	}
}

func TestDeadLetters(t *testing.T) {
	s, sink, letters := newShop(t), newRecorder(t), newRecorder(t)
	sink.answerWith(http.StatusBadRequest)
	letters.answerWith(http.StatusServiceUnavailable)
	op := s.start(Options{Sink: sink.URL, DeadLetterSink: letters.URL})
	r := op.reserve()
	object := s.show(r)
	letters.await(t, func() bool { return len(letters.received[eventID(r)]) > 1 })
	if mark := op.marks().Published; mark != 0 {
		t.Error("it counts as delivered before the dead-letter sink has it")
	}
	letters.answerWith(http.StatusAccepted)
	op.published(r.Number)
	letter := letters.sent(eventID(r))[0]
	for _, want := range []string{"Knativeerrordest: " + sink.URL, "Knativeerrorcode: 400", "Knativeerrordata: YW5zd2VyIDQwMA=="} {
		if !strings.Contains(letter, want) {
			t.Errorf("the letter lacks %q: %s", want, letter)
		}
	}
	if got := s.get(r); got.ResourceVersion != object.ResourceVersion {
		t.Errorf("it was written to: %+v", got.Status.Conditions)
	}
}
