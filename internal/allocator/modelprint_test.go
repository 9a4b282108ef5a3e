package allocator

import (
	"encoding/binary"
	"hash/maphash"
	"slices"

	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/journal/journaltest"
	"github.com/acme/inventory-service/internal/stock"
)

// A fingerprint tells worlds apart. What only grows, and means nothing but its order or its
// being the same, is renamed: versions become their ranks among those that the world
// mentions, while tokens, uids, digests and calls are numbered as they first appear. Equal
// fingerprints thus mean worlds that no step can tell apart.
type fingerprint [2]uint64

var seeds = [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}

// printer is a journal.Printer.
type printer struct {
	buf      []byte
	versions []uint64
	names    []string
	// calls are those of the process at hand.
	calls []uint64
}

func (p *printer) Number(n uint64) { p.buf = binary.AppendUvarint(p.buf, n) }

func (p *printer) Text(text string) {
	p.Number(uint64(len(text)))
	p.buf = append(p.buf, text...)
}

// Version leaves a hole, which done fills.
func (p *printer) Version(version uint64) { p.versions = append(p.versions, version) }

func (p *printer) Call(call uint64) {
	if call == 0 {
		p.Number(0)
		return
	}
	at := slices.Index(p.calls, call)
	if at < 0 {
		at = len(p.calls)
		p.calls = append(p.calls, call)
	}
	p.Number(uint64(at) + 1)
}

func (p *printer) Token(token string)   { p.name(token) }
func (p *printer) UID(uid string)       { p.name(uid) }
func (p *printer) Digest(digest string) { p.name(digest) }

func (p *printer) name(name string) {
	if name == "" {
		p.Number(0)
		return
	}
	at := slices.Index(p.names, name)
	if at < 0 {
		at = len(p.names)
		p.names = append(p.names, name)
	}
	p.Number(uint64(at) + 1)
}

func (p *printer) flag(b bool) {
	if b {
		p.Number(1)
		return
	}
	p.Number(0)
}

// done puts ranks in place of versions and hashes it all.
func (p *printer) done() fingerprint {
	order := slices.Clone(p.versions)
	slices.Sort(order)
	order = slices.Compact(append([]uint64{0}, order...))
	for _, v := range p.versions {
		rank, _ := slices.BinarySearch(order, v)
		p.buf = append(p.buf, byte(rank))
	}
	return fingerprint{maphash.Bytes(seeds[0], p.buf), maphash.Bytes(seeds[1], p.buf)}
}

// fingerprint is that of a world.
func (w *world) fingerprint() fingerprint {
	p := &printer{buf: make([]byte, 0, 4096)}
	w.printServer(p)
	for _, q := range w.procs {
		p.calls = p.calls[:0]
		q.dump(p, w.cfg)
	}
	p.Number(uint64(len(w.strays)))
	for _, e := range w.strays {
		p.calls = p.calls[:0]
		dumpRequest(p, e)
	}
	p.Number(uint64(w.clock))
	w.left.dump(p)
	p.buf = append(p.buf, w.asked...)
	for _, a := range w.asks {
		p.buf = append(p.buf, a.proc, a.command, a.nth, uint8(a.phase))
		p.name(a.namespace)
	}
	w.printAnnotation(p, w.annotation)
	w.truth.dump(p)
	return p.done()
}

func (w *world) printAnnotation(p *printer, r journal.Repair) {
	p.UID(r.Journal)
	p.Number(r.Position.Page)
	p.Number(uint64(r.Position.Index))
	p.Digest(r.Position.Digest)
	p.flag(r.AcceptLoss)
	for _, q := range w.procs {
		p.flag(q.heard == r)
	}
}

// printServer prints what is stored, and the changes that some watch has not brought yet.
func (w *world) printServer(p *printer) {
	s := w.server
	p.UID(s.Namespace.UID)
	p.flag(s.Namespace.Terminating)
	p.Version(s.Version)
	p.Version(s.Ledger.Version)
	p.UID(s.Ledger.Names.Journal)
	p.UID(s.Ledger.Names.Namespace)
	for _, name := range w.pageNames() {
		s.Pages[name].Dump(p)
	}
	if !w.cfg.watches {
		return
	}
	oldest := s.Version
	for _, q := range w.procs {
		if q.watch != 0 {
			oldest = min(oldest, q.cursor)
		}
	}
	from, _ := slices.BinarySearchFunc(s.Changes, oldest+1, func(c journaltest.Change, v uint64) int {
		return int(c.Version) - int(v)
	})
	for _, c := range s.Changes[from:] {
		p.flag(c.Deleted)
		p.Version(c.Version)
		c.Page.Dump(p)
	}
}

func (q *process) dump(p *printer, cfg *config) {
	p.Text(q.name)
	p.flag(q.elected)
	q.replica.dump(p)
	h := q.statePrint()
	p.buf = binary.LittleEndian.AppendUint64(p.buf, h[0])
	p.buf = binary.LittleEndian.AppendUint64(p.buf, h[1])
	p.Call(q.watch)
	if q.watch != 0 && cfg.watches {
		p.Version(q.cursor)
		for _, v := range q.own {
			p.Version(v)
		}
	}
	if cfg.slow&ledgerReads != 0 {
		p.Version(q.ledger)
	}
	p.flag(q.wake != 0)
	p.flag(q.nudge)
	p.Number(uint64(len(q.requests)))
	for _, r := range q.requests {
		dumpRequest(p, r.effect)
		p.flag(r.answer != nil)
		if r.answer != nil {
			dumpAnswer(p, r.answer)
		}
	}
}

func (a *Allocator) dump(p *printer) {
	a.log.Dump(p)
	for _, asks := range [][]ask{a.queue, a.parked, a.batch} {
		p.Number(uint64(len(asks)))
		for _, one := range asks {
			p.Number(one.call)
			p.flag(one.term == a.terms)
			p.flag(one.left)
			p.Number(uint64(one.answer.Verdict))
			if about := one.answer.Reservation; about != nil {
				p.Text(string(about.Outcome))
				p.Number(uint64(about.Phase))
				p.Number(uint64(about.At))
			}
		}
	}
	p.Number(uint64(a.most))
	p.flag(a.claiming)
	p.flag(a.waking)
	p.flag(a.unreadable)
	p.flag(a.suspect != nil)
	if a.suspect != nil {
		p.Number(a.suspect.ask.call)
	}
}

// statePrint is an imprint of the process's State, made anew where that has changed.
func (q *process) statePrint() fingerprint {
	r := q.replica
	key := stateKey{r.log.Position(), r.stock.Marks(), r.stock.Head(), r.log.Identity()}
	if q.print.key != key {
		q.print = statePrint{key, printOf(r.stock)}
	}
	return q.print.print
}

type stateKey struct {
	position journal.Position
	marks    stock.Marks
	head     uint64
	identity journal.Identity
}

type statePrint struct {
	key   stateKey
	print fingerprint
}

func printOf(s *stock.State) fingerprint {
	var text buffer
	if err := s.Dump(&text); err != nil {
		panic(err)
	}
	return fingerprint{maphash.Bytes(seeds[0], text), maphash.Bytes(seeds[1], text)}
}

type buffer []byte

func (b *buffer) Write(p []byte) (int, error) {
	*b = append(*b, p...)
	return len(p), nil
}
