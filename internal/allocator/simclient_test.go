package allocator_test

import (
	"time"

	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/stock"
)

// wish is something that a caller wants, who asks again until there is an answer, and
// sometimes afterwards.
type wish struct {
	request stock.Request
	born    time.Time
	// cart says that it is a Reserve that may be asked for again; given that its id was
	// made up, so that this goes on only for a while.
	cart, given bool
	// object is the one that it is about, if a person made one.
	object   *object
	moving   bool
	poisoned bool
	answered bool
	// crashed says that a process crashed which had been asked.
	crashed bool
	tries   int
}

// question is a wish that waits at a process.
type question struct {
	wish    *wish
	request stock.Request
	process *process
	at      time.Time
	// seq is how much was in the books when the question came.
	seq int
}

// patience is how long a caller waits for an answer, and how long one goes on asking whose
// command got its id from us.
const patience = 2 * time.Second

// ask lets a process be asked, and returns the call.
func (w *world) ask(p *process, wish *wish) uint64 {
	w.count++
	call := uint64(w.count)
	request := wish.request
	if reserve, ok := request.(stock.Reserve); ok {
		reserve.Wanted.Outcome = w.fresh("outcome")
		if wish.moving {
			reserve.Wanted.Command.Time = stock.Time(w.now.UnixMicro())
		}
		request = reserve
	}
	wish.tries++
	w.asks[call] = &question{wish: wish, request: request, process: p, at: w.now, seq: w.books.seq}
	w.note("%s is asked (%d): %s", p.name, call, wordText{request})
	p.callers = append(p.callers, call)
	if asked := (allocator.Asked{Call: call, Request: request}); !p.isFrozen() {
		p.step(asked)
	} else {
		p.answers = append(p.answers, reply{event: asked, due: w.now})
	}
	return call
}

// shop lets a caller do something.
func (w *world) shop(p *process) {
	if p.isFrozen() && !w.chance(4) {
		return // a frozen process takes little in
	}
	switch n := w.rng.IntN(20); {
	case n < 6:
		w.newCart(p)
	case n < 9:
		w.askAgain(p)
	case n < 12:
		w.repeat(p)
	default:
		w.newChange(p)
	}
}

// askAgain lets somebody ask again who has no answer, here or elsewhere. Sometimes the
// first question is withdrawn.
func (w *world) askAgain(p *process) {
	for range 4 {
		if len(w.wishes) == 0 {
			return
		}
		wish := w.wishes[max(0, len(w.wishes)-1-w.rng.IntN(30))]
		if wish.answered || wish.given && w.now.Sub(wish.born) > patience/2 {
			continue
		}
		if w.chance(3) {
			w.withdraw(wish)
		}
		w.ask(p, wish)
		return
	}
}

func (w *world) withdraw(wish *wish) {
	for _, call := range sortedKeys(w.asks) {
		if a := w.asks[call]; a.wish == wish && !a.process.isFrozen() {
			a.process.drop(call)
		}
	}
}

// repeat lets somebody ask again who had an answer, also a long time ago.
func (w *world) repeat(p *process) {
	for range 6 {
		if len(w.wishes) == 0 {
			return
		}
		wish := w.wishes[w.rng.IntN(len(w.wishes))]
		if wish.cart && wish.answered && !wish.given {
			w.ask(p, wish)
			return
		}
	}
}

// told takes an answer that a process tells: the books judge it.
func (w *world) told(p *process, call uint64, answer stock.Answer) {
	p.done(call)
	a := w.asks[call]
	if a == nil {
		return
	}
	delete(w.asks, call)
	w.note("%s answers %d (%s): %s", p.name, call, wordText{a.request}, wordText{answer})
	w.books.told(p, a, answer)
	w.reach.count(answer.Verdict)
	switch {
	case answer.Verdict == stock.Unverified && a.wish.object == nil:
		return // the store that it was read from is behind
	case answer.Verdict == stock.Unverified:
		w.verify(p, a.wish)
		return
	case outdated(answer):
		return // it is asked again
	}
	if a.wish.crashed && answer.Verdict == stock.Repeated && !a.wish.answered {
		w.reach.RepeatedAfterCrash++
	}
	if w.faulty && w.chance(8) {
		w.note("the answer does not reach its caller")
		return
	}
	a.wish.answered = true
	if o := a.wish.object; o != nil {
		o.wish.answered = true // also where it was asked after its object was verified
	}
}

// ended takes the word that another process answers: whoever asked asks again.
func (w *world) ended(p *process, call uint64) {
	p.done(call)
	if a := w.asks[call]; a != nil {
		delete(w.asks, call)
		w.note("%s answers %d (%s): another process does", p.name, call, wordText{a.request})
	}
	if p.elected {
		w.failf("%s is elected, and sends somebody away", p.name)
	}
}

// unwritable takes the answer that a request cannot be stored.
func (w *world) unwritable(p *process, call uint64) {
	p.done(call)
	a := w.asks[call]
	if a == nil {
		return
	}
	delete(w.asks, call)
	w.note("%s answers %d (%s): it cannot be stored", p.name, call, wordText{a.request})
	if !a.wish.poisoned {
		w.failf("%s says that %s cannot be stored", p.name, wordText{a.request})
	}
	w.reach.PoisonFound++
	a.wish.answered = true
}
