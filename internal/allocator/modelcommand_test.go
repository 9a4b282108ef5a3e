package allocator

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/stock"
)

const (
	product  = stock.ID("sku")
	location = "loc"
)

// command is something that may be asked for, a number of times.
type command struct {
	name  string
	times uint8
	// cart is the one that it is about, -1 for none.
	cart int
	// reserve says that it asks for the cart itself; consume and release are about it.
	reserve, consume, release bool
	// put, show, drop are news of a StockItem.
	item item
	put  bool
	show bool
	drop bool
	// publish says that all outcomes were delivered.
	publish bool
	// needs tells whether it makes sense yet; nil: always.
	needs func(w *world) bool
}

// item is a StockItem at a version.
type item struct {
	uid string
	// name is "item" where it is empty.
	name                string
	generation, created int64
	version             uint64
	received            int64
}

// pendingAsk is a command that waits for its answer, and how things stood when it came.
type pendingAsk struct {
	proc, command, nth uint8
	phase              stock.Phase
	namespace          string
}

func call(k int, nth uint8) uint64 { return uint64(k)<<8 | uint64(nth) + 1 }

func reserveID(cart int) stock.ID { return stock.ID(fmt.Sprintf("r%d", cart)) }

func (w *world) mayAsk(k int) bool {
	c := &w.cfg.commands[k]
	return w.asked[k] < c.times && (c.needs == nil || c.needs(w))
}

// ask sends a command to a process.
func (w *world) ask(k, i int) {
	c := &w.cfg.commands[k]
	nth := w.asked[k]
	w.asked[k]++
	a := pendingAsk{proc: uint8(i), command: uint8(k), nth: nth, namespace: w.server.Namespace.UID}
	if c.cart >= 0 {
		a.phase = w.truth.carts[c.cart].phase
		if c.reserve && w.truth.carts[c.cart].time == 0 {
			w.truth.carts[c.cart].time = micros(epoch) + stock.Time(w.clock)*tickTime + stock.Time(w.cfg.fast[c.cart])*tickTime
			if w.cfg.fast[c.cart] >= 0 && w.truth.marks.Forgotten >= w.truth.carts[c.cart].time {
				w.fail("%q is new, and would be refused by the mark", c.name)
			}
		}
	}
	w.asks = append(w.asks, a)
	if c.show {
		w.truth.show(c.item)
	}
	w.tell(i, Asked{Call: call(k, nth), Request: w.request(c, k, nth)})
}

// request is what a command asks for.
func (w *world) request(c *command, k int, nth uint8) stock.Request {
	switch {
	case c.reserve:
		return stock.Reserve{Wanted: stock.Reservation{
			ID: reserveID(c.cart), Outcome: stock.ID(fmt.Sprintf("o%d.%d.%d", c.cart, k, nth)),
			Command:  stock.Command{Source: "s", ID: stock.ID(fmt.Sprintf("c%d", c.cart)), Time: w.truth.carts[c.cart].time},
			Customer: stock.ID(strings.Repeat("-", w.cfg.cartPad)),
			Lines:    []stock.Line{{Product: product, Quantity: w.cfg.carts[c.cart]}},
		}}
	case c.consume:
		return stock.Consume{Reservation: reserveID(c.cart)}
	case c.release:
		return stock.Release{Reservation: reserveID(c.cart)}
	case c.put:
		return stock.PutItem{Item: stock.Item{
			UID: stock.ID(c.item.uid), Name: cmp.Or(c.item.name, "item"), Product: product, Location: location, Created: stock.Time(c.item.created),
			Generation: c.item.generation, Version: c.item.version, Received: c.item.received,
		}}
	case c.show:
		return stock.ShowItem{UID: stock.ID(c.item.uid), Generation: c.item.generation}
	case c.drop:
		return stock.DropItem{UID: stock.ID(c.item.uid), Version: c.item.version}
	case c.publish:
		return stock.Publish{Number: 1 << 20}
	default:
		panic("no such command: " + c.name)
	}
}

