package journal

import "slices"

// listed makes what is known anew from a list. It never adds to what was there before:
// what ended, was compacted and forgotten meanwhile would live on.
func (l *Log) listed(e Listed) []Effect {
	if e.Err != nil {
		l.trouble = e.Err
		return l.list(l.lists.next())
	}
	if e.Version < l.seen {
		return l.begin(l.otherHistories.next()) // the API server has another history
	}
	l.seen, l.lists = e.Version, 0
	confirmed := l.founded.listing == e.Call && l.confirms(e.Pages)
	l.pages = map[string]known{}
	emptied := false
	for i := range e.Pages {
		l.note(&e.Pages[i])
		emptied = emptied || e.Pages[i].Emptied
	}
	if confirmed {
		return l.nameFounded()
	}
	l.founded = founded{}
	l.become(reading)
	written := writtenPages(e.Pages)
	if len(written) == 0 {
		return l.listedNothing(emptied, e.Pages)
	}
	return l.listedJournal(written)
}

// listedNothing goes on where no page holds a part of a journal.
func (l *Log) listedNothing(emptied bool, pages []Page) []Effect {
	if emptied || l.about() != (Identity{}) {
		return l.harm("no page of the journal is left", false)
	}
	l.damage, l.renaming = nil, 0
	if !l.elected {
		l.become(vacant)
		return nil
	}
	return l.found(pages)
}

// listedJournal goes on with what the pages say.
func (l *Log) listedJournal(written []*Page) []Effect {
	newest := written[len(written)-1]
	l.foundings = 0
	for _, p := range written {
		if unknownFormat(p) && (p == newest || p.Number >= newest.Header.Head) {
			effects := l.forget()
			l.turnForeign(newest)
			return effects
		}
	}
	all := historiesOf(written)
	h := l.choose(all)
	switch {
	case h == nil:
		return l.listedRemains(all, written)
	case l.identity == Identity{}, l.identity == h.identity:
		return l.listedHistory(h)
	case l.identity.Namespace != h.identity.Namespace, l.succeeds(h):
		return append(l.forget(), l.listedHistory(h)...)
	case l.renaming != 0:
		l.renaming = 0
		return l.declare("another journal is there in place of the one that was known", false)
	default:
		return l.harm("another journal is there in place of the one that was known", false)
	}
}

// listedHistory follows a journal that can go on, from the head to the tail.
func (l *Log) listedHistory(h *history) []Effect {
	newest := h.newest
	ends, hole := continuous(h.pages)
	switch {
	case l.at(newest):
		// If there is a hole, what stood there is still known and can be restated.
		return l.resume(h.pages, newest)
	case hole != "" && l.identity == Identity{}:
		return append(l.replayRemains(h), l.harm(hole, false)...)
	case hole != "":
		return l.harm(hole, false)
	case l.beyond(newest):
		return l.harm("what is stored ends before what was known", false)
	default:
		return l.replay(h.pages[len(h.pages)-len(ends):], ends)
	}
}

// listedRemains stops where no journal can go on. What can be read of the damaged one is
// taken in where nothing more is known of it.
func (l *Log) listedRemains(all []*history, written []*Page) []Effect {
	if l.renaming != 0 && l.otherComplete(all) {
		// It may have been named, and be gone on with: the StockLedger stays as it is.
		l.renaming = 0
		return l.declare("the StockLedger names nobody, and a journal is there that may have replaced the one that was known", false)
	}
	var effects []Effect
	if l.named != (Identity{}) && l.identity != (Identity{}) && l.named != l.identity {
		effects = l.forget() // it was replaced
	}
	l.remains = written[len(written)-1].Header.Journal
	h := historyOf(all, l.about())
	if h == nil || h.newest == nil {
		return append(effects, l.harm(lastReason(l.about(), written), false)...)
	}
	reason := l.missing(h.newest)
	if reason == "" {
		reason = lastReason(l.about(), written)
	}
	if l.identity == (Identity{}) || l.further(h.newest) {
		effects = append(effects, l.replayRemains(h)...)
	}
	return append(effects, l.harm(reason, false)...)
}

// otherComplete tells whether another journal than the one that is known may be gone on with.
func (l *Log) otherComplete(all []*history) bool {
	return slices.ContainsFunc(all, func(h *history) bool {
		return h.identity != l.identity && h.newest != nil && h.newest.Header.complete() && h.newest.Number > l.tail.number
	})
}

// lastReason says what is wrong where no page tells where the journal goes on.
func lastReason(about Identity, written []*Page) string {
	for _, p := range slices.Backward(written) {
		if reason := p.check(); reason != "" && (p.Header.Journal == Identity{} || p.Header.Journal == about || about == Identity{}) {
			return "page " + p.Name + ", where the journal goes on, was edited: " + reason
		}
	}
	if about == (Identity{}) {
		return "pages of a journal are there that cannot go on"
	}
	return "no page is left on which the journal goes on"
}

// further tells whether a page says more than what was applied.
func (l *Log) further(newest *Page) bool {
	return newest.Number > l.tail.number || newest.Number == l.tail.number && len(newest.Records) > len(l.tail.records)
}

