package allocator

import (
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	v1 "github.com/acme/inventory-service/api/v1"
)

const (
	// MaxInFlightBytes bounds the holds in one ledger, measured as JSON. etcd
	// takes objects up to 1.5 MiB; the rest of the ledger is far below the
	// difference.
	MaxInFlightBytes = 1 << 20

	// settleDelay is how long the ledger rests before a write that decides
	// nothing: totals, cursor, and holds that are settled.
	settleDelay = time.Second
)

// write sends the next ledger write, if there is a reason for one.
func (s *State) write(now time.Time) []Effect {
	if s.attempt != nil {
		return nil
	}
	batch, effects := s.decide(now)
	if left := settleDelay - now.Sub(s.lastWrite); len(batch) == 0 && left > 0 {
		return append(effects, s.wake(left)...)
	}
	next := s.compose(now, batch)
	if len(batch) == 0 && !s.stale(&next.status) {
		return effects
	}
	s.attempt = next
	return append(effects, s.send()...)
}

func (s *State) wake(after time.Duration) []Effect {
	if s.waking {
		return nil
	}
	s.waking = true
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
		if s.stock.Ended(r.UID) || s.stock.HoldVersion(r.UID) > 0 {
			delete(s.waiting, r.UID)
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
		delete(s.waiting, r.UID)
		batch = append(batch, r)
	}
	s.queue = left
	return batch, effects
}

// decideOne decides one request. A hold that is in flight already is answered
// again, with the write that the caller needs as its proof. decided is false
// where the units are declared but not sellable yet.
func (s *State) decideOne(now time.Time, r *request, room int) (d Decision, size int, decided bool) {
	if known, ok := s.entries[r.UID]; ok {
		return Decision{Hold: &known.hold}, 0, true
	}
	if len(r.Lines) == 0 {
		return Decision{}, 0, true
	}
	answer := s.stock.Allocate(r.Lines)
	if holdBytes(&v1.InFlightHold{UID: r.UID, Name: r.Name, Allocations: answer.Allocations}) > MaxInFlightBytes {
		// Split over so many locations it could never be journaled.
		answer = s.stock.AllocateWhole(r.Lines)
	}
	if answer.Wait {
		return Decision{}, 0, false
	}
	if answer.Short != nil {
		return Decision{Short: answer.Short, At: microseconds(now)}, 0, true
	}
	hold := v1.InFlightHold{
		UID:         r.UID,
		Name:        r.Name,
		ReservedAt:  metav1.NewMicroTime(microseconds(now)),
		ExpiresAt:   metav1.NewTime(wholeSecond(now.Add(r.HoldFor))),
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

// compose builds the ledger as it should be next. Holds whose Reservation is
// known to be decided or gone leave it; all others stay.
func (s *State) compose(now time.Time, batch []*request) *attempt {
	next := &attempt{batch: batch}
	status := v1.StockLedgerStatus{
		Holder:     s.self,
		Epoch:      s.epoch,
		Recovered:  true,
		Cursor:     s.cursor,
		Conditions: slices.Clone(s.base.Status.Conditions),
	}
	for _, uid := range s.order {
		if e := s.entries[uid]; e.settled {
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
		InFlight:  int64(len(status.InFlight)),
		Backlog:   s.backlog,
	}
	setReady(&status, true, now)
	next.status = status
	return next
}

// stale tells whether the stored ledger differs from what it should be.
func (s *State) stale(next *v1.StockLedgerStatus) bool {
	stored := &s.base.Status
	return !stored.Recovered || stored.Cursor != next.Cursor || stored.Totals != next.Totals ||
		len(stored.InFlight) != len(next.InFlight) ||
		!meta.IsStatusConditionTrue(stored.Conditions, v1.ConditionReady)
}

// send sends the attempt, under a token of its own.
func (s *State) send() []Effect {
	token := s.token()
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
	var effects []Effect
	for _, r := range done.batch {
		s.losses = 0
		if e, ok := s.entries[r.UID]; ok {
			e.journaled = true
		}
		effects = append(effects, replies(r, r.decision)...)
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

// inFlightBytes is the size of the holds that the next write has to carry.
func (s *State) inFlightBytes() int {
	size := 0
	for _, uid := range s.order {
		if e := s.entries[uid]; !e.settled {
			size += holdBytes(&e.hold)
		}
	}
	return size
}

// holdBytes is an upper bound of a hold's size as JSON.
func holdBytes(hold *v1.InFlightHold) int {
	const frame = 160
	return frame + len(hold.UID) + len(hold.Name) + allocationBytes(hold.Allocations)
}

func allocationBytes(allocations []v1.Allocation) int {
	const frame = 70
	size := 0
	for _, a := range allocations {
		size += frame + quotedBytes(a.ProductID) + quotedBytes(a.LocationID)
	}
	return size
}

// quotedBytes is the length of an id, which is printable ASCII, as JSON.
func quotedBytes(id string) int {
	size := len(id)
	for _, c := range []byte(id) {
		switch c {
		case '"', '\\':
			size++
		case '<', '>', '&':
			size += len(`\u003c`) - 1
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
