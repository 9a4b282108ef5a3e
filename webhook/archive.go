package webhook

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/acme/inventory-service/api/events"
	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/archive/lookup"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/internal/view"
)

// outcomeWait is how long a refusal that is decided waits for the archive to say more about it.
const outcomeWait = 200 * time.Millisecond

// archived names a namespace to the archive: it has to be the one that this journal is of, and the
// archive has to have read what the journal has forgotten by now.
func archived(namespace string, j Journal) lookup.Namespace {
	in := lookup.Namespace{Name: namespace}
	j.Read(func(s *stock.State, l *journal.Log) { in.Identity, in.Head = l.Identity(), s.Head() })
	return in
}

// lookUpArchived tells of a reservation that the journal is proven not to have: it may have
// forgotten it, once it had ended.
func (b *bridge) lookUpArchived(ctx context.Context, x *exchange, j Journal, namespace, text string) (*v1.Reservation, error) {
	if b.Archive == nil || j == nil {
		return nil, unknown(namespace, text)
	}
	r, err := b.Archive.Reservation(ctx, archived(namespace, j), text)
	if now := find(j, text); now != nil { // it came meanwhile
		return view.Reservation(namespace, now), nil
	}
	switch {
	case r != nil && !r.Phase.Ended():
		return nil, fail(archiveUnavailable, "reservation %s has ended, and the archive has not read yet how: ask again", text)
	case r != nil && (!errors.Is(err, lookup.ErrBehind) || !byName(r, text)):
		x.archived = true
		return view.Reservation(namespace, r), nil
	default:
		return nil, notArchived(namespace, text, err)
	}
}

// byName tells whether a text names a reservation by the name of its object, which a younger object
// may have too.
func byName(r *stock.Reservation, text string) bool {
	return string(r.ID) != text && string(r.Object.UID) != text
}

// notArchived says that neither the journal nor the archive has a reservation, as far as the archive
// tells, which is what err says.
func notArchived(namespace, text string, err error) *failure {
	switch {
	case err == nil:
		return unknown(namespace, text)
	case errors.Is(err, lookup.ErrNotArchived):
		return fail(notFound, "there is no reservation %s in namespace %s, unless the journal has forgotten it: the archive does not have this journal", text, namespace)
	case errors.Is(err, lookup.ErrGap):
		return fail(notFound, "there is no reservation %s in namespace %s, unless the journal has forgotten it and it fell into a gap of the archive", text, namespace)
	case errors.Is(err, lookup.ErrBehind):
		return fail(archiveUnavailable, "the journal has no reservation %s, or none any more, and the archive has not read yet all that the journal has forgotten: ask again", text)
	default:
		return fail(archiveUnavailable, "the journal has no reservation %s, or none any more, and the archive cannot be asked now whether there was one: ask again", text)
	}
}

// findArchived returns the reservations of an order or a cart that the journal has forgotten, beside
// those that it remembered when it was asked. They are incomplete where the archive cannot say which,
// or not yet which there were or how they ended.
func (b *bridge) findArchived(ctx context.Context, j Journal, namespace string, query *events.FindReservations, remembered []*stock.Reservation) (forgotten []*stock.Reservation, incomplete bool) {
	if b.Archive == nil {
		return nil, false
	}
	all, err := b.Archive.Find(ctx, archived(namespace, j), stock.ID(query.OrderID), stock.ID(query.CartID), maxFound+1)
	incomplete = mayTellMore(err)
	told := map[stock.ID]bool{} // some of these may be forgotten by now
	for _, r := range remembered {
		told[r.ID] = true
	}
	j.Read(func(s *stock.State, _ *journal.Log) {
		for _, r := range all {
			// What is remembered is for the journal alone to tell.
			if _, known := s.Reservation(r.ID); known || told[r.ID] {
				continue
			}
			if !r.Phase.Ended() {
				incomplete = true
				continue
			}
			forgotten = append(forgotten, r)
		}
	})
	return forgotten, incomplete
}

// mayTellMore tells whether the archive may tell more where it is asked again.
func mayTellMore(err error) bool {
	return err != nil && !errors.Is(err, lookup.ErrNotArchived) && !errors.Is(err, lookup.ErrGap)
}

// refuseOld says why a command is not decided whose time the journal does not remember any more.
// That stands; the archive may say what became of it before.
func (b *bridge) refuseOld(ctx context.Context, j Journal, namespace string, wanted *stock.Reservation) error {
	f := fail(tooOld, "the command's time is before what is remembered, so it may have been carried out: send it anew, with another id, if it is still wanted")
	if b.Archive == nil {
		return f
	}
	ctx, cancel := context.WithTimeout(ctx, outcomeWait)
	defer cancel()
	// What it has is told however far it has read: an id is that of one command.
	r, _ := b.Archive.Outcome(ctx, archived(namespace, j), wanted.ID)
	if r == nil || r.ID != wanted.ID || !sameCart(r, wanted) {
		return f
	}
	became := "ended, the archive has not read yet how" // it is forgotten
	if r.Phase.Ended() {
		outcome := view.Reservation(namespace, r)
		became = string(outcome.CurrentPhase()) + ", " + view.Ending(outcome)
	}
	f = fail(tooOld, "the command's time is before what is remembered. It was carried out at %s: reservation %s (%s), as the archive tells. Send it anew, with another id, if it is wanted once more",
		view.Time(r.At).Format(time.RFC3339), r.ID, became)
	f.reservationID = string(r.ID)
	return f
}

// sameCart tells whether a command that was decided asked for the same, as far as the archive knows:
// what it says is for nobody else.
func sameCart(decided, wanted *stock.Reservation) bool {
	return decided.Cart == wanted.Cart && slices.Equal(byProduct(decided.Lines), byProduct(wanted.Lines))
}

func byProduct(lines []stock.Line) []stock.Line {
	return slices.SortedFunc(slices.Values(lines), func(a, b stock.Line) int {
		return strings.Compare(string(a.Product), string(b.Product))
	})
}
