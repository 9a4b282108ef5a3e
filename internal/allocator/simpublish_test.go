package allocator_test

import (
	"github.com/acme/inventory-service/internal/stock"
)

// publish lets a process deliver outcomes in order, as its State has them. One that was
// deposed and does not know it delivers some again, under the same ids.
func (p *process) publish(most int) {
	if p.isFrozen() || !p.leads && !p.w.chance(10) {
		return
	}
	some := 1 + p.w.rng.IntN(most)
	last := p.stock().Marks().Published
	for r := range p.stock().Unpublished() {
		if r.Number != last+1 {
			p.w.failf("%s has outcome %d to deliver after %d", p.name, r.Number, last)
			return
		}
		p.deliverOutcome(r)
		last = r.Number
		if some--; some == 0 {
			break
		}
	}
	if p.leads && last > p.stock().Marks().Published && !p.w.chance(6) {
		p.duty("publish", &wish{request: stock.Publish{Number: last}})
	}
}

// deliverOutcome judges an event: one id and one payload for each outcome.
func (p *process) deliverOutcome(r *stock.Reservation) {
	first := p.w.books.outcomes[r.Number]
	if first == nil || !sameOutcome(first, r) {
		p.w.failf("%s delivers outcome %d as %+v, it is %+v", p.name, r.Number, r, first)
	}
	if p.w.delivered[r.Number] == "" {
		p.w.reach.Delivered++
	}
	p.w.delivered[r.Number] = r.Outcome
}
