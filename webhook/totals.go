package webhook

import (
	"fmt"

	"github.com/acme/inventory-service/api/events"
	v1 "github.com/acme/inventory-service/api/v1"
)

// The running totals of a spec, less what cannot be had any more: units that are
// given back are not shipped, and units that are claimed as shipped are not given
// back.

// shipped is how many units of an allocation were shipped, or are about to be
// counted so.
func shipped(r *v1.Reservation, a v1.Allocation) int64 {
	return max(a.Consumed, min(totalOf(r.Spec.ConsumeItems, a), a.Quantity-a.Released))
}

// givenBack is how many units of an allocation were given back, or are about to
// be.
func givenBack(r *v1.Reservation, a v1.Allocation) int64 {
	return max(a.Released, min(totalOf(r.Spec.ReleaseItems, a), a.Quantity-shipped(r, a)))
}

func totalOf(items []v1.PartialItem, a v1.Allocation) int64 {
	for _, item := range items {
		if item.ProductID == a.ProductID && item.LocationID == a.LocationID {
			return item.Quantity
		}
	}
	return 0
}

// unitsFunc is a number of units of an allocation.
type unitsFunc func(a v1.Allocation) int64

// limit is how many units of an allocation there can be, and why not more.
type limit struct {
	units unitsFunc
	why   string
}

// exceeded says that a line wants more than there is.
func (l limit) exceeded(i int, line events.PartialItem, most int64) error {
	units := fmt.Sprintf("units of product %q", line.ProductID)
	if line.LocationID != "" {
		units += fmt.Sprintf(" at location %q", line.LocationID)
	}
	violation := events.Violation{
		Field:  fmt.Sprintf("items[%d].quantity", i),
		Detail: fmt.Sprintf("is more than the %d %s that are %s", most, units, l.why),
	}
	f := fail(tooMany, "%s", violation)
	f.violations = []events.Violation{violation}
	return f
}

// reached tells whether units add up to every line.
func reached(r *v1.Reservation, lines []events.PartialItem, units unitsFunc) bool {
	for _, line := range lines {
		if sumOf(r, line, units) < line.Quantity {
			return false
		}
	}
	return true
}

// sumOf adds up units over the allocations that a line is about.
func sumOf(r *v1.Reservation, line events.PartialItem, units unitsFunc) int64 {
	var sum int64
	for _, a := range r.Status.Allocations {
		if concerns(line, a) {
			sum += units(a)
		}
	}
	return sum
}

func concerns(line events.PartialItem, a v1.Allocation) bool {
	return line.ProductID == a.ProductID && (line.LocationID == "" || line.LocationID == a.LocationID)
}

// raise returns a spec's running totals such that they add up to every line, and
// whether that changes them. What a line wants beyond the units so far is spread
// over its allocations from front to back, up to their limits. It fails where the
// limits do not suffice.
func raise(r *v1.Reservation, totals []v1.PartialItem, lines []events.PartialItem, units unitsFunc, limit limit) ([]v1.PartialItem, bool, error) {
	raised, changed := append([]v1.PartialItem(nil), totals...), false
	for i, line := range lines {
		if most := sumOf(r, line, limit.units); line.Quantity > most {
			return nil, false, limit.exceeded(i, line, most)
		}
		missing := line.Quantity - sumOf(r, line, units)
		for _, a := range r.Status.Allocations {
			if add := min(missing, limit.units(a)-units(a)); add > 0 && concerns(line, a) {
				raised, changed = setTotal(raised, a, units(a)+add), true
				missing -= add
			}
		}
	}
	if len(raised) > v1.MaxItems {
		return nil, false, fail(invalid, "reservation %s would have parts of more than %d products and locations: settle it as a whole", r.Name, v1.MaxItems)
	}
	return raised, changed, nil
}

func setTotal(totals []v1.PartialItem, a v1.Allocation, quantity int64) []v1.PartialItem {
	for i := range totals {
		if totals[i].ProductID == a.ProductID && totals[i].LocationID == a.LocationID {
			totals[i].Quantity = quantity
			return totals
		}
	}
	return append(totals, v1.PartialItem{ProductID: a.ProductID, LocationID: a.LocationID, Quantity: quantity})
}
