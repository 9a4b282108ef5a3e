package webhook

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"

	cloudevents "github.com/cloudevents/sdk-go/v2"
	"github.com/cloudevents/sdk-go/v2/binding"
	cehttp "github.com/cloudevents/sdk-go/v2/protocol/http"

	"github.com/acme/inventory-service/api/events"
	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/contract"
)

// writeBody answers with a whole document, and ends its line. A caller that is gone is no error of ours.
func writeBody(x *exchange, status int, contentType string, body []byte) {
	header := x.Header()
	header.Set("Content-Type", contentType)
	header.Set("Content-Length", strconv.Itoa(len(body)+1))
	x.WriteHeader(status)
	_, _ = x.Write(append(slices.Clip(body), '\n'))
}

// unencodable is the failure of an answer that cannot be written down.
func unencodable(what string, err error) error {
	f := fail(internal, "%s cannot be encoded, which is a fault of this service: report it", what)
	f.cause = fmt.Errorf("encode %s: %w", what, err)
	return f
}

// writeJSON answers 200 with a document of the bridge's own.
func writeJSON(x *exchange, document any) error {
	body, err := json.Marshal(document)
	if err != nil {
		return unencodable("the answer", err)
	}
	writeBody(x, http.StatusOK, contentTypeJSON, body)
	return nil
}

// writeTagged answers a query as writeJSON does, or says that the caller has the answer already. A
// cache of the caller's own may keep it, and has to ask each time whether it still holds.
func writeTagged(x *exchange, r *http.Request, document any) error {
	body, err := json.Marshal(document)
	if err != nil {
		return unencodable("the answer", err)
	}
	tag := tagOf(body)
	x.Header().Set("ETag", tag)
	x.Header().Set(headerCaching, "private, no-cache")
	if names(r.Header, tag) {
		x.WriteHeader(http.StatusNotModified)
		return nil
	}
	writeBody(x, http.StatusOK, contentTypeJSON, body)
	return nil
}

// writeEvent answers with a CloudEvent, in the mode that the command came in.
func writeEvent(x *exchange, r *http.Request, event cloudevents.Event) error {
	if x.mode == modeStructured {
		body, err := json.Marshal(event)
		if err != nil {
			return unencodable("event "+event.ID(), err)
		}
		writeBody(x, http.StatusOK, cloudevents.ApplicationCloudEventsJSON, body)
		return nil
	}
	event = events.ForHeaders(event)
	if err := cehttp.WriteResponseWriter(r.Context(), binding.ToMessage(&event), http.StatusOK, x); err != nil && x.status == 0 {
		return unencodable("event "+event.ID(), err)
	}
	return nil
}

// writeOutcome answers a reservation over plain HTTP: 201, or 409 with the lines
// that were short.
func writeOutcome(x *exchange, reservation *v1.Reservation) error {
	outcome, ok := events.Outcome(reservation)
	if !ok {
		return fmt.Errorf("reservation %s/%s has no outcome to tell", reservation.Namespace, reservation.Name)
	}
	if x.prefers.async {
		x.accept(x.location(reservation.ReservationID()))
		return nil
	}
	x.Header().Set("Location", x.location(reservation.ReservationID()))
	if outcome.Type() == events.TypeReserved {
		writeBody(x, http.StatusCreated, contentTypeJSON, outcome.Data())
		return nil
	}
	body, err := mergeObjects(problem{
		Type:          contract.ProblemBase + contract.Unavailable.Slug,
		Title:         contract.Unavailable.Title,
		Status:        contract.Unavailable.Plain,
		Detail:        "not every item of the cart could be reserved, so none is",
		ReservationID: reservation.ReservationID(),
	}, outcome.Data())
	if err != nil {
		return err
	}
	writeBody(x, contract.Unavailable.Plain, contentTypeProblem, body)
	return nil
}

// mergeObjects adds the members of a JSON object to a problem document.
func mergeObjects(p problem, members []byte) ([]byte, error) {
	merged := map[string]json.RawMessage{}
	if err := json.Unmarshal(members, &merged); err != nil {
		return nil, fmt.Errorf("reading the outcome's payload: %w", err)
	}
	if err := json.Unmarshal(p.encode(), &merged); err != nil {
		return nil, fmt.Errorf("reading the problem document: %w", err)
	}
	return json.Marshal(merged)
}
