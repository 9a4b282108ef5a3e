package controllers

import (
	"strconv"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/internal/view"
)

// named returns the reservations whose object has this name, or had it.
func (p pass) named() (named []*stock.Reservation) {
	p.runner.Read(func(s *stock.State, _ *journal.Log) { named = s.Named(stock.ID(p.key.Name)) })
	return named
}

// shown returns the reservation that an object shows.
func (p pass) shown(object *v1.Reservation) (r *stock.Reservation, ok bool) {
	p.runner.Read(func(s *stock.State, _ *journal.Log) { r, ok = s.Shown(stock.ID(object.UID)) })
	return r, ok
}

// recorded is what the journal says of a reservation.
type recorded struct {
	*stock.Reservation
	// position is that up to which this is true.
	position allocator.Position
	// published says that its outcome was delivered.
	published bool
}

// recorded returns what the journal says of a reservation; ok is false where it is not known.
func (p pass) recorded(id stock.ID) (now recorded, ok bool) {
	p.runner.Read(func(s *stock.State, l *journal.Log) {
		if now.Reservation, ok = s.Reservation(id); ok {
			now.position, now.published = allocator.PositionOf(l), now.Number <= s.Marks().Published
		}
	})
	return now, ok
}

// objectOf is how the journal refers to an object.
func objectOf(object *v1.Reservation, r stock.ID) stock.Object {
	o := stock.Object{UID: stock.ID(object.UID), Version: versionOf(object.ResourceVersion)}
	if stock.ID(object.Name) != r {
		o.Name = object.Name
	}
	return o
}

// versionOf is a resourceVersion as a number, 0 where it is none.
func versionOf(resourceVersion string) uint64 {
	version, _ := strconv.ParseUint(resourceVersion, 10, 64) // 0 is older than everything
	return version
}

// lost tells whether the object of a reservation seems to be gone: another has its name, or
// none.
func lost(r *stock.Reservation, object *v1.Reservation) bool {
	return r.Object.UID != "" && !r.Object.Gone && (object == nil || stock.ID(object.UID) != r.Object.UID)
}

// unseen tells whether a reservation of the bridge has no object that is known.
func unseen(r *stock.Reservation) bool { return view.OfBridge(r) && r.Object.UID == "" }
