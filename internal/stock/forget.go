package stock

import "math"

// footprint is what forgetting has to know of a cart that has ended.
type footprint struct {
	// decided is the later of its decision and its command, over its end.
	decided, over Time
	// mark is what Marks.Forgotten must reach, 0 where nobody can repeat the command;
	// gone the same for Marks.Gone.
	mark Time
	gone uint64
}

func footprintOf(r *Reservation) footprint {
	f := footprint{decided: r.At, over: max(r.At, r.Ended), gone: r.Object.Version}
	if r.Command.repeatable() {
		f.decided = max(f.decided, r.Command.Time)
		f.mark = f.decided
	}
	return f
}

// repeatable tells whether somebody else named the command, who may send it again.
func (c Command) repeatable() bool { return c.ID != "" && !c.Given }

// pressure is how near the log is to its bound, and what may be forgotten for it.
type pressure uint8

const (
	// relaxed: everything is remembered for its time.
	relaxed pressure = iota
	// pressed: refusals older than the grace are forgotten.
	pressed
	// bursting: so are other carts that have ended.
	bursting
)

// forgettable tells whether carts of a class may be forgotten at a time.
func (p Policy) forgettable(kind class, level pressure, decided, over, now Time) bool {
	if kind == classKeep || now < addTime(decided, p.Grace) {
		return false
	}
	early := level == bursting || (level == pressed && kind == classRefused)
	return early || now >= addTime(over, p.Retention)
}

// addTime adds to a time, at most up to the last one.
func addTime(t, by Time) Time {
	if by > 0 && t > math.MaxInt64-by {
		return math.MaxInt64
	}
	return t + by
}

// counting returns the bytes of a page that count: what was restated would take them.
func (p *page) counting(policy Policy, level pressure, now Time) int64 {
	bytes := p.keep
	if !policy.forgettable(classRefused, level, p.refused.decided, p.refused.over, now) {
		bytes += p.refused.bytes
	}
	if !policy.forgettable(classFinished, level, p.finished.decided, p.finished.over, now) {
		bytes += p.finished.bytes
	}
	return bytes
}

// counting is the same for the whole log. All of a page counts that somebody has not read for
// whom it is kept.
func (s *State) counting(policy Policy, level pressure, unread uint64, now Time) int64 {
	var bytes int64
	for _, p := range s.pages {
		if p.number >= unread {
			bytes += p.encoded
			continue
		}
		bytes += p.counting(policy, level, now)
	}
	return bytes
}

// lost tells whether a page that counts was lost and has to be restated.
func (p Policy) lost(head uint64) bool { return p.Through > 0 && p.Through >= head }

// pressure says how near the log is to its bound. What this State has not seen stored it
// takes to become as small as the rest.
func (s *State) pressure(policy Policy) pressure {
	stored := s.storedSoon()
	switch {
	case policy.Limit <= 0 || stored <= policy.Limit/8*7:
		return relaxed
	case stored <= policy.Limit/16*15:
		return pressed
	default:
		return bursting
	}
}

// storedSoon is how many bytes the log takes, with what is decided and not yet stored.
func (s *State) storedSoon() int64 {
	var unseen, seen int64
	for _, p := range s.pages {
		if p.stored == 0 {
			unseen += p.encoded
		} else {
			seen += p.encoded
		}
	}
	if seen == 0 {
		return s.stored + unseen
	}
	return s.stored + int64(float64(unseen)*min(1, float64(s.stored)/float64(seen)))
}

// needsCompaction tells whether enough of the log says nothing that counts, and what may
// be forgotten. unread is the first page that waits for somebody to read it.
func (s *State) needsCompaction(policy Policy, unread uint64, now Time) (level pressure, needed bool) {
	level = s.pressure(policy)
	if policy.lost(s.head) {
		return level, true
	}
	if level != relaxed && s.encoded-s.counting(policy, level, unread, now) >= s.encoded/16 {
		return level, true
	}
	return level, s.encoded > policy.CompactAbove && s.encoded > 2*s.counting(policy, relaxed, unread, now)
}
