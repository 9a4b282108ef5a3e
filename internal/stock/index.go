package stock

import (
	"cmp"
	"hash/maphash"
	"slices"
)

// Index says what reservations can be found by besides their ID. Each index takes about 30 bytes
// of memory for each reservation that is remembered and has a cart, or an order.
type Index struct {
	Carts, Orders bool
}

// index finds carts by a text that several may have. It keeps a hash of the text, which the
// cart itself has: what it finds has to be compared. The seed, which is another in every
// process, keeps people from choosing texts of one hash; nothing that is found depends on it.
type index struct {
	seed maphash.Seed
	// first has one cart for each hash, and others those that came later: most texts have one.
	first  map[uint64]*cart
	others map[uint64][]*cart
}

func newIndex() *index {
	return &index{seed: maphash.MakeSeed(), first: map[uint64]*cart{}, others: map[uint64][]*cart{}}
}

// NewIndexed returns a State like New, in which reservations are found by more than their ID.
func NewIndexed(by Index) *State {
	s := New()
	if by.Carts {
		s.byCart = newIndex()
	}
	if by.Orders {
		s.byOrder = newIndex()
	}
	return s
}

// Indexed says what reservations can be found by.
func (s *State) Indexed() Index { return Index{Carts: s.byCart != nil, Orders: s.byOrder != nil} }

// OfCart returns the reservations of a cart that are remembered, in the order of their
// outcomes: none where State was made without that index. Nobody may change them.
func (s *State) OfCart(cart ID) []*Reservation {
	return s.byCart.find(cart, func(r *Reservation) ID { return r.Cart })
}

// OfOrder is OfCart for an order, whether it was named at the decision or later.
func (s *State) OfOrder(order ID) []*Reservation {
	return s.byOrder.find(order, (*Reservation).CurrentOrder)
}

func (x *index) find(text ID, of func(*Reservation) ID) []*Reservation {
	if x == nil || text == "" {
		return nil
	}
	hash := maphash.String(x.seed, string(text))
	first, ok := x.first[hash]
	if !ok {
		return nil
	}
	var found []*Reservation
	for _, c := range append([]*cart{first}, x.others[hash]...) {
		if r := c.reservation(); of(r) == text {
			found = append(found, r)
		}
	}
	slices.SortFunc(found, func(a, b *Reservation) int { return cmp.Compare(a.Number, b.Number) })
	return found
}

// indexTexts lets a cart be found by what it has now instead of what it had before. Either
// may be nil.
func (s *State) indexTexts(c *cart, before, after *Reservation) {
	var was, is Reservation
	if before != nil {
		was = *before
	}
	if after != nil {
		is = *after
	}
	s.reindex(s.byCart, c, was.Cart, is.Cart)
	s.reindex(s.byOrder, c, was.CurrentOrder(), is.CurrentOrder())
}

func (s *State) reindex(x *index, c *cart, was, is ID) {
	if x == nil || was == is {
		return
	}
	if was != "" {
		s.removeFrom(x, maphash.String(x.seed, string(was)), c)
	}
	if is != "" {
		s.addTo(x, maphash.String(x.seed, string(is)), c)
	}
}

func (s *State) addTo(x *index, hash uint64, c *cart) {
	if _, taken := x.first[hash]; taken {
		put(s, x.others, hash, append(slices.Clip(x.others[hash]), c))
		return
	}
	put(s, x.first, hash, c)
}

func (s *State) removeFrom(x *index, hash uint64, c *cart) {
	others := x.others[hash]
	if x.first[hash] == c {
		if len(others) == 0 {
			remove(s, x.first, hash)
			return
		}
		put(s, x.first, hash, others[0])
		c = others[0]
	}
	rest := slices.DeleteFunc(slices.Clone(others), func(other *cart) bool { return other == c })
	if len(rest) == 0 {
		remove(s, x.others, hash)
		return
	}
	put(s, x.others, hash, rest)
}

// clone returns the index with the carts' clones.
func (x *index) clone(of func(*cart) *cart) *index {
	if x == nil {
		return nil
	}
	cloned := &index{seed: x.seed, first: make(map[uint64]*cart, len(x.first)), others: make(map[uint64][]*cart, len(x.others))}
	for hash, c := range x.first {
		cloned.first[hash] = of(c)
	}
	for hash, carts := range x.others {
		for _, c := range carts {
			cloned.others[hash] = append(cloned.others[hash], of(c))
		}
	}
	return cloned
}
