package books

import (
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/stock"
)

// Reached tells whether the books have come to where a status stands. What was told in
// another journal, or says no position, can be looked at now.
func (b *Books) Reached(position string) bool {
	at, err := ParsePlace(position)
	return err != nil || at.Journal != b.At.Journal || !b.At.Before(at)
}

// comparable is the place that a position names; false where these books cannot judge it.
func (b *Books) comparable(what, position string) (Place, bool) {
	at, err := ParsePlace(position)
	if err != nil {
		b.violated("%s: %v", what, err)
		return at, false
	}
	return at, b.whole && at.Journal == b.At.Journal
}

// CheckReservation compares what an object shows with what the journal said at its
// position. It tells whether there was something to compare.
func (b *Books) CheckReservation(r *v1.Reservation) bool {
	if !r.Decided() {
		return false // pending, or withdrawn before it was decided
	}
	at, ok := b.comparable("reservation "+r.Name, r.Status.Position)
	if !ok {
		return false
	}
	c := b.find(string(r.UID))
	if c == nil {
		c = b.find(r.Name)
	}
	if c == nil {
		b.violated("reservation %s shows %+v, of which the journal says nothing", r.Name, r.Status)
		return true
	}
	was, ok := c.at(at)
	if !ok {
		b.violated("reservation %s shows the outcome that came after %s", r.Name, at)
		return true
	}
	if want := Shown(r.Namespace, was); !agrees(&r.Status, &want.Status) {
		b.violated("reservation %s shows at %s\n%+v\nwhere the journal says\n%+v", r.Name, at, r.Status, want.Status)
	}
	return true
}

// agrees compares what the journal decides of a status.
func agrees(a, b *v1.ReservationStatus) bool {
	return equality.Semantic.DeepEqual(
		[]any{a.Phase, a.Units, a.Allocations, a.UnavailableItems, a.DecidedAt, a.ReservedAt, a.ExpiresAt, a.FirstExpiresAt, a.Replaces, a.ReplacedBy, a.OrderID, a.OutcomeID},
		[]any{b.Phase, b.Units, b.Allocations, b.UnavailableItems, b.DecidedAt, b.ReservedAt, b.ExpiresAt, b.FirstExpiresAt, b.Replaces, b.ReplacedBy, b.OrderID, b.OutcomeID})
}

// Shown is a reservation as its object has to show it, in what the outcome's event and the
// figures depend on.
func Shown(namespace string, r *stock.Reservation) *v1.Reservation {
	object := &v1.Reservation{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: Name(r), UID: types.UID(r.Object.UID)},
		Spec:       v1.ReservationSpec{CartID: string(r.Cart), CustomerID: string(r.Customer)},
	}
	if r.Command.ID != "" {
		object.Spec.Command = &v1.Command{Source: r.Command.Source, ID: string(r.Command.ID), Extensions: map[string]v1.Extension{}}
		for name, value := range r.Extensions {
			object.Spec.Command.Extensions[name] = v1.Extension(value)
		}
	}
	at := metav1.NewMicroTime(moment(r.At))
	s := &object.Status
	s.DecidedAt, s.OrderID, s.OutcomeID = &at, string(r.Order), string(r.Outcome)
	s.Replaces, s.ReplacedBy = string(r.Replaces), string(r.ReplacedBy)
	for _, line := range r.Lines {
		s.Units += line.Quantity
		object.Spec.Items = append(object.Spec.Items, v1.ReservationItem{ProductID: string(line.Product), Quantity: line.Quantity})
	}
	s.Phase = map[stock.Phase]v1.Phase{
		stock.PhaseReserved: v1.PhaseReserved, stock.PhaseRefused: v1.PhaseUnavailable,
		stock.PhaseReleased: v1.PhaseReleased, stock.PhaseConsumed: v1.PhaseConsumed,
	}[r.Phase]
	for _, short := range r.Short {
		s.UnavailableItems = append(s.UnavailableItems, v1.UnavailableItem{
			ProductID: string(short.Product), Requested: short.Requested, Available: short.Available,
		})
	}
	if r.Phase == stock.PhaseRefused {
		return object
	}
	s.ReservedAt = &at
	if r.Expires != 0 {
		s.ExpiresAt = &metav1.Time{Time: moment(r.Expires)}
	}
	if r.FirstExpires != 0 {
		s.FirstExpiresAt = &metav1.Time{Time: moment(r.FirstExpires)}
	}
	for _, a := range r.Allocations {
		s.Allocations = append(s.Allocations, v1.Allocation{
			LocationID: a.Location, ProductID: string(a.Product), Quantity: a.Quantity, Consumed: a.Consumed, Released: a.Released,
		})
	}
	return object
}

func moment(t stock.Time) time.Time { return time.UnixMicro(int64(t)).UTC() }

