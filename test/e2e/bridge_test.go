package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/test/testbed"
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
	for _, m := range []testbed.Mode{testbed.AsStructured, testbed.AsBinary} {
		t.Run(string(m), func(t *testing.T) {
			w := testbed.NewWorld(t)
			o := w.Operate()
			w.Stock("mug", "mug", "amsterdam", 5)
			source := "/apis/inventory.acme.com/v1/namespaces/" + w.Namespace + "/reservations"

			reserve := testbed.Message{ID: "1", Source: "/checkout", Type: "com.acme.inventory.reserve.v1",
				Data: []byte(`{"cartId":"c1","orderId":"o1","more":true,"items":[{"productId":"mug","quantity":2},{"productId":"mug","quantity":1}]}`)}
			reply := o.Send(m, reserve).Want(t, http.StatusOK)
			reserved := reply.Event(t)
			var got outcome
			testbed.Response{Body: reserved.Data}.Decode(t, &got)
			if reserved.Type != "com.acme.inventory.reserved.v1" || reserved.Source != source || reserved.Subject != got.ReservationID {
				t.Errorf("the reply is %+v", reserved)
			}
			if got.CartID != "c1" || got.OrderID == nil || *got.OrderID != "o1" || len(got.Items) != 1 || got.Items[0].Quantity != 3 || got.ReservedAt == "" {
				t.Errorf("the outcome is %s", reserved.Data)
			}
			r := w.AwaitPhase(got.ReservationID, v1.PhaseReserved)
			if reserved.ID != r.Status.OutcomeID+".reserved" {
				t.Errorf("the event's id is %s, want the outcome's id %s and .reserved", reserved.ID, r.Status.OutcomeID)
			}

			again := o.Send(m, reserve).Want(t, http.StatusOK)
			if string(again.Body) != string(reply.Body) {
				t.Errorf("a repeated command got another answer:\n%s\n%s", reply.Body, again.Body)
			}
			other := reserve
			other.Data = []byte(`{"cartId":"c1","items":[{"productId":"mug","quantity":1}]}`)
			o.Send(m, other).Want(t, http.StatusUnprocessableEntity)

			level := o.Send(m, testbed.Message{ID: "q", Source: "/x", Type: "com.acme.inventory.stocklevel.get.v1", Data: []byte(`{"productId":"mug"}`)}).
				Want(t, http.StatusOK).Event(t)
			if level.Type != "com.acme.inventory.stocklevel.v1" || string(level.Data) != `{"productId":"mug","available":2,"reserved":3}` {
				t.Errorf("the stock level is %+v %s", level, level.Data)
			}

			refusal := reserve
			refusal.ID, refusal.Data = "2", []byte(`{"cartId":"c2","items":[{"productId":"mug","quantity":3},{"productId":"nobody-has-it","quantity":1}]}`)
			refused := o.Send(m, refusal).Want(t, http.StatusOK)
			unavailable := refused.Event(t)
			var short outcome
			testbed.Response{Body: unavailable.Data}.Decode(t, &short)
			if unavailable.Type != "com.acme.inventory.unavailable.v1" || len(short.UnavailableItems) != 2 || short.CheckedAt == "" ||
				short.UnavailableItems[0].Available != 2 || short.UnavailableItems[1].Available != 0 {
				t.Errorf("the refusal is %+v %s", unavailable, unavailable.Data)
			}
			if strings.Contains(string(unavailable.Data), "orderId") {
				t.Errorf("an absent order id is not left out: %s", unavailable.Data)
			}

			release := testbed.Message{ID: "3", Source: "/checkout", Type: "com.acme.inventory.release.v1",
				Data: fmt.Appendf(nil, `{"reservationId":%q,"reason":"ORDER_CANCELLED"}`, got.ReservationID)}
			released := o.Send(m, release).Want(t, http.StatusOK).Event(t)
			if released.Type != "com.acme.inventory.released.v1" {
				t.Errorf("the reply to the release is %+v", released)
			}
			o.Send(m, release).Want(t, http.StatusOK)
			w.AwaitPhase(got.ReservationID, v1.PhaseReleased)

			// The first refusal stands, although there is enough by now.
			if replay := o.Send(m, refusal).Want(t, http.StatusOK); string(replay.Body) != string(refused.Body) {
				t.Errorf("a repeated refusal got another answer:\n%s\n%s", refused.Body, replay.Body)
			}
			w.Settle()
		})
	}
}

