package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	v1 "github.com/acme/inventory-service/api/v1"
)

type outcome struct {
	ReservationID string
	OrderID       *string
	CartID        string
	Items         []struct {
		ProductID string
		Quantity  int64
	}
	UnavailableItems []struct {
		ProductID            string
		Requested, Available int64
	}
	ReservedAt, CheckedAt string
}

func TestEveryOperationAsCloudEvent(t *testing.T) {
	for _, m := range []mode{asStructured, asBinary} {
		t.Run(string(m), func(t *testing.T) {
			w := newWorld(t)
			o := w.operate()
			w.stock("mug", "mug", "amsterdam", 5)
			source := "/apis/inventory.acme.com/v1/namespaces/" + w.namespace + "/reservations"

			reserve := message{ID: "1", Source: "/checkout", Type: "com.acme.inventory.reserve.v1",
				Data: []byte(`{"cartId":"c1","orderId":"o1","more":true,"items":[{"productId":"mug","quantity":2},{"productId":"mug","quantity":1}]}`)}
			reply := o.send(m, reserve).want(t, http.StatusOK)
			reserved := reply.event(t)
			var got outcome
			response{body: reserved.Data}.decode(t, &got)
			if reserved.Type != "com.acme.inventory.reserved.v1" || reserved.Source != source || reserved.Subject != got.ReservationID {
				t.Errorf("the reply is %+v", reserved)
			}
			if got.CartID != "c1" || got.OrderID == nil || *got.OrderID != "o1" || len(got.Items) != 1 || got.Items[0].Quantity != 3 || got.ReservedAt == "" {
				t.Errorf("the outcome is %s", reserved.Data)
			}
			r := w.awaitPhase(got.ReservationID, v1.PhaseReserved)
			if reserved.ID != string(r.UID)+".reserved" {
				t.Errorf("the event's id is %s, want the reservation's uid %s and .reserved", reserved.ID, r.UID)
			}

			again := o.send(m, reserve).want(t, http.StatusOK)
			if string(again.body) != string(reply.body) {
				t.Errorf("a repeated command got another answer:\n%s\n%s", reply.body, again.body)
			}
			other := reserve
			other.Data = []byte(`{"cartId":"c1","items":[{"productId":"mug","quantity":1}]}`)
			o.send(m, other).want(t, http.StatusUnprocessableEntity)

			level := o.send(m, message{ID: "q", Source: "/x", Type: "com.acme.inventory.stocklevel.get.v1", Data: []byte(`{"productId":"mug"}`)}).
				want(t, http.StatusOK).event(t)
			if level.Type != "com.acme.inventory.stocklevel.v1" || string(level.Data) != `{"productId":"mug","available":2,"reserved":3}` {
				t.Errorf("the stock level is %+v %s", level, level.Data)
			}

			refusal := reserve
			refusal.ID, refusal.Data = "2", []byte(`{"cartId":"c2","items":[{"productId":"mug","quantity":3},{"productId":"nobody-has-it","quantity":1}]}`)
			refused := o.send(m, refusal).want(t, http.StatusOK)
			unavailable := refused.event(t)
			var short outcome
			response{body: unavailable.Data}.decode(t, &short)
			if unavailable.Type != "com.acme.inventory.unavailable.v1" || len(short.UnavailableItems) != 2 || short.CheckedAt == "" ||
				short.UnavailableItems[0].Available != 2 || short.UnavailableItems[1].Available != 0 {
				t.Errorf("the refusal is %+v %s", unavailable, unavailable.Data)
			}
			if strings.Contains(string(unavailable.Data), "orderId") {
				t.Errorf("an absent order id is not left out: %s", unavailable.Data)
			}

			release := message{ID: "3", Source: "/checkout", Type: "com.acme.inventory.release.v1",
				Data: fmt.Appendf(nil, `{"reservationId":%q,"reason":"ORDER_CANCELLED"}`, got.ReservationID)}
			released := o.send(m, release).want(t, http.StatusOK).event(t)
			if released.Type != "com.acme.inventory.released.v1" {
				t.Errorf("the reply to the release is %+v", released)
			}
			o.send(m, release).want(t, http.StatusOK)
			w.awaitPhase(got.ReservationID, v1.PhaseReleased)

			// The first refusal stands, although there is enough by now.
			if replay := o.send(m, refusal).want(t, http.StatusOK); string(replay.body) != string(refused.body) {
				t.Errorf("a repeated refusal got another answer:\n%s\n%s", refused.body, replay.body)
			}
			w.settle()
		})
	}
}

