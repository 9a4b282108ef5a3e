package journal

// watched takes in a change of a page.
func (l *Log) watched(e Watched) []Effect {
	p := &e.Page
	if k, ok := l.pages[p.Name]; ok && k.UID == p.UID && (p.Version < k.version || p.Version == k.version && !e.Deleted) {
		return nil // an answer was there before
	}
	switch l.stage {
	case following, claiming, leading:
		l.watches = 0
	case founding:
		// Its own writes are guarded: a list follows whatever they meet.
		if e.Deleted {
			delete(l.pages, p.Name)
		} else {
			l.note(p)
		}
		return nil
	case vacant:
		if !e.Deleted && (p.Written() || p.Broken != "") {
			return l.again(0) // somebody has founded a journal
		}
		return nil
	case damaged:
		return l.watchedDamage(e)
	case restating:
		return l.watchedRepair(e)
	default:
		return nil // the next list tells
	}
	if e.Deleted {
		return l.deleted(p)
	}
	effects := l.follow(p)
	if l.attempt != nil && !l.attempt.probe && p.Token == l.attempt.page.Token && l.Following() {
		return append(effects, l.landed()...)
	}
	return effects
}

// follow takes in a version of a page: what is new on it is applied. Whoever appends is
// no longer the one who leads if others have appended.
func (l *Log) follow(p *Page) []Effect {
	before := l.pages[p.Name]
	switch {
	case p.Blank(), p.Emptied && p.Broken == "":
		l.note(p)
		switch {
		case p.Emptied && p.Number >= l.tail.number && l.goesOn(p.Ref):
			// Nobody empties it but over an edit, or where a person accepts a loss.
			return l.harm("page "+p.Name+", where the journal goes on, was emptied", l.witness)
		case p.Emptied && p.Number >= l.tail.number:
			return l.again(0) // the journal has been there and gone on
		case p.Ref == l.tail.Ref:
			return l.edited(p, before)
		case before.UID == p.UID && l.counts(before):
			l.through = max(l.through, before.number)
		case l.goesOn(p.Ref):
			return l.stepDown()
		}
		return nil
	case unknownFormat(p):
		effects := append(l.abandon(), l.forget()...)
		l.turnForeign(p)
		return effects
	case p.Broken != "" || p.check() != "":
		return l.edited(p, before)
	case p.Header.Journal != l.identity:
		return l.another(p, before)
	case p.Ref == l.tail.Ref && p.Number == l.tail.number:
		return l.grown(p)
	case p.Number == l.tail.number+1:
		return l.turned(p)
	case p.Number > l.tail.number:
		return l.again(0) // changes were missed
	}
	l.note(p)
	if before.UID == p.UID && l.counts(before) && before.digest != p.Header.Digest {
		l.through = max(l.through, before.number)
	}
	return nil
}

// another judges a page of another journal: what is left of one that was replaced, or a
// repair that was not carried through. Where this one goes on, it is another history.
func (l *Log) another(p *Page, before known) []Effect {
	if p.Header.Journal.Namespace != l.identity.Namespace || l.goesOn(p.Ref) || p.Ref == l.tail.Ref {
		return l.begin(l.otherHistories.next())
	}
	l.note(p)
	if before.UID == p.UID && l.counts(before) {
		l.through = max(l.through, before.number)
	}
	return nil
}

// grown takes in a newer version of the tail.
func (l *Log) grown(p *Page) []Effect {
	first := len(l.tail.records)
	if len(p.Records) < first {
		return l.again(0) // a list tells whether that is all that is left
	}
	before, _ := parseChain(p.Header.Before)
	if before.over(p.Records[:first]) != l.tail.end {
		return l.begin(l.otherHistories.next()) // another history than the one that was applied
	}
	same := len(p.Records) == first && p.Header.Digest == l.tail.header.Digest
	return l.extend(p, first, l.tail.end.over(p.Records[first:]), same)
}

// turned takes in the page that follows the tail.
func (l *Log) turned(p *Page) []Effect {
	if p.Header.Before != l.tail.end.String() || l.tail.header.Next == nil || *l.tail.header.Next != p.Ref {
		return l.again(0) // the end of the page before was missed
	}
	return l.extend(p, 0, l.tail.end.over(p.Records), false)
}

// extend applies what a page has beyond index first.
func (l *Log) extend(p *Page, first int, end chain, same bool) []Effect {
	l.note(p)
	l.arrive(p, end)
	var effects []Effect
	if !same {
		effects = append(effects, applied(p, first, end))
	}
	if l.attempt != nil && !l.attempt.probe && p.Token == l.attempt.page.Token {
		return effects
	}
	return append(effects, l.stepDown()...)
}

// stepDown ends a term or a claim, since another process has appended, or somebody has
// changed the page's metadata: a new term has to go over the new version. Who loses again and again waits longer each time
// before it claims, so that two processes that both believe they are elected get on.
func (l *Log) stepDown() []Effect {
	effects := l.abandon()
	l.claimAt = l.now.Add(backoff(l.losses))
	if l.stage == claiming || l.stage == leading {
		l.become(following)
	}
	return effects
}

// deleted judges the deletion of a page, as the watch brought it.
func (l *Log) deleted(p *Page) []Effect {
	before, ok := l.pages[p.Name]
	if !ok || before.UID != p.UID {
		return nil
	}
	delete(l.pages, p.Name)
	if l.gone == nil {
		l.gone = map[string]bool{}
	}
	l.gone[p.UID] = true
	l.seen = max(l.seen, p.Version)
	if l.goesOn(p.Ref) {
		return l.harm("page "+p.Name+", where the journal goes on, was deleted", l.ends(p))
	}
	if l.counts(before) {
		l.through = max(l.through, before.number)
	}
	return nil
}

// ends tells whether the deletion of the page where the journal goes on proves that it
// ended where it was applied up to: the event carries the last content.
func (l *Log) ends(p *Page) bool {
	return p.Number == 0 || p.Emptied || p.Number < l.tail.number || p.Header.Digest == l.tail.header.Digest
}

// counts tells whether what stood on the page is part of the journal, tail included.
func (l *Log) counts(k known) bool {
	return !k.free(l.tail.header.Head) && k.number <= l.tail.number && k.holds(l.identity.Journal)
}

// goesOn tells whether the journal goes on upon this page.
func (l *Log) goesOn(r Ref) bool {
	return l.tail.header.Next != nil && *l.tail.header.Next == r || l.tail.header.Next == nil && l.tail.Ref == r
}
