package allocator

import (
	"slices"
	"time"

	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/stock"
)

// Allocator knows one namespace's stock from its journal, and decides requests while this process
// leads. It is pure: Step takes events and the time, and returns effects. It is not safe for
// concurrent use.
type Allocator struct {
	log    *journal.Log
	stock  *stock.State
	policy stock.Policy
	// leader is how the terms of this process name it.
	leader string

	// queue are the requests that wait, in order of arrival. parked are those among them
	// that wait for a StockItem to be shown.
	queue, parked []ask
	// gated says that carts wait in each term until it is Stocked: in unstocked. stocked is
	// the term that is.
	gated     bool
	stocked   uint64
	unstocked []ask
	// track says that State notes what changes.
	track bool
	// batch are the requests of the append, or of the proof, under way.
	batch []ask
	// gathering is the wait of the next batch for those who were just answered.
	gathering gathering
	// claiming says that the append under way is a term.
	claiming bool
	// most bounds the requests of a batch after one was refused; 0 is no bound.
	most int
	// suspect is a request that could not be stored by itself. Whether others can is
	// being tried.
	suspect *suspect
	// blockedUntil is when the next append may be tried after not even an empty one was
	// taken, and waking says that a Woken comes then.
	blockedUntil time.Time
	waking       bool
	// terms counts the terms of this process.
	terms uint64
	// left are the calls for which nobody waits any more, until the end of the step.
	left map[uint64]struct{}
	// unreadable says that a record could not be read: nothing that follows it is applied.
	unreadable bool
}

// ask is a request and, once it is part of a batch, its answer.
type ask struct {
	call    uint64
	request stock.Request
	answer  stock.Answer
	// term is that in which it was asked, 0 while this process did not lead.
	term uint64
	// left says that nobody waits for the answer any more.
	left bool
}

type suspect struct {
	ask ask
	err error
}

// New returns the copy of a namespace of which nothing is known.
func New(config journal.Config, policy stock.Policy) *Allocator {
	return &Allocator{
		log: journal.New(config), stock: stock.NewIndexed(policy.Index), policy: policy, leader: config.Self.Name,
	}
}

// Start returns the first effects.
func (a *Allocator) Start() []Effect {
	return a.take(a.log.Start())
}

// Stock is what the journal says, for reading only.
func (a *Allocator) Stock() *stock.State { return a.stock }

// Log is the journal, for reading only.
func (a *Allocator) Log() *journal.Log { return a.log }

// Waiting is the number of requests that are not answered.
func (a *Allocator) Waiting() int {
	return len(a.queue) + len(a.parked) + len(a.unstocked) + len(a.batch)
}

// Term is the number of this process's term, 0 while it does not lead.
func (a *Allocator) Term() uint64 {
	if !a.log.Leading() {
		return 0
	}
	return a.terms
}

// Gate makes carts wait in each term until it is Stocked.
func (a *Allocator) Gate() { a.gated = true }

// Track makes State note what changes. It is called before Start.
func (a *Allocator) Track() {
	a.track = true
	a.stock.Track()
}

// Step applies events, in order, and returns what is to be done about them. What came
// together is decided together.
func (a *Allocator) Step(now time.Time, events ...Event) []Effect {
	var effects []Effect
	for _, event := range events {
		effects = append(effects, a.step(now, event)...)
	}
	a.drop()
	if !a.log.Elected() {
		effects = append(effects, a.end()...)
	}
	return append(effects, a.append(now)...)
}

func (a *Allocator) step(now time.Time, event Event) []Effect {
	switch e := event.(type) {
	case Journal:
		return a.take(a.log.Step(now, e.Event))
	case Asked:
		a.asked(e)
	case Dropped:
		if a.left == nil {
			a.left = map[uint64]struct{}{}
		}
		a.left[e.Call] = struct{}{}
	case Stocked:
		a.stocked = e.Term
		a.queue = append(a.unstocked, a.queue...)
		a.unstocked = nil
	case Woken:
		a.waking = false
	}
	return nil
}

// asked takes in a request. What nobody waits for is dropped where it cannot be decided:
// the process that leads is told by others.
func (a *Allocator) asked(e Asked) {
	if e.Call == 0 && !a.log.Elected() {
		return
	}
	one := ask{call: e.Call, request: e.Request}
	if a.log.Leading() {
		one.term = a.terms
	}
	a.queue = append(a.queue, one)
}

