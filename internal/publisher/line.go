package publisher

import (
	"slices"
	"time"

	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/stock"
)

// line are the outcomes of one namespace on their way to the sink. It outlives terms of
// this process, so that it sends nothing again that it has delivered. It does no I/O and
// reads no clock, and is its course's alone.
//
// The rule of the mark: every outcome up to prefix was taken from State and is delivered,
// or refused and noted. Outcomes are taken in the order of their numbers and from a whole
// State alone, so what is not held is behind.
type line struct {
	journal journal.Identity
	// taken is the number up to which all were taken; outcomes and published are the
	// journal's marks as they were read last.
	taken, outcomes, published uint64
	// others is the number up to which other processes may have delivered. What is taken,
	// above it and not known was delivered by this one.
	others uint64
	// more says that State has more than could be taken.
	more bool

	// known are those on their way, by number; holding, in order, the numbers of those among
	// them that hold the mark. refused counts the others.
	known   map[uint64]*outcome
	holding []uint64
	refused int

	// fresh wait for their first attempt, due for another one, later for its time.
	fresh      []*outcome
	due, later queue

	// marked are numbers not taken yet whose objects say Delivered=False, cleared those
	// whose objects this process made say Delivered=True since they were listed last.
	marked, cleared map[uint64]bool
}

func newLine(identity journal.Identity, published uint64) *line {
	return &line{
		journal: identity, taken: published, others: published, known: map[uint64]*outcome{},
		due: queue{before: byNumber}, later: queue{before: byTime},
		marked: map[uint64]bool{}, cleared: map[uint64]bool{},
	}
}

// begin takes in how far another process may have come since this one led last.
func (l *line) begin(published uint64) {
	if published > l.prefix() {
		l.others = published
	}
	l.taken = max(l.taken, published)
	wanted := func(o *outcome) bool { return o.passed || o.number() > published }
	for number, o := range l.known {
		if !wanted(o) {
			delete(l.known, number)
		}
	}
	l.holding = slices.DeleteFunc(l.holding, func(number uint64) bool { return number <= published })
	l.fresh = slices.DeleteFunc(l.fresh, func(o *outcome) bool { return !wanted(o) })
	l.due.keep(wanted)
	l.later.keep(wanted)
}

// room is how many more may be taken.
func (l *line) room(lookAhead, most int) int {
	return max(0, min(lookAhead-len(l.fresh), most-len(l.holding)))
}

// take takes in the next outcome of the journal.
func (l *line) take(r *stock.Reservation) {
	o := &outcome{r: r, n: r.Number, marked: l.marked[r.Number]}
	delete(l.marked, r.Number)
	l.taken = r.Number
	l.known[r.Number] = o
	l.holding = append(l.holding, r.Number)
	l.fresh = append(l.fresh, o)
}

// recall takes in an outcome whose object says Delivered=False. What this process has
// delivered is not sent again for that.
func (l *line) recall(r *stock.Reservation) {
	switch {
	case r.Number > l.taken:
		l.marked[r.Number] = true
		return
	case l.known[r.Number] != nil, l.cleared[r.Number]:
		return
	}
	o := &outcome{r: r, n: r.Number, refusals: 1, marked: true, passed: true}
	if r.Number > l.others {
		o.note = noteDelivered()
	}
	l.known[r.Number] = o
	l.refused++
	l.due.add(o)
}

// pending tells whether an outcome is to be delivered before anything else of its reservation.
func (l *line) pending(number uint64) bool {
	o := l.known[number]
	return number > l.taken || o != nil && !o.passed
}

// prefix is the number up to which nothing is left to be done.
func (l *line) prefix() uint64 {
	if len(l.holding) > 0 {
		return l.holding[0] - 1
	}
	return l.taken
}

// allowed says what may be sent now: those that were never tried, those that were, and which
// of them first.
type allowed struct{ fresh, retry, freshFirst bool }

// ready tells whether there is one to be sent now.
func (l *line) ready(now time.Time, may allowed) bool {
	for o := l.later.first(); o != nil && !o.at.After(now); o = l.later.first() {
		l.due.add(l.later.take())
	}
	return may.retry && l.due.Len() > 0 || may.fresh && len(l.fresh) > 0
}

// next takes out the one to be sent now; nil if there is none. Those that were tried before
// are older and come first, unless new ones are to.
func (l *line) next(now time.Time, may allowed) *outcome {
	switch fresh := may.fresh && len(l.fresh) > 0; {
	case !l.ready(now, may):
		return nil
	case may.retry && l.due.Len() > 0 && (!may.freshFirst || !fresh):
		return l.due.take()
	default:
		o := l.fresh[0]
		l.fresh[0] = nil
		l.fresh = l.fresh[1:]
		return o
	}
}

// delivered ends an outcome.
func (l *line) delivered(o *outcome) {
	delete(l.known, o.number())
	if o.passed {
		l.refused--
	}
	l.release(o)
}

// pass lets the mark pass an outcome that was refused and noted. It is tried again.
func (l *line) pass(o *outcome) {
	if !o.passed {
		o.passed = true
		l.refused++
		l.release(o)
	}
}

func (l *line) release(o *outcome) {
	if i, found := slices.BinarySearch(l.holding, o.number()); found {
		l.holding = slices.Delete(l.holding, i, i+1)
	}
}

// hurry has all that failed tried again soon.
func (l *line) hurry() {
	for _, o := range l.later.outcomes {
		if o.failures > 0 {
			o.hurry()
		}
	}
	l.later.keep(func(*outcome) bool { return true })
}

// drop forgets all that is on its way.
func (l *line) drop() {
	clear(l.known)
	l.holding, l.fresh, l.refused = nil, nil, 0
	none := func(*outcome) bool { return false }
	l.due.keep(none)
	l.later.keep(none)
}

// backlog is how many outcomes were not taken by the sink.
func (l *line) backlog() int {
	return len(l.known) + int(max(l.outcomes, l.taken)-l.taken)
}
