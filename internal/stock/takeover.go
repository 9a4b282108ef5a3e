package stock

// A StockItem that is a duplicate says what somebody counted for another reason, or at another
// time, than the one that serves. So when that one goes, a duplicate serves in its place
// only if its owner has said that it takes over. Else it waits: nothing is sold there, and
// what is held stays held, until somebody says so, or makes another StockItem.

// drop writes that an item is gone, and who serves its place then: its heir, if it has one.
// All others wait. Where one batch has no room for all that, those that wait come first,
// and the item still serves.
func (d *draft) drop(gone *ItemGone) Verdict {
	going := d.state.items[gone.UID]
	l := d.state.stocks[going.key()]
	if l.serving() != going {
		return d.write(gone)
	}
	heir := l.heir(going)
	for _, i := range l.items {
		if i == heir || i == going {
			continue
		}
		if begun, news := i.begun(true); news {
			if verdict := d.write(&ItemRecord{Item: begun, At: d.now}); verdict != Done {
				return verdict
			}
		}
	}
	if heir != nil {
		if begun, news := heir.begun(false); news {
			return d.write(gone, &ItemRecord{Item: begun, At: d.now})
		}
	}
	return d.write(gone)
}

// heir is the item that is to serve after another one, nil if there is none: the first
// whose owner says so, or that is the other one made again under its name. One that waits
// was a duplicate of yet another that is gone.
func (l *locationStock) heir(going *item) *item {
	for _, i := range l.items {
		if i != going && (i.TakesOver || i.Name == going.Name && !i.Waits) {
			return i
		}
	}
	return nil
}

// begun is an item that begins to wait, or to serve, and whether that is news: nothing of
// it is sold before its status shows that it serves.
func (i *item) begun(waits bool) (begun Item, news bool) {
	begun = i.Item
	begun.Waits, begun.Sellable = waits, 0
	return begun, begun != i.Item
}

// confirmed tells whether what is stated of an item that waits says that it takes over. While
// another one serves, nothing does, nor does a suspended item: its deletion is a new
// generation, too.
func (d *draft) confirmed(known, stated Item) bool {
	l := d.state.stocks[Key{Product: known.Product, Location: known.Location}]
	return l.serving() == nil && !stated.Suspended && (stated.Generation != known.Generation || stated.TakesOver)
}

// serves tells whether an item is the one that counts at its place.
func (s *State) serves(uid ID) bool {
	position, _ := s.Figures(uid)
	return position.Serving
}
