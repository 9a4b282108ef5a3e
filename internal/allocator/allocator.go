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
func (r *Allocator) Start() []Effect {
	return r.take(r.log.Start())
}

// Stock is what the journal says, for reading only.
func (r *Allocator) Stock() *stock.State { return r.stock }

// Log is the journal, for reading only.
func (r *Allocator) Log() *journal.Log { return r.log }

// Waiting is the number of requests that are not answered.
func (r *Allocator) Waiting() int {
	return len(r.queue) + len(r.parked) + len(r.unstocked) + len(r.batch)
}

// Term is the number of this process's term, 0 while it does not lead.
func (r *Allocator) Term() uint64 {
	if !r.log.Leading() {
		return 0
	}
	return r.terms
}

// Gate makes carts wait in each term until it is Stocked.
func (r *Allocator) Gate() { r.gated = true }

// Track makes State note what changes. It is called before Start.
func (r *Allocator) Track() {
	r.track = true
	r.stock.Track()
}

// Step applies events, in order, and returns what is to be done about them. What came
// together is decided together.
func (r *Allocator) Step(now time.Time, events ...Event) []Effect {
	var effects []Effect
	for _, event := range events {
		effects = append(effects, r.step(now, event)...)
	}
	r.drop()
	if !r.log.Elected() {
		effects = append(effects, r.end()...)
	}
	return append(effects, r.append(now)...)
}

func (r *Allocator) step(now time.Time, event Event) []Effect {
	switch e := event.(type) {
	case Journal:
		return r.take(r.log.Step(now, e.Event))
	case Asked:
		r.asked(e)
	case Dropped:
		if r.left == nil {
			r.left = map[uint64]struct{}{}
		}
		r.left[e.Call] = struct{}{}
	case Stocked:
		r.stocked = e.Term
		r.queue = append(r.unstocked, r.queue...)
		r.unstocked = nil
	case Woken:
		r.waking = false
	}
	return nil
}

// asked takes in a request. What nobody waits for is dropped where it cannot be decided:
// the process that leads is told by others.
func (r *Allocator) asked(e Asked) {
	if e.Call == 0 && !r.log.Elected() {
		return
	}
	a := ask{call: e.Call, request: e.Request}
	if r.log.Leading() {
		a.term = r.terms
	}
	r.queue = append(r.queue, a)
}

// take applies the journal's notices and passes its other effects on.
func (r *Allocator) take(effects []journal.Effect) []Effect {
	var out []Effect
	for len(effects) > 0 {
		effect := effects[0]
		effects = effects[1:]
		switch e := effect.(type) {
		case journal.Reset:
			r.stock, r.unreadable = stock.NewIndexed(r.policy.Index), false
			if r.track {
				r.stock.Track()
			}
		case journal.Applied:
			effects = append(effects, r.apply(e)...)
		case journal.Landed:
			out = append(out, r.landed(true)...)
		case journal.Proved:
			out = append(out, r.landed(false)...)
		case journal.Abandoned:
			r.requeue()
		case journal.Refused:
			out = append(out, r.refused(e.Err)...)
		default:
			out = append(out, Perform{Effect: effect})
		}
	}
	return out
}

// apply takes in what the journal says. Records that cannot be read are damage.
func (r *Allocator) apply(e journal.Applied) []journal.Effect {
	if r.unreadable {
		return nil
	}
	marks, err := stock.ParseMarks(e.Marks)
	if err == nil {
		err = r.stock.Apply(&stock.Write{Page: e.Page, Head: e.Head, Marks: marks, Records: e.Records, Stored: e.Stored})
	}
	if err != nil {
		r.unreadable = true
		return r.log.Condemn(err.Error())
	}
	return nil
}

// landed answers whoever is in the batch. News of the stock lets those decide again who
// wait for it, before all who came later.
func (r *Allocator) landed(news bool) []Effect {
	var out []Effect
	r.gathering.landed(r.log.Now(), callers(r.batch), callers(r.queue))
	for _, a := range r.batch {
		if a.waits() {
			out = append(out, Answered{Call: a.call, Answer: a.answer})
		}
	}
	r.batch, r.most = nil, 0
	if s := r.suspect; s != nil {
		r.suspect = nil
		if s.ask.waits() {
			out = append(out, Unwritable{Call: s.ask.call, Err: s.err})
		}
	}
	if r.claiming {
		r.claiming = false
		r.terms++
	}
	if news {
		r.queue = append(r.parked, r.queue...)
		r.parked = nil
	}
	return out
}

// waits tells whether somebody waits for the answer.
func (a ask) waits() bool { return a.call != 0 && !a.left }

// requeue puts what is under way back where it came from: it may have landed, and is
// then found in State.
func (r *Allocator) requeue() {
	r.claiming = false
	if s := r.suspect; s != nil {
		r.queue = append([]ask{s.ask}, r.queue...)
		r.suspect = nil
	}
	r.queue = append(r.batch, r.queue...)
	r.queue = slices.DeleteFunc(r.queue, func(a ask) bool { return a.left })
	r.batch = nil
}

// end tells all who wait that another process answers. What is under way goes on, and is
// not waited for: whoever is cut off from the API server loses the lease as well.
func (r *Allocator) end() []Effect {
	if r.Waiting() == 0 && r.suspect == nil {
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
	if s := r.suspect; s != nil {
		part(&s.ask)
	}
	for i := range r.batch {
		part(&r.batch[i])
	}
	r.parked = slices.DeleteFunc(r.parked, parted)
	r.unstocked = slices.DeleteFunc(r.unstocked, parted)
	r.queue = slices.DeleteFunc(r.queue, parted)
	return out
}

// drop takes off what nobody waits for any more, once for all who left in a step. What is
// under way goes on.
func (r *Allocator) drop() {
	if len(r.left) == 0 {
		return
	}
	gone := func(a ask) bool {
		_, left := r.left[a.call]
		return left
	}
	r.queue = slices.DeleteFunc(r.queue, gone)
	r.parked = slices.DeleteFunc(r.parked, gone)
	r.unstocked = slices.DeleteFunc(r.unstocked, gone)
	for i := range r.batch {
		r.batch[i].left = r.batch[i].left || gone(r.batch[i])
	}
	if s := r.suspect; s != nil {
		s.ask.left = s.ask.left || gone(s.ask)
	}
	r.left = nil
}
