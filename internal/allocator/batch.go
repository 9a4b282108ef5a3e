package allocator

import (
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/mutant"
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
	if mutant.On(mutant.AnswerBeforeJournal) {
		for _, r := range batch {
			effects = append(effects, replies(r, r.decision)...)
		}
	}
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
		if mutant.On(mutant.AnswerWithoutProof) && size == 0 {
			delete(s.waiting, r.uid)
			effects = append(effects, replies(r, decision)...)
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
	return !mutant.On(mutant.StaleConsume) && !s.joined(r.uid) && (r.foldID != s.stock.HoldFold(r.uid) || !s.stock.Covers(r.uid, r.takes))
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
	if !mutant.On(mutant.JournalUncounted) {
		s.stock.Journal(hold.UID, hold.Allocations)
	}
	return e
}

// compose builds the ledger as it should be next. Holds whose Reservation is
// known to be decided or gone leave it; all others stay.
func (s *State) compose(now time.Time, batch []*request) *attempt {
	next := &attempt{batch: batch}
	status := v1.StockLedgerStatus{
		Holder:     s.self,
		Epoch:      s.epoch,
		Recovered:  true,
		OpenFold:   s.unfinishedFold(),
		LastFold:   s.lastFold,
		Cursor:     s.cursor,
		Audit:      s.base.Status.Audit,
		Conditions: slices.Clone(s.base.Status.Conditions),
	}
	for _, uid := range s.order {
		if e := s.entries[uid]; e.settled || mutant.On(mutant.EarlyDrop) && e.journaled {
			next.settled = append(next.settled, uid)
		} else {
			status.InFlight = append(status.InFlight, e.hold)
		}
	}
	totals := s.stock.Totals()
	status.Totals = v1.LedgerTotals{
		Items:     totals.Items,
		OnHand:    totals.OnHand,
		Reserved:  totals.Reserved,
		Available: totals.Available,
		Consumed:  totals.Consumed, WithoutItem: totals.WithoutItem,
		InFlight: int64(len(status.InFlight)),
		Backlog:  s.backlog,
	}
	setReady(&status, true, now)
	s.showAudit(&status, now)
	next.status = status
	return next
}

// stale tells whether the stored ledger differs from what it should be.
func (s *State) stale(next *v1.StockLedgerStatus) bool {
	stored := &s.base.Status
	return !stored.Recovered || stored.Cursor != next.Cursor || stored.Totals != next.Totals ||
		len(stored.InFlight) != len(next.InFlight) || stored.LastFold != next.LastFold ||
		(stored.OpenFold == nil) != (next.OpenFold == nil) || auditNews(stored, next) ||
		!meta.IsStatusConditionTrue(stored.Conditions, v1.ConditionReady)
}

// send sends the attempt, under a token of its own.
func (s *State) send() []Effect {
	token := sealed(s.token(), s.base.UID, &s.attempt.status)
	s.attempt.tokens = append(s.attempt.tokens, token)
	status := s.attempt.status
	status.Token = token
	return []Effect{WriteLedger{
		Term: s.term, UID: s.base.UID, Version: s.base.Version,
		Status: status, Decisions: len(s.attempt.batch),
	}}
}

// ledgerWritten takes the answer to the newest sending of the attempt.
func (s *State) ledgerWritten(now time.Time, e LedgerWritten) []Effect {
	if !slices.Contains(s.attempt.tokens, e.Token) {
		return nil
	}
	switch e.Result {
	case Landed:
		return s.landed(now, e.Version, e.Token)
	case Refused:
		return []Effect{ReadLedger{Term: s.term}}
	default:
		if mutant.On(mutant.UnknownIsFailure) && s.stage == leading {
			s.attempt = nil
			return s.write(now)
		}
		if mutant.On(mutant.UnknownIsSuccess) {
			return s.landed(now, s.base.Version, e.Token)
		}
		return []Effect{ReadLedger{Term: s.term, Delay: backoff(len(s.attempt.tokens) - 1)}}
	}
}

// landed acts on an attempt that is known to be stored: its decisions are
// durable from here on.
func (s *State) landed(now time.Time, version uint64, token string) []Effect {
	done := s.attempt
	s.attempt = nil
	s.base.Version = version
	s.base.Status = done.status
	s.base.Status.Token = token
	s.lastWrite = now
	if s.stage == fencing {
		return s.fenced()
	}
	s.dropSettled(done.settled)
	s.foldLanded(done.status.OpenFold, done.batch)
	var effects []Effect
	for _, r := range done.batch {
		s.losses = 0
		if e, ok := s.entries[r.uid]; ok {
			e.journaled = true
		}
		effects = append(effects, replies(r, r.decision)...)
	}
	if s.seenVersion > version {
		// The watch showed a take-over before the answer to this write came. What
		// landed before it was decided; nothing else tells an idle leader of it.
		return append(effects, s.lose()...)
	}
	return append(effects, s.write(now)...)
}

func (s *State) dropSettled(settled []types.UID) {
	if len(settled) == 0 {
		return
	}
	for _, uid := range settled {
		delete(s.entries, uid)
	}
	s.order = slices.DeleteFunc(s.order, func(uid types.UID) bool {
		_, ok := s.entries[uid]
		return !ok
	})
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

func setReady(status *v1.StockLedgerStatus, ready bool, now time.Time) {
	condition := metav1.Condition{
		Type: v1.ConditionReady, Status: metav1.ConditionFalse, Reason: v1.ReasonTakingOver,
		Message: "an operator takes over; reservations wait", LastTransitionTime: metav1.NewTime(now),
	}
	if ready {
		condition.Status, condition.Reason = metav1.ConditionTrue, v1.ReasonLeading
		condition.Message = "reservations are decided"
	}
	meta.SetStatusCondition(&status.Conditions, condition)
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