// replayRemains applies what can be read of a journal. Where pages are missing in between,
// the position is one that nobody has who knows all.
func (l *Log) replayRemains(h *history) []Effect {
	ends, hole := continuous(h.pages)
	if hole == "" {
		effects := l.replay(h.pages[len(h.pages)-len(ends):], ends)
		l.witness = false
		return effects
	}
	effects := l.forget()
	var end chain
	for _, p := range h.pages {
		if p.check() != "" || p.Number < h.newest.Header.Head {
			continue
		}
		_, end, _ = p.digest()
		end = end.with([]byte(incomplete))
		effects = append(effects, applied(p, 0, end))
	}
	l.arrive(h.newest, end)
	l.become(following)
	l.damage, l.through, l.renaming = nil, 0, 0
	return effects
}

// incomplete is what is added to the digest of a journal of which pages were missing.
const incomplete = "pages before this are missing"

// beyond tells whether more was applied than the newest page says.
func (l *Log) beyond(newest *Page) bool {
	return l.identity == newest.Header.Journal &&
		(newest.Number < l.tail.number || newest.Number == l.tail.number && len(newest.Records) < len(l.tail.records))
}

// missing says why the journal cannot go on upon the page that its newest page names
// next, empty if it can.
func (l *Log) missing(newest *Page) string {
	next := newest.Header.Next
	switch {
	case next == nil:
		return ""
	case l.pages[next.Name].UID != next.UID:
		return "page " + next.Name + ", where the journal goes on, is gone"
	case !l.pages[next.Name].free(newest.Header.Head), !l.pages[next.Name].holds(newest.Header.Journal.Journal):
		return "page " + next.Name + ", where the journal goes on, was edited"
	default:
		return ""
	}
}

// continuous returns the chain digest at the end of each page that counts, and what is
// missing between the head and the last page, empty if nothing is.
func continuous(written []*Page) (ends []chain, hole string) {
	newest := written[len(written)-1]
	head := newest.Header.Head
	from := slices.IndexFunc(written, func(p *Page) bool { return p.Number >= head })
	counting := written[from:]
	number := head
	var before chain
	for i, p := range counting {
		if p.Number != number {
			return ends, "a page that counts is missing, or there twice"
		}
		if reason := p.check(); reason != "" {
			return ends, "page " + p.Name + " was edited: " + reason
		}
		_, end, _ := p.digest()
		if i > 0 && (p.Header.Before != before.String() || counting[i-1].Header.Next == nil || *counting[i-1].Header.Next != p.Ref) {
			return ends, "page " + p.Name + " does not follow the page before"
		}
		before = end
		ends = append(ends, end)
		number++
	}
	return ends, ""
}

// replay applies all pages that count, after it has dropped what was known.
func (l *Log) replay(pages []*Page, ends []chain) []Effect {
	effects := l.forget()
	for i, p := range pages {
		effects = append(effects, applied(p, 0, ends[i]))
	}
	l.arrive(pages[len(pages)-1], ends[len(ends)-1])
	l.become(following)
	l.damage, l.through, l.renaming, l.witness = nil, 0, 0, true
	return effects
}

// resume goes on with what is known, since the list ends exactly there.
func (l *Log) resume(written []*Page, newest *Page) []Effect {
	var effects []Effect
	if newest.Header.Digest != l.tail.header.Digest { // a write without records
		effects = append(effects, applied(newest, len(newest.Records), l.tail.end))
	}
	l.arrive(newest, l.tail.end)
	if reason := l.missing(newest); reason != "" {
		return append(effects, l.harm(reason, false)...)
	}
	l.become(following)
	l.damage, l.through, l.renaming, l.witness = nil, 0, 0, true
	l.findHoles(written, newest)
	return effects
}

// findHoles notes up to which page what counts is missing or edited.
func (l *Log) findHoles(written []*Page, newest *Page) {
	sound := map[uint64]int{}
	for _, p := range written {
		if p.check() == "" && p.Header.Journal == l.identity {
			sound[p.Number]++
		}
	}
	for number := newest.Header.Head; number < newest.Number; number++ {
		if sound[number] != 1 {
			l.through = number
		}
	}
}

// arrive makes a page the tail.
func (l *Log) arrive(p *Page, end chain) {
	l.identity = p.Header.Journal
	l.tail = tail{Ref: p.Ref, number: p.Number, header: p.Header, records: p.Records, end: end, stored: len(p.Blob)}
	if l.through != 0 && l.through < p.Header.Head {
		l.through = 0
	}
}

// at tells whether what was applied ends exactly where this page ends.
func (l *Log) at(p *Page) bool {
	_, end, _ := p.digest()
	return !l.condemned && l.identity == p.Header.Journal && l.tail.Ref == p.Ref && l.tail.number == p.Number && l.tail.end == end && len(l.tail.records) == len(p.Records)
}

// note records what is known of a page object.
func (l *Log) note(p *Page) {
	l.pages[p.Name] = known{
		Ref: p.Ref, version: p.Version, number: p.Number, emptied: p.Emptied, digest: p.Header.Digest, token: p.Token,
		journal: p.Header.Journal.Journal,
		broken:  p.Broken != "" || p.Written() && p.check() != "",
	}
	l.seen = max(l.seen, p.Version)
	if p.Blank() {
		l.creations = 0
	}
}

func unknownFormat(p *Page) bool {
	return p.Written() && p.Broken == "" && (p.Header.Format < OldestFormat || p.Header.Format > Format)
}

// turnForeign stops at a format that this release does not know. Who leads is still
// known: everything is forwarded there.
func (l *Log) turnForeign(p *Page) {
	l.tail.header = Header{Journal: p.Header.Journal, Format: p.Header.Format, Leader: p.Header.Leader}
	l.become(foreign)
}
