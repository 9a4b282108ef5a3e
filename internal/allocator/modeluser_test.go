package allocator

import (
	"fmt"

	v1 "github.com/acme/inventory-service/api/v1"
)

// userAction is something a person or a client does, once at most.
type userAction struct {
	name string
	can  func(w *modelWorld) bool
	do   func(w *modelWorld)
}

// editCart changes the spec of a Reservation as far as its rules allow.
func editCart(name string, cart int, can func(*v1.Reservation) bool, change func(*v1.Reservation)) userAction {
	return userAction{
		name: fmt.Sprintf("somebody %s %s", name, cartName(cart)),
		can: func(w *modelWorld) bool {
			o := w.store.get(kindCart, cart)
			return o != nil && can(o.rsv)
		},
		do: func(w *modelWorld) {
			r := w.store.get(kindCart, cart).rsv.DeepCopy()
			r.Generation++
			change(r)
			w.commit(&modelObject{kind: kindCart, cart: cart, rsv: r}, false)
		},
	}
}

func open(r *v1.Reservation) bool {
	return r.Spec.Intent == v1.IntentHold && !r.CurrentPhase().Final()
}

func reserved(r *v1.Reservation) bool { return open(r) && r.CurrentPhase() == v1.PhaseReserved }

func releases(cart int) userAction {
	return editCart("releases", cart, open, func(r *v1.Reservation) { r.Spec.Intent = v1.IntentRelease })
}

func consumes() userAction {
	return editCart("consumes", 0, reserved, func(r *v1.Reservation) { r.Spec.Intent = v1.IntentConsume })
}

func consumesPart(cart int, units int64) userAction {
	return editCart(fmt.Sprintf("ships %d of", units), cart, reserved, func(r *v1.Reservation) {
		r.Spec.ConsumeItems = []v1.PartialItem{{ProductID: modelProduct, LocationID: modelLocation, Quantity: units}}
	})
}

func deletes(cart int) userAction {
	return userAction{
		name: "somebody deletes " + cartName(cart),
		can:  func(w *modelWorld) bool { return w.store.get(kindCart, cart) != nil },
		do: func(w *modelWorld) {
			r := w.store.get(kindCart, cart).rsv.DeepCopy()
			w.commit(&modelObject{kind: kindCart, cart: cart, rsv: r}, true)
		},
	}
}

func deletesLedger() userAction {
	return userAction{
		name: "somebody deletes the ledger",
		can:  func(w *modelWorld) bool { return w.store.get(kindLedger, 0) != nil },
		do: func(w *modelWorld) {
			l := w.store.get(kindLedger, 0).ledger.DeepCopy()
			w.commit(&modelObject{kind: kindLedger, ledger: l}, true)
		},
	}
}

// editsLedger takes all holds out of the stored ledger, as somebody does who
// means to help. Its token and all else stay.
func editsLedger() userAction {
	return userAction{
		name: "somebody takes the holds out of the ledger",
		can: func(w *modelWorld) bool {
			o := w.store.get(kindLedger, 0)
			return o != nil && len(o.ledger.Status.InFlight) > 0
		},
		do: func(w *modelWorld) {
			l := w.store.get(kindLedger, 0).ledger.DeepCopy()
			l.Status.InFlight = nil
			w.commit(&modelObject{kind: kindLedger, ledger: l}, false)
		},
	}
}

// receives sets the received units.
func receives(units int64) userAction {
	return userAction{
		name: fmt.Sprintf("somebody sets received to %d", units),
		can:  func(*modelWorld) bool { return true },
		do: func(w *modelWorld) {
			item := w.store.get(kindItem, 0).item.DeepCopy()
			item.Generation++
			item.Spec.Received = units
			w.commit(&modelObject{kind: kindItem, item: item}, false)
		},
	}
}
