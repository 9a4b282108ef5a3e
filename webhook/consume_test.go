package webhook

import (
	"net/http"
	"strings"
	"testing"

	cloudevents "github.com/cloudevents/sdk-go/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/acme/inventory-service/api/events"
	v1 "github.com/acme/inventory-service/api/v1"
)

func TestConsumeOverPlainHTTP(t *testing.T) {
	s := newStore(t)
	bridge := newBridge(t, s.options())
	r := s.reserveOne(t, bridge, cart, http.StatusCreated)
	at := "/reservations/" + r.Name

	got := ask(t, bridge, request(t, http.MethodPost, at+"/consume", "")).wantStatus(http.StatusOK)
	stored, position := s.get(t, r.Name), s.position()
	var told events.InventoryConsumed
	got.into(&told)
	if diff := cmp.Diff(events.Consumed(stored), told); diff != "" {
		t.Error(diff)
	}
	if told.Phase != v1.PhaseConsumed || told.ConsumedAt == nil || told.OrderID != "o-1" {
		t.Errorf("%s", got.body)
	}
	// Nothing but the intent has changed of what was asked for.
	want := r.Spec.DeepCopy()
	want.Intent = v1.IntentConsume
	if diff := cmp.Diff(*want, stored.Spec); diff != "" {
		t.Error(diff)
	}
	// Again, by other words: the answer is the same, and nothing is written.
	for _, body := range []string{"", "{}", `{"reservationId":"` + r.Name + `"}`, `{"items":[{"productId":"plenty","quantity":2}]}`} {
		again := ask(t, bridge, request(t, http.MethodPost, at+"/consume", body)).wantStatus(http.StatusOK)
		if diff := cmp.Diff(got.body, again.body); diff != "" {
			t.Error(body, diff)
		}
	}
	if s.position() != position {
		t.Errorf("written again: %s after %s", s.position(), position)
	}
	var view reservationView
	ask(t, bridge, request(t, http.MethodGet, at, "")).wantStatus(http.StatusOK).into(&view)
	wantAllocations := []allocationView{
		{LocationID: "north", ProductID: "plenty", Quantity: 2, Consumed: 2}, {LocationID: "north", ProductID: "few", Quantity: 1, Consumed: 1},
	}
	if diff := cmp.Diff(wantAllocations, view.Allocations); diff != "" || view.Phase != v1.PhaseConsumed {
		t.Error(view.Phase, diff)
	}
}

// answerID is the id of an event that answers a command.
func answerID(id string, command cloudevents.Event) string {
	e := cloudevents.NewEvent()
	e.SetID(id)
	events.Answering(&e, command.Source(), command.ID(), nil)
	return e.ID()
}

func TestConsumeOverCloudEvents(t *testing.T) {
	for _, mode := range []string{modeBinary, modeStructured} {
		s := newStore(t, wideShelves...)
		bridge := newBridge(t, s.options())
		r := s.reserveOne(t, bridge, wideCart, http.StatusCreated)
		part := commandEvent(events.TypeConsume, "part-"+mode, `{"reservationId":"`+r.Name+`","items":[{"productId":"plenty","quantity":4}]}`)
		all := commandEvent(events.TypeConsume, "all-"+mode, `{"reservationId":"`+r.Name+`"}`)
		ids := map[string]string{
			answerID(r.Status.OutcomeID+".consumed.4.0", part): part.ID(), answerID(r.Status.OutcomeID+".consumed", all): all.ID(),
		}
		for _, command := range []cloudevents.Event{part, part, all, all} {
			reply := ask(t, bridge, eventRequest(t, mode, "/", command)).event()
			want := events.ConsumedReply(s.get(t, r.Name))
			events.Answering(&want, command.Source(), command.ID(), nil)
			if diff := cmp.Diff(want.String(), reply.String()); diff != "" {
				t.Error(diff)
			}
			if ids[reply.ID()] != command.ID() {
				t.Errorf("%s was answered with %s", command.ID(), reply.ID())
			}
		}
	}
}

// What cannot be consumed is refused with the phase it is in.
func TestConsumeRefused(t *testing.T) {
	s := newStore(t)
	bridge := newBridge(t, s.options())
	released := s.reserveOne(t, bridge, tinyCart, http.StatusCreated)
	ask(t, bridge, request(t, http.MethodPost, "/reservations/"+released.Name+"/release", "")).wantStatus(http.StatusOK)
	unavailable := s.reserveOne(t, bridge, bigCart, http.StatusConflict)

	for phase, name := range map[v1.Phase]string{v1.PhaseReleased: released.Name, v1.PhaseUnavailable: unavailable.Name} {
		position := s.position()
		for _, items := range []string{"", `,"items":[{"productId":"plenty","quantity":1}]`} {
			body := `{"reservationId":"` + name + `"` + items + `}`
			plain := ask(t, bridge, request(t, http.MethodPost, "/reservations/"+name+"/consume", body)).wantProblem(http.StatusConflict, notReserved)
			event := ask(t, bridge, eventRequest(t, modeBinary, "/", commandEvent(events.TypeConsume, "c", body))).wantProblem(http.StatusUnprocessableEntity, notReserved)
			if !strings.Contains(plain.Detail, string(phase)) || plain.Detail != event.Detail {
				t.Errorf("%s: told %q and %q", phase, plain.Detail, event.Detail)
			}
		}
		if s.position() != position {
			t.Errorf("the journal was written for a reservation that is %s", phase)
		}
	}
	for _, body := range []string{"", `{"items":[{"productId":"plenty","quantity":1}]}`} {
		ask(t, bridge, request(t, http.MethodPost, "/reservations/none-such/consume", body)).wantProblem(http.StatusNotFound, notFound)
	}
	command := commandEvent(events.TypeConsume, "c", `{"reservationId":"none-such"}`)
	ask(t, bridge, eventRequest(t, modeBinary, "/", command)).wantProblem(http.StatusUnprocessableEntity, notFound)
}
