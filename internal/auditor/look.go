package auditor

import (
	"context"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/log"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/allocator"
)

const (
	// maxLooks bounds one audit.
	maxLooks = 4
	// maxFailures is how often one audit fails to read before it gives up.
	maxFailures = 3
	// maxFollowUps is how many audits in a row come soon after a repair. Then the
	// pace is that of the interval again.
	maxFollowUps = 3
	// readTimeout bounds one look.
	readTimeout = 2 * time.Minute
	// leadRetry is how long to wait for the ledger to be taken over.
	leadRetry = time.Second
)

// look takes one look, and ends the audit if that settles it.
func (a *Auditor) look(ctx context.Context, namespace string, p *plan) {
	current := p.audit
	before := a.Stock.Memory(namespace)
	if !before.Leading {
		current.wait(a.Clock.Now().Add(leadRetry))
		return
	}
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	began := a.Clock.Now()
	books, err := a.read(ctx, namespace)
	current.took = a.Clock.Since(began)
	if err != nil {
		a.failed(ctx, namespace, p, err)
		return
	}
	memory := a.Stock.Memory(namespace)
	if !memory.Leading || memory.Term != before.Term {
		current.wait(a.Clock.Now().Add(leadRetry))
		return
	}
	books.SetMemory(memory)
	found := books.Compare()
	confirmed, unsettled := Confirm(current.last, found)
	current.looks++
	if len(found) == 0 || len(confirmed) > 0 || current.looks >= maxLooks {
		a.conclude(ctx, namespace, p, confirmed, unsettled)
		return
	}
	current.last, current.lookAt = found, a.Clock.Now().Add(max(a.Pause, a.rest(current)))
}

// rest is how long nothing is to be read after the last look of an audit.
func (a *Auditor) rest(of *audit) time.Duration {
	if of.request != "" {
		return 0
	}
	return time.Duration(a.Rest) * of.took
}

// wait puts off an audit, which begins anew: what it saw is of another term.
func (c *audit) wait(until time.Time) {
	c.lookAt, c.last, c.looks = until, nil, 0
}

// failed tries again for a while where the stored objects cannot be read, and
// then says that nothing is known.
func (a *Auditor) failed(ctx context.Context, namespace string, p *plan, err error) {
	now := a.Clock.Now()
	if p.audit.failures++; p.audit.failures < maxFailures {
		p.audit.wait(now.Add(a.Pause))
		return
	}
	log.FromContext(ctx).Error(err, "an audit could not read what is stored: it is tried again later", "namespace", namespace)
	audits.WithLabelValues(resultUnknown).Inc()
	a.tell(namespace, p.audit.request, verdict{
		status: metav1.ConditionUnknown, reason: v1.ReasonAuditFailed,
		message: "what is stored could not be read: see the operator's log, and ask again",
	})
	a.end(p)
}

// conclude tells what an audit found and has it put right.
func (a *Auditor) conclude(ctx context.Context, namespace string, p *plan, found []Difference, unsettled int) {
	request := p.audit.request
	if len(found) == 0 {
		observe(namespace, resultConsistent, nil)
		a.tell(namespace, request, agreed(unsettled))
		p.followUps = 0
		a.end(p)
		return
	}
	observe(namespace, resultInconsistent, found)
	log.FromContext(ctx).Info("an audit found figures that differ from what they are derived from",
		"namespace", namespace, "differences", len(found), "unsettled", unsettled, "found", Summary(found))
	a.tell(namespace, request, differ(found, p.mend(found), unsettled))
	a.repair(ctx, namespace, found)
	a.end(p)
	if p.followUps < maxFollowUps {
		p.followUps++
		p.dueBy(a.Clock.Now().Add(a.Pause))
	}
}

func (a *Auditor) end(p *plan) {
	var next time.Time
	if a.Interval > 0 {
		next = a.Clock.Now().Add(max(wait.Jitter(a.Interval, jitter), a.rest(p.audit)))
	}
	p.end(next)
}

// verdict is what is told of an audit.
type verdict struct {
	status           metav1.ConditionStatus
	reason, message  string
	found, unsettled int
	summary          string
}

// agreed is told where nothing differs. Its words never change, so that an audit
// that finds what the one before it did costs no write.
func agreed(unsettled int) verdict {
	return verdict{
		status: metav1.ConditionTrue, reason: v1.ReasonFiguresAgree, unsettled: unsettled,
		message: "every figure at rest is what the Reservations, tallies and StockItems make of it",
	}
}

// differ is told of what was found. lately is that and what else was found since
// the audit before.
func differ(found, lately []Difference, unsettled int) verdict {
	return verdict{
		status: metav1.ConditionFalse, reason: v1.ReasonFiguresDiffer, message: Summary(found),
		found: len(found), unsettled: unsettled, summary: Summary(lately),
	}
}

// tell has a verdict kept in the StockLedger.
func (a *Auditor) tell(namespace, request string, v verdict) {
	at := metav1.NewTime(a.Clock.Now().UTC().Truncate(time.Second))
	told := allocator.Audited{
		Consistent: metav1.Condition{Status: v.status, Reason: v.reason, Message: v.message},
		Audit: v1.AuditStatus{
			LastHandledRequest: request, AuditedAt: &at,
			Differences: int64(v.found), Unsettled: int64(v.unsettled),
		},
	}
	if v.summary != "" {
		told.Audit.LastDifference = &v1.AuditDifference{At: at, Summary: v.summary}
	}
	a.Stock.Audited(namespace, told)
}
