package webhook

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/acme/inventory-service/api/events"
	v1 "github.com/acme/inventory-service/api/v1"
)

// A Reservation that a person made is shown as it is before its decision, and not changed
// by commands: nobody knows yet where its units are.
func TestPendingObject(t *testing.T) {
	s := newStore(t, wideShelves...)
	r := s.object(t, "by-hand")
	options := s.options()
	options.NameOf = func(_ context.Context, namespace, uid string) (string, error) {
		if namespace != s.namespace || uid != string(r.UID) {
			return "", nil
		}
		return "by-hand", nil
	}
	bridge := newBridge(t, options)
	const at = "/reservations/by-hand"
	var view reservationView
	if ask(t, bridge, request(t, http.MethodGet, at, "")).wantStatus(http.StatusOK).into(&view); view.Phase != v1.PhasePending || view.CartID != "by-hand" {
		t.Errorf("%+v", view)
	}
	if ask(t, bridge, request(t, http.MethodGet, "/reservations/"+string(r.UID), "")).wantStatus(http.StatusOK).into(&view); view.Name != "by-hand" {
		t.Errorf("by its uid: %+v", view)
	}
	byUID := commandEvent(events.TypeRelease, "u", `{"reservationId":"`+string(r.UID)+`"}`)
	ask(t, bridge, eventRequest(t, modeBinary, "/", byUID)).wantProblem(http.StatusServiceUnavailable, tryLater)
	const part = `{"items":[{"productId":"plenty","quantity":4}]}`
	for _, operation := range []string{"/consume", "/release"} {
		for _, body := range []string{"", part} {
			p := ask(t, bridge, request(t, http.MethodPost, at+operation, body)).wantProblem(http.StatusServiceUnavailable, tryLater)
			if p.ReservationID != string(r.UID) {
				t.Errorf("%+v", p)
			}
		}
	}
	command := commandEvent(events.TypeConsume, "c", `{"reservationId":"by-hand"}`)
	ask(t, bridge, eventRequest(t, modeBinary, "/", command)).wantProblem(http.StatusServiceUnavailable, tryLater)

	s.decide(t, r)
	// From now on it is found by its name and by its uid, and told by both.
	var told events.InventoryConsumed
	ask(t, bridge, request(t, http.MethodPost, at+"/consume", part)).wantStatus(http.StatusOK).into(&told)
	if told.Phase != v1.PhaseReserved || told.ReservationID != string(r.UID) || told.Name != "by-hand" || told.Items[0].Consumed+told.Items[1].Consumed != 4 {
		t.Errorf("%+v", told)
	}
	for _, text := range []string{"by-hand", string(r.UID)} {
		if ask(t, bridge, request(t, http.MethodGet, "/reservations/"+text, "")).wantStatus(http.StatusOK).into(&view); view.Phase != told.Phase || view.ReservationID != string(r.UID) || view.Name != "by-hand" {
			t.Errorf("%s: %+v", text, view)
		}
		ask(t, bridge, request(t, http.MethodPost, "/reservations/"+text+"/consume", "")).wantStatus(http.StatusOK).into(&told)
		if told.Phase != v1.PhaseConsumed {
			t.Errorf("%s: %+v", text, told)
		}
	}
}

// An object that cannot be decided as it is does not have its callers wait.
func TestStalledObject(t *testing.T) {
	s := newStore(t)
	bridge := newBridge(t, s.options())
	r := s.object(t, "stalled")
	meta.SetStatusCondition(&r.Status.Conditions, metav1.Condition{
		Type: v1.ConditionStalled, Status: metav1.ConditionTrue, Reason: v1.ReasonInvalidID, Message: "spec.cartID must be a UUID",
	})
	if err := s.client.Status().Update(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	for _, operation := range []string{"/consume", "/release"} {
		p := ask(t, bridge, request(t, http.MethodPost, "/reservations/stalled"+operation, "")).wantProblem(http.StatusConflict, notReserved)
		if !strings.Contains(p.Detail, "spec.cartID must be a UUID") {
			t.Errorf("told %q", p.Detail)
		}
	}
}

// An object that was released before it was decided has ended, and no outcome.
func TestWithdrawnObject(t *testing.T) {
	s := newStore(t)
	bridge := newBridge(t, s.options())
	r := s.object(t, "withdrawn")
	r.Status = v1.ReservationStatus{Phase: v1.PhaseReleased, Reason: v1.ReasonReleased, Conditions: []metav1.Condition{{
		Type: v1.ConditionComplete, Status: metav1.ConditionTrue, Reason: v1.ReasonReleased, LastTransitionTime: metav1.NewTime(time.Now()),
	}}}
	if err := s.client.Status().Update(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	var released events.InventoryReleased
	ask(t, bridge, request(t, http.MethodPost, "/reservations/withdrawn/release", "")).wantStatus(http.StatusOK).into(&released)
	if released.Phase != v1.PhaseReleased || released.ReleasedAt == nil {
		t.Errorf("%+v", released)
	}
	release := commandEvent(events.TypeRelease, "rel", `{"reservationId":"withdrawn"}`)
	if reply := ask(t, bridge, eventRequest(t, modeBinary, "/", release)).event(); reply.ID() != answerID(string(r.UID)+".released", release) {
		t.Errorf("%s", reply)
	}
	p := ask(t, bridge, request(t, http.MethodPost, "/reservations/withdrawn/consume", "")).wantProblem(http.StatusConflict, notReserved)
	if !strings.Contains(p.Detail, string(v1.PhaseReleased)) {
		t.Errorf("told %q", p.Detail)
	}
}

// An object that merely shows a command says nothing that the journal does not know. A
// replica that does not lead may be behind the journal, and the object ahead of it.
func TestObjectOfCommand(t *testing.T) {
	s := newStore(t)
	leader := newBridge(t, s.options())
	r := &v1.Reservation{}
	r.Namespace, r.Name = s.namespace, "shown"
	r.Spec = v1.ReservationSpec{
		Command: &v1.Command{ID: "shown"}, CartID: "c", Items: []v1.ReservationItem{{ProductID: "plenty", Quantity: 1}}, Intent: v1.IntentHold,
	}
	if err := s.client.Create(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	ask(t, leader, request(t, http.MethodGet, "/reservations/shown", "")).wantProblem(http.StatusNotFound, notFound)
	ask(t, leader, request(t, http.MethodPost, "/reservations/shown/release", "")).wantProblem(http.StatusNotFound, notFound)

	other := newProcess(t, s.config)
	other.open(t, s.namespace)
	standby := newBridge(t, other.options(s.namespace))
	ask(t, standby, request(t, http.MethodGet, "/reservations/shown", "")).wantProblem(http.StatusServiceUnavailable, tryLater)
	at := metav1.NowMicro()
	r.Status = v1.ReservationStatus{Phase: v1.PhaseReserved, DecidedAt: &at, ReservedAt: &at}
	if err := s.client.Status().Update(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	var view reservationView
	if ask(t, standby, request(t, http.MethodGet, "/reservations/shown", "")).wantStatus(http.StatusOK).into(&view); view.Phase != v1.PhaseReserved {
		t.Errorf("%+v", view)
	}
}
