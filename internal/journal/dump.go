package journal

import (
	"maps"
	"slices"
)

// Printer takes what a Log is made of. Of versions only the order counts, and of calls,
// tokens, uids and digests only which are the same: a Printer may rename them.
type Printer interface {
	Number(n uint64)
	Text(text string)
	Version(version uint64)
	Call(call uint64)
	Token(token string)
	UID(uid string)
	Digest(digest string)
}

// Dump prints all on which the next steps depend, but for the clock, the waits that Hurry
// ends, the counters that name what is new, and the counts of failures, which only set
// waits.
func (l *Log) Dump(to Printer) {
	flags(to, l.elected, l.attempt != nil, l.damage != nil, l.condemned, l.witness, l.confirmed, l.rejectedLast, l.unreadable)
	to.Number(uint64(l.stage))
	l.identity.dump(to)
	to.Number(uint64(len(l.pages)))
	for _, name := range slices.Sorted(maps.Keys(l.pages)) {
		l.pages[name].dump(to)
	}
	l.tail.dump(to)
	to.Version(l.seen)
	to.Number(l.through)
	if l.attempt != nil {
		l.attempt.dump(to)
	}
	l.founded.dump(to)
	to.Version(l.ledger.version)
	flags(to, l.ledger.prove, l.ledger.proving, l.ledger.news)
	l.dumpDamage(to)
	for _, call := range []uint64{l.listing, l.creating, l.emptying, l.fencing, l.asking} {
		to.Call(call)
	}
}

func (l *Log) dumpDamage(to Printer) {
	if d := l.damage; d != nil {
		to.Text(d.Reason)
		d.Journal.dump(to)
		d.Position.dump(to)
		flags(to, d.Proven, d.Copied)
	}
	to.Number(uint64(len(l.gone)))
	for _, uid := range slices.Sorted(maps.Keys(l.gone)) {
		to.UID(uid)
	}
	l.named.dump(to)
	l.remains.dump(to)
	to.UID(l.namespace)
	to.Version(l.renaming)
	to.UID(l.repair.Journal)
	l.repair.Position.dump(to)
	flags(to, l.repair.AcceptLoss)
	l.restate.dump(to)
}

func (r *restate) dump(to Printer) {
	r.old.dump(to)
	flags(to, r.accept, r.complete)
	to.Call(r.listing)
	r.place.dump(to)
	r.spare.dump(to)
	to.Number(r.first)
	r.tail.dump(to)
	to.Number(uint64(len(r.pages)))
	to.Number(uint64(r.landed))
}

func (p Position) dump(to Printer) {
	to.Number(p.Page)
	to.Number(uint64(p.Index))
	to.Digest(p.Digest)
}

func (k known) dump(to Printer) {
	k.Ref.dump(to)
	to.Version(k.version)
	to.Number(k.number)
	flags(to, k.emptied, k.broken)
	to.Digest(k.digest)
	to.Token(k.token)
	to.UID(k.journal)
}

func (t *tail) dump(to Printer) {
	t.Ref.dump(to)
	to.Number(t.number)
	t.header.dump(to)
	dumpRecords(to, t.records)
	to.Number(uint64(t.stored))
	to.Digest(t.end.String())
}

func (a *attempt) dump(to Printer) {
	a.place.dump(to)
	flags(to, a.probe, a.claim, a.rejected != nil)
	a.page.Dump(to)
	to.Call(a.call)
}

func (f *founded) dump(to Printer) {
	to.Call(f.creating)
	to.Call(f.listing)
	f.page.dump(to)
	to.UID(f.namespace)
	to.Version(f.ledger)
	flags(to, f.named, f.awaits)
}

// Dump prints a page as it is stored at a version.
func (p *Page) Dump(to Printer) {
	p.dump(to)
	to.Version(p.Version)
	to.Number(p.Number)
	flags(to, p.Emptied)
	p.Header.dump(to)
	dumpRecords(to, p.Records)
	to.Number(uint64(len(p.Blob)))
	to.Token(p.Token)
	to.Token(p.Over)
	to.Text(p.Broken)
}

func (h *Header) dump(to Printer) {
	h.Journal.dump(to)
	to.Number(uint64(h.Format))
	to.Text(h.Leader.Name)
	to.Number(h.Head)
	to.Digest(h.Before)
	to.Digest(h.Digest)
	flags(to, h.Next != nil)
	if h.Next != nil {
		h.Next.dump(to)
	}
	flags(to, h.Origin != nil)
	if h.Origin != nil {
		to.UID(h.Origin.Replaces)
		flags(to, h.Origin.Complete, h.Origin.Named)
	}
	to.Text(string(h.Marks))
}

func (i Identity) dump(to Printer) {
	to.UID(i.Journal)
	to.UID(i.Namespace)
}

func (r Ref) dump(to Printer) {
	to.Text(r.Name)
	to.UID(r.UID)
}

func dumpRecords(to Printer, records [][]byte) {
	to.Number(uint64(len(records)))
	for _, record := range records {
		to.Text(string(record))
	}
}

func flags(to Printer, flags ...bool) {
	var bits uint64
	for i, flag := range flags {
		if flag {
			bits |= 1 << i
		}
	}
	to.Number(bits)
}
