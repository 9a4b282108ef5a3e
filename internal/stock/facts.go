package stock

import "iter"

// Facts yields records that restate all of State but what stands in its marks: a State
// that applies them, in any order, knows the same. For a journal that replaces a damaged
// one.
func (s *State) Facts() iter.Seq[Record] { return s.FactsFrom(0) }

// FactsFrom yields the Facts but for the first so many, without making those.
func (s *State) FactsFrom(skip int) iter.Seq[Record] {
	return func(yield func(Record) bool) {
		for _, p := range s.pages {
			if !p.facts(&skip, yield) {
				return
			}
		}
	}
}

// facts yields what restates the things whose home a page is, but for the first ones, which
// it counts down. It is false once no more are wanted.
func (p *page) facts(skip *int, yield func(Record) bool) bool {
	wanted := func() bool {
		*skip--
		return *skip < 0
	}
	for _, c := range p.carts {
		if c.home == p && wanted() && !yield(&Cart{*c.reservation()}) {
			return false
		}
	}
	for fact := range p.otherFacts() {
		if wanted() && !yield(fact) {
			return false
		}
	}
	return true
}

// otherFacts yields what restates the things that are not carts, all of which count for
// as long as they are.
func (p *page) otherFacts() iter.Seq[Record] {
	return func(yield func(Record) bool) {
		for _, i := range p.items {
			if i.home == p && !yield(&ItemRecord{Item: i.Item}) {
				return
			}
		}
		for _, l := range p.totals {
			if l.home == p && !yield(&TotalRecord{Total: Total{Product: l.key.Product, Location: l.key.Location, Consumed: l.consumed}}) {
				return
			}
		}
		for _, r := range p.readers {
			if r.home == p && !yield(&ReaderRecord{Name: r.name, Position: r.position}) {
				return
			}
		}
		if r := p.restore; r != nil && !r.over {
			yield(&RestoreRecord{Stage: r.Stage, Digest: r.Digest, From: r.From})
		}
	}
}
