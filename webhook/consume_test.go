package webhook

import (
	"net/http"
	"strings"
	"testing"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/acme/inventory-service/api/events"
	v1 "github.com/acme/inventory-service/api/v1"
)

func TestConsumeOverPlainHTTP(t *testing.T) {
	s := newStore(t)
	s.decide(t)
	bridge := newBridge(t, s.options())
	r := s.reserveOne(t, bridge, cart, http.StatusCreated)
	at := "/reservations/" + r.Name

	got := ask(t, bridge, request(t, http.MethodPost, at+"/consume", "")).wantStatus(http.StatusOK)
	stored := s.get(t, r.Name)
	var told events.InventoryConsumed
	got.into(&told)
	if diff := cmp.Diff(events.Consumed(stored), told); diff != "" {
		t.Error(diff)
	}
	if told.Phase != v1.PhaseConsumed || told.ConsumedAt == nil || told.OrderID != "o-1" {
		t.Errorf("%s", got.body)
	}
	// Nothing but the intent was written over the spec.
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
	if version := s.get(t, r.Name).ResourceVersion; version != stored.ResourceVersion {
		t.Errorf("written again: %s after %s", version, stored.ResourceVersion)
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

func TestConsumeOverCloudEvents(t *testing.T) {
	s := newStore(t)
	s.decide(t)
	bridge := newBridge(t, s.options())
	for _, mode := range []string{modeBinary, modeStructured} {
		r := s.reserveOne(t, bridge, wideCart, http.StatusCreated)
		part := commandEvent(events.TypeConsume, "part-"+mode, `{"reservationId":"`+r.Name+`","items":[{"productId":"plenty","quantity":4}]}`)
		all := commandEvent(events.TypeConsume, "all-"+mode, `{"reservationId":"`+r.Name+`"}`)
		ids := map[string]string{string(r.UID) + ".consumed.4.0": part.ID(), string(r.UID) + ".consumed": all.ID()}
		for _, command := range []cloudevents.Event{part, part, all, all} {
			reply := ask(t, bridge, eventRequest(t, mode, "/", command)).event()
			want := events.ConsumedReply(s.get(t, r.Name))
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
	s.decide(t)
	bridge := newBridge(t, s.options())
	released := s.reserveOne(t, bridge, tinyCart, http.StatusCreated)
	ask(t, bridge, request(t, http.MethodPost, "/reservations/"+released.Name+"/release", "")).wantStatus(http.StatusOK)
	unavailable := s.reserveOne(t, bridge, bigCart, http.StatusConflict)

	for phase, name := range map[v1.Phase]string{v1.PhaseReleased: released.Name, v1.PhaseUnavailable: unavailable.Name} {
		version := s.get(t, name).ResourceVersion
		for _, items := range []string{"", `,"items":[{"productId":"plenty","quantity":1}]`} {
			body := `{"reservationId":"` + name + `"` + items + `}`
			plain := ask(t, bridge, request(t, http.MethodPost, "/reservations/"+name+"/consume", body)).wantProblem(http.StatusConflict, notReserved)
			event := ask(t, bridge, eventRequest(t, modeBinary, "/", commandEvent(events.TypeConsume, "c", body))).wantProblem(http.StatusUnprocessableEntity, notReserved)
			if !strings.Contains(plain.Detail, string(phase)) || plain.Detail != event.Detail {
				t.Errorf("%s: told %q and %q", phase, plain.Detail, event.Detail)
			}
		}
		if s.get(t, name).ResourceVersion != version {
			t.Errorf("a Reservation that is %s was written to", phase)
		}
	}
	for _, body := range []string{"", `{"items":[{"productId":"plenty","quantity":1}]}`} {
		ask(t, bridge, request(t, http.MethodPost, "/reservations/none-such/consume", body)).wantProblem(http.StatusNotFound, notFound)
	}
	command := commandEvent(events.TypeConsume, "c", `{"reservationId":"none-such"}`)
	ask(t, bridge, eventRequest(t, modeBinary, "/", command)).wantProblem(http.StatusUnprocessableEntity, notFound)
}

// The rule of the API server says the same as the bridge does.
func TestConsumeRefusedByTheAPIServer(t *testing.T) {
	s := newStore(t)
	s.decide(t)
	options := s.options()
	r := s.reserveOne(t, newBridge(t, options), tinyCart, http.StatusCreated)
	ask(t, newBridge(t, options), request(t, http.MethodPost, "/reservations/"+r.Name+"/release", "")).wantStatus(http.StatusOK)
	lie := s.get(t, r.Name)
	lie.Spec, lie.Status = r.Spec, r.Status
	lie.Spec.Intent = v1.IntentHold
	options.Cache = frozen{lie}
	p := ask(t, newBridge(t, options), request(t, http.MethodPost, "/reservations/"+r.Name+"/consume", "")).wantProblem(http.StatusConflict, notReserved)
	if !strings.Contains(p.Detail, string(v1.PhaseReleased)) {
		t.Errorf("told %q", p.Detail)
	}
}

// A consume before the decision is taken: it is shipped once it is reserved. Parts
// wait for the decision, since nobody knows yet where the units are.
func TestConsumeOfPending(t *testing.T) {
	s := newStore(t)
	options := s.options()
	options.Wait = 200 * time.Millisecond
	impatient, patient := newBridge(t, options), newBridge(t, s.options())
	pend := func(key, body string) string {
		got := ask(t, impatient, request(t, http.MethodPost, "/reservations", body, "Idempotency-Key", key)).wantStatus(http.StatusAccepted)
		return got.header.Get("Location")
	}
	served, refused, partly, releasing := pend("a", tinyCart), pend("b", bigCart), pend("c", wideCart), pend("d", tinyCart)

	var pending accepted
	got := ask(t, impatient, request(t, http.MethodPost, served+"/consume", "")).wantStatus(http.StatusAccepted)
	if got.into(&pending); pending.Intent != v1.IntentConsume || pending.Phase != v1.PhasePending || got.header.Get("Location") != served {
		t.Errorf("%s at %s", got.body, got.header)
	}
	ask(t, impatient, request(t, http.MethodPost, refused+"/consume", "")).wantStatus(http.StatusAccepted)
	const part = `{"items":[{"productId":"plenty","quantity":4}]}`
	for _, operation := range []string{"/consume", "/release"} {
		p := ask(t, impatient, request(t, http.MethodPost, partly+operation, part)).wantProblem(http.StatusServiceUnavailable, tryLater)
		if "/reservations/"+p.ReservationID != partly {
			t.Errorf("%+v of %s", p, partly)
		}
	}
	if r := s.get(t, strings.TrimPrefix(partly, "/reservations/")); r.Spec.ConsumeItems != nil || r.Spec.ReleaseItems != nil {
		t.Errorf("parts were written before the decision: %+v", r.Spec)
	}
	ask(t, impatient, request(t, http.MethodPost, releasing+"/release", "")).wantStatus(http.StatusAccepted)
	ask(t, impatient, request(t, http.MethodPost, releasing+"/consume", "")).wantProblem(http.StatusConflict, notReserved)

	s.decide(t)
	var told events.InventoryConsumed
	ask(t, patient, request(t, http.MethodPost, served+"/consume", "")).wantStatus(http.StatusOK).into(&told)
	if told.Phase != v1.PhaseConsumed {
		t.Errorf("%+v", told)
	}
	p := ask(t, patient, request(t, http.MethodPost, refused+"/consume", "")).wantProblem(http.StatusConflict, notReserved)
	if !strings.Contains(p.Detail, string(v1.PhaseUnavailable)) {
		t.Errorf("told %q", p.Detail)
	}
	ask(t, patient, request(t, http.MethodPost, partly+"/consume", part)).wantStatus(http.StatusOK).into(&told)
	if told.Phase != v1.PhaseReserved || told.Items[0].Consumed+told.Items[1].Consumed != 4 {
		t.Errorf("%+v", told)
	}
}
