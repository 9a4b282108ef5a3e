package stock

import "slices"

// holdChange is a change of a hold while it is worked out.
type holdChange struct{ Change }

// counter picks one of an allocation's two running totals.
type counter func(a *Allocation) *int64

func giveBack(a *Allocation) *int64 { return &a.Released }
func ship(a *Allocation) *int64     { return &a.Consumed }

func changeOf(r *Reservation, actor ID, now Time) *holdChange {
	return &holdChange{Change{
		Reservation: r.ID, Phase: PhaseReserved, Allocations: slices.Clone(r.Allocations), Actor: actor, At: now,
	}}
}

// giveBackAll releases what is left, and says why.
func (h *holdChange) giveBackAll(reason string) {
	if reason == "" {
		reason = ReasonReleased
	}
	h.Reason = reason
	for i := range h.Allocations {
		h.Allocations[i].Released += h.Allocations[i].Held()
	}
}

// shipAll consumes what is left.
func (h *holdChange) shipAll() {
	for i := range h.Allocations {
		h.Allocations[i].Consumed += h.Allocations[i].Held()
	}
}

// raise brings running totals up to what parts say, as far as there are units: what is
// missing is taken from front to back. It tells whether that changed anything.
func (h *holdChange) raise(parts []Part, of counter) (changed bool) {
	for _, part := range parts {
		missing := part.Quantity - sumOf(h.Allocations, part, of)
		for i := range h.Allocations {
			a := &h.Allocations[i]
			if missing <= 0 {
				break
			}
			if add := min(missing, a.Held()); add > 0 && part.concerns(a) {
				total := of(a)
				*total += add
				missing -= add
				changed = true
			}
		}
	}
	return changed
}

// finish ends a hold that holds nothing any more: consumed if any unit was shipped, else
// released, for a reason.
func (h *holdChange) finish(reason string) {
	shipped := false
	for _, a := range h.Allocations {
		if a.Held() > 0 {
			return
		}
		shipped = shipped || a.Consumed > 0
	}
	h.Ended = h.At
	if shipped {
		h.Phase = PhaseConsumed
		return
	}
	h.Phase = PhaseReleased
	if reason == "" {
		reason = ReasonReleased
	}
	h.Reason = reason
}

// shipped tells whether the units consumed are up to every part.
func shipped(r *Reservation, parts []Part) bool {
	for _, part := range parts {
		if sumOf(r.Allocations, part, ship) < part.Quantity {
			return false
		}
	}
	return true
}

// givenBack tells whether the units released are up to every part, of which more than was
// left counts as all. Where nothing was released, nobody has asked for it before.
func givenBack(r *Reservation, parts []Part) bool {
	quantity := func(a *Allocation) *int64 { return &a.Quantity }
	for _, part := range parts {
		left := sumOf(r.Allocations, part, quantity) - sumOf(r.Allocations, part, ship)
		if sum := sumOf(r.Allocations, part, giveBack); sum == 0 || sum < min(part.Quantity, left) {
			return false
		}
	}
	return true
}

// exceeds tells whether parts ask for more units than were reserved and not used otherwise.
func exceeds(r *Reservation, parts []Part, otherwise counter) bool {
	quantity := func(a *Allocation) *int64 { return &a.Quantity }
	for _, part := range parts {
		if part.Quantity > sumOf(r.Allocations, part, quantity)-sumOf(r.Allocations, part, otherwise) {
			return true
		}
	}
	return false
}

// contradicts tells whether parts that name places would raise a total although they say of
// another place of the product that less is there than is known. So they count units that a
// total without a place has counted already, at a place that was guessed: raising would count
// them twice.
func contradicts(r *Reservation, parts []Part, of counter) bool {
	type sides struct{ raised, lowered bool }
	products := map[ID]sides{}
	for _, part := range parts {
		if part.Location == "" {
			continue
		}
		known, s := sumOf(r.Allocations, part, of), products[part.Product]
		s.raised = s.raised || part.Quantity > known
		s.lowered = s.lowered || part.Quantity < known
		products[part.Product] = s
		if s.raised && s.lowered {
			return true
		}
	}
	return false
}

// sumOf adds up a running total over the allocations that a part is about.
func sumOf(allocations []Allocation, part Part, of counter) int64 {
	var sum int64
	for i := range allocations {
		if a := &allocations[i]; part.concerns(a) {
			total := of(a)
			sum += *total
		}
	}
	return sum
}

func (p Part) concerns(a *Allocation) bool {
	return p.Product == a.Product && (p.Location == "" || p.Location == a.Location)
}
