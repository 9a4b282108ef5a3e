package publisher

import (
	"time"

	"github.com/acme/inventory-service/internal/stock"
)

// ends are the ends of one namespace's reservations on their way to the sink: that a hold was
// released, ran out, or was shipped. They have a line of their own, since they have no numbers in
// the journal. How far they were told stands there as a reader's position, a time.
//
// The rule of the position: every end up to it was taken from State and is delivered, or refused,
// or of no kind that is told; and no more can come, since the journal has a later write.
type ends struct {
	*line
	// told says that the journal has the reader, and passed its position as it was read last. at is
	// the time of the newest write.
	told       bool
	passed, at stock.Time
	// last is the end that was taken last, and taken are those that were of that very time.
	last  stock.Time
	taken map[stock.ID]bool
	mark  mark
	// askedAt is when the reader was made, or taken off, last.
	askedAt time.Time
	// blocked wait for the outcome of their reservation, by its number.
	blocked map[uint64][]*outcome
	// turn says that an end goes before an outcome the next time.
	turn bool
}

// firstEnd is the number of the first end in a line: no outcome has it.
const firstEnd = 1 << 63

func newEnds(of *line) ends {
	l := newLine(of.journal, firstEnd)
	return ends{line: l, taken: map[stock.ID]bool{}, blocked: map[uint64][]*outcome{}}
}

// tellsEnds tells whether ends go to the sink; known is false while it is not known where they go.
func (c *course) tellsEnds() (tells, known bool) {
	return (c.options.Released || c.options.Consumed) && !c.to.nowhere(), !c.to.wait || !c.options.Released && !c.options.Consumed
}

// takeEnds takes in the ends that State has, as far as there is room.
func (c *course) takeEnds(s *stock.State) {
	e := &c.ends
	passed, told := s.EndsPassed()
	e.at = s.Marks().At
	if tells, _ := c.tellsEnds(); !tells || !told {
		if e.told && len(e.known)+len(e.taken) > 0 {
			at, askedAt := e.at, e.askedAt
			*e = newEnds(c.line)
			e.at, e.askedAt = at, askedAt
		}
		e.told = told
		return
	}
	if !e.told {
		e.told, e.last = true, passed
	}
	e.passed, e.more = passed, false
	room := e.room(c.lookAhead, c.most)
	for r := range s.Ends(e.last) {
		switch {
		case r.Ended == e.last && (e.taken[r.ID] || r.Ended <= passed):
			continue
		case room == 0:
			e.more = true
			return
		case r.Ended > e.last:
			e.last = r.Ended
			clear(e.taken)
		}
		e.taken[r.ID] = true
		if r.Phase == stock.PhaseReleased && c.options.Released || r.Phase == stock.PhaseConsumed && c.options.Consumed {
			c.takeEnd(r)
			room--
		}
	}
}

// takeEnd takes in one end. It waits until the outcome of its reservation is delivered: the two
// never turn round.
func (c *course) takeEnd(r *stock.Reservation) {
	e := &c.ends
	o := &outcome{r: r, n: e.line.taken + 1, end: true}
	e.line.taken = o.n
	e.known[o.n] = o
	e.holding = append(e.holding, o.n)
	if c.line.pending(r.Number) {
		e.blocked[r.Number] = append(e.blocked[r.Number], o)
		return
	}
	e.fresh = append(e.fresh, o)
}

// unblock lets the end of a reservation go whose outcome is delivered.
func (e *ends) unblock(number uint64) {
	e.fresh = append(e.fresh, e.blocked[number]...)
	delete(e.blocked, number)
}

// position is the time up to which all ends were told.
func (e *ends) position() stock.Time {
	position := e.last
	if len(e.holding) > 0 {
		position = e.known[e.holding[0]].r.Ended - 1
	}
	return min(position, e.at-1)
}

// tellEnds moves the position of the ends that were told. Where they begin to be told, they are
// from the newest write on, and where they are told no more, it is taken off.
func (c *course) tellEnds(now time.Time) {
	e := &c.ends
	tells, known := c.tellsEnds()
	switch {
	case !known || e.at == 0:
	case tells == e.told:
		if tells && e.mark.move(uint64(max(0, e.position())), uint64(e.passed), now) {
			c.source.Tell(stock.Register{Name: stock.EndsReader, Position: stock.EndsPosition(e.position())})
		}
	case now.Sub(e.askedAt) >= markAgain:
		e.askedAt = now
		register := stock.Register{Name: stock.EndsReader}
		if tells {
			register.Position = stock.EndsPosition(e.at)
		}
		c.source.Tell(register)
	}
}

// lineOf is the line that an outcome is in.
func (c *course) lineOf(o *outcome) *line {
	if o.end {
		return c.ends.line
	}
	return c.line
}

// next takes out the one to be sent now, from both lines in turns; nil if there is none.
func (c *course) next(now time.Time) *outcome {
	lines := []*line{c.line, c.ends.line}
	if c.ends.turn {
		lines[0], lines[1] = lines[1], lines[0]
	}
	for _, l := range lines {
		if o := l.next(now, c.allowed(now)); o != nil {
			c.ends.turn = !o.end
			return o
		}
	}
	return nil
}
