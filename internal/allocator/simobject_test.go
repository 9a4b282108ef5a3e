package allocator_test

import (
	"fmt"

	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/test/fixture"
)

// object is a Reservation object: made by a person, who wants the cart, or by an operator
// to show one.
type object struct {
	uid         stock.ID
	name        string
	reservation stock.ID
	version     uint64
	deleted     uint64
	// wish is what the person who made it wants, nil for an operator's.
	wish *wish
}

// objectsStep lets something happen to Reservation objects.
func (w *world) objectsStep(p *process) {
	if p.isFrozen() {
		return
	}
	switch w.rng.IntN(10) {
	case 0, 1:
		w.newObject(p)
	case 2:
		w.showCart(p)
	case 3, 4:
		w.deleteObject()
	case 5:
		w.reconcile(p)
	default:
		w.showObject(p)
	}
}

// reconcile lets a process ask for the cart of an object once more, also of one that was
// deleted long ago: its cache may be old.
func (w *world) reconcile(p *process) {
	if len(w.objects) == 0 {
		return
	}
	if o := w.objects[w.rng.IntN(len(w.objects))]; o.wish != nil {
		w.ask(w.electedOr(p), o.wish)
	}
}

// electedOr is a process that is to lead, if there is one: others ask nothing of themselves.
func (w *world) electedOr(p *process) *process {
	for _, other := range w.procs {
		if !p.elected && other.elected && !other.isFrozen() {
			return other
		}
	}
	return p
}

// newObject lets a person make an object that asks for a cart.
func (w *world) newObject(p *process) {
	w.count++
	o := &object{uid: w.fresh("object"), name: fmt.Sprintf("my-cart-%d", w.count), version: w.version()}
	o.reservation = o.uid
	options := append(w.lines(), fixture.FromObject(o.uid, o.name, o.version), fixture.Hold(w.hold()))
	o.wish = &wish{born: w.now, cart: true, object: o, request: fixture.Reserve("", options...)}
	w.objects = append(w.objects, o)
	if w.chance(3) {
		w.wishes = append(w.wishes, o.wish) // nobody has seen it yet
		return
	}
	w.wish(p, o.wish)
}

// showCart lets a leader make the object that shows a command's cart.
func (w *world) showCart(p *process) {
	id, ok := w.anyCart()
	if !ok || !p.leads {
		return
	}
	r, ok := p.stock().Reservation(id)
	if !ok || r.Command.ID == "" {
		return
	}
	for _, o := range w.objects {
		if o.reservation == id && o.deleted == 0 {
			return
		}
	}
	o := &object{uid: w.fresh("object"), reservation: id, version: w.version()}
	w.objects = append(w.objects, o)
	w.askShow(p, o)
}

func (w *world) deleteObject() {
	if len(w.objects) == 0 {
		return
	}
	if o := w.objects[w.rng.IntN(len(w.objects))]; o.deleted == 0 {
		o.deleted = w.version()
		w.note("object %s of %s is deleted at version %d", o.uid, o.reservation, o.deleted)
	}
}

// showObject lets a leader take in that an object is there, or gone.
func (w *world) showObject(p *process) {
	if len(w.objects) > 0 && p.leads {
		w.askShow(p, w.objects[w.rng.IntN(len(w.objects))])
	}
}

func (w *world) askShow(p *process, o *object) {
	shown := stock.Object{UID: o.uid, Name: o.name, Version: o.version}
	if o.deleted != 0 {
		shown.Version, shown.Gone = o.deleted, true
	}
	w.ask(p, &wish{born: w.now, request: stock.Show{Reservation: o.reservation, Object: shown}})
}

// verify reads the object of a cart past the caches, for a process that leads.
func (w *world) verify(p *process, asked *wish) {
	switch o := asked.object; {
	case o.deleted != 0:
		asked.answered = true // there is nobody any more who wants it
	case p.leads:
		verified := asked.request.(stock.Reserve)
		verified.Verified = true
		w.reach.Verified++
		p.duty(fmt.Sprint("verified ", o.uid), &wish{born: w.now, request: verified, object: o})
	}
}
