package stock

import (
	"cmp"
	"slices"
)

// item is one StockItem as State keeps it.
type item struct {
	Item
	home *page
}

func (i *item) key() Key { return Key{Product: i.Product, Location: i.Location} }

// size is about what the record that restates an item takes.
func (i *item) size() int64 {
	return int64(len(i.UID) + len(i.Name) + len(i.Product) + len(i.Location) + 64)
}

// putItem takes in what a StockItem offers. An older version says nothing; the same one is
// restated as a whole.
func (s *State) putItem(p *page, stated Item) {
	normalizeItem(&stated)
	known := s.items[stated.UID]
	if known != nil && stated.Version < known.Version {
		return
	}
	if known == nil {
		known = &item{}
		put(s, s.items, stated.UID, known)
	} else {
		save(s, known.home)
		known.home.keep -= known.size()
	}
	before := *known
	save(s, known)
	known.Item = stated
	known.Product, known.Location = s.product(stated.Product), common(stated.Location)
	save(s, p)
	if known.home != p {
		p.items = append(p.items, known)
		known.home = p
	}
	p.keep += known.size()
	s.claim(known, before)
}

// claim puts an item in its place among those of its key.
func (s *State) claim(i *item, before item) {
	if before.home != nil && before.key() != i.key() {
		s.unclaim(i, before.key())
	}
	l := s.stockOf(i.key())
	if slices.Contains(l.items, i) && before.Created == i.Created && before.Priority == i.Priority && before.Waits == i.Waits {
		return
	}
	save(s, l)
	items := slices.DeleteFunc(slices.Clone(l.items), func(other *item) bool { return other == i })
	items = append(items, i)
	slices.SortFunc(items, precedence)
	l.items = items
	s.arrange(s.products[l.key.Product])
}

func (s *State) unclaim(i *item, key Key) {
	l := s.stockOf(key)
	save(s, l)
	l.items = slices.DeleteFunc(slices.Clone(l.items), func(other *item) bool { return other == i })
	s.arrange(s.products[key.Product])
	s.tidy(l)
}

// precedence orders the items of one key: the older serves, then the smaller UID, of those
// that do not wait.
func precedence(a, b *item) int {
	return cmp.Or(cmp.Compare(a.Created, b.Created), cmp.Compare(a.UID, b.UID))
}

// goneItem takes in that a StockItem was deleted.
func (s *State) goneItem(gone *ItemGone) {
	known := s.items[gone.UID]
	if known == nil || gone.Version < known.Version {
		return
	}
	save(s, known.home)
	known.home.keep -= known.size()
	s.dropItem(known)
}

// dropItem forgets a StockItem.
func (s *State) dropItem(i *item) {
	remove(s, s.items, i.UID)
	save(s, i)
	i.home = nil
	s.unclaim(i, i.key())
}

// refusals takes in how many carts StockItems have refused.
func (s *State) refusals(counts []RefusedCount) {
	for _, count := range counts {
		if known := s.items[count.Item]; known != nil {
			save(s, known)
			known.Refused = clampStock(count.Refused)
		}
	}
}
