package allocator_test

import (
	"reflect"

	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/test/fixture"
)

// told judges an answer at the moment in which a process tells it: it has to be what the
// journal says, or said since the question came; never what is not stored yet, and never
// what was true before the question.
func (b *books) told(p *process, a *question, answer stock.Answer) {
	b.w.reach.Answers++
	switch answer.Verdict {
	case stock.Waiting, stock.Later:
		b.failf("%s told %s, which is no answer", p.name, wordText{answer})
	case stock.TooLarge, stock.Full:
		return
	}
	if _, item := a.request.(stock.Reserve); answer.Verdict == stock.Unverified && !item {
		b.toldOutdated(p, a, answer)
		return
	}
	if outdated(answer) {
		b.toldOutdated(p, a, answer)
		return
	}
	id, about := subject(a.request)
	if !about {
		return
	}
	if r := answer.Reservation; r != nil {
		b.toldCart(p, a, r)
	} else if !b.stood(id, a.seq, "") {
		b.failf("%s told %s about %s, which is known", p.name, wordText{answer}, id)
	}
	switch r := a.request.(type) {
	case stock.Reserve:
		b.toldReserve(p, r, answer)
	case stock.Release:
		b.toldParts(p, answer, r.Parts, func(a stock.Allocation) int64 { return a.Released })
	case stock.Consume:
		b.toldParts(p, answer, r.Parts, func(a stock.Allocation) int64 { return a.Consumed })
	case stock.Expire:
		if carriedOut(answer) && !answer.Reservation.Phase.Ended() {
			b.failf("%s told %s, which is held", p.name, wordText{answer})
		}
	case stock.Attach:
		if carriedOut(answer) && answer.Reservation.Order != r.Order && answer.Reservation.LaterOrder != r.Order {
			b.failf("%s told %s, its order is another", p.name, wordText{answer})
		}
	}
}

// outdated tells whether a request was turned away because it says what was read before
// this term.
func outdated(a stock.Answer) bool { return a.Verdict == stock.Outdated }

// toldOutdated judges that only such requests are turned away.
func (b *books) toldOutdated(p *process, a *question, answer stock.Answer) {
	switch r := a.request.(type) {
	case stock.PutItem, stock.DropItem, stock.Expire:
		return
	case stock.Reserve:
		if r.Verified {
			return
		}
	}
	b.failf("%s told %d to %s", p.name, answer.Verdict, wordText{a.request})
}

// subject is the cart that a request is about.
func subject(request stock.Request) (stock.ID, bool) {
	switch r := request.(type) {
	case stock.Reserve:
		return r.Wanted.ID, true
	case stock.Release:
		return r.Reservation, true
	case stock.Consume:
		return r.Reservation, true
	case stock.Extend:
		return r.Reservation, true
	case stock.Attach:
		return r.Reservation, true
	case stock.Expire:
		return r.Reservation, true
	case stock.Show:
		return r.Reservation, true
	default:
		return "", false
	}
}

func carriedOut(a stock.Answer) bool { return a.Verdict == stock.Done || a.Verdict == stock.Repeated }

// stood tells whether a cart stood like this at a point of the books, or since.
func (b *books) stood(id stock.ID, since int, text string) bool {
	c := b.carts[id]
	if c == nil {
		return text == ""
	}
	at := ""
	for _, m := range c.history {
		if m.seq > since && at == text {
			return true
		}
		at = m.text
	}
	return at == text
}

// toldCart judges the cart in an answer: it stood like that since the question came, and
// what its event tells is as it was decided first.
func (b *books) toldCart(p *process, a *question, r *stock.Reservation) {
	c := b.carts[r.ID]
	if c == nil {
		b.failf("%s told of %s, which was never stored", p.name, r.ID)
		return
	}
	if !b.stood(r.ID, a.seq, textOf(r)) {
		b.failf("%s told that %s: that is not what is stored", p.name, wordText{stock.Answer{Reservation: r}})
	}
	first := b.outcomes[r.Number]
	if first == nil || first.ID != r.ID || !sameOutcome(first, r) {
		b.failf("%s told of an outcome of %s that is not the first: %+v, not %+v", p.name, r.ID, r, first)
	}
}

// sameOutcome tells whether what the outcome's event says is the same.
func sameOutcome(a, b *stock.Reservation) bool {
	eventOf := func(r *stock.Reservation) stock.Reservation {
		return stock.Reservation{
			ID: r.ID, Outcome: r.Outcome, Number: r.Number, Cart: r.Cart, Customer: r.Customer, Order: r.Order,
			Lines: r.Lines, Short: r.Short, At: r.At, Expires: r.Granted(), Command: r.Command, Extensions: r.Extensions,
		}
	}
	if (a.Phase == stock.PhaseRefused) != (b.Phase == stock.PhaseRefused) || !reflect.DeepEqual(unitsOf(a.Allocations), unitsOf(b.Allocations)) {
		return false
	}
	return reflect.DeepEqual(eventOf(a), eventOf(b))
}

// toldReserve judges the answer to a command for a cart.
func (b *books) toldReserve(p *process, r stock.Reserve, answer stock.Answer) {
	asked, got := r.Wanted, answer.Reservation
	same := got != nil && (asked.Command.Hash == "" || got.Command.Hash == asked.Command.Hash)
	switch answer.Verdict {
	case stock.Done, stock.Repeated:
		if got == nil || got.ID != asked.ID || !same || !reflect.DeepEqual(got.Lines, asked.Lines) {
			b.failf("%s told %s of another command", p.name, wordText{answer})
		}
	case stock.Conflicting:
		if same {
			b.failf("%s told %s of the same command", p.name, wordText{answer})
		}
	case stock.TooOld:
		if asked.Command.Time == 0 || asked.Command.Time > b.marks.Forgotten {
			b.failf("%s told %s of a command of %s", p.name, wordText{answer}, fixture.Clock(asked.Command.Time))
		}
	case stock.Irreplaceable:
		if asked.Replaces == "" || got != nil && got.ID != asked.Replaces {
			b.failf("%s told %s to %+v", p.name, wordText{answer}, r)
		}
	case stock.Unverified:
		if asked.Object.UID == "" || asked.Object.Version > b.marks.Gone || r.Verified {
			b.failf("%s told %s of %s", p.name, wordText{answer}, asked.ID)
		}
	default:
		b.failf("%s told %s to a command", p.name, wordText{answer})
	}
}

// toldParts judges that what was asked for is carried out, as far as there were units.
func (b *books) toldParts(p *process, answer stock.Answer, parts []stock.Part, of func(stock.Allocation) int64) {
	r := answer.Reservation
	if !carriedOut(answer) || r.Phase.Ended() {
		return
	}
	if len(parts) == 0 {
		b.failf("%s told %s, which is held", p.name, wordText{answer})
	}
	for _, part := range parts {
		var sum, held int64
		for _, a := range r.Allocations {
			if a.Product == part.Product && (part.Location == "" || part.Location == a.Location) {
				sum, held = sum+of(a), held+a.Quantity-a.Consumed-a.Released
			}
		}
		if sum < part.Quantity && held > 0 {
			b.failf("%s told %s, which is not %+v", p.name, wordText{answer}, part)
		}
	}
}
