package allocator

import (
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/acme/inventory-service/api/v1"
)

// showAudit makes a ledger say what the last audit found.
func (s *State) showAudit(status *v1.StockLedgerStatus, now time.Time) {
	if s.audited == nil {
		return
	}
	shown := s.audited.Audit
	if status.Audit != nil {
		keepTold(&shown, status.Audit)
	}
	status.Audit = &shown
	condition := s.audited.Consistent
	condition.Type, condition.LastTransitionTime = v1.ConditionConsistent, metav1.NewTime(now)
	meta.SetStatusCondition(&status.Conditions, condition)
}

// after is what is to be told of an audit and of the one before it.
func (e Audited) after(before *Audited) *Audited {
	if before != nil {
		keepTold(&e.Audit, &before.Audit)
	}
	return &e
}

// keepTold keeps what an audit that has no newer word on it leaves standing.
func keepTold(audit, before *v1.AuditStatus) {
	if audit.LastDifference == nil {
		audit.LastDifference = before.LastDifference
	}
	if audit.LastHandledRequest == "" {
		audit.LastHandledRequest = before.LastHandledRequest
	}
}

// auditNews tells whether an audit found something that is worth a write of its
// own. The time of an audit that found what the one before it did is not.
func auditNews(stored, next *v1.StockLedgerStatus) bool {
	if next.Audit == nil {
		return false
	}
	if stored.Audit == nil {
		return true
	}
	a, b := *stored.Audit, *next.Audit
	a.AuditedAt, a.Unsettled, b.AuditedAt, b.Unsettled = nil, 0, nil, 0
	is, was := consistent(next), consistent(stored)
	return !equality.Semantic.DeepEqual(a, b) ||
		was.Status != is.Status || was.Reason != is.Reason || was.Message != is.Message
}

func consistent(status *v1.StockLedgerStatus) metav1.Condition {
	if c := meta.FindStatusCondition(status.Conditions, v1.ConditionConsistent); c != nil {
		return *c
	}
	return metav1.Condition{}
}

// distrusted begins a new epoch of this process: the take-over past all caches
// is what brings its view up to date. Nothing that is under way is believed.
func (s *State) distrusted() []Effect {
	if s.stage == following || s.stage == reading {
		return nil // it learns anew anyhow
	}
	s.stop()
	return s.seize(0)
}
