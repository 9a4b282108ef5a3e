package controllers

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/events"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/source"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/namespaces"
	"github.com/acme/inventory-service/internal/stock"
)

const (
	// ledgerPace is how often a StockLedger is written at most.
	ledgerPace = time.Second
	// ledgerRest is how many times as long as a look took none follows: one looks at all
	// reservations, and meanwhile nothing is decided.
	ledgerRest = 50
	// maxRequest bounds what is kept of a request for an audit or a restore, in bytes.
	maxRequest = 256
	// figuresEvery is the least time between two StockLedgers of which only figures have changed:
	// where 200 namespaces sell, each shows its figures every 10 s, instead of writing as many
	// ledgers as there are carts. What else is to be said of a namespace is said at once.
	figuresEvery = 50 * time.Millisecond
	// ledgerWorkers is how many StockLedgers are written at a time.
	ledgerWorkers = 4
)

// StockLedgerReconciler writes the status of each StockLedger, which shows its namespace at a
// glance: where this process is elected, also while it cannot lead (the status then says why),
// and where it knows more of a damaged journal than the status says. It passes on what
// annotations ask for: a repair on every replica; audits, restores and readers of the journal
// where this process leads.
//
// The field status.journal is not its own: it leaves that as it was read, and writes over
// that version only.
type StockLedgerReconciler struct {
	// Client reads from the cache and writes to the API server.
	client.Client
	// APIReader reads past the caches.
	APIReader  client.Reader
	Namespaces Namespaces
	// Self is the name of this process as a leader.
	Self string
	// Lease is the one that the replicas of this deployment share, as namespace/name; empty where
	// there is none.
	Lease string
	// Stocked tells whether all StockItems are taken in, and if not what is in the way.
	Stocked func(namespace string) (bool, error)
	// Audits is nil where nothing is audited.
	Audits Audits
	// Restores is nil where nothing is restored.
	Restores *Restores
	// Deliveries is nil where no outcomes are sent.
	Deliveries Deliveries
	// Limit is the bound of a journal in bytes, 0 for none.
	Limit int64
	// MaxItemSeries is how many StockItems have metrics of their own at most, 0 for none.
	MaxItemSeries int
	Now           func() time.Time

	events events.EventRecorder
	mu     sync.Mutex
	// shown are the namespaces that are shown, by name.
	shown map[string]*ledgerView
	// figuresAt is from when on the next one may show its figures.
	figuresAt time.Time
	// wake queues a StockLedger.
	wake chan event.GenericEvent
}

// Audits are what is known of the audits of namespaces.
type Audits interface {
	// Audit is what the last audit found; ok is false before the first one. Its
	// LastDifference is nil where none was found in this term of this process.
	Audit(namespace string) (status v1.AuditStatus, consistent metav1.Condition, ok bool)
	// Request asks for an audit on behalf of an annotation's value: once for each in a term.
	// Nothing comes of it where this process does not lead.
	Request(namespace, value string)
}

// Deliveries are what is known of outcomes on their way to sinks, such as a
// publisher.Publisher.
type Deliveries interface {
	// Delivering says whether the sink takes the outcomes of a namespace; ok is false where
	// that is not known (yet). The condition has no type where there is no sink.
	Delivering(namespace string) (delivering metav1.Condition, ok bool)
}

// ledgerView is what is remembered of one namespace.
type ledgerView struct {
	// poked has room for one: there is something to look at.
	poked chan struct{}
	// lookAt is when its figures may be looked at again.
	lookAt time.Time
	// figuresAt is when it is its turn to show figures, zero while none have changed.
	figuresAt time.Time
	// troubled is since when nothing could be stored, waiting since when this process should
	// lead and does not; zero while that is not so.
	troubled, waiting since
	// damage is what was logged of the journal's.
	damage string
}

// since is the time from when on something has been so without a break.
type since struct{ time.Time }

// lasts takes note of whether it is so now, and tells whether it has been for a time.
func (s *since) lasts(is bool, now time.Time, long time.Duration) bool {
	switch {
	case !is:
		s.Time = time.Time{}
		return false
	case s.IsZero():
		s.Time = now
	}
	return now.Sub(s.Time) >= long
}

// +kubebuilder:rbac:groups=inventory.acme.com,resources=stockledgers,verbs=get;list;watch;create
// +kubebuilder:rbac:groups=inventory.acme.com,resources=stockledgers/status,verbs=update

// SetupWithManager registers the reconciler.
func (r *StockLedgerReconciler) SetupWithManager(mgr ctrl.Manager) error {
	r.events = mgr.GetEventRecorder(eventsBy)
	observed.showItems(r.MaxItemSeries)
	if err := r.watchDeliveries(context.Background(), mgr); err != nil {
		return err
	}
	return ctrl.NewControllerManagedBy(mgr).
		For(&v1.StockLedger{}).
		WatchesRawSource(source.Channel(r.waker(), &handler.EnqueueRequestForObject{})).
		WithOptions(options(ledgerWorkers)).
		Complete(r)
}

