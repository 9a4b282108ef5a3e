package stock

import "fmt"

var (
	walkProducts  = []ID{"mug", "pot", uuidOf(9, 1)}
	walkLocations = []string{"ams", "ber", "cph"}
)

func pick[T any](w *walk, from []T) T { return from[w.rand.IntN(len(from))] }

// request makes up one.
func (w *walk) request() Request {
	switch n := w.rand.IntN(40); {
	case n < 12:
		return w.newCart()
	case n < 15:
		return w.repeat()
	case n < 18:
		return Release{Reservation: w.someone(), Parts: w.parts(), Reason: pick(w, []string{"", "ORDER_CANCELLED"})}
	case n < 21:
		return Consume{Reservation: w.someone(), Parts: w.parts()}
	case n < 24:
		return w.expire()
	case n < 25:
		return Extend{Reservation: w.someone(), Expires: w.now + Time(w.rand.Int64N(int64(30*hour)))}
	case n < 26:
		return Attach{Reservation: w.someone(), Order: pick(w, []ID{"order-1", uuidOf(8, 1)})}
	case n < 29:
		return w.putItem()
	case n < 32:
		return ShowItem{UID: w.itemUID(), Generation: int64(w.rand.IntN(6))}
	case n < 33:
		w.version++
		return DropItem{UID: w.itemUID(), Version: w.version - uint64(w.rand.IntN(2))*20, Read: w.version}
	case n < 36:
		return w.show()
	case n < 37:
		if w.rand.IntN(2) == 0 {
			return w.tellEnds()
		}
		return Register{Name: pick(w, []string{"archive", "lake"}), Position: pick(w, []string{"", "7:1", "8:3"})}
	default:
		return Publish{Number: w.s.Marks().Published + uint64(w.rand.IntN(30))}
	}
}

// tellEnds lets ends be told, or no more, or moves how far they were.
func (w *walk) tellEnds() Request {
	passed, told := w.s.EndsPassed()
	switch {
	case !told:
		passed = w.s.Marks().At
	case w.rand.IntN(8) == 0:
		return Register{Name: EndsReader}
	default:
		passed += Time(w.rand.Int64N(int64(20 * minute)))
	}
	return Register{Name: EndsReader, Position: EndsPosition(min(max(passed, 1), w.now))}
}

func (w *walk) newCart() Request {
	w.made++
	n := w.made
	r := Reserve{Hold: Time(w.rand.Int64N(int64(20 * minute))), Wanted: Reservation{ID: uuidOf(1, n), Outcome: uuidOf(2, n)}}
	if w.rand.IntN(5) == 0 {
		r.Wanted.ID = ID(fmt.Sprintf("cart %d", n))
	}
	switch w.rand.IntN(8) {
	case 0:
		w.version++
		r.Wanted.Object = Object{UID: r.Wanted.ID, Name: fmt.Sprintf("own-%d", n), Version: w.version}
		r.Verified = true // it is new: whoever reads it says so
	case 1:
		r.Wanted.Command = Command{Source: "/shop", ID: uuidOf(4, n), Given: true, Time: w.now}
	default:
		r.Wanted.Command = Command{Source: "/shop", ID: uuidOf(4, n), Hash: fmt.Sprint(n), Time: w.now + Time(w.rand.Int64N(int64(30*minute))) - 20*minute}
	}
	r.Wanted.Cart = pick(w, []ID{"", "basket-1", "basket-2", "basket-3"})
	switch w.rand.IntN(6) {
	case 0:
		r.Wanted.Replaces = w.someone()
		if old, ok := w.s.Reservation(r.Wanted.Replaces); ok && w.rand.IntN(4) > 0 {
			r.Wanted.Cart = old.Cart
		}
	case 1:
		r.OneHold = true
	}
	for range 1 + w.rand.IntN(2) {
		r.Wanted.Lines = append(r.Wanted.Lines, Line{pick(w, walkProducts), 1 + w.rand.Int64N(6)})
	}
	w.oracle.asked = append(w.oracle.asked, r)
	return r
}

// repeat asks again for a cart, sometimes under other content.
func (w *walk) repeat() Request {
	if len(w.oracle.asked) == 0 {
		return w.newCart()
	}
	r := pick(w, w.oracle.asked)
	r.Verified = false
	r.Wanted.Outcome = uuidOf(7, w.made)
	if r.Wanted.Command.Hash != "" && w.rand.IntN(4) == 0 {
		r.Wanted.Command.Hash = "other"
	}
	if r.Wanted.Command.Given {
		return w.newCart() // nobody can repeat it
	}
	return r
}

func (w *walk) someone() ID {
	if len(w.oracle.asked) == 0 || w.rand.IntN(20) == 0 {
		return "nobody"
	}
	// The youngest are most in use.
	n := len(w.oracle.asked)
	return w.oracle.asked[n-1-w.rand.IntN(min(n, 15))].Wanted.ID
}

func (w *walk) parts() []Part {
	var parts []Part
	for range w.rand.IntN(3) {
		parts = append(parts, Part{Product: pick(w, walkProducts), Location: pick(w, []string{"", "", "ams", "ber"}), Quantity: w.rand.Int64N(7)})
	}
	return parts
}

func (w *walk) itemUID() ID { return ID(fmt.Sprintf("item-%d", w.rand.IntN(8))) }

func (w *walk) putItem() Request {
	uid := w.itemUID()
	n := int(uid[5] - '0')
	w.version++
	location := walkLocations[[8]int{5: 1, 6: 1, 7: 1}[n]] // two pairs are of one place
	return PutItem{Item: Item{
		UID: uid, Name: fmt.Sprint("name-", w.rand.IntN(4)), Product: walkProducts[n%3], Location: location,
		TakesOver: w.rand.IntN(4) == 0, Created: start - Time(n%2), Generation: int64(w.rand.IntN(6)), Version: w.version - uint64(w.rand.IntN(2)),
		Received: w.rand.Int64N(90), SafetyStock: w.rand.Int64N(3), Priority: w.rand.Int32N(3), Suspended: w.rand.IntN(9) == 0,
		Untracked: w.rand.IntN(9) == 0,
	}, Read: w.version}
}

// expire asks for the end of a hold, now and then of one that it no longer has.
func (w *walk) expire() Request {
	request := Expire{Reservation: w.someone()}
	if r, ok := w.s.Reservation(request.Reservation); ok {
		request.Expires = r.Expires - Time(w.rand.IntN(10)/9)
	}
	return request
}

func (w *walk) show() Request {
	id := w.someone()
	w.version++
	o := Object{UID: id, Version: w.version, Gone: w.rand.IntN(3) > 0}
	if known, ok := w.s.Reservation(id); ok && known.Object.UID != "" {
		o.UID, o.Name = known.Object.UID, known.Object.Name
	} else if w.rand.IntN(2) == 0 {
		o.UID, o.Name = ID(fmt.Sprintf("object of %s", id)), fmt.Sprintf("name %d", w.rand.IntN(3))
	}
	return Show{Reservation: id, Object: o}
}
