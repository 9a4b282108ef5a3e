package allocator

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"

	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/stock"
)

// Runner runs the Allocator of one namespace against an API server. It is the thin shell:
// it performs effects, turns what happens into events, and brings answers to those who
// wait. All methods are safe for concurrent use.
type Runner struct {
	namespace string
	now       func() time.Time
	client    *journal.Client
	options   journal.StoreOptions

	changed func(stock.Changes)
	load    *Load
	// depth is nil before Run: a Runner of this namespace that ends takes its own along.
	depth prometheus.Gauge

	// mu guards core and rivals: steps take it for themselves, queries share it.
	mu     sync.RWMutex
	core   *Allocator
	rivals rivals
	wake   *time.Timer

	// news tells of every step that changed anything, role of the beginnings and ends of
	// this process's terms.
	news, role signal
	// term is this process's term, 0 while it does not lead.
	term atomic.Uint64

	// inbox are events that wait for the next step; filled tells that there are some.
	inbox struct {
		sync.Mutex
		events []Event
		calls  uint64
		// waiting are those who want an answer, by call, and loading how many of them count for
		// the load: none while stuck.
		waiting map[uint64]waiter
		loading int
		stuck   bool
	}
	filled chan struct{}
	// seen is Run's alone.
	seen appending
	// ended is closed when Run has returned: nobody is answered any more.
	ended chan struct{}
}

// RunnerOptions are what a Runner needs.
type RunnerOptions struct {
	Client    *journal.Client
	Namespace string
	Config    journal.Config
	Policy    stock.Policy
	// Now is a clock that is never more than Ahead beyond the API server's, such as that of
	// a ServerClock.
	Now func() time.Time
	// Store is what tests make small.
	Store journal.StoreOptions
	// Gated makes carts wait in each term until Stocked says that all StockItems were read.
	Gated bool
	// Changed, if set, is told while this process leads what the journal changed. It is
	// called between steps and must not block.
	Changed func(stock.Changes)
	// Load, if set, notes when somebody waits for an answer that may come.
	Load *Load
}

// NewRunner returns a runner that has not been started.
func NewRunner(o RunnerOptions) *Runner {
	r := &Runner{
		namespace: o.Namespace, now: o.Now, client: o.Client, options: o.Store, load: o.Load,
		core: New(o.Config, o.Policy), rivals: rivals{self: o.Config.Self.Name}, filled: make(chan struct{}, 1), ended: make(chan struct{}),
	}
	r.inbox.waiting = map[uint64]waiter{}
	if o.Gated {
		r.core.Gate()
	}
	if o.Changed != nil {
		r.changed = o.Changed
		r.core.Track()
	}
	return r
}

// waiter is who wants an answer, and the span in which it waits.
type waiter struct {
	answered chan reply
	span     trace.SpanContext
}

// reply is what became of a request.
type reply struct {
	answer stock.Answer
	err    error
}

// ErrUnwritable says that a request cannot be stored though others can.
var ErrUnwritable = errors.New("it cannot be stored")

// ErrNoAnswer says that there was no answer in time. The request may have been carried
// out, or may still be: asking for the same again finds out.
var ErrNoAnswer = errors.New("no answer in time")

// ErrDeposed is an ErrNoAnswer of a process that is not elected: another one answers, so do not
// wait here.
var ErrDeposed = fmt.Errorf("%w: this process does not lead, ask the one that does", ErrNoAnswer)

// Ask has a request decided and returns once the answer may be told. It fails with
// ErrNoAnswer when ctx or Run ends before that, with ErrDeposed where this process is not
// elected, and with ErrUnwritable.
func (r *Runner) Ask(ctx context.Context, request stock.Request) (stock.Answer, error) {
	answered := make(chan reply, 1)
	call := r.register(waiter{answered: answered, span: trace.SpanContextFromContext(ctx)})
	r.put(Asked{Call: call, Request: request})
	select {
	case reply := <-answered:
		return reply.answer, reply.err
	case <-ctx.Done():
		r.forget(call)
		r.put(Dropped{Call: call})
		return stock.Answer{}, fmt.Errorf("%w from the journal of namespace %s: %w", ErrNoAnswer, r.namespace, context.Cause(ctx))
	case <-r.ended:
		return stock.Answer{}, fmt.Errorf("%w from the journal of namespace %s: this process does not work in it any more", ErrNoAnswer, r.namespace)
	}
}

// Tell has a request carried out without waiting for it.
func (r *Runner) Tell(request stock.Request) { r.put(Asked{Request: request}) }

// Elect says whether this process should lead.
func (r *Runner) Elect(elected bool) {
	if elected {
		r.put(Journal{journal.Elected{}})
		return
	}
	r.put(Journal{journal.Deposed{}})
}

// Waiting is the number of callers that wait for an answer.
func (r *Runner) Waiting() int {
	r.inbox.Lock()
	defer r.inbox.Unlock()
	return len(r.inbox.waiting)
}

// Read calls read with the stock and the journal as they are. Neither may be kept.
func (r *Runner) Read(read func(*stock.State, *journal.Log)) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	read(r.core.Stock(), r.core.Log())
}

// register notes who waits for an answer and returns the call.
func (r *Runner) register(w waiter) uint64 {
	r.inbox.Lock()
	defer r.inbox.Unlock()
	r.inbox.calls++
	r.inbox.waiting[r.inbox.calls] = w
	r.tellDepth()
	return r.inbox.calls
}

