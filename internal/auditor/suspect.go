package auditor

import (
	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/stock"
)

// suspect is an object that does not show what the book said when the object was read.
type suspect struct {
	kind Kind
	name string
	uid  stock.ID
	// version is the object's; empty where there should be one and is none.
	version string
	// at is the last record that its status includes, if named: of this journal.
	at    place
	named bool

	// One of them is set.
	reservation *v1.Reservation
	item        *v1.StockItem

	// known says that the journal knows what it shows, changed where that changed last, as of
	// the last look.
	known   bool
	changed place
	verdict verdict
	found   []Difference
	// looks is how many looks in a row have found it like this.
	looks int
}

// verdict is what one look makes of an object.
type verdict int

const (
	// agrees: it shows what is true, or was at its position.
	agrees verdict = iota
	// wrong: it shows what was not true at its position.
	wrong
	// lags: it shows what is not true now, and perhaps was before.
	lags
)

// subject is the key of a suspect.
type subject struct {
	kind Kind
	uid  stock.ID
}

// judge compares the object with the book. Where the book stands at the object's position,
// nothing can have changed since.
func (s *suspect) judge(b *Book) {
	if s.version == "" {
		s.judgeMissing(b)
		return
	}
	if s.item != nil {
		s.judgeItem(b)
	} else {
		s.judgeReservation(b)
	}
	switch {
	case len(s.found) == 0:
		s.verdict = agrees
	case s.verdict == wrong:
		// What was not true at its position never was, whatever has changed since.
	case !s.known:
		s.verdict = lags // what was forgotten is deleted, in time
	case s.named && b.at.covers(s.at) && s.at.covers(s.changed):
		s.verdict = wrong
	default:
		s.verdict = lags
	}
}

func (s *suspect) judgeItem(b *Book) {
	c := &comparison{kind: KindItem, object: "StockItem " + s.name}
	status := &s.item.Status
	if s.known = b.items[s.uid] != nil; !s.known {
		s.changed = b.changedUnstated[s.uid]
		if status.Position != "" {
			figure(c, "position", "empty, since the journal does not know it", status.Position)
		}
		s.found = c.found
		return
	}
	is, changed := b.figures(s.uid)
	s.changed = changed
	compareItem(c, b.items[s.uid].Item, is, status)
	if is.Shortfall > status.Shortfall {
		for i := range c.found {
			c.found[i].Kind = KindOversold
		}
	}
	s.found = c.found
}

func (s *suspect) judgeReservation(b *Book) {
	c := &comparison{kind: KindReservation, object: "Reservation " + s.name}
	_, known := b.showing(s.reservation)
	if s.known = known != nil; !s.known {
		s.changed = place{}
		if s.reservation.Decided() || s.reservation.CurrentPhase() != v1.PhasePending {
			figure(c, "phase", string(v1.PhasePending)+", since the journal does not know it", string(s.reservation.CurrentPhase()))
		}
		s.found = c.found
		return
	}
	s.changed = known.changed
	compareReservation(c, known.reservation(), s.reservation)
	s.found = c.found
}

// judgeMissing is about an object that should be there, by what the journal says.
func (s *suspect) judgeMissing(b *Book) {
	s.found, s.verdict = nil, agrees
	switch known := b.carts[s.uid]; {
	case s.kind == KindItem && b.items[s.uid] != nil:
		s.changed = b.items[s.uid].changed
		s.found = []Difference{{Kind: KindItem, Object: "StockItem " + s.name, Figure: "object", Expected: "there, as the journal says", Found: "gone"}}
	case s.kind == KindReservation && known != nil && known.open && known.live:
		s.changed = known.changed
		s.found = []Difference{{Kind: KindReservation, Object: "Reservation " + s.name, Figure: "object", Expected: "there, since its units are held", Found: "gone"}}
	default:
		return
	}
	s.verdict = lags
}

// showing returns the reservation that an object shows, nil where the journal knows none.
func (b *Book) showing(object *v1.Reservation) (stock.ID, *cart) {
	if c := b.carts[stock.ID(object.UID)]; c != nil {
		return stock.ID(object.UID), c
	}
	if object.Spec.Command == nil {
		return "", nil
	}
	id := stock.ID(object.Name)
	return id, b.carts[id]
}