// take applies the journal's notices and passes its other effects on.
func (a *Allocator) take(effects []journal.Effect) []Effect {
	var out []Effect
	for len(effects) > 0 {
		effect := effects[0]
		effects = effects[1:]
		switch e := effect.(type) {
		case journal.Reset:
			a.stock, a.unreadable = stock.NewIndexed(a.policy.Index), false
			if a.track {
				a.stock.Track()
			}
		case journal.Applied:
			effects = append(effects, a.apply(e)...)
		case journal.Landed:
			out = append(out, a.landed(true)...)
		case journal.Proved:
			out = append(out, a.landed(false)...)
		case journal.Abandoned:
			a.requeue()
		case journal.Refused:
			out = append(out, a.refused(e.Err)...)
		default:
			out = append(out, Perform{Effect: effect})
		}
	}
	return out
}

// apply takes in what the journal says. Records that cannot be read are damage.
func (a *Allocator) apply(e journal.Applied) []journal.Effect {
	if a.unreadable {
		return nil
	}
	marks, err := stock.ParseMarks(e.Marks)
	if err == nil {
		err = a.stock.Apply(&stock.Write{Page: e.Page, Head: e.Head, Marks: marks, Records: e.Records, Stored: e.Stored})
	}
	if err != nil {
		a.unreadable = true
		return a.log.Condemn(err.Error())
	}
	return nil
}

// landed answers whoever is in the batch. News of the stock lets those decide again who
// wait for it, before all who came later.
func (a *Allocator) landed(news bool) []Effect {
	var out []Effect
	a.gathering.landed(a.log.Now(), callers(a.batch), callers(a.queue))
	for _, a := range a.batch {
		if a.waits() {
			out = append(out, Answered{Call: a.call, Answer: a.answer})
		}
	}
	a.batch, a.most = nil, 0
	if s := a.suspect; s != nil {
		a.suspect = nil
		if s.ask.waits() {
			out = append(out, Unwritable{Call: s.ask.call, Err: s.err})
		}
	}
	if a.claiming {
		a.claiming = false
		a.terms++
	}
	if news {
		a.queue = append(a.parked, a.queue...)
		a.parked = nil
	}
	return out
}

// waits tells whether somebody waits for the answer.
func (a ask) waits() bool { return a.call != 0 && !a.left }

// requeue puts what is under way back where it came from: it may have landed, and is
// then found in State.
func (a *Allocator) requeue() {
	a.claiming = false
	if s := a.suspect; s != nil {
		a.queue = append([]ask{s.ask}, a.queue...)
		a.suspect = nil
	}
	a.queue = append(a.batch, a.queue...)
	a.queue = slices.DeleteFunc(a.queue, func(a ask) bool { return a.left })
	a.batch = nil
}

// end tells all who wait that another process answers. What is under way goes on, and is
// not waited for: whoever is cut off from the API server loses the lease as well.
func (a *Allocator) end() []Effect {
	if a.Waiting() == 0 && a.suspect == nil {
		return nil
	}
	var out []Effect
	part := func(a *ask) bool {
		waits := a.waits()
		if waits {
			out = append(out, Ended{Call: a.call})
			a.left = true
		}
		return waits
	}
	parted := func(a ask) bool { return part(&a) }
	if s := a.suspect; s != nil {
		part(&s.ask)
	}
	for i := range a.batch {
		part(&a.batch[i])
	}
	a.parked = slices.DeleteFunc(a.parked, parted)
	a.unstocked = slices.DeleteFunc(a.unstocked, parted)
	a.queue = slices.DeleteFunc(a.queue, parted)
	return out
}

// drop takes off what nobody waits for any more, once for all who left in a step. What is
// under way goes on.
func (a *Allocator) drop() {
	if len(a.left) == 0 {
		return
	}
	gone := func(one ask) bool {
		_, left := a.left[one.call]
		return left
	}
	a.queue = slices.DeleteFunc(a.queue, gone)
	a.parked = slices.DeleteFunc(a.parked, gone)
	a.unstocked = slices.DeleteFunc(a.unstocked, gone)
	for i := range a.batch {
		a.batch[i].left = a.batch[i].left || gone(a.batch[i])
	}
	if s := a.suspect; s != nil {
		s.ask.left = s.ask.left || gone(s.ask)
	}
	a.left = nil
}
