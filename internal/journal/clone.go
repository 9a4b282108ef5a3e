package journal

import (
	"maps"
	"time"
)

// Clone returns a Log of its own in the same state. What both share is never changed.
func (l *Log) Clone() *Log {
	c := *l
	c.pages, c.gone = maps.Clone(l.pages), maps.Clone(l.gone)
	if l.attempt != nil {
		attempt := *l.attempt
		c.attempt = &attempt
	}
	return &c
}

// Hurry ends every wait: what may be done later may be done now. It is for tests in which
// the length of a wait is arbitrary.
func (l *Log) Hurry() {
	l.claimAt, l.appendAt, l.wakeAt, l.repairAt = time.Time{}, time.Time{}, time.Time{}, time.Time{}
}

// Awaits tells whether the answer to a call would still be taken in. It is for tests, which
// need not deliver the others.
func (l *Log) Awaits(call uint64) bool {
	if call == 0 {
		return false
	}
	switch call {
	case l.listing:
		return l.stage == reading || l.founded.listing == call || l.restate.listing == call
	case l.founded.listing, l.founded.creating, l.creating, l.emptying, l.fencing, l.asking, l.wake:
		return true
	default:
		return l.attempt != nil && l.attempt.call == call
	}
}
