package auditor

import (
	"cmp"
	"context"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/journal"
)

const (
	// DefaultPause is between two looks of one audit. At rest a view is written within
	// about 2 s.
	DefaultPause = 4 * time.Second
	// DefaultRest has audits read for no more than a twentieth of the time.
	DefaultRest = 19
)

// Options are what an Auditor needs.
type Options struct {
	// Pages reads the pages of journals. Store is what tests make small.
	Pages *journal.Client
	Store journal.StoreOptions
	// Reader reads past all caches.
	Reader client.Reader
	Clock  clock.Clock
	// Interval is the pace of audits of one namespace, 0 for on demand only. They come
	// less often where looks take long.
	Interval time.Duration
	// Pause is between two looks of one audit, DefaultPause if it is 0.
	Pause time.Duration
	// Rest is how many times as long as an audit read nothing is read after it, unless
	// somebody asked: however much is stored, and however busy the API server is.
	// DefaultRest if it is 0.
	Rest int
	// Busy tells whether views of a namespace wait to be written, or StockItems to be taken
	// in. What lags is not judged while they do, and never where this is not set.
	Busy func(namespace string) bool
	// Changed, if set, is told that there is news of a namespace: a request that was
	// handled, another verdict, or a term in which requests are to be made again. It must
	// not block.
	Changed func(namespace string)
	// Stale, if set, is told of objects that show what they should not, and stay so: of
	// what kind (a *v1.Reservation or a *v1.StockItem) and which, by namespace and name. It
	// must not block.
	Stale func(object client.Object)
}

// Auditor audits the namespaces that this process leads. All methods are safe for
// concurrent use.
type Auditor struct {
	Options
	pages  pageReader
	turns  *turns
	writes writes

	mu sync.Mutex
	// plans are those of the namespaces that this process leads.
	plans map[string]*plan
}

// New returns an Auditor.
func New(o Options) *Auditor {
	o.Pause, o.Rest = cmp.Or(o.Pause, DefaultPause), cmp.Or(o.Rest, DefaultRest)
	if o.Busy == nil {
		o.Busy = func(string) bool { return true }
	}
	if o.Changed == nil {
		o.Changed = func(string) {}
	}
	if o.Stale == nil {
		o.Stale = func(client.Object) {}
	}
	return &Auditor{
		Options: o, pages: storedPages{client: o.Pages, options: o.Store},
		turns: newTurns(o.Clock), plans: map[string]*plan{},
	}
}

// Attend audits a namespace during each term of this process, until ctx ends: when the namespace
// is deleted or leaves the scope, or the process stops. Audit forgets a term once it is over,
// since another process may know better by then.
func (a *Auditor) Attend(ctx context.Context, namespace string, runner *allocator.Runner) {
	runner.Terms(ctx, func(ctx context.Context, _ uint64) { a.lead(ctx, namespace, runner) })
}

// Audit returns what the StockLedger is to say of audits; ok is false where none has ended
// in this term of this process. Its LastDifference is nil where none was found in this term,
// and its LastHandledRequest empty where none was handled.
func (a *Auditor) Audit(namespace string) (status v1.AuditStatus, consistent metav1.Condition, ok bool) {
	p := a.plan(namespace)
	if p == nil {
		return status, consistent, false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return *p.status.DeepCopy(), *p.consistent.DeepCopy(), p.consistent.Status != ""
}

// Request asks for an audit: value is that of the annotation on the StockLedger, and each
// value asks once in a term. Nothing comes of it where this process does not lead: another one
// may handle it. Who asks does so again when Options.Changed says that a term has begun.
func (a *Auditor) Request(namespace, value string) {
	if p := a.plan(namespace); p != nil {
		p.request(value)
	}
}

// plan returns the plan of a namespace, nil where this process does not lead.
func (a *Auditor) plan(namespace string) *plan {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.plans[namespace]
}

// begin makes the plan of a term.
func (a *Auditor) begin(namespace string) *plan {
	a.mu.Lock()
	defer a.mu.Unlock()
	p := &plan{woken: make(chan struct{}, 1)}
	a.plans[namespace] = p
	return p
}

// end lets go of what is known of a term, once.
func (a *Auditor) end(namespace string, p *plan) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.plans[namespace] != p {
		return
	}
	delete(a.plans, namespace)
	p.end()
	unobserve(namespace)
}
