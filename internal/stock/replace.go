package stock

// replaced is the hold that a cart takes the place of, nil if there is none. The answer has a
// verdict where a hold is named that nothing can take the place of.
func (d *draft) replaced(request Reserve) (*Reservation, Answer) {
	wanted := request.Wanted
	if wanted.Replaces == "" {
		if request.OneHold {
			return d.state.replaceable(wanted.Cart, wanted.Order), Answer{}
		}
		return nil, Answer{}
	}
	r, known := d.state.Reservation(wanted.Replaces)
	switch {
	case !known:
		return nil, Answer{Verdict: Irreplaceable}
	case r.Phase.Ended(), r.Cart != wanted.Cart:
		return nil, Answer{Verdict: Irreplaceable, Reservation: r}
	default:
		return r, Answer{}
	}
}

// replaceable is the youngest hold of a cart that a new one may take the place of unasked: of
// which nothing was shipped, and which was not named for another order.
func (s *State) replaceable(cart, order ID) *Reservation {
	of := s.OfCart(cart)
	for i := len(of) - 1; i >= 0; i-- {
		r := of[i]
		named := r.CurrentOrder()
		if !r.Phase.Ended() && !shippedAny(r) && (named == "" || named == order) {
			return r
		}
	}
	return nil
}

func shippedAny(r *Reservation) bool {
	for _, a := range r.Allocations {
		if a.Consumed > 0 {
			return true
		}
	}
	return false
}

// replacement is the end of a hold in favour of another one.
func replacement(r *Reservation, by, actor ID, now Time) *Released {
	next := changeOf(r, actor, now)
	next.giveBackAll(ReasonReplaced)
	next.finish(ReasonReplaced)
	next.ReplacedBy = by
	return &Released{next.Change}
}

// replaceHold writes the end of a hold and the hold that takes its place. Both are in one batch, so nobody ever sees one without the other.
func (d *draft) replaceHold(record *Reserved, replaced *Reservation) Answer {
	verdict := d.write(replacement(replaced, record.ID, record.Actor, d.now), record)
	if verdict == Done {
		d.batch.Marks.Outcomes = record.Number
	}
	return Answer{Verdict: verdict}.with(d, record.ID)
}

// offer is what a cart would get, with the units of the hold that it replaces.
func (d *draft) offer(r, replaced *Reservation, whole bool) offer {
	var back []Allocation
	if replaced != nil {
		for _, a := range replaced.Allocations {
			if a.Quantity = a.Held(); a.Quantity > 0 {
				back = append(back, a)
			}
		}
	}
	d.state.lend(back, -1)
	defer d.state.lend(back, 1)
	return d.state.allocate(r.Lines, whole)
}
