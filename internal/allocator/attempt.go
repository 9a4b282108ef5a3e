package allocator

import (
	"slices"
	"strconv"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	v1 "github.com/acme/inventory-service/api/v1"
)

// attempt is one change of the ledger, which may be sent several times until
// it is known to have landed or not. All sendings have the same base version,
// so at most one of them lands.
type attempt struct {
	status v1.StockLedgerStatus
	tokens []string
	batch  []*request
	// settled are the entries that leave the ledger with it.
	settled []types.UID
}

// token returns a token that was never used before.
func (s *State) token() string {
	s.attempts++
	return s.self + "/" + strconv.FormatUint(s.attempts, 10)
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

// resolve finds out what became of the attempt from the ledger as stored.
func (s *State) resolve(now time.Time, stored *Stored) []Effect {
	if stored == nil || stored.UID != s.base.UID {
		return s.lose()
	}
	if slices.Contains(s.attempt.tokens, stored.Status.Token) && trusted(stored) {
		return s.landed(now, stored.Version, stored.Status.Token)
	}
	if stored.Version == s.base.Version {
		// It may still land. Sending it again, over the same version, settles
		// which: at most one of the sendings can.
		return s.send()
	}
	return s.lose()
}
