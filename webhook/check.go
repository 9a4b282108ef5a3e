package webhook

import (
	"context"
	"net/http"

	cloudevents "github.com/cloudevents/sdk-go/v2"
	"github.com/google/uuid"

	"github.com/acme/inventory-service/api/events"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/stock"
)

// dryRun tells whether a request only asks whether its cart would fit, as the API server's
// own requests say it.
func dryRun(r *http.Request) (bool, error) {
	values, given := r.URL.Query()["dryRun"]
	switch {
	case !given:
		return false, nil
	case len(values) == 1 && values[0] == "All":
		return true, nil
	default:
		return false, events.Invalid("dryRun", "must be All, or be left out")
	}
}

// noDryRun refuses a request that was only to be tried, as far as its address says, where that
// would be overlooked and the request carried out.
func noDryRun(serve serveFunc) serveFunc {
	return func(x *exchange, r *http.Request) error {
		// What is served anew, as another leads, is known to be a check by then.
		tries := x.operation == operationReserve || x.operation == operationCheck
		for name := range r.URL.Query() {
			if events.NearMiss(name, "dryRun") && (name != "dryRun" || !tries) {
				return events.Invalid(clip(name, 64), "is not known here, and nothing was done: what can be asked first is whether a cart would fit, by POST /reservations?dryRun=All or %s", events.TypeCheck)
			}
		}
		return serve(x, r)
	}
}

func (b *bridge) checkEvent(ctx context.Context, x *exchange, namespace string, query *message) (cloudevents.Event, error) {
	payload, err := b.decode.Reserve(query.data)
	if err != nil {
		return cloudevents.Event{}, err
	}
	checked, err := b.check(ctx, x, namespace, payload)
	if err != nil {
		return cloudevents.Event{}, err
	}
	return replyTo(query, events.Reply(namespace, events.TypeChecked, uuid.NewString()+".checked", "", checked)), nil
}

// check tells whether a cart would be reserved at this moment, and from where. Nothing is held,
// so a moment later it may be otherwise.
func (b *bridge) check(ctx context.Context, x *exchange, namespace string, payload *events.ReserveInventory) (events.CartChecked, error) {
	checked := events.CartChecked{CartID: payload.CartID}
	ctx, cancel := x.bound(ctx, b.Wait)
	defer cancel()
	j, err := b.enterToRead(ctx, x, namespace)
	if err != nil {
		return checked, err
	}
	lines := make([]stock.Line, 0, len(payload.Items))
	for _, item := range payload.Items {
		lines = append(lines, stock.Line{Product: stock.ID(item.ProductID), Quantity: item.Quantity})
	}
	replaced, err := b.replaced(ctx, j, namespace, payload)
	if err != nil {
		return checked, err
	}
	if j == nil { // nothing was ever stocked
		j = nothing{}
	}
	j.Read(func(s *stock.State, _ *journal.Log) {
		allocations, short := s.Try(lines, replaced)
		checked.Fits = len(short) == 0
		for _, a := range allocations {
			checked.Allocations = append(checked.Allocations, events.PlannedItem{ProductID: string(a.Product), LocationID: a.Location, Quantity: a.Quantity})
		}
		for _, line := range short {
			checked.UnavailableItems = append(checked.UnavailableItems, events.UnavailableItem{
				ProductID: string(line.Product), Requested: line.Requested, Available: line.Available,
			})
		}
	})
	return checked, nil
}

// replaced is the hold whose place a cart would take, nil where it names none. That there is no such
// hold is proven; without a journal there is none.
func (b *bridge) replaced(ctx context.Context, j Journal, namespace string, payload *events.ReserveInventory) (r *stock.Reservation, err error) {
	if payload.Replaces == "" {
		return nil, nil //nolint:nilnil // it takes nobody's place
	}
	if j != nil {
		r = find(j, payload.Replaces)
		if r == nil {
			if err := b.proveAbsence(ctx, j); err != nil {
				return nil, orElse(err, "whether there is a reservation %s cannot be told now: ask again", clip(payload.Replaces, 100))
			}
			r = find(j, payload.Replaces)
		}
	}
	if r == nil || r.Phase.Ended() || r.Cart != stock.ID(payload.CartID) {
		return nil, nothingToReplace(namespace, payload, r)
	}
	return r, nil
}

// nothing is the journal of a namespace that has none.
type nothing struct{ Journal }

// Read shows that nothing is known.
func (nothing) Read(read func(*stock.State, *journal.Log)) { read(stock.New(), nil) }
