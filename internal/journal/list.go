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
		return l.begin(l.histories.next()) // the API server has another history
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
		return l.confirmed()
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
	if emptied || l.identity != (Identity{}) {
		return l.harm("no page of the journal is left", false)
	}
	if !l.elected {
		l.become(vacant)
		return nil
	}
	return l.found(pages)
}

// listedJournal replays what the pages say, from the head to the tail.
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
	for _, p := range written {
		if p.Broken == "" && p.Header.Journal != newest.Header.Journal && newest.Broken == "" {
			return l.harm("pages of two journals are there", false)
		}
	}
	if newest.Broken != "" || newest.check() != "" {
		return l.harm("page "+newest.Name+", where the journal goes on, was edited: "+newest.check(), false)
	}
	var effects []Effect
	if l.identity != (Identity{}) && l.identity != newest.Header.Journal {
		if l.identity.Namespace == newest.Header.Journal.Namespace {
			return l.harm("another journal is there in place of the one that was known", false)
		}
		effects = l.forget()
	}
	ends, hole := continuous(written)
	if hole != "" {
		if l.at(newest) {
			// The hole is behind: what stood there is still known and can be restated.
			return append(effects, l.resume(written, newest)...)
		}
		return append(effects, l.harm(hole, false)...)
	}
	if l.at(newest) {
		return append(effects, l.resume(written, newest)...)
	}
	if reason := l.missing(newest); reason != "" {
		return append(effects, l.harm(reason, false)...)
	}
	if l.beyond(newest) {
		return append(effects, l.harm("what is stored ends before what was known", false)...)
	}
	return append(effects, l.replay(written[len(written)-len(ends):], ends)...)
}

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
	case !l.pages[next.Name].free(newest.Header.Head):
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
	l.damage, l.through = nil, 0
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
	l.damage, l.through = nil, 0
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
		broken: p.Broken != "" || p.Written() && p.check() != "",
	}
	l.seen = max(l.seen, p.Version)
	if p.Blank() {
		l.creations = 0
	}
}

func unknownFormat(p *Page) bool {
	return p.Written() && (p.Header.Format < OldestFormat || p.Header.Format > Format)
}

// turnForeign stops at a format that this release does not know. Who leads is still
// known: everything is forwarded there.
func (l *Log) turnForeign(p *Page) {
	l.tail.header = Header{Journal: p.Header.Journal, Format: p.Header.Format, Leader: p.Header.Leader}
	l.become(foreign)
}
