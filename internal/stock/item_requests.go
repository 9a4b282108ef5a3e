package stock

// putItem takes in a StockItem's spec. Units that it declares anew are sold once its
// status shows them; until then the lesser of both counts. A cut binds at once. One that
// waits takes over where that is what it says.
func (d *draft) putItem(request PutItem) Answer {
	stated := request.Item
	known, ok := d.state.Item(stated.UID)
	if ok && (stated.Version <= known.Version || stated.restates(known)) {
		return Answer{Verdict: Repeated}
	}
	if max(request.Read, stated.Version) < d.batch.Marks.Items {
		return Answer{Verdict: Unverified}
	}
	normalizeItem(&stated)
	stated.Sellable, stated.Refused, stated.Waits = stated.Offered(), 0, false
	stated.Created = d.precedenceOf(stated)
	switch {
	case ok:
		stated.Sellable, stated.Refused = min(known.Sellable, stated.Offered()), known.Refused
		stated.Waits = known.Waits && !d.confirmed(known, stated)
	case d.promised(stated):
		stated.Sellable = 0
	}
	verdict := d.write(&ItemRecord{Item: stated, At: d.now})
	if verdict == Done {
		d.batch.Marks.Items = max(d.batch.Marks.Items, stated.Version)
	}
	return Answer{Verdict: verdict}
}

// precedenceOf is the time of creation by which an item takes its place among those of its key. An
// API server states whole seconds: of two made in one second, the one that serves already goes on,
// whatever their UIDs are. An item keeps the time that it was first taken in with.
func (d *draft) precedenceOf(i Item) Time {
	if known, ok := d.state.Item(i.UID); ok {
		return known.Created
	}
	serving, ok := d.state.ServingItem(Key{Product: i.Product, Location: i.Location})
	if ok && serving.Created/second == i.Created/second { // that of the serving one may be past its second by some microseconds
		return serving.Created + 1
	}
	return i.Created
}

// promised tells whether anybody else's word counts for an item's place already: another
// StockItem's, or that of one which is gone. Then nothing is sold on a spec that is not
// shown.
func (d *draft) promised(i Item) bool {
	_, known := d.state.stocks[Key{Product: i.Product, Location: i.Location}]
	return known
}

// showItem lets what an item declares be sold, now that its status shows it. What does not
// serve is not raised: should it serve one day, its status has to show that first.
func (d *draft) showItem(request ShowItem) Answer {
	known, ok := d.state.Item(request.UID)
	if !ok {
		return Answer{Verdict: Unknown}
	}
	if request.Generation < known.Generation || known.Sellable >= known.Offered() || !d.state.serves(known.UID) {
		return Answer{Verdict: Repeated}
	}
	known.Sellable = known.Offered()
	return Answer{Verdict: d.write(&ItemRecord{Item: known, At: d.now})}
}

// dropItem takes in that a StockItem was deleted, and who serves its place then.
func (d *draft) dropItem(request DropItem) Answer {
	known, ok := d.state.Item(request.UID)
	if !ok {
		return Answer{Verdict: Unknown}
	}
	if request.Version < known.Version {
		return Answer{Verdict: Repeated}
	}
	if max(request.Read, request.Version) < d.batch.Marks.Items {
		return Answer{Verdict: Unverified}
	}
	verdict := d.drop(&ItemGone{UID: known.UID, Name: known.Name, Version: request.Version, At: d.now})
	if verdict == Done {
		d.batch.Marks.Items = max(d.batch.Marks.Items, request.Version)
	}
	return Answer{Verdict: verdict}
}

// register notes how far a reader has read.
func (d *draft) register(request Register) Answer {
	if known, _ := d.state.Reader(request.Name); known == request.Position {
		return Answer{Verdict: Repeated}
	}
	return Answer{Verdict: d.write(&ReaderRecord{Name: request.Name, Position: request.Position, At: d.now})}
}

// publish lets the mark up to which all outcomes were delivered rise.
func (d *draft) publish(request Publish) Answer {
	number := min(request.Number, d.batch.Marks.Outcomes)
	if number <= d.batch.Marks.Published {
		return Answer{Verdict: Repeated}
	}
	d.batch.Marks.Published = number
	return Answer{Verdict: Done}
}
