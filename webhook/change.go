package webhook

import (
	"context"
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/acme/inventory-service/api/events"
	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/internal/view"
)

// change is a command about a reservation that there is.
type change struct {
	// text names the reservation.
	text string
	// items are the running totals of a part; none means everything that is left.
	items []events.PartialItem
	// request is what to ask of the journal.
	request func(id stock.ID, parts []stock.Part) stock.Request
	// refusal tells why it cannot be carried out: what r is, it stays.
	refusal func(r *v1.Reservation) error
	// missing tells what is not for sale where units were to be shipped from.
	missing func(places placesOf) error
	// withdrawn tells what becomes of it where the reservation, an object, was released
	// before it was decided.
	withdrawn func(r *v1.Reservation) error
}

// carryOut has a change decided and returns how the reservation stands then.
func (b *bridge) carryOut(ctx context.Context, x *exchange, namespace string, c change) (*v1.Reservation, error) {
	x.reservation = c.text
	ctx, cancel := x.bound(ctx, b.Wait)
	defer cancel()
	j, err := b.enterToAsk(ctx, x, namespace)
	if err != nil {
		return nil, err
	}
	answer, err := b.askByText(ctx, x, j, c)
	if err != nil {
		return nil, err
	}
	switch answer.Verdict {
	case stock.Done, stock.Repeated:
		return view.Reservation(namespace, answer.Reservation), nil
	case stock.Unknown:
		return b.carryOutUndecided(ctx, namespace, c)
	case stock.Conflicting, stock.TooMany:
		return nil, c.refusal(view.Reservation(namespace, answer.Reservation))
	case stock.NotThere:
		return nil, c.missing(func(product string) (places []stock.LocationLevel) {
			j.Read(func(s *stock.State, _ *journal.Log) { places = s.Locations(stock.ID(product)) })
			return places
		})
	case stock.Contradicting:
		return nil, fail(contradicting, "another location of the product has more than the message says of it, by a total that was stated without locations: "+
			"state at least what GET /reservations/%s tells, or the total without locations", clip(c.text, 100))
	default:
		return nil, unexpected(answer.Verdict)
	}
}

// placesOf tells where a product is.
type placesOf func(product string) []stock.LocationLevel

// lookUps is how often a text is looked up at most for one command.
const lookUps = 3

// askByText asks for a change of the reservation that a text names. Where State knows none,
// the text itself is asked for: the answer proves that State is complete, and the text may
// name one by now.
func (b *bridge) askByText(ctx context.Context, x *exchange, j Journal, c change) (answer stock.Answer, err error) {
	parts := make([]stock.Part, 0, len(c.items))
	for _, item := range c.items {
		parts = append(parts, stock.Part{Product: stock.ID(item.ProductID), Location: item.LocationID, Quantity: item.Quantity})
	}
	id := stock.ID(c.text)
	if r := find(j, c.text); r != nil {
		id = r.ID
	}
	for range lookUps {
		answer, err = b.ask(ctx, x, j, c.request(id, parts))
		if err != nil {
			return answer, err
		}
		r := find(j, c.text)
		if r == nil || r.ID == id {
			return answer, nil
		}
		id = r.ID
	}
	return answer, nil
}

// carryOutUndecided answers a change of what the journal is proven not to know. An object
// is decided first.
func (b *bridge) carryOutUndecided(ctx context.Context, namespace string, c change) (*v1.Reservation, error) {
	object, err := b.readObject(ctx, namespace, c.text)
	switch {
	case err != nil:
		return nil, err
	case object == nil || object.Spec.Command != nil:
		return nil, unknown(namespace, c.text)
	case object.CurrentPhase() == v1.PhaseReleased && !object.Decided():
		return object, c.withdrawn(object)
	}
	if stalled := meta.FindStatusCondition(object.Status.Conditions, v1.ConditionStalled); stalled != nil && stalled.Status == metav1.ConditionTrue {
		return nil, fail(notReserved, "reservation %s is not decided and holds nothing: %s", c.text, stalled.Message)
	}
	f := fail(tryLater, "reservation %s is not decided yet and nothing was done with its items: repeat the request unchanged", c.text)
	f.reservationID = object.ReservationID()
	return nil, f
}

// releasable is how many units of a line can be given back in all.
func releasable(r *v1.Reservation, item events.PartialItem) (units int64) {
	for _, a := range r.Status.Allocations {
		if item.ProductID == a.ProductID && (item.LocationID == "" || item.LocationID == a.LocationID) {
			units += a.Quantity - a.Consumed
		}
	}
	return units
}

// shippable is how many units of a line can be shipped in all: those of its place, and in
// their stead those that are held at others.
func shippable(r *v1.Reservation, item events.PartialItem) (units int64) {
	for _, a := range r.Status.Allocations {
		switch {
		case item.ProductID != a.ProductID:
		case item.LocationID == "" || item.LocationID == a.LocationID:
			units += a.Quantity - a.Released
		default:
			units += a.Held()
		}
	}
	return units
}

// exceeded names the first line that wants more than there are units.
func exceeded(r *v1.Reservation, items []events.PartialItem, units func(*v1.Reservation, events.PartialItem) int64, why string) error {
	for i, item := range items {
		most := units(r, item)
		if item.Quantity > most {
			return tooManyUnits(i, item, most, why)
		}
	}
	sums := map[string]int64{}
	for i, item := range items {
		sums[item.ProductID] += item.Quantity
		if most := together(r, items, item.ProductID, units); sums[item.ProductID] > most {
			return tooManyOf(events.Violation{
				Field: fmt.Sprintf("items[%d].quantity", i),
				Detail: fmt.Sprintf("together with the lines before it is more than the %d units of product %q that are %s, those left out that were shipped elsewhere",
					most, item.ProductID, why),
			})
		}
	}
	return unexpected(stock.TooMany)
}

// together is how many units the lines of a product can be about in all: what was shipped
// from places that they do not name they cannot be about.
func together(r *v1.Reservation, items []events.PartialItem, product string, units func(*v1.Reservation, events.PartialItem) int64) int64 {
	most := units(r, events.PartialItem{ProductID: product})
	for _, a := range r.Status.Allocations {
		named := func(item events.PartialItem) bool {
			return item.ProductID == product && (item.LocationID == "" || item.LocationID == a.LocationID)
		}
		if a.ProductID == product && !slices.ContainsFunc(items, named) {
			most -= a.Consumed
		}
	}
	return most
}

func tooManyUnits(i int, item events.PartialItem, most int64, why string) error {
	units := fmt.Sprintf("units of product %q", item.ProductID)
	if item.LocationID != "" {
		units += fmt.Sprintf(" at location %q", item.LocationID)
	}
	return tooManyOf(events.Violation{
		Field:  fmt.Sprintf("items[%d].quantity", i),
		Detail: fmt.Sprintf("is more than the %d %s that are %s", most, units, why),
	})
}

func tooManyOf(violation events.Violation) error {
	f := fail(tooMany, "%s", violation)
	f.violations = []events.Violation{violation}
	return f
}

// unexpected is the failure of a request that got a verdict which it should never get.
func unexpected(verdict stock.Verdict) error {
	return fail(internal, "the journal answered %s, which this request should never get: it is a fault of this service, report it", verdict)
}
