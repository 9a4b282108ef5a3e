package auditor

import (
	"context"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/source"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/allocator"
)

const (
	// DefaultPause is between two looks of one audit. The write-behind and the
	// ledger's totals take up to about 2 s at rest.
	DefaultPause = 4 * time.Second
	// DefaultRest has audits read for no more than a twentieth of the time.
	DefaultRest = 19
	// firstWithin is how long after this process began to lead, or the ledger was
	// made, the first audit comes at the latest.
	firstWithin = time.Minute
	// jitter spreads the audits of many namespaces.
	jitter = 0.2
	// workers is how many namespaces are audited at a time.
	workers = 2
)

// Stock is what the operator knows, and how it is told what was found.
type Stock interface {
	// Memory is what it knows of a namespace.
	Memory(namespace string) allocator.Memory
	// Audited keeps what an audit found in the StockLedger.
	Audited(namespace string, found allocator.Audited)
	// Relearn has it learn a namespace anew from what is stored.
	Relearn(namespace string)
	// ItemStale has the status of a StockItem looked at again.
	ItemStale(item *v1.StockItem)
}

// Options are what an Auditor needs.
type Options struct {
	// Client reads StockLedgers from the cache and writes the sums of tallies.
	Client client.Client
	// Reader reads past all caches.
	Reader client.Reader
	Stock  Stock
	Clock  clock.PassiveClock
	// Interval is the pace of audits of one namespace, 0 for on demand only. They come
	// less often where looks take long.
	Interval time.Duration
	// Pause is between two looks of one audit: longer than the write-behind takes
	// at rest. DefaultPause fits.
	Pause time.Duration
	// Rest is how many times as long as a look took nothing is read after it, unless
	// somebody asked: however much is stored, and however busy the API server is.
	// DefaultRest fits.
	Rest int
}

// Auditor audits the namespaces that have a StockLedger. It is a reconciler of
// StockLedgers: one Reconcile is at most one look.
type Auditor struct {
	Options
	wake chan event.GenericEvent

	mu sync.Mutex
	// plans are the audits to come and under way, by namespace.
	plans map[string]*plan
}

// New returns an Auditor.
func New(o Options) *Auditor {
	return &Auditor{Options: o, wake: make(chan event.GenericEvent, 64), plans: map[string]*plan{}}
}

// SetupWithManager registers the auditor, which then runs on the leader only.
func (a *Auditor) SetupWithManager(mgr ctrl.Manager) error {
	requested := predicate.Funcs{
		UpdateFunc: func(e event.UpdateEvent) bool {
			return e.ObjectNew.GetAnnotations()[v1.AuditRequestedAnnotation] !=
				e.ObjectOld.GetAnnotations()[v1.AuditRequestedAnnotation]
		},
	}
	return ctrl.NewControllerManagedBy(mgr).Named("auditor").
		For(&v1.StockLedger{}, builder.WithPredicates(requested)).
		WatchesRawSource(source.Channel(a.wake, &handler.EnqueueRequestForObject{})).
		WithOptions(controller.Options{MaxConcurrentReconciles: workers}).
		Complete(a)
}

// Reconcile takes the look at a namespace that is due, if any.
func (a *Auditor) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	var l v1.StockLedger
	if err := a.Client.Get(ctx, req.NamespacedName, &l); err != nil {
		if apierrors.IsNotFound(err) {
			a.forget(req.Namespace)
			return ctrl.Result{}, nil
		}
		return ctrl.Result{}, err
	}
	p := a.plan(req.Namespace)
	if p.audit != nil && p.audit.request == "" && p.asked(&l) != "" {
		p.audit = nil // it may rest for long, and somebody waits
	}
	if p.audit == nil && !p.begin(&l, a.Clock.Now()) {
		return a.until(p.next()), nil
	}
	now := a.Clock.Now()
	if p.audit.lookAt.After(now) {
		return a.until(p.audit.lookAt), nil
	}
	a.look(ctx, req.Namespace, p)
	if p.audit != nil {
		return a.until(p.audit.lookAt), nil
	}
	// A request that came meanwhile is not answered yet.
	if p.begin(&l, now) {
		return ctrl.Result{RequeueAfter: time.Millisecond}, nil
	}
	return a.until(p.next()), nil
}

// until asks to be called again at a time, never if that is zero.
func (a *Auditor) until(at time.Time) ctrl.Result {
	if at.IsZero() {
		return ctrl.Result{}
	}
	return ctrl.Result{RequeueAfter: max(time.Millisecond, at.Sub(a.Clock.Now()))}
}

// plan returns the plan of a namespace, made if need be.
func (a *Auditor) plan(namespace string) *plan {
	a.mu.Lock()
	defer a.mu.Unlock()
	p, known := a.plans[namespace]
	if !known {
		p = &plan{}
		if a.Interval > 0 {
			p.dueBy(a.Clock.Now().Add(wait.Jitter(min(a.Interval, firstWithin)/2, 1)))
		}
		a.plans[namespace] = p
	}
	return p
}

func (a *Auditor) forget(namespace string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.plans, namespace)
	unobserve(namespace)
}

// soon plans an audit of a namespace after the pause, whatever the interval.
func (a *Auditor) soon(namespace string) {
	a.plan(namespace).dueBy(a.Clock.Now().Add(a.Pause))
	l := &v1.StockLedger{}
	l.Namespace, l.Name = namespace, v1.LedgerName
	select {
	case a.wake <- event.GenericEvent{Object: l}:
	default: // enough of them wait: the audit comes with the next one
	}
}
