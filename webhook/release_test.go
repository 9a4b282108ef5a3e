package webhook

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/acme/inventory-service/api/events"
	v1 "github.com/acme/inventory-service/api/v1"
)

func TestReleaseOverPlainHTTP(t *testing.T) {
	s := newStore(t)
	bridge := newBridge(t, s.options())
	r := s.reserveOne(t, bridge, cart, http.StatusCreated)
	at := "/reservations/" + r.Name + "/release"

	got := ask(t, bridge, request(t, http.MethodPost, at, `{"reason":"CHECKOUT_FAILED"}`)).wantStatus(http.StatusOK)
	stored, position := s.get(t, r.Name), s.position()
	var released events.InventoryReleased
	got.into(&released)
	if diff := cmp.Diff(events.Released(stored), released); diff != "" {
		t.Error(diff)
	}
	if stored.Spec.Intent != v1.IntentRelease || released.Reason != v1.ReleaseCheckoutFailed || released.Phase != v1.PhaseReleased || released.ReleasedAt == nil {
		t.Errorf("%+v, %s", stored.Spec, got.body)
	}
	// Nothing but the intent has changed of what was asked for.
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
	if s.position() != position {
		t.Errorf("written again: %s after %s", s.position(), position)
	}
}

func TestReleaseOverCloudEvents(t *testing.T) {
	s := newStore(t)
	bridge := newBridge(t, s.options())
	for _, mode := range []string{modeBinary, modeStructured} {
		r := s.reserveOne(t, bridge, tinyCart, http.StatusCreated)
		command := commandEvent(events.TypeRelease, "rel-"+mode, `{"reservationId":"`+r.Name+`","reason":"ORDER_CANCELLED"}`)
		reply := ask(t, bridge, eventRequest(t, mode, "/", command)).event()
		want := events.ReleasedReply(s.get(t, r.Name))
		events.Answering(&want, command.Source(), command.ID(), nil)
		if diff := cmp.Diff(want.String(), reply.String()); diff != "" {
			t.Error(diff)
		}
	}
}

func TestReleaseThatChangesNothing(t *testing.T) {
	s := newStore(t)
	bridge := newBridge(t, s.options())
	refused := s.reserveOne(t, bridge, bigCart, http.StatusConflict)
	position := s.position()
	var released events.InventoryReleased
	ask(t, bridge, request(t, http.MethodPost, "/reservations/"+refused.Name+"/release", `{"reason":"EXPIRED"}`)).wantStatus(http.StatusOK).into(&released)
	if released.Phase != v1.PhaseUnavailable || released.ReleasedAt != nil || released.Reason != "" {
		t.Errorf("%+v", released)
	}
	if s.position() != position {
		t.Error("the journal was written for a refused cart")
	}

	shipped := s.reserveOne(t, bridge, tinyCart, http.StatusCreated)
	ask(t, bridge, request(t, http.MethodPost, "/reservations/"+shipped.Name+"/consume", "")).wantStatus(http.StatusOK)
	ask(t, bridge, request(t, http.MethodPost, "/reservations/"+shipped.Name+"/release", "")).wantProblem(http.StatusConflict, consumed)
	release := commandEvent(events.TypeRelease, "rel", `{"reservationId":"`+shipped.Name+`"}`)
	ask(t, bridge, eventRequest(t, modeStructured, "/", release)).wantProblem(http.StatusUnprocessableEntity, consumed)

	ask(t, bridge, request(t, http.MethodPost, "/reservations/none-such/release", "")).wantProblem(http.StatusNotFound, notFound)
	ask(t, bridge, request(t, http.MethodGet, "/reservations/none-such", "")).wantProblem(http.StatusNotFound, notFound)
	release = commandEvent(events.TypeRelease, "rel", `{"reservationId":"none-such"}`)
	ask(t, bridge, eventRequest(t, modeBinary, "/", release)).wantProblem(http.StatusUnprocessableEntity, notFound)
}
