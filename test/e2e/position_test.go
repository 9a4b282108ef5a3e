package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/test/books"
	"github.com/acme/inventory-service/test/testbed"
)

// TestPositions: every answer says how much of the journal it includes, be it that of a
// standby which had the leader decide, and a query that says so too is answered by a replica
// that knows as much.
func TestPositions(t *testing.T) {
	const header = "Inventory-Position"
	w := testbed.NewWorld(t)
	leader := w.Operate(testbed.PatientLease...)
	w.Stock("mug", "mug", "amsterdam", 50)
	standby := w.Operate(testbed.PatientLease...)
	standby.AwaitServing(t.Context())

	var before books.Place
	for i := range 20 {
		cart := fmt.Sprintf(`{"cartId":"c%d","items":[{"productId":"mug","quantity":1}]}`, i)
		got := []*testbed.Operator{leader, standby}[i%2].Post("/reservations", cart).Want(t, http.StatusCreated)
		position := got.Header.Get(header)
		at, err := books.ParsePlace(position)
		if err != nil || at.Before(before) {
			t.Fatalf("the answer's position is %q after %s: %v", position, before, err)
		}
		before = at
		var told outcome
		got.Decode(t, &told)
		for _, o := range []*testbed.Operator{standby, leader} {
			level := o.Request(http.MethodGet, "/stock/mug", nil, header, position).Want(t, http.StatusOK)
			if want := fmt.Sprintf(`{"productId":"mug","available":%d,"reserved":%d}`, 49-i, i+1); strings.TrimSpace(string(level.Body)) != want {
				t.Errorf("after %s the stock level is %s, want %s", position, level.Body, want)
			}
			if answered, err := books.ParsePlace(level.Header.Get(header)); err != nil || answered.Before(at) {
				t.Errorf("the answer to a question about %s includes %q (%v)", position, level.Header.Get(header), err)
			}
			o.Request(http.MethodGet, "/reservations/"+told.ReservationID, nil, header, position).Want(t, http.StatusOK)
		}
	}
	standby.Request(http.MethodGet, "/stock/mug", nil, header, "garbage").Want(t, http.StatusBadRequest)
	w.Settle()
	w.AwaitLedger(func(l *v1.StockLedger) bool {
		at, err := books.ParsePlace(l.Status.Position)
		return err == nil && !at.Before(before) && l.Status.Leader != "" && l.Status.Totals.Reserved == 20
	})
}

// TestRefusalsAreCounted: a refused cart is found by its id, and counts at the StockItem
// that it wanted.
func TestRefusalsAreCounted(t *testing.T) {
	w := testbed.NewWorld(t)
	o := w.Operate()
	w.Stock("mug", "mug", "amsterdam", 1)
	for i := range 3 {
		got := o.Post("/reservations", `{"cartId":"c","items":[{"productId":"mug","quantity":2}]}`, "Idempotency-Key", fmt.Sprint("k", i)).Want(t, http.StatusConflict)
		var refused struct{ ReservationID string }
		got.Decode(t, &refused)
		o.Get("/reservations/"+refused.ReservationID).Want(t, http.StatusOK)
	}
	w.AwaitItem("mug", func(i *v1.StockItem) bool { return i.Status.Refused == 3 })
	w.Settle()
}
