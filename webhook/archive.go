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

// archived names a namespace to the archive: it has to be the one that this journal is of.
func archived(namespace string, j Journal) lookup.Namespace {
	in := lookup.Namespace{Name: namespace}
	j.Read(func(_ *stock.State, l *journal.Log) { in.Identity = l.Identity() })
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
	case errors.Is(err, lookup.ErrNotArchived):
		return nil, fail(notFound, "there is no reservation %s in namespace %s, unless the journal has forgotten it: the archive does not have this journal", text, namespace)
	case err != nil:
		return nil, fail(archiveUnavailable, "the journal has no reservation %s, or none any more, and the archive cannot be asked now whether there was one: ask again", text)
	case r == nil:
		return nil, unknown(namespace, text)
	case !r.Phase.Ended():
		return nil, fail(archiveUnavailable, "reservation %s has ended, and the archive has not read yet how: ask again", text)
	}
	x.archived = true
	return view.Reservation(namespace, r), nil
}

// findArchived returns the reservations of an order or a cart that the journal has forgotten. They
// are incomplete where the archive cannot say which, or not yet how they ended.
func (b *bridge) findArchived(ctx context.Context, j Journal, namespace string, query *events.FindReservations) (forgotten []*stock.Reservation, incomplete bool) {
	if b.Archive == nil {
		return nil, false
	}
	all, err := b.Archive.Find(ctx, archived(namespace, j), stock.ID(query.OrderID), stock.ID(query.CartID), maxFound+1)
	if err != nil {
		return nil, !errors.Is(err, lookup.ErrNotArchived)
	}
	j.Read(func(s *stock.State, _ *journal.Log) {
		for _, r := range all {
			// What is remembered is for the journal alone to tell.
			if _, remembered := s.Reservation(r.ID); remembered {
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

// refuseOld says why a command is not decided whose time the journal does not remember any more.
// That stands; the archive may say what became of it before.
func (b *bridge) refuseOld(ctx context.Context, j Journal, namespace string, wanted *stock.Reservation) error {
	f := fail(tooOld, "the command's time is before what is remembered, so it may have been carried out: send it anew, with another id, if it is still wanted")
	if b.Archive == nil {
		return f
	}
	ctx, cancel := context.WithTimeout(ctx, outcomeWait)
	defer cancel()
	r, err := b.Archive.Outcome(ctx, archived(namespace, j), wanted.ID)
	if err != nil || r == nil || r.ID != wanted.ID || !sameCart(r, wanted) {
		return f
	}
	outcome := view.Reservation(namespace, r)
	became := string(outcome.CurrentPhase())
	if r.Phase.Ended() {
		became += ", " + view.Ending(outcome)
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
