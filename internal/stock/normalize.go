package stock

import (
	"strings"
	"unique"
)

// normalize bounds the numbers of a reservation, so that no record, whoever made it, can
// upset a sum. What is within its bounds is only read: it may be shared.
func normalize(r *Reservation) {
	for i := range r.Lines {
		bound(&r.Lines[i].Quantity)
	}
	normalizeAllocations(r.Allocations)
}

func normalizeAllocations(allocations []Allocation) {
	for i := range allocations {
		a := &allocations[i]
		bound(&a.Quantity)
		bound(&a.Consumed)
		bound(&a.Released)
	}
}

func bound(units *int64) {
	if within := clampUnits(*units); within != *units {
		*units = within
	}
}

// normalizeItem bounds the numbers of an item.
func normalizeItem(i *Item) {
	i.Received, i.SafetyStock, i.LowStock = clampStock(i.Received), clampStock(i.SafetyStock), clampStock(i.LowStock)
	i.Sellable = min(clampStock(i.Sellable), i.Offered())
	i.Refused = clampStock(i.Refused)
}

// share makes a reservation use the memory of texts that many have in common, and puts
// those of its own into one piece.
func (s *State) share(r *Reservation) {
	if s.tentative {
		return // it is not here to stay
	}
	for i := range r.Lines {
		r.Lines[i].Product = s.product(r.Lines[i].Product)
	}
	s.shareAllocations(r.Allocations)
	for i := range r.Short {
		r.Short[i].Product = s.product(r.Short[i].Product)
	}
	r.Command.Source, r.Reason = common(r.Command.Source), common(r.Reason)
	for _, actor := range []*ID{&r.Actor, &r.ReleasedBy, &r.ConsumedBy} {
		*actor = ID(common(string(*actor)))
	}
	gather((*string)(&r.ID), (*string)(&r.Outcome), (*string)(&r.Cart), (*string)(&r.Customer), (*string)(&r.Order),
		(*string)(&r.LaterOrder), (*string)(&r.Command.ID), &r.Command.Hash, (*string)(&r.Object.UID), &r.Object.Name)
}

func (s *State) shareAllocations(allocations []Allocation) {
	if s.tentative {
		return
	}
	for i := range allocations {
		a := &allocations[i]
		a.Product, a.Location = s.product(a.Product), common(a.Location)
	}
}

// product returns a product's id, in the memory of the one that State has.
func (s *State) product(id ID) ID {
	if stocks := s.products[id]; len(stocks) > 0 {
		return stocks[0].key.Product
	}
	return ID(common(string(id)))
}

func common(text string) string { return unique.Make(text).Value() }

// gather puts texts into one piece of memory: each alone takes more than its length.
func gather(own ...*string) {
	length := 0
	for _, text := range own {
		length += len(*text)
	}
	var all strings.Builder
	all.Grow(length)
	for _, text := range own {
		all.WriteString(*text)
	}
	rest := all.String()
	for _, text := range own {
		*text, rest = rest[:len(*text)], rest[len(*text):]
	}
}