func (r *Runner) forget(call uint64) {
	r.inbox.Lock()
	defer r.inbox.Unlock()
	delete(r.inbox.waiting, call)
	r.tellDepth()
}

// tellDepth tells the load and the metric how many wait. The caller holds the inbox.
func (r *Runner) tellDepth() {
	loading := len(r.inbox.waiting)
	if r.inbox.stuck {
		loading = 0
	}
	r.load.change(loading - r.inbox.loading)
	r.inbox.loading = loading
	if r.depth != nil {
		r.depth.Set(float64(len(r.inbox.waiting)))
	}
}

// tellStuck notes whether anything can be decided here.
func (r *Runner) tellStuck(stuck bool) {
	r.inbox.Lock()
	defer r.inbox.Unlock()
	if r.inbox.stuck != stuck {
		r.inbox.stuck = stuck
		r.tellDepth()
	}
}

// showDepth begins to tell the metric.
func (r *Runner) showDepth() {
	r.inbox.Lock()
	defer r.inbox.Unlock()
	r.depth = queueDepth.WithLabelValues(r.namespace)
	r.tellDepth()
}

// put leaves an event for the next step.
func (r *Runner) put(event Event) {
	select {
	case <-r.ended:
		return
	default:
	}
	r.inbox.Lock()
	r.inbox.events = append(r.inbox.events, event)
	r.inbox.Unlock()
	select {
	case r.filled <- struct{}{}:
	default: // it is told already
	}
}

// Run runs until ctx ends. It is called once.
func (r *Runner) Run(ctx context.Context) error {
	defer r.end()
	r.showDepth()
	events := make(chan journal.Event)
	store := journal.NewStore(ctx, r.client, r.namespace, events, r.options)
	defer store.Wait()
	r.wake = time.NewTimer(time.Hour)
	defer r.wake.Stop()
	r.mu.Lock()
	effects := r.core.Start()
	r.mu.Unlock()
	for {
		r.perform(store, effects)
		select {
		case <-ctx.Done():
			return nil
		case e := <-events:
			r.seen.happened(e)
			effects = r.step(Journal{e})
		case <-r.wake.C:
			effects = r.step(Woken{})
		case <-r.filled:
			effects = r.step(r.take()...)
		}
	}
}

// end tells everybody that nobody is answered any more.
func (r *Runner) end() {
	close(r.ended)
	r.tellStuck(true)
	queueDepth.DeleteLabelValues(r.namespace)
	r.term.Store(0)
	r.role.tell()
	r.news.tell()
}

// take empties the inbox: all that came meanwhile is taken in before anything is decided.
func (r *Runner) take() []Event {
	r.inbox.Lock()
	defer r.inbox.Unlock()
	events := r.inbox.events
	r.inbox.events = nil
	return events
}

func (r *Runner) step(events ...Event) []Effect {
	effects, changes, stuck := r.stepLocked(events)
	r.tellStuck(stuck)
	if r.changed != nil && !changes.Empty() && r.Leading() {
		r.changed(changes)
	}
	r.news.tell()
	return effects
}

func (r *Runner) stepLocked(events []Event) (effects []Effect, changes stock.Changes, useless bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	effects = r.core.Step(r.now(), events...)
	r.rivals.see(r.core.Log().Leader().Name, r.core.Log().Elected(), time.Now())
	if term := r.core.Term(); term != r.term.Load() {
		r.term.Store(term)
		r.role.tell()
	}
	return effects, r.core.Stock().TakeChanges(), stuck(r.core.Log())
}

// stuck tells whether more of the API server's time is of no use to who waits: this process is not
// elected, the journal is damaged or of an unknown format, or what is asked for is refused.
func stuck(l *journal.Log) bool {
	return !l.Elected() || l.Foreign() || l.Damage() != nil || journal.IsRefusal(l.Trouble())
}

// perform passes effects on. The store returns at once.
func (r *Runner) perform(store *journal.Store, effects []Effect) {
	together := answered{sent: r.seen.sent} // what is performed now is for the next
	defer together.tell(r.namespace)
	for _, effect := range effects {
		switch e := effect.(type) {
		case Perform:
			r.seen.performs(e.Effect)
			store.Perform(e.Effect)
		case Answered:
			if w, waits := r.answer(e.Call, reply{answer: e.Answer}); waits {
				together.add(w.span)
			}
		case Unwritable:
			r.answer(e.Call, reply{err: fmt.Errorf("%w in namespace %s: %w", ErrUnwritable, r.namespace, e.Err)})
		case Ended:
			r.answer(e.Call, reply{err: fmt.Errorf("namespace %s: %w", r.namespace, ErrDeposed)})
		case Wake:
			r.wake.Reset(e.After)
		}
	}
}

// answer brings a reply to whoever still waits for it, and tells who that was.
func (r *Runner) answer(call uint64, reply reply) (w waiter, waits bool) {
	r.inbox.Lock()
	defer r.inbox.Unlock()
	if w, waits = r.inbox.waiting[call]; waits {
		delete(r.inbox.waiting, call)
		r.tellDepth()
		w.answered <- reply // it has room for one
	}
	return w, waits
}
