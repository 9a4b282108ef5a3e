package auditor

import (
	"context"
	"errors"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	v1 "github.com/acme/inventory-service/api/v1"
)

const (
	// firstWithin is how long after this process began to lead the first audit comes at the
	// latest.
	firstWithin = time.Minute
	// jitter spreads the audits of many namespaces.
	jitter = 0.2
	// maxFailures is how often one audit is tried before it is given up.
	maxFailures = 3
	// auditTimeout bounds one audit.
	auditTimeout = 10 * time.Minute
)

// lead audits a namespace in one term of this process.
func (a *Auditor) lead(ctx context.Context, namespace string, runner runner) {
	p := a.begin(namespace)
	end := func() { a.end(namespace, p) }
	defer end()
	context.AfterFunc(ctx, end) // at once, also where an audit takes its time to stop
	a.Changed(namespace)
	if a.Interval > 0 {
		p.dueBy(a.Clock.Now().Add(wait.Jitter(min(a.Interval, firstWithin)/2, 1)))
	}
	for ctx.Err() == nil {
		request, begin, after, never := p.begin(a.Clock.Now())
		if begin {
			a.attempt(ctx, namespace, runner, p, request)
			continue
		}
		a.idle(ctx, p, after, never)
	}
}

// idle waits until the plan may have something to do.
func (a *Auditor) idle(ctx context.Context, p *plan, after time.Duration, never bool) {
	var timer <-chan time.Time
	if !never {
		t := a.Clock.NewTimer(after)
		defer t.Stop()
		timer = t.C()
	}
	select {
	case <-p.woken:
	case <-timer:
	case <-ctx.Done():
	}
}

// attempt audits a namespace, trying again for a while where that cannot be done.
func (a *Auditor) attempt(ctx context.Context, namespace string, runner runner, p *plan, request string) {
	var took time.Duration
	var err error
	for range maxFailures {
		var r result
		var spent time.Duration
		r, spent, err = a.once(ctx, namespace, runner)
		took += spent
		var damage *damageError
		switch {
		case ctx.Err() != nil, errors.Is(err, errTurned):
			// Another term begins anew.
		case err == nil:
			a.conclude(ctx, namespace, p, request, r)
		case errors.As(err, &damage):
			r.found = []Difference{damage.difference()}
			a.conclude(ctx, namespace, p, request, r)
		default:
			_ = a.sleep(ctx, a.Pause)
			continue
		}
		p.next(a.nextAfter(took, request != ""))
		a.followUp(p, len(r.found) > 0)
		if errors.Is(err, errTurned) {
			_ = a.sleep(ctx, a.Pause)
		}
		return
	}
	if ctx.Err() == nil {
		a.failed(ctx, namespace, p, request, err)
		p.next(a.nextAfter(took, request != ""))
	}
}

// once audits a namespace, and says how long it read.
func (a *Auditor) once(ctx context.Context, namespace string, runner runner) (result, time.Duration, error) {
	au := a.audit(namespace, runner)
	if err := au.turn.take(ctx); err != nil {
		return result{}, 0, err
	}
	defer au.turn.giveBack()
	ctx, cancel := context.WithTimeout(ctx, auditTimeout)
	defer cancel()
	began := a.Clock.Now()
	r, err := au.run(ctx)
	return r, max(0, a.Clock.Since(began)-au.turn.rested), err
}

// audit returns an audit of a namespace, which lets others read while it only waits.
func (a *Auditor) audit(namespace string, runner runner) *audit {
	au := &audit{
		namespace: namespace, runner: runner, pages: a.pages, objects: a.Reader, clock: a.Clock, pause: a.Pause,
		busy: func() bool { return a.Busy(namespace) }, wait: a.sleep,
	}
	au.turn = &turn{turns: a.turns, keeps: au.keeps}
	return au
}

// sleep lets time pass.
func (a *Auditor) sleep(ctx context.Context, d time.Duration) error {
	t := a.Clock.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C():
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// nextAfter is when the next audit comes after one that has read for so long.
func (a *Auditor) nextAfter(took time.Duration, asked bool) time.Time {
	if a.Interval == 0 {
		return time.Time{}
	}
	rest := time.Duration(a.Rest) * took
	if asked {
		rest = 0
	}
	return a.Clock.Now().Add(max(wait.Jitter(a.Interval, jitter), rest))
}

// followUp plans an audit soon after one that found something: to say that it was put right.
func (a *Auditor) followUp(p *plan, found bool) {
	if p.followUp(found) {
		p.dueBy(a.Clock.Now().Add(a.Pause))
	}
}

// conclude tells what an audit found.
func (a *Auditor) conclude(ctx context.Context, namespace string, p *plan, request string, r result) {
	defer p.ended()
	if len(r.found) == 0 {
		p.observed(func() { observe(namespace, resultConsistent, nil) })
		a.tell(namespace, p, request, agreed(r.unsettled))
		return
	}
	p.observed(func() { observe(namespace, resultInconsistent, r.found) })
	log.FromContext(ctx).Info("an audit found what differs from the journal",
		"namespace", namespace, "differences", len(r.found)+r.more, "unsettled", r.unsettled, "found", Summary(r.found))
	a.tell(namespace, p, request, differ(r, p.modify(r.found)))
	for _, s := range r.stale {
		a.Stale(s.object(namespace))
	}
}

// object names a suspect's object for Options.Stale.
func (s *suspect) object(namespace string) client.Object {
	var object client.Object = &v1.Reservation{}
	if s.kind == KindItem {
		object = &v1.StockItem{}
	}
	object.SetNamespace(namespace)
	object.SetName(s.name)
	return object
}

// failed says that nothing is known.
func (a *Auditor) failed(ctx context.Context, namespace string, p *plan, request string, err error) {
	if errors.Is(err, errLeaving) {
		return
	}
	log.FromContext(ctx).Error(err, "an audit could not be done: it is tried again later", "namespace", namespace)
	audits.WithLabelValues(resultUnknown).Inc()
	a.tell(namespace, p, request, told{
		status: metav1.ConditionUnknown, reason: v1.ReasonAuditFailed,
		message: "what is stored could not be read: see the operator's log, and ask again",
	})
}

// told is what is said of an audit.
type told struct {
	status           metav1.ConditionStatus
	reason, message  string
	found, unsettled int
	summary          string
}

// agreed is told where nothing differs. Its words never change, so that an audit that finds
// what the one before it did is no news.
func agreed(unsettled int) told {
	return told{
		status: metav1.ConditionTrue, reason: v1.ReasonFiguresAgree, unsettled: unsettled,
		message: "what the operator works with and shows is what the journal says",
	}
}

// differ is told of what was found. lately is that and what else was found since the audit
// before.
func differ(r result, lately []Difference) told {
	return told{
		status: metav1.ConditionFalse, reason: v1.ReasonFiguresDiffer, message: Summary(r.found),
		found: len(r.found) + r.more, unsettled: r.unsettled, summary: Summary(lately),
	}
}

// tell keeps what is said, and passes on that there is news.
func (a *Auditor) tell(namespace string, p *plan, request string, v told) {
	at := metav1.NewTime(a.Clock.Now().UTC().Truncate(time.Second))
	if p.tell(request, v, at) {
		a.Changed(namespace)
	}
}
