package replica

import (
	"slices"
	"time"

	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/stock"
)

// Replica is one process's copy of one namespace: pure, and not safe for concurrent use.
type Replica struct {
	log    *journal.Log
	stock  *stock.State
	policy stock.Policy
	// leader is how the terms of this process name it.
	leader string

	// queue are the requests that wait, in order of arrival. parked are those among them
	// that wait for a StockItem to be shown.
	queue, parked []ask
	// batch are the requests of the append, or of the proof, under way.
	batch []ask
	// most bounds the requests of a batch after one was refused; 0 is no bound.
	most int
	// suspect is a request that could not be stored by itself. Whether others can is
	// being tried.
	suspect *suspect
	// blockedUntil is when the next append may be tried after not even an empty one was
	// taken.
	blockedUntil time.Time
}

// ask is a request and, once it is part of a batch, its answer.
type ask struct {
	call    uint64
	request stock.Request
	answer  stock.Answer
}

type suspect struct {
	ask ask
	err error
}

// New returns the copy of a namespace of which nothing is known.
func New(config journal.Config, policy stock.Policy) *Replica {
	return &Replica{
		log: journal.New(config), stock: stock.New(), policy: policy, leader: config.Self.Name,
	}
}

// Start returns the first effects.
func (r *Replica) Start() []Effect {
	return r.take(r.log.Start())
}

// Stock is what the journal says, for reading only.
func (r *Replica) Stock() *stock.State { return r.stock }

// Log is the journal, for reading only.
func (r *Replica) Log() *journal.Log { return r.log }

// Waiting is the number of requests that are not answered.
func (r *Replica) Waiting() int { return len(r.queue) + len(r.parked) + len(r.batch) }

// Step applies events, in order, and returns what is to be done about them. What came
// together is decided together.
func (r *Replica) Step(now time.Time, events ...Event) []Effect {
	var effects []Effect
	for _, event := range events {
		effects = append(effects, r.step(now, event)...)
	}
	return append(effects, r.append(now)...)
}

func (r *Replica) step(now time.Time, event Event) []Effect {
	switch e := event.(type) {
	case Journal:
		return r.take(r.log.Step(now, e.Event))
	case Asked:
		r.queue = append(r.queue, ask{call: e.Call, request: e.Request})
		r.unpark(e.Request)
	case Dropped:
		r.drop(e.Call)
	case Woken:
	}
	return nil
}

// take applies the journal's notices and passes its other effects on.
func (r *Replica) take(effects []journal.Effect) []Effect {
	var out []Effect
	for len(effects) > 0 {
		effect := effects[0]
		effects = effects[1:]
		switch e := effect.(type) {
		case journal.Reset:
			r.stock = stock.New()
		case journal.Applied:
			effects = append(effects, r.apply(e)...)
		case journal.Landed, journal.Proved:
			out = append(out, r.landed()...)
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
func (r *Replica) apply(e journal.Applied) []journal.Effect {
	marks, err := stock.ParseMarks(e.Marks)
	if err == nil {
		err = r.stock.Apply(&stock.Write{Page: e.Page, Head: e.Head, Marks: marks, Records: e.Records, Stored: e.Stored})
	}
	if err != nil {
		return r.log.Condemn(err.Error())
	}
	return nil
}

// landed answers whoever is in the batch.
func (r *Replica) landed() []Effect {
	var out []Effect
	for _, a := range r.batch {
		if a.call != 0 {
			out = append(out, Answered{Call: a.call, Answer: a.answer})
		}
	}
	r.batch, r.most = nil, 0
	if s := r.suspect; s != nil {
		r.suspect = nil
		if s.ask.call != 0 {
			out = append(out, Unwritable{Call: s.ask.call, Err: s.err})
		}
	}
	return out
}

// requeue puts what is under way back where it came from: it may have landed, and is
// then found in State.
func (r *Replica) requeue() {
	if s := r.suspect; s != nil {
		r.queue = append([]ask{s.ask}, r.queue...)
		r.suspect = nil
	}
	r.queue = append(r.batch, r.queue...)
	r.batch = nil
}

// unpark lets those decide again who wait for a StockItem, when there is news of one.
func (r *Replica) unpark(request stock.Request) {
	switch request.(type) {
	case stock.PutItem, stock.ShowItem, stock.DropItem:
		r.queue = append(r.queue, r.parked...)
		r.parked = nil
	}
}

func (r *Replica) drop(call uint64) {
	is := func(a ask) bool { return a.call == call }
	r.queue = slices.DeleteFunc(r.queue, is)
	r.parked = slices.DeleteFunc(r.parked, is)
	if i := slices.IndexFunc(r.batch, is); i >= 0 {
		r.batch[i].call = 0
	}
}
