package journal

import (
	"slices"
	"time"
)

// A repair goes through these steps. Each is one request, and each order but this one sells
// twice or loses what was told:
//
//  1. the StockLedger, read past the caches, names the damaged journal;
//  2. a list shows that it can go on nowhere, and that nobody has decided in another;
//  3. a blank page that this process has made for it, so that nobody else goes on there;
//  4. everything is restated there and on more such pages, and what is said last is that it
//     is complete;
//  5. the StockLedger is written over a version that still names the damaged journal, and
//     names the new one.
//
// Then the new journal is read like any other. Its first append follows a look at the
// StockLedger, and says so. A repair that is not carried through leaves pages behind that
// nobody follows.

// listRestating reads all pages: where the damaged journal went on, nothing may be.
func (l *Log) listRestating() []Effect {
	l.listing = l.call()
	l.witness, l.gone = false, nil
	l.restate.listing = l.listing
	return []Effect{List{Call: l.listing}}
}

// restateListed goes on with (2) and (3).
func (l *Log) restateListed(e Listed) []Effect {
	l.restate.listing = 0
	switch {
	case e.Err != nil:
		l.trouble = e.Err
		return l.giveUp("")
	case e.Version < l.seen:
		return l.begin(l.otherHistories.next())
	}
	l.seen, l.pages = e.Version, map[string]known{}
	for i := range e.Pages {
		l.note(&e.Pages[i])
	}
	written := writtenPages(e.Pages)
	all := historiesOf(written)
	for _, h := range all {
		if h.identity != l.restate.old && l.living(h) && h.newest.Header.sure() {
			return l.giveUp("another journal is there")
		}
	}
	if p, number := l.openPlace(historyOf(all, l.restate.old), e.Pages); p != nil {
		return l.fence(p, number)
	}
	// Numbers go on after all that were given: to who knows the damaged journal, nothing of
	// the new one looks like a part of it.
	l.restate.first = l.tail.number + 1
	for i := range e.Pages {
		l.restate.first = max(l.restate.first, e.Pages[i].Number+1)
	}
	return nil // housekeep goes on
}

// openPlace returns a page on which the damaged journal can go on, or could if an edit was
// undone; nil if there is none. The number is the highest that it has reached.
func (l *Log) openPlace(old *history, pages []Page) (open *Page, number uint64) {
	last := Ref{}
	number = l.tail.number
	if old != nil && old.newest != nil {
		last, number = old.newest.Ref, max(number, old.newest.Number)
		if next := old.newest.Header.Next; next != nil {
			last = *next
		}
	}
	for i := range pages {
		p := &pages[i]
		edited := p.Broken != "" || p.Written() && p.check() != "" || p.Blank() && p.Ref == l.tail.Ref
		place := p.Ref == last || l.goesOn(p.Ref)
		switch {
		case p.Emptied && p.Broken == "" && p.Number >= number, p.Written() && !edited && p.Header.Journal != l.restate.old && p.Number > number:
			// It is spent: whoever would go on there knows of another version.
		case place, edited && l.restate.accept:
			return p, number
		}
	}
	return nil, number
}

// fence empties a page on which the damaged journal could go on. Without the leave of a
// person that is done to edited pages only, and then by who has seen them edited.
func (l *Log) fence(p *Page, number uint64) []Effect {
	intact := p.Broken == "" && (!p.Written() || p.check() == "")
	switch {
	case !l.restate.accept:
		return l.giveUp("page " + p.Name + ", on which the journal can go on, is there: a repair that gives it up has to end in " + acceptLoss)
	case intact && !l.elected:
		return l.giveUp("page " + p.Name + ", on which the journal can go on, is sound: the process that is elected decides about it")
	}
	return l.empty(p, number)
}

// restateFenced looks again after a page was emptied.
func (l *Log) restateFenced(e Wrote) []Effect {
	if e.Result != Stored {
		l.trouble = e.Err
		return l.giveUp("")
	}
	return l.listRestating()
}

// takeBlank keeps a page that was made for the new journal.
func (l *Log) takeBlank(p *Page) {
	k := known{Ref: p.Ref, version: p.Version, token: p.Token}
	switch r := &l.restate; {
	case r.place.UID == "":
		r.place = k
		r.tail = tail{Ref: k.Ref, number: r.first, header: Header{
			Journal: Identity{Journal: k.UID, Namespace: r.old.Namespace}, Head: r.first, Before: chain{}.String(),
		}}
	case r.spare.UID == "" && r.place.Ref != k.Ref:
		r.spare = k
	}
}

// restateCreated takes in a page that was made. Where none was, others may be at it.
func (l *Log) restateCreated(e Created) []Effect {
	l.creating = 0
	switch {
	case e.Err != nil:
		return l.giveUp("no page can be made for the new journal: " + e.Err.Error())
	case e.Page == nil:
		return l.giveUp("")
	}
	l.note(e.Page)
	l.takeBlank(e.Page)
	return nil
}

// restateMore asks for what is needed to go on.
func (l *Log) restateMore(now time.Time) []Effect {
	r := &l.restate
	switch {
	case r.listing != 0 || l.fencing != 0 || l.attempt != nil || l.creating != 0 || r.complete:
		return nil
	case r.place.UID == "" || r.spare.UID == "":
		l.creating = l.call()
		return []Effect{Create{Call: l.creating, Name: l.unusedName()}}
	case now.Before(l.appendAt):
		return l.wakeAfter(now, l.appendAt.Sub(now))
	default:
		return nil
	}
}

// restateTurn tells whether more may be restated now.
func (l *Log) restateTurn(now time.Time) Turn {
	r := &l.restate
	if r.listing != 0 || l.fencing != 0 || r.complete || r.place.UID == "" || r.spare.UID == "" || now.Before(l.appendAt) {
		return Idle
	}
	return Restate
}