func TestEveryOperationOverPlainHTTP(t *testing.T) {
	w := newWorld(t)
	o := w.operate()
	w.stock("mug-a", "mug", "amsterdam", 3)
	w.stock("mug-r", "mug", "rotterdam", 4)
	w.stock("pot", "pot", "rotterdam", 1)

	key := []string{"Idempotency-Key", "k1"}
	cart := `{"cartId":"c1","items":[{"productId":"mug","quantity":4},{"productId":"pot","quantity":1}]}`
	created := o.post("/reservations", cart, key...).want(t, http.StatusCreated)
	var got outcome
	created.decode(t, &got)
	if location := created.header.Get("Location"); !strings.HasSuffix(location, "/reservations/"+got.ReservationID) {
		t.Errorf("Location is %q", location)
	}
	if again := o.post("/reservations", cart, key...).want(t, http.StatusCreated); string(again.body) != string(created.body) {
		t.Errorf("a repeated command got another answer:\n%s\n%s", created.body, again.body)
	}
	o.post("/reservations", `{"cartId":"c2","items":[{"productId":"mug","quantity":1}]}`, key...).want(t, http.StatusConflict)
	// One location can serve the whole line, so it is not split.
	r := w.awaitPhase(got.ReservationID, v1.PhaseReserved)
	if len(r.Status.Allocations) != 2 || r.Status.Allocations[0] != (v1.Allocation{ProductID: "mug", LocationID: "rotterdam", Quantity: 4}) {
		t.Errorf("the allocations are %+v", r.Status.Allocations)
	}

	// All or nothing: mugs are left, pots are not.
	refused := o.post("/reservations", `{"cartId":"c3","items":[{"productId":"mug","quantity":1},{"productId":"pot","quantity":1}]}`).
		want(t, http.StatusConflict)
	var short outcome
	refused.decode(t, &short)
	if len(short.UnavailableItems) != 1 || short.UnavailableItems[0].ProductID != "pot" {
		t.Errorf("the refusal is %s", refused.body)
	}
	if level := o.get("/stock/mug").want(t, http.StatusOK); strings.TrimSpace(string(level.body)) != `{"productId":"mug","available":3,"reserved":4}` {
		t.Errorf("the stock level is %s", level.body)
	}
	o.get("/namespaces/"+w.namespace+"/reservations/"+got.ReservationID).want(t, http.StatusOK)

	o.post("/reservations/"+got.ReservationID+"/release", `{"reason":"CHECKOUT_FAILED"}`).want(t, http.StatusOK)
	if r := w.awaitPhase(got.ReservationID, v1.PhaseReleased); r.Status.Reason != "CHECKOUT_FAILED" {
		t.Errorf("the reason is %s", r.Status.Reason)
	}
	o.post("/reservations/"+got.ReservationID+"/release", ``).want(t, http.StatusOK)

	for path, code := range map[string]int{
		"/stock/unknown":        http.StatusNotFound,
		"/reservations/unknown": http.StatusNotFound,
		"/namespaces/unknown/reservations/" + got.ReservationID: http.StatusNotFound,
	} {
		o.get(path).want(t, code)
	}
	o.post("/reservations/unknown/release", `{}`).want(t, http.StatusNotFound)
	o.post("/namespaces/unknown/reservations", cart).want(t, http.StatusNotFound)
	o.post("/reservations", `{"cartId":"c","items":[{"productId":"mug","quantity":0}]}`).want(t, http.StatusBadRequest)
	w.settle()
}

// TestAsManyAsThereAre lets 64 clients take an item of which there is less than
// they ask for: exactly the units there are must be sold.
func TestAsManyAsThereAre(t *testing.T) {
	const carts, units = 256, 100
	w := newWorld(t)
	o := w.operate(patientLease...)
	w.stock("mug", "mug", "amsterdam", units)
	var reserved, refused atomic.Int64
	inParallel(carts, func(i int) {
		got := o.post("/reservations", fmt.Sprintf(`{"cartId":"c%d","items":[{"productId":"mug","quantity":1}]}`, i))
		switch got.code {
		case http.StatusCreated:
			reserved.Add(1)
		case http.StatusConflict:
			refused.Add(1)
		default:
			t.Errorf("cart %d got %d %s", i, got.code, got.body)
		}
	})
	if reserved.Load() != units || refused.Load() != carts-units {
		t.Errorf("%d carts were reserved and %d refused, want %d and %d", reserved.Load(), refused.Load(), units, carts-units)
	}
	w.settle()
}
