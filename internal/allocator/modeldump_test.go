package allocator

import "github.com/acme/inventory-service/internal/journal"

func dumpRequest(p *printer, e journal.Effect) {
	p.Number(uint64(kindOf(e)))
	p.Call(callOf(e))
	switch e := e.(type) {
	case journal.Get:
		p.Text(e.Name)
	case journal.Create:
		p.Text(e.Name)
	case journal.Put:
		e.Page.Dump(p)
	case journal.NameLedger:
		p.Version(e.Version)
		p.UID(e.Names.Journal)
		p.UID(e.Names.Namespace)
	case journal.CreateLedger:
		p.Number(1)
	}
}

func dumpAnswer(p *printer, e journal.Event) {
	page := func(q *journal.Page) {
		p.flag(q != nil)
		if q != nil {
			q.Dump(p)
		}
	}
	switch e := e.(type) {
	case journal.Listed:
		p.Version(e.Version)
		p.Number(uint64(len(e.Pages)))
		for i := range e.Pages {
			e.Pages[i].Dump(p)
		}
	case journal.Got:
		page(e.Page)
	case journal.Wrote:
		p.Number(uint64(e.Result))
		page(e.Page)
	case journal.Created:
		page(e.Page)
	case journal.NamespaceRead:
		p.UID(e.UID)
		p.flag(e.Terminating)
	case journal.LedgerRead:
		p.flag(e.Found)
		p.Version(e.Version)
		p.UID(e.Names.Journal)
		p.UID(e.Names.Namespace)
	}
}

func (b *budget) dump(p *printer) {
	p.buf = append(p.buf, b.elections, b.depositions, b.lost, b.late, b.doubled, b.crashes, b.breaks,
		b.touches, b.deletions, b.ledgers, b.namespaces, b.edits, b.ticks, b.annotations)
}

func (t *truth) dump(p *printer) {
	p.UID(t.identity.Journal)
	p.UID(t.identity.Namespace)
	p.UID(t.tail.UID)
	p.UID(t.next.UID)
	p.Number(t.number)
	p.Digest(t.end)
	p.Number(t.head)
	p.flag(t.harmed)
	p.flag(t.ended)
	p.flag(t.lost)
	p.flag(t.meddled)
	p.flag(t.accepted)
	p.Number(uint64(len(t.repairs)))
	for _, made := range t.repairs {
		p.UID(made.UID)
		p.Digest(made.Header.Digest)
	}
	p.Number(uint64(t.appends))
	for i := range t.carts {
		g := &t.carts[i]
		p.Number(uint64(g.time))
		p.Number(uint64(g.phase))
		p.Text(g.outcome)
		p.Number(g.home)
		p.Number(g.number)
		p.flag(g.forgotten)
		p.flag(g.hasTold)
		p.Text(g.toldOutcome)
	}
	for i := range t.items {
		g := &t.items[i]
		p.flag(g.known)
		p.flag(g.gone)
		p.flag(g.shown)
		p.flag(g.waits)
		p.Number(g.version)
		p.Number(uint64(g.received))
		p.Number(uint64(g.allowed))
		p.Number(g.home)
	}
	p.Number(uint64(t.consumed))
	p.Number(t.consumedAt)
}
