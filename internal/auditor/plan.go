package auditor

import (
	"slices"
	"sync"
	"time"

	v1 "github.com/acme/inventory-service/api/v1"
)

// plan is when a namespace is audited. What mu does not guard belongs to
// Reconcile, which runs once at a time for a namespace.
type plan struct {
	// audit is the one under way, nil if there is none.
	audit *audit
	// handled is the request that was answered last.
	handled string
	// followUps counts the audits in a row that came soon after a repair.
	followUps int

	mu  sync.Mutex
	due time.Time
	// mended are differences that were found and put right outside of an audit,
	// since the last one ended.
	mended []Difference
}

// maxMended bounds what is kept of those.
const maxMended = 100

// audit is one audit: up to maxLooks looks at a namespace.
type audit struct {
	// request is what it answers, empty where nobody asked.
	request  string
	lookAt   time.Time
	looks    int
	failures int
	// took is how long the last look read.
	took time.Duration
	// last is what the last look found.
	last []Difference
}

// requestBytes bounds what is kept of a request.
const requestBytes = 256

// begin begins an audit if one is due or asked for.
func (p *plan) begin(l *v1.StockLedger, now time.Time) bool {
	request := p.asked(l)
	if request == "" {
		if due := p.next(); due.IsZero() || due.After(now) {
			return false
		}
	}
	p.audit = &audit{request: request, lookAt: now}
	return true
}

// asked is a request that was not answered yet, empty if there is none.
func (p *plan) asked(l *v1.StockLedger) string {
	request := l.Annotations[v1.AuditRequestedAnnotation]
	request = request[:min(len(request), requestBytes)]
	if request == p.handled || l.Status.Audit != nil && request == l.Status.Audit.LastHandledRequest {
		return ""
	}
	return request
}

// end ends the audit under way; the next one is due at a time, zero for never.
func (p *plan) end(next time.Time) {
	if p.audit.request != "" {
		p.handled = p.audit.request
	}
	p.audit = nil
	p.mu.Lock()
	defer p.mu.Unlock()
	p.due, p.mended = next, nil
}

// mend notes differences that were put right outside of an audit, and returns
// all since the last one, the worst first.
func (p *plan) mend(found []Difference) []Difference {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mended = append(p.mended, found...)
	p.mended = p.mended[max(0, len(p.mended)-maxMended):]
	return sorted(slices.Clone(p.mended))
}

// next is when an audit is due, zero if none is.
func (p *plan) next() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.due
}

// dueBy plans an audit for at, unless one comes earlier.
func (p *plan) dueBy(at time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.due.IsZero() || at.Before(p.due) {
		p.due = at
	}
}
