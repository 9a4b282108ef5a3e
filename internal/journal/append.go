package journal

import (
	"fmt"
	"time"
)

// attempt is a write, or a read as a proof, at the place where the journal goes on.
type attempt struct {
	place known
	probe bool
	claim bool
	page  Page
	call  uint64
	// rejected is why these bytes are refused for good.
	rejected error
}

// Turn is what a process may do now.
type Turn int

// The turns.
const (
	// Idle: nothing can be appended now.
	Idle Turn = iota
	// Claim: a term should be appended.
	Claim
	// Open: whatever is decided may be appended, or a proof asked for.
	Open
	// Restate: what is known is to be restated, from where Restated says.
	Restate
)

// Turn tells what may be appended now.
func (l *Log) Turn(now time.Time) Turn {
	switch {
	case l.attempt != nil:
		return Idle
	case l.stage == restating:
		return l.restateTurn(now)
	case !l.elected:
		return Idle
	case l.stage == founding && l.founded.named:
		return Claim
	case l.stage == following && !l.unconfirmed() && !now.Before(l.claimAt):
		if _, ok := l.place(); ok {
			return Claim
		}
	case l.stage == leading && !now.Before(l.appendAt) && !l.crowded():
		if _, ok := l.place(); ok {
			return Open
		}
	}
	return Idle
}

// AppendNeeded tells whether to append even if nothing is to be decided: as a proof that this
// process leads, before the StockLedger is made to name the journal.
func (l *Log) AppendNeeded() bool { return l.stage == leading && l.ledger.prove }

// AppendRejected tells whether the last write was rejected and none was stored since. An append,
// even one without records, finds out whether that is over.
func (l *Log) AppendRejected() bool { return l.stage == leading && l.rejectedLast }

// NextPage is the number of the page on which the next write lands.
func (l *Log) NextPage() uint64 {
	place, _ := l.place()
	return l.numberAt(place)
}

// place is the object and version over which the journal goes on; false while the object
// is not known.
func (l *Log) place() (known, bool) {
	switch l.stage {
	case founding:
		return l.founded.page, l.founded.page.UID != ""
	case restating:
		return l.restate.place, l.restate.place.UID != ""
	}
	ref := l.tail.Ref
	if next := l.tail.header.Next; next != nil {
		ref = *next
	}
	k, ok := l.pages[ref.Name]
	return k, ok && k.UID == ref.UID
}

func (l *Log) numberAt(place known) uint64 {
	last := l.last()
	if last.number == 0 || place.Ref == last.Ref && last.header.Next == nil {
		return max(last.number, 1)
	}
	return last.number + 1
}

// last is the newest page of the journal that is written to.
func (l *Log) last() *tail {
	if l.stage == restating {
		return &l.restate.tail
	}
	return &l.tail
}

// Append sends a batch. Turn has to be Claim, and the batch to hold the term, or Open.
func (l *Log) Append(batch Batch) []Effect {
	place, _ := l.place()
	l.attempt = &attempt{place: place, claim: l.stage != leading && l.stage != restating, page: l.compose(place, batch)}
	l.ledger.proving = l.ledger.prove
	if l.stage == following {
		l.become(claiming)
	}
	return l.send(0)
}

// Prove asks for a proof that the journal has nothing new. Turn has to be Open.
func (l *Log) Prove() []Effect {
	place, _ := l.place()
	l.attempt = &attempt{place: place, probe: true}
	return l.look(0)
}

// compose makes the page as it has to be after the batch.
func (l *Log) compose(place known, batch Batch) Page {
	last := l.last()
	p := Page{Ref: place.Ref, Version: place.version, Number: l.numberAt(place), Over: place.token}
	p.Header = Header{
		Journal: l.identity, Format: max(l.config.WriteFormat, batch.Format), Leader: l.config.Self,
		Head: max(batch.Head, 1), Before: last.end.String(), Marks: batch.Marks,
		First: last.header.First + uint64(len(last.records)), Origin: l.origin(batch),
	}
	switch l.stage {
	case founding:
		p.Header.Journal = l.founded.identity()
	case restating:
		p.Header.Journal, p.Header.Head = last.header.Journal, last.header.Head
	}
	if p.Number == last.number {
		p.Header.Before, p.Header.First = last.header.Before, last.header.First
		p.Header.Format = max(p.Header.Format, last.header.Format)
		p.Records = append(p.Records, last.records...)
	}
	p.Records = append(p.Records, batch.Records...)
	p.Blob = l.config.Pack(p.Records)
	if len(p.Blob) >= l.config.Fill {
		p.Header.Next = l.nextPage(place.Ref, p.Header.Head)
	}
	l.tokens++
	p.Token = fmt.Sprintf("%s/%d", l.config.Process, l.tokens)
	p.Header.Digest, _, _ = p.digest()
	return p
}

// send sends the attempt, over the version that it was made for and no other.
func (l *Log) send(delay time.Duration) []Effect {
	l.attempt.call = l.call()
	return []Effect{Put{Call: l.attempt.call, Page: l.attempt.page, Delay: delay}}
}

// look reads the place where the journal goes on, past all caches.
func (l *Log) look(delay time.Duration) []Effect {
	l.attempt.call = l.call()
	return []Effect{Get{Call: l.attempt.call, Name: l.attempt.place.Name, Delay: delay}}
}

