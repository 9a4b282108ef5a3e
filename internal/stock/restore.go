package stock

import (
	"cmp"
	"fmt"
	"slices"
)

// RestoreStage says how far a restore is.
type RestoreStage uint8

// The stages of a restore. In the first two nothing is decided about carts.
const (
	// RestoreAwaited: the journal was founded to take in what another one knew.
	RestoreAwaited RestoreStage = iota + 1
	// RestoreBegun: some of the facts may be here.
	RestoreBegun
	// RestoreDone: all of them are.
	RestoreDone
	// RestoreWaived: it was awaited, and then somebody said that none is to come.
	RestoreWaived
)

// restoring is the newest statement about a restore, and the page where it stands.
type restoring struct {
	RestoreRecord
	home *page
	// over says that a newer statement has taken its place.
	over bool
}

// size is about what the record that restates it takes.
func (r *restoring) size() int64 { return int64(len(r.Digest) + len(r.From) + 8) }

// restoreTo takes in how far a restore is.
func (s *State) restoreTo(p *page, stated *RestoreRecord) {
	if known := s.restore; known != nil {
		save(s, known.home)
		known.home.keep -= known.size()
		save(s, known)
		known.over = true
	}
	save(s, p)
	save(s, &s.restore)
	s.restore = &restoring{RestoreRecord: *stated, home: p}
	p.restore = s.restore
	p.keep += s.restore.size()
}

// Restoration is how far a restore is; the zero value where nothing was ever said of one.
func (s *State) Restoration() RestoreRecord {
	if s.restore == nil {
		return RestoreRecord{}
	}
	return s.restore.RestoreRecord
}

// HoldsBack tells whether nothing is decided about carts, because what another journal knew is
// awaited or only half here.
func (s *State) HoldsBack() bool {
	stage := s.Restoration().Stage
	awaited := stage == RestoreAwaited
	halfHere := stage == RestoreBegun
	return awaited || halfHere
}

// aboutCarts tells whether a request could be decided wrongly without what is to be restored: a
// hold that is not here yet is not unknown.
func aboutCarts(request Request) bool {
	switch request.(type) {
	case Reserve, Release, Consume, Extend, Attach, Expire:
		return true
	default:
		return false
	}
}

// MaxDifferences is how many differences are told.
const MaxDifferences = 20

// restore takes in as much of the facts as the batch has room for. Until all are in, it is
// Later, and nothing else is decided about carts.
func (d *draft) restore(r Restore) Answer {
	known := d.state.Restoration()
	same := known.Digest == r.Digest
	switch {
	case known.Stage == RestoreDone && same:
		return Answer{Verdict: Repeated}
	case known.Stage == RestoreBegun && same:
	case d.refusing:
		return Answer{Verdict: Full}
	default:
		if differences := d.state.Differences(r); len(differences) > 0 {
			return Answer{Verdict: Differing, Differences: differences}
		}
		if !d.takesAll(r) {
			return Answer{Verdict: TooLarge}
		}
		if verdict := d.write(d.restoreRecord(RestoreBegun, r)); verdict != Done {
			return Answer{Verdict: verdict}
		}
	}
	for _, t := range r.Totals {
		if d.state.Consumed(Key{Product: t.Product, Location: t.Location}) >= t.Consumed {
			continue // it is here already
		}
		if verdict := d.write(&TotalRecord{Total: t, At: d.now}); verdict != Done {
			return Answer{Verdict: verdict}
		}
	}
	for i := range r.Carts {
		if verdict := d.restoreCart(r.Carts[i]); verdict != Done {
			return Answer{Verdict: verdict}
		}
	}
	verdict := d.write(d.restoreRecord(RestoreDone, r))
	if verdict == Done {
		d.batch.Marks.Forgotten = max(d.batch.Marks.Forgotten, r.Forgotten)
	}
	return Answer{Verdict: verdict}
}

func (d *draft) restoreRecord(stage RestoreStage, r Restore) *RestoreRecord {
	return &RestoreRecord{Stage: stage, Digest: r.Digest, From: r.From, At: d.now}
}

// restoreCart takes one cart in, unless it is known.
func (d *draft) restoreCart(r Reservation) Verdict {
	if d.state.find(r.ID) != nil {
		return Done
	}
	undelivered := r.Number > 0
	if undelivered {
		r.Number = d.batch.Marks.Outcomes + 1
	}
	verdict := d.write(&Cart{r})
	if undelivered && verdict == Done {
		d.batch.Marks.Outcomes++
	}
	return verdict
}

