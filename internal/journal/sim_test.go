package journal_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/journal/journaltest"
)

// simulation plays several processes that append against lost, late, doubled and
// reordered answers, crashes, freezes and people who touch pages, on virtual time.
type simulation struct {
	t      *testing.T
	rng    *rand.Rand
	server *journaltest.Server
	procs  []*simProcess
	now    time.Time
	// stray are requests whose senders have given them up: they may arrive at any time.
	stray []journal.Effect
	// history are the records in the order of the journal, as the first process that
	// applied them saw it; told are those that landed.
	history []string
	told    map[string]bool
	count   int
	log     []string
	faulty  bool
	failure string
}

// simProcess is one process: its log, what it waits for, and what it was told.
type simProcess struct {
	name    string
	log     *journal.Log
	pending []journal.Effect
	answers []journal.Event
	// listing is the call of the newest List, watch that of the list that is watched from.
	listing uint64
	watch   uint64
	from    uint64
	frozen  int
	head    uint64
	// records are what was applied since the last Reset, with the page of each.
	records []simRecord
	batch   []string
	elected bool
}

type simRecord struct {
	page uint64
	text string
}

func newSimulation(t *testing.T, seed uint64, procs int) *simulation {
	s := &simulation{
		t: t, rng: rand.New(rand.NewPCG(seed, 7)), server: journaltest.NewServer(),
		now: time.Date(2026, 5, 1, 8, 0, 0, 0, time.UTC), told: map[string]bool{}, faulty: true,
	}
	for range procs {
		s.procs = append(s.procs, s.newProcess())
	}
	return s
}

func (s *simulation) newProcess() *simProcess {
	s.count++
	p := &simProcess{name: fmt.Sprintf("p%d", s.count), head: 1}
	p.log = journal.New(journal.Config{
		Self: journal.Leader{Name: p.name}, Process: p.name, Fill: 24, MaxPage: 60, Spare: 1,
		WriteFormat: journal.Format, Pack: journaltest.Pack,
	})
	s.take(p, p.log.Start())
	return p
}

func (s *simulation) failf(format string, args ...any) {
	if s.failure == "" {
		s.failure = fmt.Sprintf(format, args...)
	}
}

func (s *simulation) note(format string, args ...any) {
	s.log = append(s.log, fmt.Sprintf(format, args...))
}

// take acts on effects: notices at once, others when the simulation says so.
func (s *simulation) take(p *simProcess, effects []journal.Effect) {
	for _, effect := range effects {
		switch e := effect.(type) {
		case journal.Reset:
			p.records, p.head = nil, 1
		case journal.Applied:
			s.applied(p, e)
		case journal.Landed:
			for _, text := range p.batch {
				s.told[text] = true
				if !slices.Contains(s.history, text) {
					s.failf("%s was told that %s landed, which nobody applied", p.name, text)
				}
			}
			p.batch = nil
		case journal.Abandoned:
			p.batch = nil
		case journal.Proved, journal.Refused:
		case journal.List:
			p.watch, p.listing = 0, e.Call
			p.pending = append(p.pending, e)
		default:
			p.pending = append(p.pending, effect)
		}
	}
}

// applied checks that every process applies the same records in the same order.
func (s *simulation) applied(p *simProcess, e journal.Applied) {
	for _, record := range e.Records {
		p.records = append(p.records, simRecord{e.Page, string(record)})
	}
	if e.Head < p.head {
		s.failf("%s: the head went back from %d to %d", p.name, p.head, e.Head)
	}
	p.head = e.Head
	p.records = slices.DeleteFunc(p.records, func(r simRecord) bool { return r.page < e.Head })
	for _, record := range e.Records {
		if at := slices.Index(s.history, string(record)); at < 0 {
			s.history = append(s.history, string(record))
		}
	}
	last := -1
	for _, r := range p.records {
		at := slices.Index(s.history, r.text)
		if at != last+1 && last >= 0 {
			s.failf("%s applied %v, which is not how the journal goes: %v", p.name, p.records, s.history)
		}
		last = at
	}
	if len(p.records) > 0 && last != len(s.history)-1 && e.Page == p.log.Position().Page && len(e.Records) > 0 && s.first(e) {
		s.failf("%s applied %v after others had gone on: %v", p.name, e.Records, s.history)
	}
}

// first tells whether these records were appended to the history by this very notice.
func (s *simulation) first(e journal.Applied) bool {
	return s.history[len(s.history)-1] == string(e.Records[len(e.Records)-1])
}

// append lets a process append what its turn allows.
func (s *simulation) append(p *simProcess) {
	switch p.log.Turn(s.now) {
	case journal.Claim:
		s.appendRecords(p, "term")
	case journal.Open:
		if s.rng.IntN(8) == 0 {
			s.note("%s asks for a proof", p.name)
			s.take(p, p.log.Prove())
			return
		}
		s.appendRecords(p, "cart")
	}
}

