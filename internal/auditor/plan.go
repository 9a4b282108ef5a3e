package auditor

import (
	"slices"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/acme/inventory-service/api/v1"
)

// plan is when a namespace is audited in one term of this process, and what came of it.
type plan struct {
	// woken tells of a request, or of an audit that is to come earlier.
	woken chan struct{}

	mu sync.Mutex
	// over says that the term has ended.
	over bool
	// asked is the request that was made last, handled the one that was answered last.
	asked, handled string
	// due is when the next audit comes without a request, zero for never.
	due time.Time
	// followUps counts the audits in a row that came soon after a difference.
	followUps int
	// modified are differences that were put right outside of an audit, since the last one.
	modified   []Difference
	status     v1.AuditStatus
	consistent metav1.Condition
}

const (
	// maxModified bounds what is kept of those.
	maxModified = 100
	// requestBytes bounds what is kept of a request.
	requestBytes = 256
)

// request notes a request.
func (p *plan) request(value string) {
	p.mu.Lock()
	p.asked = value[:min(len(value), requestBytes)]
	p.mu.Unlock()
	p.wake()
}

func (p *plan) wake() {
	select {
	case p.woken <- struct{}{}:
	default: // it is told already
	}
}

// begin tells whether an audit is to begin now, for which request, and else how long not;
// never is true where only a request begins one.
func (p *plan) begin(now time.Time) (request string, begin bool, wait time.Duration, never bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.asked != p.handled:
		return p.asked, true, 0, false
	case p.due.IsZero():
		return "", false, 0, true
	default:
		wait = p.due.Sub(now)
		return "", wait <= 0, wait, false
	}
}

// dueBy plans an audit for at, unless one comes earlier.
func (p *plan) dueBy(at time.Time) {
	p.mu.Lock()
	if p.due.IsZero() || at.Before(p.due) {
		p.due = at
	}
	p.mu.Unlock()
	p.wake()
}

// next plans the audit after one that has ended: at a time, or never if that is zero.
func (p *plan) next(at time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.due = at
}

// followUp tells whether an audit is to come soon after one that found something.
func (p *plan) followUp(found bool) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !found {
		p.followUps = 0
		return false
	}
	p.followUps++
	return p.followUps <= maxFollowUps
}

// maxFollowUps is how many audits in a row come soon after a difference. Then the pace is
// that of the interval again.
const maxFollowUps = 3

// modify notes differences that were put right outside of an audit, and returns all since
// the last one, the worst first.
func (p *plan) modify(found []Difference) []Difference {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.modified = append(p.modified, found...)
	p.modified = p.modified[max(0, len(p.modified)-maxModified):]
	return sorted(slices.Clone(p.modified))
}

// tell keeps a verdict, and tells whether it is news: whoever shows it need not write when
// only the time of the audit is another.
func (p *plan) tell(request string, v told, at metav1.Time) (news bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	was, wasConsistent := p.status, p.consistent
	p.consistent = metav1.Condition{Type: v1.ConditionConsistent, Status: v.status, Reason: v.reason, Message: v.message}
	p.status.AuditedAt, p.status.Differences, p.status.Unsettled = &at, int64(v.found), int64(v.unsettled)
	if request != "" {
		p.handled, p.status.LastHandledRequest = request, request
	}
	if v.summary != "" {
		p.status.LastDifference = &v1.AuditDifference{At: at, Summary: v.summary}
	}
	return p.consistent != wasConsistent || was.LastHandledRequest != p.status.LastHandledRequest ||
		was.Differences != p.status.Differences || v.summary != ""
}

// observed sets metrics, unless the term is over: what they say is dropped when it ends, and
// does not come back.
func (p *plan) observed(set func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.over {
		set()
	}
}

// end says that the term is over.
func (p *plan) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.over = true
}

// ended lets go of what was put right before an audit ended.
func (p *plan) ended() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.modified = nil
}