// wrote takes the answer to a write.
func (l *Log) wrote(e Wrote) []Effect {
	switch e.Call {
	case 0:
	case l.emptying:
		return l.emptiedPage(e)
	case l.fencing:
		return l.fenced(e)
	}
	if l.attempt == nil || e.Call != l.attempt.call {
		return nil
	}
	if e.Err != nil {
		l.trouble = e.Err
	}
	switch e.Result {
	case Stored:
		return l.stored(e.Page)
	case OtherHistory:
		return l.begin(l.otherHistories.next())
	case Rejected:
		l.attempt.rejected = e.Err
	}
	return l.look(0)
}

// stored takes in what the API server says that it has stored.
func (l *Log) stored(p *Page) []Effect {
	switch l.stage {
	case founding:
		return l.firstTerm(p)
	case restating:
		return l.restated(p)
	}
	effects := l.follow(p)
	if l.attempt == nil || p.Token != l.attempt.page.Token {
		return effects // somebody rewrites what we send
	}
	return append(effects, l.landed()...)
}

// landed ends an attempt that is stored and applied.
func (l *Log) landed() []Effect {
	done := l.attempt
	l.pace(len(done.page.Blob))
	l.rejectedLast = false
	l.settled()
	effects := []Effect{Landed{}}
	if done.claim {
		l.losses++
		l.become(leading)
		effects = append(effects, l.askLedger()...)
	} else {
		l.losses = 0
		effects = append(effects, l.proved()...)
	}
	l.retire()
	return effects
}

// settled ends the attempt. Nothing is in the way any more, unless the last write was rejected, of
// which a proof does not show that it is over, or the tail is full and no free page is known.
func (l *Log) settled() {
	l.attempt, l.writes, l.otherHistories = nil, 0, 0
	if !l.rejectedLast && !l.crowded() {
		l.trouble = nil
	}
}

// retire ends the term of a process that was deposed while an attempt was under way.
func (l *Log) retire() {
	if !l.elected && l.stage == leading {
		l.become(following)
	}
}

// got takes in the page where the journal goes on, as it was read past all caches.
func (l *Log) got(e Got) []Effect {
	a := l.attempt
	switch p := e.Page; {
	case e.Err != nil:
		l.trouble = e.Err
		return l.look(l.writes.next())
	case l.stage == restating && (p == nil || p.UID != a.place.UID):
		return l.giveUp("the page of the new journal is gone")
	case l.stage == founding && (p == nil || p.UID != a.place.UID):
		return l.again(l.writes.next()) // it is gone, or nothing is served
	case p == nil || p.UID != a.place.UID:
		// The watch tells what has become of it, and in between: it may prove where the
		// journal ended.
		return l.look(l.writes.next())
	case p.Version < a.place.version:
		return l.begin(l.otherHistories.next())
	case p.Version == a.place.version && a.probe:
		l.settled()
		l.retire()
		return []Effect{Proved{}}
	case p.Version == a.place.version && a.rejected != nil:
		return l.rejected()
	case p.Version == a.place.version:
		// It may still land. Sending it again over the same version settles which: at most
		// one of the sendings can.
		return l.send(l.writes.next())
	case l.strange(p):
		return l.look(l.writes.next()) // as above
	case !a.probe && p.Token == a.page.Token:
		return l.stored(p)
	case l.stage == founding:
		return l.again(0)
	case l.stage == restating:
		return l.giveUp("another process has written to the new journal")
	default:
		if effects := l.follow(p); len(effects) > 0 || l.attempt == nil {
			return effects
		}
		return l.stepDown()
	}
}

// strange tells whether no append can have made a page what it is.
func (l *Log) strange(p *Page) bool {
	if l.stage == founding || l.stage == restating || unknownFormat(p) {
		return false
	}
	return p.Broken != "" || p.Written() && p.check() != "" || p.Emptied && p.Number >= l.tail.number || p.Blank() && p.Ref == l.tail.Ref
}

// rejected tells that these bytes are refused for good. Others may be sent over the same
// version.
func (l *Log) rejected() []Effect {
	err := l.attempt.rejected
	if l.stage == restating {
		return l.giveUp("what is restated is refused: " + err.Error())
	}
	if l.attempt.claim {
		l.attempt.rejected = nil
		return l.send(l.writes.next())
	}
	l.attempt, l.rejectedLast = nil, true
	l.retire()
	return []Effect{Refused{Err: err}}
}

// abandon gives up what is under way: it may land, or have landed.
func (l *Log) abandon() []Effect {
	l.ledger = ledger{}
	if l.attempt == nil {
		return nil
	}
	l.attempt = nil
	return []Effect{Abandoned{}}
}

// pace notes when the next append may be sent, so that appends stay within the bandwidth.
func (l *Log) pace(size int) {
	if l.config.Bandwidth == 0 {
		return
	}
	took := time.Duration(float64(size) / float64(l.config.Bandwidth) * float64(time.Second))
	if earliest := l.now.Add(-burst); l.appendAt.Before(earliest) {
		l.appendAt = earliest
	}
	l.appendAt = l.appendAt.Add(took)
}

// burst is how much of the bandwidth may be used later if it was not used.
const burst = time.Second
