package allocator

import (
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
)

// The model check plays one product at one location, which all its
// Reservations compete for.
const (
	modelProduct  = "p"
	modelLocation = "l"
	modelItem     = "item"
	modelCarts    = 3 // at most
)

// modelKind is a kind of object: each has versions and watches of its own.
type modelKind uint8

const (
	kindLedger modelKind = iota
	kindItem
	kindTally
	kindCart
	kinds
)

// modelObject is one stored version of an object, or one on its way to the
// store. It never changes, so that states of the model share it.
type modelObject struct {
	kind modelKind
	// cart is the Reservation's number.
	cart    int
	deleted bool
	version uint64
	ledger  *v1.StockLedger
	item    *v1.StockItem
	tally   *v1.StockTally
	rsv     *v1.Reservation
	print   imprint
}

func (o *modelObject) object() client.Object {
	switch o.kind {
	case kindLedger:
		return o.ledger
	case kindItem:
		return o.item
	case kindTally:
		return o.tally
	default:
		return o.rsv
	}
}

// newObject wraps an object that nobody changes from here on.
func newObject(object client.Object, cart int, deleted bool) *modelObject {
	o := &modelObject{cart: cart, deleted: deleted, version: versionOf(object.GetResourceVersion())}
	var e printer
	switch object := object.(type) {
	case *v1.StockLedger:
		o.kind, o.ledger = kindLedger, object
		e.str(string(object.UID))
		e.ledger(&object.Status)
		e.flag(trusted(&Stored{UID: object.UID, Status: object.Status}))
	case *v1.StockItem:
		o.kind, o.item = kindItem, object
		e.item(object)
	case *v1.StockTally:
		o.kind, o.tally = kindTally, object
		e.tally(&object.Status)
	case *v1.Reservation:
		o.kind, o.rsv = kindCart, object
		e.cart(object)
	}
	e.num(int64(o.kind))
	e.num(int64(cart))
	e.flag(deleted)
	e.ver(o.kind, o.version)
	o.print = e.done()
	return o
}
