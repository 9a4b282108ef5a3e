package allocator

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/journal/journaltest"
	"github.com/acme/inventory-service/internal/stock"
)

// The model check drives the production step itself. A world is the API server, a few
// replicas, the requests between them, and what an oracle makes of all this. Whoever takes
// no action is frozen.
type world struct {
	cfg    *config
	server *journaltest.Server
	procs  []*process
	// strays are requests whose senders have given them up: they may arrive yet.
	strays []journal.Effect
	// clock counts ticks, ledgerVersion changes of the ledger as watches see them.
	clock int
	left  budget
	// asked counts, for each of the configuration's commands, how often it was sent.
	asked []uint8
	// asks are the commands that wait for an answer.
	asks  []pendingAsk
	truth truth
	// annotation is what people ask for.
	annotation journal.Repair
	// owned tells which processes this world may change.
	owned []bool
	// spins counts the requests that were answered at once in the course of an action.
	spins   int
	failure string
	// reached are the situations that the last action has led to.
	reached []string
}

// process is one replica and what is between it and the API server.
type process struct {
	name    string
	replica *Allocator
	// shared says that the replica belongs to other worlds, too.
	shared  bool
	elected bool
	// heard is the annotation that it knows.
	heard journal.Repair
	// requests wait for an answer, in the order in which they were sent.
	requests []request
	// watch is the call of the list that the watch began with, 0 where there is none;
	// cursor is the version of the last change that it brought.
	watch  uint64
	cursor uint64
	// ledger is the version of the StockLedger that its watch brought last.
	ledger uint64
	// wake is the newest Wake of the journal, nudge says that the replica wants one.
	wake  uint64
	nudge bool
	// own are versions that it was told it had made.
	own []uint64
	// print is the imprint of its State, for as long as that does not change.
	print statePrint
}

// request is one effect: not yet arrived, or arrived and not yet answered.
type request struct {
	effect journal.Effect
	answer journal.Event
}

var epoch = time.Date(2026, 5, 1, 8, 0, 0, 0, time.UTC)

// tick is the model's unit of time: longer than every wait.
const (
	tick     = 10 * time.Second
	tickTime = stock.Time(tick / time.Microsecond)
)

func (w *world) clone() *world {
	c := *w
	c.procs = slices.Clone(w.procs)
	c.owned = make([]bool, len(w.procs))
	c.server = w.server.Clone()
	c.strays = slices.Clone(w.strays)
	c.asked = slices.Clone(w.asked)
	c.asks = slices.Clone(w.asks)
	c.reached = nil
	return &c
}

// own returns a process that this world may change.
func (w *world) own(i int) *process {
	if !w.owned[i] {
		c := *w.procs[i]
		c.shared = true
		c.requests = slices.Clone(c.requests)
		c.own = slices.Clone(c.own)
		w.procs[i], w.owned[i] = &c, true
	}
	return w.procs[i]
}

func (w *world) fail(format string, args ...any) {
	if w.failure == "" {
		w.failure = fmt.Sprintf(format, args...)
	}
}

func (w *world) reach(situation string) { w.reached = append(w.reached, situation) }

// now is the time by the clock of a process.
func (w *world) now(i int) time.Time {
	return epoch.Add(time.Duration(w.clock+w.cfg.skew[i]) * tick)
}

// start begins a process with an empty memory.
func (w *world) start(i, life int) {
	name := fmt.Sprintf("p%d.%d", i, life)
	p := &process{name: name}
	p.replica = New(w.cfg.journal(name), w.cfg.policy)
	p.replica.gathering.idle = math.MaxInt // a wait is nothing but a step that comes later
	w.procs[i], w.owned[i] = p, true
	w.take(i, p.replica.Start())
}

// tell lets a process take a step.
func (w *world) tell(i int, event Event) {
	p := w.own(i)
	if p.shared {
		p.replica, p.shared = p.replica.Clone(), false
	}
	before := p.replica.log.Stage()
	wasLeading, state := p.replica.log.Leading(), p.replica.stock
	p.replica.policy.Batch = w.cfg.policy.Batch
	if w.cfg.single && p.replica.log.Restating() {
		p.replica.policy.Batch = 1
	}
	effects := p.replica.Step(w.now(i), event)
	p.replica.log.Hurry()
	if p.replica.stock != state {
		p.print = statePrint{} // it began anew
	}
	p.replica.blockedUntil = time.Time{}
	if after := p.replica.log.Stage(); after != before {
		w.stageChanged(i, after)
	}
	if wasLeading && !p.replica.log.Leading() {
		w.reach("steps down")
	}
	w.take(i, effects)
}

func (w *world) stageChanged(i int, after string) {
	if after == "claiming" && !w.procs[i].elected {
		w.fail("%s claims, though it is not elected", w.procs[i].name)
	}
	if after == "damaged" {
		w.reach("damage is declared")
		if !w.truth.meddled {
			w.fail("%s says that the journal is damaged, which it is not: %+v", w.procs[i].name, *w.procs[i].replica.log.Damage())
		}
	}
}

// take keeps requests until the search lets them arrive; those that the configuration does
// not care for arrive and are answered at once.
func (w *world) take(i int, effects []Effect) {
	p := w.procs[i]
	var quick []journal.Effect
	for _, effect := range effects {
		switch e := effect.(type) {
		case Answered:
			w.told(i, e.Call, e.Answer)
		case Unwritable:
			w.unwritable(e.Call)
		case Ended:
			w.ended(i, e.Call)
		case Wake:
			p.nudge = true
		case Perform:
			switch f := e.Effect.(type) {
			case journal.Wake:
				p.wake = f.Call
				continue
			case journal.List:
				p.watch = 0
			}
			if w.cfg.quick(e.Effect) && w.fruitful(e.Effect) {
				quick = append(quick, e.Effect)
			} else {
				p.requests = append(p.requests, request{effect: e.Effect})
			}
		}
	}
	w.tidy(i)
	for _, effect := range quick {
		if w.spins++; w.spins > maxSpins {
			w.fail("%s asks for ever, without a wait: %s", p.name, sayEffect(effect))
			return
		}
		w.answer(i, w.serve(effect, false))
	}
}

// maxSpins is more than any process has reason to ask for in a row.
const maxSpins = 300

// stored returns the pages as a list has them.
func (w *world) stored() []journal.Page {
	var pages []journal.Page
	for _, name := range slices.Sorted(maps.Keys(w.server.Pages)) {
		pages = append(pages, *w.server.Pages[name])
	}
	return pages
}

// replayed is the State that a process has which has just started.
func (w *world) replayed() (*stock.State, bool) {
	r := New(w.cfg.journal("oracle"), w.cfg.policy)
	list := r.Start()[0].(Perform).Effect.(journal.List)
	r.Step(w.now(0), Journal{Event: journal.Listed{Call: list.Call, Version: w.server.Version, Pages: w.stored()}})
	return r.stock, r.log.Following()
}