// origin is what a header says of the journal's origin.
func (l *Log) origin(batch Batch) *Origin {
	switch from := l.tail.header.Origin; {
	case l.stage == restating:
		return &Origin{Replaces: l.restate.old.Journal, Complete: batch.Complete}
	case from != nil && l.stage != founding:
		return &Origin{Replaces: from.Replaces, Complete: true, Named: true}
	default:
		return nil
	}
}

// restated takes in what was restated, as it is stored.
func (l *Log) restated(p *Page) []Effect {
	if p.Token != l.attempt.page.Token || p.check() != "" {
		return l.giveUp("page " + p.Name + " is not stored as it was sent")
	}
	_, end, _ := p.digest()
	r := &l.restate
	l.note(p)
	if n := len(r.pages); n > 0 && r.pages[n-1].Number == p.Number {
		r.pages = slices.Clip(r.pages[:n-1])
	}
	r.pages = append(r.pages, p)
	r.landed += len(p.Records)
	if p.Number == r.tail.number {
		r.landed -= len(r.tail.records)
	}
	l.pace(len(p.Blob))
	l.settled()
	r.tail = tail{Ref: p.Ref, number: p.Number, header: p.Header, records: p.Records, end: end, stored: len(p.Blob)}
	r.place = known{Ref: p.Ref, version: p.Version, token: p.Token}
	if p.Header.Next != nil {
		r.place, r.spare = r.spare, known{}
	}
	if r.complete = p.Header.Origin.Complete; r.complete {
		return l.askLedger()
	}
	return nil
}

// ledgerReplaces goes on with (5).
func (l *Log) ledgerReplaces(e LedgerRead) []Effect {
	r := &l.restate
	switch made := r.tail.header.Journal; {
	case e.Err != nil:
		l.trouble = e.Err
		l.asking = l.call()
		return []Effect{ReadLedger{Call: l.asking, Delay: l.namings.next()}}
	case e.Names == made:
		return l.begun()
	case e.Names == r.old:
		l.asking = l.call()
		return []Effect{NameLedger{Call: l.asking, Version: e.Version, Names: made}}
	default:
		return l.giveUp("the StockLedger names another journal")
	}
}

// begun goes on with the new journal: what is known is what it says. Pages of it may be
// gone by now, so it is not read for that.
func (l *Log) begun() []Effect {
	made := l.restate
	effects := l.forget()
	for _, p := range made.pages {
		_, end, _ := p.digest()
		effects = append(effects, applied(p, 0, end))
	}
	l.arrive(made.pages[len(made.pages)-1], made.tail.end)
	l.become(following)
	l.restate, l.namings, l.damage, l.through, l.condemned = restate{}, 0, nil, 0, false
	l.named, l.confirmed, l.witness = l.identity, true, true
	return effects
}

// watchedRepair takes in a change of a page. Where a page of the new journal is gone, it
// begins anew: what is known of the damaged one is kept until then.
func (l *Log) watchedRepair(e Watched) []Effect {
	p, r := &e.Page, &l.restate
	ours := p.Ref == r.place.Ref || p.Ref == r.spare.Ref
	if !e.Deleted {
		l.note(p)
		switch {
		case l.attempt != nil && l.attempt.page.Token == p.Token:
			return l.restated(p) // before the answer
		case p.Ref == r.place.Ref && p.Version > r.place.version, p.Ref == r.spare.Ref && p.Version > r.spare.version:
			return l.giveUp("page " + p.Name + " of the new journal was changed")
		}
		return nil
	}
	before := l.pages[p.Name]
	if before.UID != p.UID {
		return nil
	}
	delete(l.pages, p.Name)
	if ours || r.tail.header.Journal.Journal != "" && before.journal == r.tail.header.Journal.Journal {
		return l.giveUp("page " + p.Name + " of the new journal was deleted")
	}
	return nil
}

// giveUp ends a repair that cannot go on: it begins anew after a while, on other pages.
func (l *Log) giveUp(why string) []Effect {
	if why != "" {
		l.trouble = &RepairError{Reason: why}
	}
	l.attempt, l.restate = nil, restate{}
	l.creating, l.asking, l.fencing = 0, 0, 0
	l.become(damaged)
	return nil
}

// RepairError says why a repair was not carried through.
type RepairError struct{ Reason string }

// Error says why, and that the repair is tried again.
func (e *RepairError) Error() string {
	return "the journal is not repaired yet, which is tried again every " + patience.String() + ": " + e.Reason
}

// unconfirmed tells whether this process has to look at the StockLedger before it claims:
// the journal replaces another, and nobody has decided in it.
func (l *Log) unconfirmed() bool {
	return !l.tail.header.sure() && !l.confirmed
}

// ledgerConfirms goes on with what the StockLedger says before the first append to a
// journal that replaces another.
func (l *Log) ledgerConfirms(e LedgerRead) []Effect {
	switch {
	case !l.unconfirmed():
		return nil
	case e.Err != nil:
		l.trouble = e.Err
		l.asking = l.call()
		return []Effect{ReadLedger{Call: l.asking, Delay: l.namings.next()}}
	case e.Names == l.identity:
		l.confirmed, l.namings = true, 0
		return nil
	case e.Names.Journal != "" && e.Names.Journal == l.tail.header.replaces() && l.elected:
		l.asking = l.call()
		return []Effect{NameLedger{Call: l.asking, Version: e.Version, Names: l.identity}}
	case !l.elected:
		return nil
	default:
		return l.harm("the StockLedger names another journal than the one that was restated", false)
	}
}