func TestEveryOperationOverPlainHTTP(t *testing.T) {
	w := testbed.NewWorld(t)
	o := w.Operate()
	w.Stock("mug-a", "mug", "amsterdam", 3)
	w.Stock("mug-r", "mug", "rotterdam", 4)
	w.Stock("pot", "pot", "rotterdam", 1)

	key := []string{"Idempotency-Key", "k1"}
	cart := `{"cartId":"c1","items":[{"productId":"mug","quantity":4},{"productId":"pot","quantity":1}]}`
	created := o.Post("/reservations", cart, key...).Want(t, http.StatusCreated)
	var got outcome
	created.Decode(t, &got)
	if location := created.Header.Get("Location"); !strings.HasSuffix(location, "/reservations/"+got.ReservationID) {
		t.Errorf("Location is %q", location)
	}
	if again := o.Post("/reservations", cart, key...).Want(t, http.StatusCreated); string(again.Body) != string(created.Body) {
		t.Errorf("a repeated command got another answer:\n%s\n%s", created.Body, again.Body)
	}
	o.Post("/reservations", `{"cartId":"c2","items":[{"productId":"mug","quantity":1}]}`, key...).Want(t, http.StatusConflict)
	// One location can serve the whole line, so it is not split.
	r := w.AwaitPhase(got.ReservationID, v1.PhaseReserved)
	if len(r.Status.Allocations) != 2 || r.Status.Allocations[0] != (v1.Allocation{ProductID: "mug", LocationID: "rotterdam", Quantity: 4}) {
		t.Errorf("the allocations are %+v", r.Status.Allocations)
	}

	// All or nothing: mugs are left, pots are not.
	refused := o.Post("/reservations", `{"cartId":"c3","items":[{"productId":"mug","quantity":1},{"productId":"pot","quantity":1}]}`).
		Want(t, http.StatusConflict)
	var short outcome
	refused.Decode(t, &short)
	if len(short.UnavailableItems) != 1 || short.UnavailableItems[0].ProductID != "pot" {
		t.Errorf("the refusal is %s", refused.Body)
	}
	if level := o.Get("/stock/mug").Want(t, http.StatusOK); strings.TrimSpace(string(level.Body)) != `{"productId":"mug","available":3,"reserved":4}` {
		t.Errorf("the stock level is %s", level.Body)
	}
	o.Get("/namespaces/"+w.Namespace+"/reservations/"+got.ReservationID).Want(t, http.StatusOK)

	o.Post("/reservations/"+got.ReservationID+"/release", `{"reason":"CHECKOUT_FAILED"}`).Want(t, http.StatusOK)
	if r := w.AwaitPhase(got.ReservationID, v1.PhaseReleased); r.Status.Reason != "CHECKOUT_FAILED" {
		t.Errorf("the reason is %s", r.Status.Reason)
	}
	o.Post("/reservations/"+got.ReservationID+"/release", ``).Want(t, http.StatusOK)

	for path, code := range map[string]int{
		"/stock/unknown":        http.StatusNotFound,
		"/reservations/unknown": http.StatusNotFound,
		"/namespaces/unknown/reservations/" + got.ReservationID: http.StatusNotFound,
	} {
		o.Get(path).Want(t, code)
	}
	o.Post("/reservations/unknown/release", `{}`).Want(t, http.StatusNotFound)
	o.Post("/namespaces/unknown/reservations", cart).Want(t, http.StatusNotFound)
	o.Post("/reservations", `{"cartId":"c","items":[{"productId":"mug","quantity":0}]}`).Want(t, http.StatusBadRequest)
	w.Settle()
}

// TestAsManyAsThereAre lets 64 clients take an item of which there is less than
// they ask for: exactly the units there are must be sold.
func TestAsManyAsThereAre(t *testing.T) {
	const carts, units = 256, 100
	w := testbed.NewWorld(t)
	o := w.Operate(testbed.PatientLease...)
	w.Stock("mug", "mug", "amsterdam", units)
	var reserved, refused atomic.Int64
	testbed.InParallel(carts, func(i int) {
		got := o.Post("/reservations", fmt.Sprintf(`{"cartId":"c%d","items":[{"productId":"mug","quantity":1}]}`, i))
		switch got.Code {
		case http.StatusCreated:
			reserved.Add(1)
		case http.StatusConflict:
			refused.Add(1)
		default:
			t.Errorf("cart %d got %d %s", i, got.Code, got.Body)
		}
	})
	if reserved.Load() != units || refused.Load() != carts-units {
		t.Errorf("%d carts were reserved and %d refused, want %d and %d", reserved.Load(), refused.Load(), units, carts-units)
	}
	w.Settle()
}

// Where ids are UUIDs an object with another one is told by its uid and by its name, and
// nobody waits for it in vain.
func TestStalledObjectByUID(t *testing.T) {
	w := testbed.NewWorld(t)
	o := w.Operate("--ids", "uuid")
	w.Reservation("my-cart", testbed.Line("mug", 1))
	r := w.AwaitReservation("my-cart", func(r *v1.Reservation) bool {
		return meta.IsStatusConditionTrue(r.Status.Conditions, v1.ConditionStalled)
	})
	for _, text := range []string{"my-cart", string(r.UID)} {
		var view struct{ ReservationID, Name, Phase string }
		o.Get("/reservations/"+text).Want(t, http.StatusOK).Decode(t, &view)
		if view.ReservationID != string(r.UID) || view.Name != "my-cart" || view.Phase != "Pending" {
			t.Errorf("%s is %+v", text, view)
		}
		o.Post("/reservations/"+text+"/release", "").Want(t, http.StatusConflict)
	}
	o.Get("/reservations/7d1c3fa4-223d-41d9-86c1-270e2989b101").Want(t, http.StatusNotFound)
}
