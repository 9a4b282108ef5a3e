package stock

import "strings"

// Clone returns a State of its own with the same content.
func (s *State) Clone() *State {
	c := &cloning{State: New(), pages: map[*page]*page{nil: nil}, carts: map[*cart]*cart{}}
	c.head, c.marks, c.encoded, c.stored, c.unsorted = s.head, s.marks, s.encoded, s.stored, s.unsorted
	c.shownCommands, c.endsPassed, c.endsUnsorted = s.shownCommands, s.endsPassed, s.endsUnsorted
	for _, p := range s.pages {
		copied := *p
		copied.carts, copied.items, copied.totals, copied.readers, copied.restore = nil, nil, nil, nil, nil
		c.pages[p] = &copied
		c.State.pages = append(c.State.pages, &copied)
	}
	c.cloneCarts(s)
	c.cloneStocks(s)
	if r := s.restore; r != nil {
		copied := *r
		copied.home = c.pages[r.home]
		copied.home.restore, c.restore = &copied, &copied
	}
	for name, r := range s.readers {
		copied := *r
		copied.home = c.pages[r.home]
		copied.home.readers = append(copied.home.readers, &copied)
		c.readers[name] = &copied
		if own, pages := strings.CutPrefix(name, pagesPrefix); pages {
			c.pageReaders[own] = &copied
		}
	}
	return c.State
}

// cloning is a clone in the making, and what became of the original's parts.
type cloning struct {
	*State
	pages map[*page]*page
	carts map[*cart]*cart
}

func (c *cloning) cloneCarts(s *State) {
	for key, original := range s.uuids {
		c.uuids[key] = c.cart(original)
	}
	for id, original := range s.texts {
		c.texts[id] = c.cart(original)
	}
	for name, originals := range s.objects {
		for _, original := range originals {
			c.objects[name] = append(c.objects[name], c.cart(original))
		}
	}
	c.byCart, c.byOrder = s.byCart.clone(c.cart), s.byOrder.clone(c.cart)
	for _, o := range s.unpublished {
		if o.live() {
			c.unpublished = append(c.unpublished, outcome{o.number, c.cart(o.cart)})
		}
	}
	for _, e := range s.ends {
		if e.live() {
			c.ends = append(c.ends, end{e.at, c.cart(e.cart)})
		}
	}
	// In the order of the original, so that both do the same from here on.
	for _, p := range s.pages {
		for _, original := range p.carts {
			if original.home == p {
				c.pages[p].carts = append(c.pages[p].carts, c.cart(original))
			}
		}
	}
}

func (c *cloning) cart(original *cart) *cart {
	if copied, ok := c.carts[original]; ok {
		return copied
	}
	copied := &cart{home: c.pages[original.home], open: original.open, packed: original.packed}
	c.carts[original] = copied
	return copied
}

func (c *cloning) cloneStocks(s *State) {
	items := map[*item]*item{}
	for uid, i := range s.items {
		items[i] = &item{Item: i.Item, home: c.pages[i.home]}
		c.items[uid] = items[i]
	}
	stocks := map[*locationStock]*locationStock{}
	for key, l := range s.stocks {
		copied := *l
		copied.home = c.pages[l.home]
		copied.items = renamed(l.items, items)
		stocks[l] = &copied
		c.stocks[key] = &copied
	}
	for product, original := range s.products {
		c.products[product] = renamed(original, stocks)
	}
	for _, p := range s.pages {
		for _, i := range p.items {
			if i.home == p {
				c.pages[p].items = append(c.pages[p].items, items[i])
			}
		}
		for _, l := range p.totals {
			if l.home == p {
				c.pages[p].totals = append(c.pages[p].totals, stocks[l])
			}
		}
	}
}

// renamed returns what became of each part.
func renamed[T any](originals []*T, became map[*T]*T) []*T {
	var parts []*T
	for _, original := range originals {
		parts = append(parts, became[original])
	}
	return parts
}