func (s *simulation) appendRecords(p *simProcess, kind string) {
	batch := journal.Batch{Head: p.head}
	for range 1 + s.rng.IntN(2) {
		s.count++
		text := fmt.Sprintf("%s%d", kind, s.count)
		p.batch = append(p.batch, text)
		batch.Records = append(batch.Records, []byte(text))
	}
	// The head moves past all but the last two pages.
	if next := p.log.NextPage(); kind == "cart" && next > p.head+2 {
		batch.Head = next - 2
	}
	s.note("%s appends %v on page %d, head %d", p.name, p.batch, p.log.NextPage(), batch.Head)
	s.take(p, p.log.Append(batch))
}

// step does one thing.
func (s *simulation) step() {
	p := s.procs[s.rng.IntN(len(s.procs))]
	if p.frozen > 0 {
		p.frozen--
		return
	}
	switch n := s.rng.IntN(100); {
	case n < 30:
		s.serve(p)
	case n < 55:
		s.answer(p)
	case n < 75:
		s.deliver(p)
	case n < 88:
		s.append(p)
	case n < 90:
		s.elect(p)
	case !s.faulty:
		s.now = s.now.Add(50 * time.Millisecond)
	default:
		s.fault(p, n)
	}
}

func (s *simulation) fault(p *simProcess, n int) {
	switch {
	case n < 91:
		p.frozen = s.rng.IntN(400)
		s.note("%s freezes", p.name)
	case n < 93 && len(s.stray) > 0:
		i := s.rng.IntN(len(s.stray))
		e := s.stray[i]
		s.stray = slices.Delete(s.stray, i, i+1)
		s.note("a request that was given up arrives: %s", describe(e))
		s.server.Serve(e)
	case n < 95:
		s.giveUp(p)
	case n == 95 && s.rng.IntN(4) == 0:
		s.crash(p)
	case n == 96 && s.rng.IntN(3) == 0:
		for name := range s.server.Pages {
			s.note("somebody annotates %s", name)
			s.server.Touch(name)
			break
		}
	case n == 97 && p.watch != 0:
		s.note("the watch of %s ends", p.name)
		call := p.watch
		p.watch = 0
		s.take(p, p.log.Step(s.now, journal.WatchEnded{Call: call}))
	case n == 98 && s.rng.IntN(10) == 0:
		s.note("somebody deletes the ledger")
		s.server.DeleteLedger()
	default:
		s.now = s.now.Add(time.Duration(s.rng.IntN(300)) * time.Millisecond)
	}
}

func describe(e journal.Effect) string {
	if put, ok := e.(journal.Put); ok {
		return fmt.Sprintf("put %s over %d, number %d emptied %t %q next %v token %s", put.Page.Name, put.Page.Version, put.Page.Number, put.Page.Emptied, put.Page.Records, put.Page.Header.Next, put.Page.Token)
	}
	return fmt.Sprintf("%T%+v", e, e)
}

// serve lets one request of a process arrive.
func (s *simulation) serve(p *simProcess) {
	if len(p.pending) == 0 {
		return
	}
	i := s.rng.IntN(len(p.pending))
	e := p.pending[i]
	p.pending = slices.Delete(p.pending, i, i+1)
	if wake, ok := e.(journal.Wake); ok {
		s.now = s.now.Add(wake.After / 2)
		p.answers = append(p.answers, journal.Woken{Call: wake.Call})
		return
	}
	answer := s.server.Serve(e)
	s.note("%s: arrives: %s → %s", p.name, describe(e), describeAnswer(answer))
	p.answers = append(p.answers, answer)
	if s.faulty && s.rng.IntN(20) == 0 {
		s.stray = append(s.stray, e) // it is sent twice
	}
}

func describeAnswer(e journal.Event) string {
	switch a := e.(type) {
	case journal.Wrote:
		return fmt.Sprintf("result %d", a.Result)
	case journal.Listed:
		return fmt.Sprintf("%d pages at %d", len(a.Pages), a.Version)
	default:
		return fmt.Sprintf("%T", e)
	}
}

// answer gives a process one answer, or loses it.
func (s *simulation) answer(p *simProcess) {
	if len(p.answers) == 0 {
		return
	}
	i := s.rng.IntN(len(p.answers))
	e := p.answers[i]
	p.answers = slices.Delete(p.answers, i, i+1)
	if s.faulty && s.rng.IntN(8) == 0 {
		e = lost(e)
	}
	if l, ok := e.(journal.Listed); ok && l.Err == nil && l.Call == p.listing {
		p.watch, p.from = l.Call, l.Version
	}
	s.tell(p, e)
}

func (s *simulation) tell(p *simProcess, e journal.Event) {
	before := p.log.Stage()
	s.take(p, p.log.Step(s.now, e))
	if after := p.log.Stage(); after != before {
		s.note("%s: %s → %s", p.name, before, after)
	}
	if d := p.log.Damage(); d != nil {
		s.failf("%s: damage: %+v", p.name, *d)
	}
}