func (r *StockLedgerReconciler) waker() chan event.GenericEvent {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.wake == nil {
		r.wake = make(chan event.GenericEvent)
	}
	return r.wake
}

// Changed has the StockLedger of a namespace looked at. It does not block.
func (r *StockLedgerReconciler) Changed(namespace string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if mine := r.shown[namespace]; mine != nil {
		select {
		case mine.poked <- struct{}{}:
		default: // it is told already
		}
	}
}

// Attend has the StockLedger of a namespace looked at when there is news, until ctx ends, and once
// more if the namespace has left the scope.
func (r *StockLedgerReconciler) Attend(ctx context.Context, namespace string, runner *allocator.Runner) {
	r.follow(ctx, namespace, runner)
	if outside := (*namespaces.OutsideError)(nil); errors.As(context.Cause(ctx), &outside) {
		select {
		case r.waker() <- event.GenericEvent{Object: ledgerOf(namespace)}:
		case <-time.After(lastWake):
			r.giveUpAtLast(ctx, namespace, outside)
		}
	}
}

// lastWake is how long a StockLedger waits to be queued: nothing takes it where the process ends.
const lastWake = time.Second

func ledgerOf(namespace string) *v1.StockLedger {
	return &v1.StockLedger{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: v1.LedgerName}}
}

// follow has the StockLedger of a namespace looked at when there is news, until ctx ends.
func (r *StockLedgerReconciler) follow(ctx context.Context, namespace string, runner *allocator.Runner) {
	mine, end := r.begin(namespace, runner)
	defer end()
	ledger := ledgerOf(namespace)
	wake := r.waker()
	for {
		news := runner.News()
		mine.logDamage(ctx, namespace, runner)
		select {
		case wake <- event.GenericEvent{Object: ledger}:
		case <-ctx.Done():
		}
		if !sleep(ctx, ledgerPace) {
			return
		}
		select {
		case <-news:
		case <-mine.poked:
		case <-ctx.Done():
			return
		}
	}
}

// begin keeps what is known of a namespace until end is called.
func (r *StockLedgerReconciler) begin(namespace string, runner *allocator.Runner) (mine *ledgerView, end func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.shown == nil {
		r.shown = map[string]*ledgerView{}
	}
	mine = &ledgerView{poked: make(chan struct{}, 1)}
	r.shown[namespace] = mine
	forget := observed.add(namespace, runner)
	return mine, func() {
		forget()
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.shown[namespace] == mine { // not that of a namespace which was made again
			delete(r.shown, namespace)
		}
	}
}

// Reconcile writes one StockLedger if it is not what it should be.
func (r *StockLedgerReconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	if req.Name != v1.LedgerName {
		return ctrl.Result{}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	ledger := &v1.StockLedger{}
	err := r.Get(ctx, req.NamespacedName, ledger)
	runner, ok := r.Namespaces.Find(req.Namespace)
	if !ok {
		later, err := r.notWorkedIn(ctx, req.Namespace, ledger)
		return ctrl.Result{RequeueAfter: later}, err
	}
	if client.IgnoreNotFound(err) != nil {
		return ctrl.Result{}, err
	}
	if ledger.Status.Journal == nil {
		runner.SeeLedger(journal.Identity{}) // who leads makes it again, and names the journal
	}
	// Whichever process knows most may be the one that repairs, so each is told.
	asked := ledgerAsks{repair: askRepair(runner, ledger), readers: r.askReaders(ctx, runner, ledger)}
	if !speaks(runner, ledger) {
		return ctrl.Result{}, nil
	}
	if wait := r.wait(req.Namespace); wait > 0 {
		return ctrl.Result{RequeueAfter: wait}, nil
	}
	known := r.look(req.Namespace, runner, asked)
	if known.leading && known.trouble != nil && passes(ctx, runner) {
		known = r.look(req.Namespace, runner, asked)
	}
	if apierrors.IsNotFound(err) {
		if err := r.create(ctx, req.Namespace, known); err != nil {
			return ctrl.Result{}, err
		}
		return ctrl.Result{RequeueAfter: ledgerPace}, nil
	}
	r.request(ledger)
	if r.Restores != nil {
		r.Restores.look(req.Namespace)
	}
	later, err := r.write(ctx, runner, ledger, known)
	if err == nil && known.unsettled && (later == 0 || later > ledgerPace) {
		later = ledgerPace
	}
	return ctrl.Result{RequeueAfter: later}, err
}

// speaks tells whether it is for this process to say how the namespace stands: it should
// lead, or knows more than is told of a journal that is damaged.
func speaks(runner *allocator.Runner, ledger *v1.StockLedger) (is bool) {
	runner.Read(func(_ *stock.State, l *journal.Log) {
		damage := l.Damage()
		is = l.Elected() || damage != nil && damage.Beyond(toldDamage(ledger))
	})
	return is
}

// passes tells whether this process can prove to lead. What failed before, and was needed no
// more since, is over then.
func passes(ctx context.Context, runner *allocator.Runner) bool {
	const patience = 500 * time.Millisecond
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return prove(ctx, runner) == nil
}

// wait says how long to wait before a namespace may be looked at again.
func (r *StockLedgerReconciler) wait(namespace string) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	if mine := r.shown[namespace]; mine != nil {
		return time.Until(mine.lookAt)
	}
	return 0
}