// told is what a process answers. Everything told has to be so, in the journal as it is
// stored, at a moment after the question came.
func (w *world) told(i int, called uint64, answer stock.Answer) {
	at := slices.IndexFunc(w.asks, func(a pendingAsk) bool { return call(int(a.command), a.nth) == called })
	if at < 0 {
		w.fail("%s answers what nobody waits for", w.procs[i].name)
		return
	}
	a := w.asks[at]
	w.asks = slices.Delete(w.asks, at, at+1)
	if a.namespace != w.server.Namespace.UID {
		return // whoever asked is gone
	}
	c := &w.cfg.commands[a.command]
	switch {
	case c.cart >= 0:
		w.truth.carts[c.cart].told(w, c, a, answer)
	case c.put && (answer.Verdict == stock.Done || answer.Verdict == stock.Repeated):
		if !w.truth.takenIn(c.item) {
			w.fail("%s is told to be taken in, which the journal does not say", c.name)
		}
	}
}

// told checks an answer about a cart.
func (g *cart) told(w *world, c *command, a pendingAsk, answer stock.Answer) {
	r := answer.Reservation
	switch answer.Verdict {
	case stock.Done, stock.Repeated, stock.Conflicting:
		if r == nil {
			w.fail("%q is answered %d without a reservation", c.name, answer.Verdict)
			return
		}
		g.heard(w, c, a, r)
		if answer.Verdict != stock.Conflicting && !c.reserve && !g.phase.Ended() {
			w.fail("%q is told to be carried out, which the journal does not say", c.name)
		}
	case stock.TooOld:
		w.reach("a command is refused by the mark")
		if a.phase != 0 && !g.forgotten || w.truth.marks.Forgotten < g.time {
			w.fail("%q is told too old: the mark is %d, its time %d", c.name, w.truth.marks.Forgotten, g.time)
		}
	case stock.Unknown:
		if a.phase != 0 && !g.forgotten {
			w.fail("%q is told unknown, though the cart was decided before the question", c.name)
		}
	}
}

// heard checks a reservation that an answer shows.
func (g *cart) heard(w *world, c *command, a pendingAsk, r *stock.Reservation) {
	w.reach("an outcome is told")
	switch {
	case g.outcome == "":
		w.fail("%q is told %s, which the journal does not say", c.name, r.Outcome)
	case string(r.Outcome) != g.outcome:
		w.fail("%q is told outcome %s, the journal has %s", c.name, r.Outcome, g.outcome)
	case g.hasTold && g.toldOutcome != string(r.Outcome):
		w.fail("%q is told outcome %s after %s", c.name, r.Outcome, g.toldOutcome)
	case a.phase.Ended() && a.phase != 0 && r.Phase != a.phase:
		w.fail("%q is told phase %d, though it had ended as %d before the question", c.name, r.Phase, a.phase)
	case r.Phase != stock.PhaseReserved && r.Phase != g.phase:
		w.fail("%q is told phase %d, the journal has %d", c.name, r.Phase, g.phase)
	}
	if g.hasTold {
		w.reach("an outcome is told again")
	}
	g.hasTold, g.toldOutcome = true, string(r.Outcome)
}

// ended takes the word that another process answers. Who was told once is told nothing more.
func (w *world) ended(i int, called uint64) {
	at := slices.IndexFunc(w.asks, func(a pendingAsk) bool { return call(int(a.command), a.nth) == called })
	if at < 0 || w.procs[i].elected {
		w.fail("%s sends somebody away who does not wait, or though it is elected", w.procs[i].name)
		return
	}
	w.asks = slices.Delete(w.asks, at, at+1)
	w.reach("somebody is sent away by a deposed process")
}

// unwritable takes the answer to what cannot be stored.
func (w *world) unwritable(called uint64) {
	at := slices.IndexFunc(w.asks, func(a pendingAsk) bool { return call(int(a.command), a.nth) == called })
	if at < 0 {
		w.fail("it is told of something unwritable that nobody waits for")
		return
	}
	a := w.asks[at]
	w.asks = slices.Delete(w.asks, at, at+1)
	w.reach("a cart is told to be unwritable")
	if c := &w.cfg.commands[a.command]; w.cfg.poison == "" || string(reserveID(c.cart)) != w.cfg.poison {
		w.fail("%q is told to be unwritable, which it is not", c.name)
	}
}

// poisoned refuses pages whose records hold a text.
func poisoned(text string) func(*journal.Page) error {
	return func(p *journal.Page) error {
		for _, record := range p.Records {
			if strings.Contains(string(record), text) {
				return errLost
			}
		}
		return nil
	}
}