// lost is the answer of a request whose real answer was lost.
func lost(e journal.Event) journal.Event {
	err := fmt.Errorf("lost")
	switch e := e.(type) {
	case journal.Listed:
		return journal.Listed{Call: e.Call, Err: err}
	case journal.Got:
		return journal.Got{Call: e.Call, Err: err}
	case journal.Wrote:
		return journal.Wrote{Call: e.Call, Err: err}
	case journal.Created:
		return journal.Created{Call: e.Call}
	case journal.NamespaceRead:
		return journal.NamespaceRead{Call: e.Call, Err: err}
	case journal.LedgerRead:
		return journal.LedgerRead{Call: e.Call, Err: err}
	default:
		return e
	}
}

// giveUp answers a request as lost that may still arrive.
func (s *simulation) giveUp(p *simProcess) {
	if len(p.pending) == 0 {
		return
	}
	i := s.rng.IntN(len(p.pending))
	e := p.pending[i]
	if _, ok := e.(journal.Wake); ok {
		return
	}
	p.pending = slices.Delete(p.pending, i, i+1)
	s.stray = append(s.stray, e)
	s.note("%s gives up: %s", p.name, describe(e))
	s.tell(p, lost(s.server.Clone().Serve(e)))
}

func (s *simulation) deliver(p *simProcess) {
	if p.watch == 0 {
		return
	}
	if c, ok := s.server.After(p.from); ok {
		p.from = c.Version
		s.tell(p, journal.Watched{Call: p.watch, Page: *c.Page, Deleted: c.Deleted})
	}
}

func (s *simulation) elect(p *simProcess) {
	if p.elected = !p.elected; p.elected {
		s.note("%s is elected", p.name)
		s.tell(p, journal.Elected{})
		return
	}
	s.note("%s is deposed", p.name)
	s.tell(p, journal.Deposed{})
}

// crash ends a process; what it had sent may still arrive.
func (s *simulation) crash(p *simProcess) {
	for _, e := range p.pending {
		if _, ok := e.(journal.Wake); !ok {
			s.stray = append(s.stray, e)
		}
	}
	s.note("%s crashes", p.name)
	*p = *s.newProcess()
}

// settle lets faults end: everybody has to learn the same, and one has to lead.
func (s *simulation) settle() {
	s.faulty, s.stray = false, nil
	for i, p := range s.procs {
		p.frozen = 0
		if p.elected != (i == 0) {
			s.elect(p)
		}
	}
	for range 4000 {
		for _, p := range s.procs {
			s.tell(p, journal.LedgerSeen{Names: s.server.Ledger.Names})
			s.serve(p)
			s.answer(p)
			s.deliver(p)
		}
		s.now = s.now.Add(10 * time.Millisecond)
		if s.failure != "" {
			return
		}
		if p := s.procs[0]; p.log.Turn(s.now) == journal.Claim || p.log.AppendNeeded() && p.log.Turn(s.now) == journal.Open {
			s.append(p)
		}
	}
	leader := s.procs[0]
	if !leader.log.Leading() {
		s.failf("%s does not lead though nothing is in its way: it is %s", leader.name, leader.log.Stage())
		return
	}
	for _, p := range s.procs {
		if p.log.Position() != leader.log.Position() {
			s.failf("%s (%s) is at %+v, the leader at %+v", p.name, p.log.Stage(), p.log.Position(), leader.log.Position())
		}
	}
	if s.server.Ledger.Names != leader.log.Identity() {
		s.failf("the ledger names %+v, not %+v", s.server.Ledger.Names, leader.log.Identity())
	}
}

func number(t *testing.T, name string, otherwise int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s=%s is no number", name, text)
	}
	return n
}

// TestSimulation plays many seeds. SEED=n plays one and shows what happened.
func TestSimulation(t *testing.T) {
	seeds := number(t, "SEEDS", 300)
	one := number(t, "SEED", -1)
	landed, pages := 0, uint64(0)
	for seed := range seeds {
		if one >= 0 {
			seed = one
		}
		s := newSimulation(t, uint64(seed), 2+seed%2)
		for i := 0; i < 3000 && s.failure == ""; i++ {
			s.step()
		}
		if s.failure == "" {
			s.settle()
		}
		if s.failure != "" {
			tail := s.log[max(0, len(s.log)-number(t, "LINES", 60)):]
			t.Fatalf("seed %d: %s\n%s", seed, s.failure, strings.Join(tail, "\n"))
		}
		landed += len(s.told)
		pages += s.procs[0].log.Position().Page
		if one >= 0 {
			t.Log(strings.Join(s.log, "\n"))
			break
		}
	}
	if one < 0 && (landed < 15*seeds || pages < uint64(4*seeds)) {
		t.Errorf("%d records landed on %d pages in %d seeds: too few to show anything", landed, pages, seeds)
	}
	t.Logf("%d records landed on %d pages in %d seeds", landed, pages, seeds)
}
