package webhook

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/acme/inventory-service/api/events"
	v1 "github.com/acme/inventory-service/api/v1"
)

// reserveOne makes a Reservation over plain HTTP and returns it.
func (s *store) reserveOne(t *testing.T, bridge http.Handler, body string, status int) *v1.Reservation {
	t.Helper()
	got := ask(t, bridge, request(t, http.MethodPost, "/reservations", body)).wantStatus(status)
	var told struct {
		ReservationID string `json:"reservationId"`
	}
	got.into(&told)
	return s.get(t, told.ReservationID)
}

// setPhase writes a phase that nobody here brings about otherwise.
func (s *store) setPhase(t *testing.T, r *v1.Reservation, phase v1.Phase) {
	t.Helper()
	now := metav1.NewMicroTime(time.Now())
	r.Status.Phase = phase
	if phase == v1.PhaseConsumed {
		r.Status.DecidedAt, r.Status.ReservedAt = &now, &now
	}
	if err := s.client.Status().Update(t.Context(), r); err != nil {
		t.Fatal(err)
	}
}

func TestReleaseOverPlainHTTP(t *testing.T) {
	s := newStore(t)
	s.decide(t)
	bridge := newBridge(t, s.options())
	r := s.reserveOne(t, bridge, cart, http.StatusCreated)
	at := "/reservations/" + r.Name + "/release"

	got := ask(t, bridge, request(t, http.MethodPost, at, `{"reason":"CHECKOUT_FAILED"}`)).wantStatus(http.StatusOK)
	stored := s.get(t, r.Name)
	var released events.InventoryReleased
	got.into(&released)
	if diff := cmp.Diff(events.Released(stored), released); diff != "" {
		t.Error(diff)
	}
	if stored.Spec.Intent != v1.IntentRelease || released.Reason != v1.ReleaseCheckoutFailed || released.Phase != v1.PhaseReleased || released.ReleasedAt == nil {
		t.Errorf("%+v, %s", stored.Spec, got.body)
	}
	// Nothing but the intent was written over the spec.
	want := r.Spec.DeepCopy()
	want.Intent, want.ReleaseReason = v1.IntentRelease, v1.ReleaseCheckoutFailed
	if diff := cmp.Diff(*want, stored.Spec); diff != "" {
		t.Error(diff)
	}
	// Again, with another reason: the answer is the same, and nothing is written.
	again := ask(t, bridge, request(t, http.MethodPost, at, `{"reason":"ORDER_CANCELLED"}`)).wantStatus(http.StatusOK)
	if diff := cmp.Diff(got.body, again.body); diff != "" {
		t.Error(diff)
	}
	if version := s.get(t, r.Name).ResourceVersion; version != stored.ResourceVersion {
		t.Errorf("written again: %s after %s", version, stored.ResourceVersion)
	}
}

func TestReleaseOverCloudEvents(t *testing.T) {
	s := newStore(t)
	s.decide(t)
	bridge := newBridge(t, s.options())
	for _, mode := range []string{modeBinary, modeStructured} {
		r := s.reserveOne(t, bridge, tinyCart, http.StatusCreated)
		command := commandEvent(events.TypeRelease, "rel-"+mode, `{"reservationId":"`+r.Name+`","reason":"ORDER_CANCELLED"}`)
		reply := ask(t, bridge, eventRequest(t, mode, "/", command)).event()
		want := events.ReleasedReply(s.get(t, r.Name))
		if diff := cmp.Diff(want.String(), reply.String()); diff != "" {
			t.Error(diff)
		}
	}
}

