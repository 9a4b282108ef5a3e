package allocator

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/acme/inventory-service/api/v1"
)

// settleDelay is how long the ledger rests before a write that decides nothing:
// totals, cursor, and holds that are settled.
const settleDelay = time.Second

// write sends the next ledger write, if there is a reason for one.
func (s *State) write(now time.Time) []Effect {
	if s.attempt != nil {
		return nil
	}
	batch, effects := s.decide(now)
	effects = append(effects, s.advanceFold(now)...)
	if left := settleDelay - now.Sub(s.lastWrite); len(batch) == 0 && left > 0 {
		return append(effects, s.wake(now, left)...)
	}
	next := s.compose(now, batch)
	if len(batch) == 0 && !s.stale(&next.status) {
		return effects
	}
	s.attempt = next
	return append(effects, s.send()...)
}

// wake asks for a Woken, unless one comes early enough.
func (s *State) wake(now time.Time, after time.Duration) []Effect {
	at := now.Add(after)
	if !s.wakeAt.IsZero() && !at.Before(s.wakeAt) {
		return nil
	}
	s.wakeAt = at
	return []Effect{Wake{After: after}}
}

// decide takes from the queue all that can be decided now, in order of
// arrival, and holds the units of those that get them.
func (s *State) decide(now time.Time) (batch []*request, effects []Effect) {
	if len(s.queue) == 0 {
		return nil, nil
	}
	room := MaxInFlightBytes - s.inFlightBytes()
	var left []*request
	for i, r := range s.queue {
		if s.superseded(r) {
			delete(s.waiting, r.uid)
			effects = append(effects, replies(r, Decision{Superseded: true})...)
			continue
		}
		decision, size, decided := s.decideOne(now, r, room)
		if size > room {
			// What does not fit waits for settled holds to leave; those behind
			// it wait too, so that large carts are not overtaken for ever.
			left = append(left, s.queue[i:]...)
			break
		}
		if !decided {
			left = append(left, r)
			continue
		}
		room -= size
		r.decision = decision
		delete(s.waiting, r.uid)
		batch = append(batch, r)
	}
	s.queue = left
	return batch, effects
}

// superseded tells whether a request is about something that has passed.
func (s *State) superseded(r *request) bool {
	if s.stock.Ended(r.uid) {
		return true
	}
	if r.takes == nil {
		return s.stock.HoldVersion(r.uid) > 0
	}
	// Takes that were computed before a fold was shown would be taken again.
	return !s.joined(r.uid) && (r.foldID != s.stock.HoldFold(r.uid) || !s.stock.Covers(r.uid, r.takes))
}

// decideOne decides one request. decided is false where it has to wait for
// something other than room.
func (s *State) decideOne(now time.Time, r *request, room int) (d Decision, size int, decided bool) {
	if r.takes != nil {
		return s.join(now, r, room)
	}
	return s.reserve(now, r, room)
}

// reserve decides a cart. A hold that is in flight already is answered again,
// with the write that the caller needs as its proof. It waits where the units
// are declared but not sellable yet.
func (s *State) reserve(now time.Time, r *request, room int) (d Decision, size int, decided bool) {
	if known, ok := s.entries[r.uid]; ok {
		return Decision{Hold: &known.hold}, 0, true
	}
	if len(r.lines) == 0 {
		return Decision{}, 0, true
	}
	answer := s.stock.Allocate(r.lines)
	if holdBytes(&v1.InFlightHold{UID: r.uid, Name: r.name, Allocations: answer.Allocations}) > MaxInFlightBytes {
		// Split over so many locations it could never be journaled.
		answer = s.stock.AllocateWhole(r.lines)
	}
	if answer.Wait {
		return Decision{}, 0, false
	}
	if answer.Short != nil {
		return Decision{Short: answer.Short, At: microseconds(now)}, 0, true
	}
	hold := v1.InFlightHold{
		UID:         r.uid,
		Name:        r.name,
		ReservedAt:  metav1.NewMicroTime(microseconds(now)),
		ExpiresAt:   metav1.NewTime(wholeSecond(now.Add(r.holdFor))),
		Allocations: answer.Allocations,
	}
	if size = holdBytes(&hold); size > room {
		return Decision{}, size, false
	}
	return Decision{Hold: &s.addEntry(hold, false).hold}, size, true
}

// addEntry holds the units of a journaled hold, or of one about to be.
func (s *State) addEntry(hold v1.InFlightHold, journaled bool) *entry {
	e := &entry{hold: hold, journaled: journaled}
	s.entries[hold.UID] = e
	s.order = append(s.order, hold.UID)
	s.stock.Journal(hold.UID, hold.Allocations)
	return e
}

// inFlightBytes is the size of the holds and of the fold that the next write
// has to carry.
func (s *State) inFlightBytes() int {
	size := s.foldBytes()
	for _, uid := range s.order {
		if e := s.entries[uid]; !e.settled {
			size += holdBytes(&e.hold)
		}
	}
	return size
}

func microseconds(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

// wholeSecond rounds up, so that a hold never ends before it was promised to.
func wholeSecond(t time.Time) time.Time {
	t = t.UTC()
	if whole := t.Truncate(time.Second); whole.Before(t) {
		return whole.Add(time.Second)
	}
	return t
}