// takesAll tells whether each cart could be written, and whatever becomes of it.
func (d *draft) takesAll(r Restore) bool {
	for i := range r.Carts {
		record := &Reserved{r.Carts[i]}
		if encoded, err := Encode(record); err != nil || !d.growable(record, encoded) {
			return false
		}
	}
	return true
}

// waiveRestore ends the wait for a restore. One that was begun has to come to its end.
func (d *draft) waiveRestore() Answer {
	switch d.state.Restoration().Stage {
	case RestoreAwaited:
		return Answer{Verdict: d.write(&RestoreRecord{Stage: RestoreWaived, At: d.now})}
	case RestoreBegun:
		return Answer{Verdict: Conflicting}
	default:
		return Answer{Verdict: Repeated}
	}
}

// Differences say why facts cannot be taken in: units were shipped here that they do not know of,
// so that no total would be right; or a hold is known here that stands otherwise. While a
// restore is begun nothing is decided, so the totals are those of that restore.
func (s *State) Differences(r Restore) []string {
	var all []string
	if s.Restoration().Stage != RestoreBegun {
		all = s.shippedHere(r)
	} else {
		for _, t := range r.Totals {
			if here := s.Consumed(Key{Product: t.Product, Location: t.Location}); here > t.Consumed {
				all = append(all, shippedText(t, here))
			}
		}
	}
	for i := range r.Carts {
		there := &r.Carts[i]
		here, known := s.Reservation(there.ID)
		if known && !there.Phase.Ended() && !alike(here, there) {
			all = append(all, fmt.Sprintf("reservation %s of cart %s is %s here, and held in the file", there.ID, there.Cart, here.standing()))
		}
	}
	slices.Sort(all)
	return all[:min(len(all), MaxDifferences)]
}

// shippedHere names the places from which this journal has shipped.
func (s *State) shippedHere(r Restore) (all []string) {
	there := map[Key]int64{}
	for _, t := range r.Totals {
		there[Key{Product: t.Product, Location: t.Location}] = t.Consumed
	}
	for key, l := range s.stocks {
		if l.consumed > 0 {
			all = append(all, shippedText(Total{Product: key.Product, Location: key.Location, Consumed: there[key]}, l.consumed))
		}
	}
	return all
}

func shippedText(there Total, here int64) string {
	return fmt.Sprintf("of product %s at %s, %d units were shipped here and %d in the file", there.Product, there.Location, here, there.Consumed)
}

// standing says in a word where a reservation stands.
func (r *Reservation) standing() string {
	switch r.Phase {
	case PhaseRefused:
		return "refused"
	case PhaseReleased:
		return "released"
	case PhaseConsumed:
		return "shipped"
	default:
		return "held otherwise"
	}
}

// alike tells whether two statements about a hold promise the same to the same cart.
func alike(a, b *Reservation) bool {
	return a.Phase == b.Phase && a.Cart == b.Cart && a.CurrentOrder() == b.CurrentOrder() && a.Expires == b.Expires &&
		!other(a.Command.Hash, b.Command.Hash) && slices.Equal(byPlace(a.Allocations), byPlace(b.Allocations))
}

func byPlace(allocations []Allocation) []Allocation {
	return slices.SortedFunc(slices.Values(allocations), func(a, b Allocation) int {
		return cmp.Or(cmp.Compare(a.Product, b.Product), cmp.Compare(a.Location, b.Location))
	})
}

// withoutObject returns the reservation of an object that a person or Git has made again where
// the stock was restored: it has the name, the cart and the lines, and no object yet.
func (s *State) withoutObject(wanted *Reservation) *Reservation {
	if wanted.Command.ID != "" || wanted.Object.Name == "" {
		return nil
	}
	for _, c := range s.objects[ID(wanted.Object.Name)] {
		r := c.reservation()
		if r.Object.UID == "" && r.Command.ID == "" && r.Cart == wanted.Cart && r.Object.Name == wanted.Object.Name && sameUnits(r.Lines, wanted.Lines) {
			return r
		}
	}
	return nil
}

func sameUnits(a, b []Line) bool {
	units := map[ID]int64{}
	for _, line := range a {
		units[line.Product] += line.Quantity
	}
	for _, line := range b {
		units[line.Product] -= line.Quantity
	}
	for _, missing := range units {
		if missing != 0 {
			return false
		}
	}
	return true
}
