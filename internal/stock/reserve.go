package stock

import "slices"

// MaxQuantity bounds the units of one line that a cart can ask for.
const MaxQuantity = maxUnits

// second is a second of Time.
const second Time = 1_000_000

// countedPlaces is for how many places of a product that was short a refusal is counted.
const countedPlaces = 8

// reserve decides a cart.
func (d *draft) reserve(request Reserve) Answer {
	wanted := request.Wanted
	if known := d.decided(&wanted); known != nil {
		if other(wanted.Command.Hash, known.Command.Hash) {
			return Answer{Verdict: Conflicting, Reservation: known}
		}
		return Answer{Verdict: Repeated, Reservation: known}
	}
	if restored := d.state.withoutObject(&wanted); restored != nil {
		return Answer{Verdict: d.write(&Shown{Reservation: restored.ID, Object: wanted.Object, At: d.now})}.with(d, restored.ID)
	}
	if wanted.Command.Time > addTime(d.now, d.policy.Grace) {
		wanted.Command.Time = 0 // so far ahead it says nothing
	}
	switch {
	case !decidable(wanted.Lines), len(wanted.Actor) > d.policy.maxActor(), extensionBytes(wanted.Extensions) > maxExtensions:
		return Answer{Verdict: TooLarge}
	case d.tooOld(wanted.Command):
		return Answer{Verdict: TooOld}
	case wanted.Command.ID == "" && wanted.Object.UID != "" && wanted.Object.Version <= d.batch.Marks.Gone && !request.Verified:
		return Answer{Verdict: Unverified}
	case d.refusing:
		return Answer{Verdict: Full}
	}
	replaced, answer := d.replaced(request)
	if answer.Verdict != 0 {
		return answer
	}
	d.prepare(&wanted)
	wanted.Replaces = ""
	if replaced != nil {
		wanted.Replaces = replaced.ID
	}
	return d.allot(&wanted, request.Hold, replaced)
}

// decided returns the reservation that a cart has become before, nil if none is known.
func (d *draft) decided(wanted *Reservation) *Reservation {
	if r, ok := d.state.Reservation(wanted.ID); ok {
		return r
	}
	if wanted.Object.UID == "" {
		return nil
	}
	r, _ := d.state.Shown(wanted.Object.UID)
	return r
}

// other tells whether two hashes say that two commands differ.
func other(a, b string) bool { return a != "" && b != "" && a != b }

// maxExtensions bounds the names and values of a command's extensions, in bytes.
const maxExtensions = 512

// decidable tells whether lines ask for something that there can be.
func decidable(lines []Line) bool {
	for _, line := range lines {
		if line.Quantity < 1 || line.Quantity > MaxQuantity {
			return false
		}
	}
	return len(lines) > 0
}

func extensionBytes(extensions map[string]string) int {
	bytes := 0
	for name, value := range extensions {
		bytes += len(name) + len(value)
	}
	return bytes
}

// tooOld tells whether a command may be one that was forgotten.
func (d *draft) tooOld(c Command) bool {
	return c.repeatable() && c.Time > 0 && c.Time <= d.batch.Marks.Forgotten
}

// prepare clears what the outcome fills.
func (d *draft) prepare(r *Reservation) {
	r.Number = d.batch.Marks.Outcomes + 1
	r.At = d.now
	r.Allocations, r.Short = nil, nil
	r.Expires, r.Ended, r.Reason, r.LaterOrder = 0, 0, "", ""
	r.ReplacedBy, r.FirstExpires = "", 0
	r.ReleasedBy, r.ConsumedBy = "", ""
	r.Lines = slices.Clone(r.Lines)
}

// allot gives a cart its units, those of the hold that it replaces among them, or refuses it.
func (d *draft) allot(r *Reservation, hold Time, replaced *Reservation) Answer {
	for _, whole := range []bool{false, true} {
		o := d.offer(r, replaced, whole)
		switch {
		case o.wait:
			return Answer{Verdict: Waiting}
		case o.short != nil:
			return d.refuse(r, o.short)
		}
		r.Phase, r.Allocations, r.Expires = PhaseReserved, o.allocations, d.until(hold)
		record := &Reserved{*r}
		// Split over many locations it may be more than could ever be written.
		if encoded, err := Encode(record); err == nil && d.growable(record, encoded) {
			if replaced == nil {
				return d.record(record, encoded, &record.Reservation)
			}
			return d.replaceHold(record, replaced)
		}
	}
	return Answer{Verdict: TooLarge}
}

// until is when a hold that begins now runs out: at a whole second. Without a length it
// never does.
func (d *draft) until(hold Time) Time {
	if hold <= 0 {
		return 0
	}
	return (addTime(addTime(d.now, hold), second-1) / second) * second
}

// growable tells whether a batch has room for what may have to be written of a cart one
// day: that it was consumed, and how it stands then. It may take half a batch, so that
// compaction has room for it beside the largest request. With batches of 256 KiB, a cart has
// at most 1,548 allocations: the API's schema takes 1,600.
func (d *draft) growable(r *Reserved, encoded []byte) bool {
	const each = 20                      // numbers
	fixed := 200 + 2*d.policy.maxActor() // ends, a reason, what replaced it, who released and consumed
	cart, consumed := len(encoded)+fixed, fixed
	for _, a := range r.Allocations {
		cart += each
		consumed += 2 * (len(a.Product) + len(a.Location) + 2*each)
	}
	return max(cart, consumed) <= d.policy.Batch/2
}

// refuse makes it the outcome that a cart cannot be served.
func (d *draft) refuse(r *Reservation, short []Shortage) Answer {
	r.Phase, r.Short, r.Allocations, r.Expires = PhaseRefused, short, nil, 0
	record := &Refused{Reservation: *r, Counts: d.counts(short)}
	encoded, err := Encode(record)
	if err == nil && len(encoded) > d.policy.Batch {
		record.Counts = nil
		encoded, err = Encode(record)
	}
	if err != nil || len(encoded) > d.policy.Batch {
		return Answer{Verdict: TooLarge}
	}
	return d.record(record, encoded, &record.Reservation)
}

// counts are what the StockItems have refused by now: of each product that is short, those
// that serve in the first places count the cart once.
func (d *draft) counts(short []Shortage) []RefusedCount {
	var counts []RefusedCount
	counted := map[ID]bool{}
	for _, line := range short {
		if counted[line.Product] {
			continue
		}
		counted[line.Product] = true
		places := d.state.products[line.Product]
		for _, l := range places[:min(len(places), countedPlaces)] {
			if i := l.serving(); i != nil {
				counts = append(counts, RefusedCount{Item: i.UID, Refused: i.Refused + 1})
			}
		}
	}
	return counts
}

// record writes an outcome.
func (d *draft) record(record Record, encoded []byte, r *Reservation) Answer {
	if !d.fits(len(encoded)) {
		return Answer{Verdict: Later}
	}
	d.batch.Marks.Outcomes = r.Number
	d.add(record, encoded)
	return d.about(Done, r.ID)
}
