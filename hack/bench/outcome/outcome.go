// Package outcome writes into a Reservation's status what the operator would have written
// there, for contenders that show carts as it does and decide them by themselves.
//
// It decides nothing and sends nothing.
package outcome

import (
	"time"

	"github.com/google/uuid"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/internal/view"
)

// Reserve shows that these units are held for so long.
func Reserve(r *v1.Reservation, held []v1.Allocation, lasts time.Duration) {
	decided := begin(r, stock.PhaseReserved)
	decided.Allocations, decided.Expires = allocations(held), whole(time.Now().Add(lasts))
	view.Show(r, &decided)
}

// Refuse shows that the cart cannot be served for want of one product.
func Refuse(r *v1.Reservation, short v1.UnavailableItem) {
	decided := begin(r, stock.PhaseRefused)
	decided.Short = []stock.Shortage{{Product: stock.ID(short.ProductID), Requested: short.Requested, Available: short.Available}}
	view.Show(r, &decided)
}

// Release shows that all that is held was given back now.
func Release(r *v1.Reservation) {
	released := begin(r, stock.PhaseReleased)
	released.Reason, released.Ended = stock.ReasonReleased, released.At
	if at := r.Status.DecidedAt; at != nil {
		released.At = stock.Time(at.UnixMicro())
	}
	if at := r.Status.ExpiresAt; at != nil {
		released.Expires = whole(at.Time)
	}
	released.Outcome, released.Allocations = stock.ID(r.Status.OutcomeID), allocations(r.Status.Allocations)
	for i := range released.Allocations {
		released.Allocations[i].Released += released.Allocations[i].Held()
	}
	view.Show(r, &released)
}

// begin is what a cart asks for, decided now.
func begin(r *v1.Reservation, phase stock.Phase) stock.Reservation {
	decided := stock.Reservation{
		ID: stock.ID(r.UID), Phase: phase, Outcome: stock.ID(uuid.NewString()),
		Cart: stock.ID(r.Spec.CartID), Order: stock.ID(r.Spec.OrderID), At: stock.Time(time.Now().UnixMicro()),
	}
	for _, i := range r.Spec.Items {
		decided.Lines = append(decided.Lines, stock.Line{Product: stock.ID(i.ProductID), Quantity: i.Quantity})
	}
	return decided
}

// whole is a moment as the API server keeps it.
func whole(t time.Time) stock.Time { return stock.Time(t.Truncate(time.Second).UnixMicro()) }

func allocations(shown []v1.Allocation) []stock.Allocation {
	all := make([]stock.Allocation, 0, len(shown))
	for _, a := range shown {
		all = append(all, stock.Allocation{
			Product: stock.ID(a.ProductID), Location: a.LocationID, Quantity: a.Quantity, Consumed: a.Consumed, Released: a.Released,
		})
	}
	return all
}