// create makes the StockLedger where there is none, if there is something to say that nobody
// else would make it for. It names no journal: who leads, or founds one, names that.
func (r *StockLedgerReconciler) create(ctx context.Context, namespace string, known ledgerFacts) error {
	if ready := known.ready(); known.leading || ready.Reason == v1.ReasonTakingOver {
		return nil
	}
	err := r.Create(ctx, &v1.StockLedger{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: v1.LedgerName}})
	if err != nil && !apierrors.IsAlreadyExists(err) {
		return fmt.Errorf("create StockLedger %s/%s, to say there what is wrong (%s): %w",
			namespace, v1.LedgerName, known.ready().Message, err)
	}
	return nil
}

// write writes the status if it is not what it should be. Where only figures have changed, and it
// is not its turn yet, it says when that is.
func (r *StockLedgerReconciler) write(ctx context.Context, runner *allocator.Runner, ledger *v1.StockLedger, known ledgerFacts) (later time.Duration, err error) {
	if known.leading && !covers(known.position, ledger.Status.Position) {
		if err := prove(ctx, runner); err != nil {
			return 0, fmt.Errorf("StockLedger %s/%s shows a later position than this process knows: %w", ledger.Namespace, ledger.Name, err)
		}
		known = r.look(ledger.Namespace, runner, ledgerAsks{repair: known.malformed, readers: known.reports})
	}
	before := ledger.Status.DeepCopy()
	known.show(&ledger.Status, r.Now())
	ledger.Status.ObservedGeneration = ledger.Generation
	if equality.Semantic.DeepEqual(before, &ledger.Status) {
		return 0, nil
	}
	if wait := r.turn(ledger.Namespace, sameButFigures(before, &ledger.Status), time.Now()); wait > 0 {
		return wait, nil
	}
	err = r.Status().Update(ctx, ledger)
	if apierrors.IsConflict(err) || apierrors.IsNotFound(err) {
		return 0, nil // the cache is behind, and what it is behind of comes as an event
	}
	if err != nil {
		return 0, fmt.Errorf("write the status of StockLedger %s/%s: %w", ledger.Namespace, ledger.Name, err)
	}
	record(r.events, ledger, ledgerEvents(before.Conditions, ledger.Status.Conditions)...)
	return 0, nil
}

// sameButFigures tells whether two statuses differ in nothing but what changes with every cart.
func sameButFigures(before, after *v1.StockLedgerStatus) bool {
	same := after.DeepCopy()
	same.Position, same.Totals, same.RememberedSince, same.Readers = before.Position, before.Totals, before.RememberedSince, before.Readers
	return equality.Semantic.DeepEqual(before, same)
}

// turn is how long a namespace waits until its StockLedger may be written: those that have
// nothing but figures to say take turns.
func (r *StockLedgerReconciler) turn(namespace string, figures bool, now time.Time) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	mine := r.shown[namespace]
	if mine == nil {
		return 0
	}
	if figures && mine.figuresAt.IsZero() {
		if r.figuresAt.Before(now) {
			r.figuresAt = now
		}
		mine.figuresAt = r.figuresAt
		r.figuresAt = r.figuresAt.Add(figuresEvery)
	}
	if wait := mine.figuresAt.Sub(now); figures && wait > 0 {
		return wait
	}
	mine.figuresAt = time.Time{}
	return 0
}

// request passes on that somebody wants an audit.
func (r *StockLedgerReconciler) request(ledger *v1.StockLedger) {
	value := ledger.Annotations[v1.AuditRequestedAnnotation]
	if value == "" || r.Audits == nil {
		return
	}
	if audit := ledger.Status.Audit; audit != nil && audit.LastHandledRequest == value[:min(len(value), maxRequest)] {
		return // maybe by another process
	}
	r.Audits.Request(ledger.Namespace, value)
}