// CheckItem compares the figures that a StockItem shows with those at its position, by
// the spec of the generation that it shows.
func (b *Books) CheckItem(i *v1.StockItem) bool {
	if i.Status.ObservedGeneration <= 0 {
		return false // nobody has shown anything yet
	}
	at, ok := b.comparable("stock item "+i.Name, i.Status.Position)
	if !ok {
		return false
	}
	known := b.items[stock.ID(i.UID)]
	if known == nil {
		b.violated("stock item %s shows %+v, and the journal knows nothing of it", i.Name, i.Status)
		return true
	}
	stated, _ := known.at(at)
	if stated == nil || stated.Generation != i.Status.ObservedGeneration {
		b.violated("stock item %s shows generation %d at %s, where the journal has %+v", i.Name, i.Status.ObservedGeneration, at, stated)
		return true
	}
	if is, want := figuresShown(i), b.figures(stated, known, at); is != want {
		b.violated("stock item %s shows %+v at %s, where the journal says %+v", i.Name, is, at, want)
	}
	return true
}

// figures are what a StockItem shows.
type figures struct{ onHand, reserved, available, consumed, shortfall, refused int64 }

func figuresShown(i *v1.StockItem) figures {
	s := i.Status
	return figures{s.OnHand, s.Reserved, s.Available, s.Consumed, s.Shortfall, s.Refused}
}

func (b *Books) figures(stated *stock.Item, known *item, at Place) figures {
	key := stock.Key{Product: stated.Product, Location: stated.Location}
	refused, _ := known.refused.at(at)
	if b.serving(key, at) != stated {
		return figures{refused: refused} // a duplicate, or one that waits
	}
	was, _ := b.at(key).was.at(at)
	left := stated.Received - was.consumed
	f := figures{onHand: max(0, left), reserved: was.reserved, consumed: was.consumed, refused: refused}
	switch {
	case stated.Untracked && !stated.Suspended:
		f.available = stock.UntrackedUnits
	case stated.Untracked:
	default:
		f.shortfall = max(0, f.reserved-left)
		if !stated.Suspended {
			f.available = max(0, left-f.reserved-stated.SafetyStock)
		}
	}
	return f
}

// CheckLedger compares the sums that the StockLedger shows with those at its position.
func (b *Books) CheckLedger(l *v1.StockLedger) bool {
	if l.Status.Position == "" {
		return false
	}
	at, ok := b.comparable("the ledger", l.Status.Position)
	if !ok {
		return false
	}
	want, is := b.Totals(at), l.Status.Totals
	is.Remembered, is.Undelivered = 0, 0 // they depend on what was forgotten and delivered
	if is != want {
		b.violated("the ledger shows %+v at %s, where the journal says %+v", is, at, want)
	}
	return true
}

// Totals are the namespace's sums at a place.
func (b *Books) Totals(at Place) (t v1.LedgerTotals) {
	for key, p := range b.places {
		was, _ := p.was.at(at)
		t.Reserved += was.reserved
		t.Consumed += was.consumed
		if b.serving(key, at) == nil {
			t.WithoutItem += was.reserved
		}
	}
	for _, i := range b.items {
		stated, _ := i.at(at)
		if stated == nil || b.serving(stock.Key{Product: stated.Product, Location: stated.Location}, at) != stated {
			continue
		}
		f := b.figures(stated, i, at)
		t.Items++
		if stated.Untracked {
			continue
		}
		t.OnHand += f.onHand
		t.Available += f.available
	}
	for _, c := range b.carts {
		if was, ok := c.at(at); ok && was.Phase == stock.PhaseReserved {
			t.Open++
			if was.Command.ID != "" && was.Object.UID == "" {
				t.Unshown++
			}
		}
	}
	return t
}

// Name is the name of the object that shows a reservation.
func Name(r *stock.Reservation) string {
	if r.Object.Name != "" {
		return r.Object.Name
	}
	return string(r.ID)
}

// Differs says in what a StockItem shows anything but what the journal says now, empty if
// in nothing.
func (b *Books) Differs(i *v1.StockItem) string {
	known := b.items[stock.ID(i.UID)]
	if known == nil || known.last() == nil {
		return fmt.Sprintf("the journal knows nothing of stock item %s", i.Name)
	}
	if is, want := figuresShown(i), b.figures(known.last(), known, b.At); is != want {
		return fmt.Sprintf("stock item %s shows %+v, and the journal says %+v", i.Name, is, want)
	}
	return ""
}

// DiffersFrom says in what a Reservation shows anything but what the journal says now,
// empty if in nothing. Of one that was withdrawn before it was decided, and of one that
// was forgotten, it says nothing.
func (b *Books) DiffersFrom(r *v1.Reservation) string {
	c := b.find(string(r.UID))
	if c == nil {
		c = b.find(r.Name)
	}
	switch {
	case c == nil && (!r.Decided() || b.Head > 1):
		return ""
	case c == nil:
		return fmt.Sprintf("the journal knows nothing of reservation %s, which is %s", r.Name, r.Status.Phase)
	}
	if want := Shown(r.Namespace, c.last()); !agrees(&r.Status, &want.Status) {
		return fmt.Sprintf("reservation %s shows %+v, and the journal says %+v", r.Name, r.Status, want.Status)
	}
	return ""
}