// A release before the decision: Released, and never Reserved.
func TestReleaseOfPending(t *testing.T) {
	s := newStore(t)
	options := s.options()
	options.Wait = 200 * time.Millisecond
	impatient, patient := newBridge(t, options), newBridge(t, s.options())

	got := ask(t, impatient, request(t, http.MethodPost, "/reservations", cart, "Idempotency-Key", "k")).wantStatus(http.StatusAccepted)
	var pending accepted
	got.into(&pending)
	at := got.header.Get("Location")
	if want := (accepted{ReservationID: pending.ReservationID, Phase: v1.PhasePending, Intent: v1.IntentHold}); pending != want || at != "/reservations/"+pending.ReservationID {
		t.Errorf("%s at %s", got.body, at)
	}
	// Nobody decides: the release is taken, and shows as not carried out yet.
	got = ask(t, impatient, request(t, http.MethodPost, at+"/release", "{}")).wantStatus(http.StatusAccepted)
	if got.into(&pending); pending.Intent != v1.IntentRelease || got.header.Get("Location") != at || got.header.Get("Retry-After") == "" {
		t.Errorf("%s at %s", got.body, got.header)
	}
	release := commandEvent(events.TypeRelease, "rel", `{"reservationId":"`+pending.ReservationID+`"}`)
	ask(t, impatient, eventRequest(t, modeBinary, "/", release)).wantProblem(http.StatusServiceUnavailable, undecided)

	s.decide(t)
	var released events.InventoryReleased
	ask(t, patient, request(t, http.MethodPost, at+"/release", "")).wantStatus(http.StatusOK).into(&released)
	if stored := s.get(t, pending.ReservationID); released.Phase != v1.PhaseReleased || stored.Decided() {
		t.Errorf("%+v, %+v", released, stored.Status)
	}
	// The command has no outcome, and never will have one.
	ask(t, patient, request(t, http.MethodPost, "/reservations", cart, "Idempotency-Key", "k")).wantProblem(http.StatusConflict, withdrawn)
}

func TestReleaseThatChangesNothing(t *testing.T) {
	s := newStore(t)
	s.decide(t)
	bridge := newBridge(t, s.options())
	refused := s.reserveOne(t, bridge, bigCart, http.StatusConflict)
	var released events.InventoryReleased
	ask(t, bridge, request(t, http.MethodPost, "/reservations/"+refused.Name+"/release", `{"reason":"EXPIRED"}`)).wantStatus(http.StatusOK).into(&released)
	if released.Phase != v1.PhaseUnavailable || released.ReleasedAt != nil || released.Reason != "" {
		t.Errorf("%+v", released)
	}
	if stored := s.get(t, refused.Name); stored.ResourceVersion != refused.ResourceVersion {
		t.Error("an unavailable Reservation was written to")
	}

	shipped := s.reserveOne(t, bridge, tinyCart, http.StatusCreated)
	s.setPhase(t, shipped, v1.PhaseConsumed)
	ask(t, bridge, request(t, http.MethodPost, "/reservations/"+shipped.Name+"/release", "")).wantProblem(http.StatusConflict, consumed)
	release := commandEvent(events.TypeRelease, "rel", `{"reservationId":"`+shipped.Name+`"}`)
	ask(t, bridge, eventRequest(t, modeStructured, "/", release)).wantProblem(http.StatusUnprocessableEntity, consumed)

	ask(t, bridge, request(t, http.MethodPost, "/reservations/none-such/release", "")).wantProblem(http.StatusNotFound, notFound)
	ask(t, bridge, request(t, http.MethodGet, "/reservations/none-such", "")).wantProblem(http.StatusNotFound, notFound)
	release = commandEvent(events.TypeRelease, "rel", `{"reservationId":"none-such"}`)
	ask(t, bridge, eventRequest(t, modeBinary, "/", release)).wantProblem(http.StatusUnprocessableEntity, notFound)
}

// Not decided in time: 202 or 503; the command that comes again gets the outcome.
func TestUndecidedInTime(t *testing.T) {
	s := newStore(t)
	options := s.options()
	options.Wait = 200 * time.Millisecond
	impatient, patient := newBridge(t, options), newBridge(t, s.options())
	command := commandEvent(events.TypeReserve, "k", tinyCart)
	told := ask(t, impatient, eventRequest(t, modeBinary, "/", command)).wantProblem(http.StatusServiceUnavailable, undecided)
	s.decide(t)
	reply := ask(t, patient, eventRequest(t, modeBinary, "/", command)).event()
	if reply.Subject() != told.ReservationID || reply.Type() != events.TypeReserved {
		t.Errorf("%s of %s after %+v", reply.Type(), reply.Subject(), told)
	}
}

// Somebody deletes the Reservation while its outcome is waited for.
func TestDeletedWhileWaiting(t *testing.T) {
	s := newStore(t)
	bridge := newBridge(t, s.options())
	watch, err := s.client.Watch(t.Context(), &v1.ReservationList{}, client.InNamespace(s.namespace))
	if err != nil {
		t.Fatal(err)
	}
	defer watch.Stop()
	done := make(chan answer)
	go func() { done <- ask(t, bridge, request(t, http.MethodPost, "/reservations", tinyCart)) }()
	r := (<-watch.ResultChan()).Object.(*v1.Reservation)
	if err := s.client.Delete(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if told := (<-done).wantProblem(http.StatusConflict, withdrawn); told.Detail == "" {
		t.Errorf("%+v", told)
	}
}
