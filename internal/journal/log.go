package journal

import "time"

// Config is how a Log presents itself, and how large it writes pages. Bandwidth and WriteFormat
// are flags of the operator; Fill, MaxPage and Spare are constants of internal/operator.
type Config struct {
	// Self is how this process presents itself in the headers of its writes.
	Self Leader
	// Process names this process and no other, ever: tokens begin with it.
	Process string
	// Fill is the size of a page's blob, in bytes, from which on the page is full.
	Fill int
	// MaxPage is the size of a page's blob, in bytes, from which on nothing is appended while no
	// free page is known. One batch may exceed it.
	MaxPage int
	// Bandwidth bounds the bytes of blobs appended in a second; 0 is no bound.
	Bandwidth int
	// Spare is how many free pages keep their content; the rest is emptied.
	Spare int
	// WriteFormat is the oldest format that is written: Format, or an older one during a
	// roll-out. A page with records that only a newer one can say is written in that one.
	WriteFormat int
	// Pack encodes the records of a page as its blob.
	Pack func(records [][]byte) []byte
}

// Log is one process's copy of one namespace's journal: pure, and not safe for
// concurrent use.
type Log struct {
	config Config

	elected bool
	stage   stage

	// identity is that of the journal whose records were applied; zero while none were.
	identity Identity
	// pages are all pages known, by name.
	pages map[string]known
	// tail is the page with the highest number.
	tail tail
	// seen is the highest version of any list or page so far. A list with a lower version is
	// from another history of the API server.
	seen uint64
	// through is the highest page before the tail that counts and is missing or edited:
	// whatever stands on it has to be restated.
	through uint64

	// attempt is the write or the proof under way, at most one.
	attempt *attempt
	// founded is what is known in the course of a founding.
	founded founded
	// ledger is what is known of the StockLedger in the course of a term.
	ledger ledger
	damage *Damage
	// witness says that no change of a page was missed since what was applied was complete;
	// gone has the uids of pages of which the watch brought the deletion since.
	witness bool
	gone    map[string]bool
	// named is the journal that the StockLedger was read to name when something was wrong,
	// and namespace the uid that the Namespace had. renaming is the version of a StockLedger
	// that names nobody, which is to name the damaged journal again.
	named     Identity
	namespace string
	renaming  uint64
	// remains is the journal that the newest page of the last list says it is of, where no journal
	// could go on.
	remains Identity
	// confirmed says that the StockLedger was read to name this journal, since the last list.
	confirmed bool
	// repair is what a person asks for, repairAt when it may begin.
	repair   Repair
	repairAt time.Time
	// restate is the journal that is being written in place of the damaged one.
	restate restate
	// condemned says that records which were applied could not be read.
	condemned bool
	// trouble is the error of the newest request that failed since a write or a proof of this
	// process last succeeded, or since the tail is full without a page to go on with. rejectedLast says that the last write was rejected for good, and that
	// none was stored since.
	trouble      error
	rejectedLast bool
	// unreadable says that the pages had a format that this release does not know, as far as they
	// were seen last.
	unreadable bool

	// calls counts the effects; the others are those whose answers are waited for.
	calls                                              uint64
	listing, creating, emptying, fencing, asking, wake uint64

	// tokens counts the writes, losses the terms in a row that decided nothing.
	tokens, losses uint64
	// These count what fails in a row: lists, watches that end, steps of a founding, writes
	// at the place where the journal goes on, histories that turn out to be another one, free
	// pages made and emptied, and attempts to have the StockLedger name the journal.
	lists, watches, foundings, writes, otherHistories, creations, emptyings, namings tries
	// now is the time of the event at hand. claimAt is when this process may claim,
	// appendAt when it may append, wakeAt when the next Woken comes.
	now, claimAt, appendAt, wakeAt time.Time
}

// known is what a process knows of one page.
type known struct {
	Ref
	version uint64
	number  uint64
	emptied bool
	broken  bool
	digest  string
	token   string
	// journal is the uid of the journal of which a part stands there, if any.
	journal string
}

// free tells whether nothing that counts stands on the page, and nothing ever will but by
// an append that names it. An emptied page keeps its number: to a process that is behind,
// it is a page that the journal has reached, not one that it can go on upon.
func (k known) free(head uint64) bool {
	return !k.broken && (k.number == 0 || k.number < head)
}

// holds tells whether nothing of another journal stands on the page.
func (k known) holds(journal string) bool { return k.journal == "" || k.journal == journal }

// tail is the page with the highest number, as it was applied.
type tail struct {
	Ref
	number  uint64
	header  Header
	records [][]byte
	end     chain
	// stored is the size of its blob.
	stored int
}

// New returns the log of a namespace of which nothing is known.
func New(config Config) *Log {
	return &Log{config: config, pages: map[string]known{}}
}

// Start returns the first effects.
func (l *Log) Start() []Effect { return l.list(0) }

// Leading tells whether this process appends what is decided.
func (l *Log) Leading() bool { return l.stage == leading }

// Following tells whether what was applied is complete, as far as its watch goes.
func (l *Log) Following() bool {
	return l.stage == following || l.stage == claiming || l.stage == leading
}

// Foreign tells whether the journal has a format that this release does not know.
// It still does while the pages are listed again.
func (l *Log) Foreign() bool { return l.unreadable }

// Stage names the stage, for messages.
func (l *Log) Stage() string { return l.stage.String() }

// Trouble returns the error of the newest request that failed since a write or a proof of this
// process last succeeded, nil if none did. It may be over by now: a process that writes nothing
// keeps it. Prove, or an append, tells.
func (l *Log) Trouble() error { return l.trouble }

// Elected tells whether this process should lead.
func (l *Log) Elected() bool { return l.elected }

// Identity is that of the journal whose records were applied.
func (l *Log) Identity() Identity { return l.identity }

// Leader is who made the newest write that was applied.
func (l *Log) Leader() Leader { return l.tail.header.Leader }

// Position is the place up to which records were applied.
func (l *Log) Position() Position {
	return Position{Page: l.tail.number, Index: len(l.tail.records), Digest: l.tail.end.String()}
}

// Now is the time of the last event.
func (l *Log) Now() time.Time { return l.now }

// Through is the highest page that has to be restated whatever the size of the log,
// since it is missing or edited; 0 if there is none.
func (l *Log) Through() uint64 { return l.through }

// Step applies one event and returns what is to be done about it.
func (l *Log) Step(now time.Time, event Event) []Effect {
	l.now = now
	effects := l.step(event)
	return append(effects, l.housekeep(now)...)
}

func (l *Log) step(event Event) []Effect {
	switch e := event.(type) {
	case Elected:
		l.elected = true
		if l.stage == vacant {
			return l.list(0)
		}
	case Deposed:
		l.elected = false
		switch {
		case l.stage == founding:
			return l.again(0)
		case l.stage == leading && l.attempt == nil:
			l.become(following)
		}
	case Listed:
		switch {
		case e.Call != l.listing:
		case l.stage == restating && l.restate.listing == e.Call:
			return l.restateListed(e)
		case l.stage == reading, l.founded.listing == e.Call:
			return l.listed(e)
		}
	case Watched:
		if e.Call == l.listing && l.stage != reading {
			return l.watched(e)
		}
	case WatchEnded:
		switch {
		case e.Call != l.listing || l.stage == reading:
		case l.stage == restating:
			return l.giveUp("changes of pages may have been missed")
		default:
			return l.again(l.watches.again())
		}
	case Got:
		if l.attempt != nil && e.Call == l.attempt.call {
			return l.got(e)
		}
	case Wrote:
		return l.wrote(e)
	case Created:
		return l.created(e)
	case NamespaceRead:
		if e.Call == l.asking {
			l.asking = 0
			return l.namespaceRead(e)
		}
	case LedgerSeen:
		return l.ledgerSeen(e)
	case RepairAsked:
		return l.repairAsked(e)
	case LedgerRead:
		if e.Call == l.asking {
			l.asking = 0
			return l.ledgerRead(e)
		}
	case Woken:
		if e.Call == l.wake {
			l.wakeAt = time.Time{}
			return l.woken()
		}
	}
	return nil
}

// call returns a number for an effect.
func (l *Log) call() uint64 {
	l.calls++
	return l.calls
}

// list reads all pages anew. What was applied stays until the list is there.
func (l *Log) list(delay time.Duration) []Effect {
	l.become(reading)
	l.founded = founded{}
	l.restate = restate{}
	l.witness, l.gone, l.confirmed = false, nil, false
	l.listing, l.asking, l.creating, l.emptying, l.fencing = l.call(), 0, 0, 0, 0
	return []Effect{List{Call: l.listing, Delay: delay}}
}

// again lists, and gives up what is under way.
func (l *Log) again(delay time.Duration) []Effect {
	return append(l.abandon(), l.list(delay)...)
}

// begin forgets everything, as if this process had just been started.
func (l *Log) begin(delay time.Duration) []Effect {
	effects := append(l.abandon(), l.forget()...)
	l.seen, l.named, l.namespace, l.renaming, l.remains = 0, Identity{}, "", 0, Identity{}
	return append(effects, l.list(delay)...)
}

// forget drops all that was applied.
func (l *Log) forget() []Effect {
	if l.identity == (Identity{}) {
		return nil
	}
	l.identity, l.tail, l.through, l.damage, l.condemned = Identity{}, tail{}, 0, nil, false
	return []Effect{Reset{}}
}

// woken goes on with what a wait was for.
func (l *Log) woken() []Effect {
	switch l.stage {
	case damaged, foreign:
		return l.list(0) // somebody may have put it right
	default:
		return nil
	}
}

// housekeep asks for what keeps the journal going beside the appends.
func (l *Log) housekeep(now time.Time) []Effect {
	if _, ok := l.place(); !ok && l.Following() {
		return l.placeless()
	}
	switch l.stage {
	case damaged, foreign:
		return l.wakeAfter(now, patience)
	case restating:
		return l.restateMore(now)
	case following:
		if l.unconfirmed() && l.elected && l.asking == 0 {
			return l.askLedger()
		}
		if l.elected && l.attempt == nil && now.Before(l.claimAt) {
			return l.wakeAfter(now, l.claimAt.Sub(now))
		}
	case leading:
		effects := l.tend()
		if l.attempt == nil && now.Before(l.appendAt) {
			effects = append(effects, l.wakeAfter(now, l.appendAt.Sub(now))...)
		}
		return effects
	}
	return nil
}

// patience is how long a process waits before it looks again at what others have to mend.
const patience = 5 * time.Second

// wakeAfter asks for a Woken, unless one comes early enough.
func (l *Log) wakeAfter(now time.Time, after time.Duration) []Effect {
	at := now.Add(after)
	if !l.wakeAt.IsZero() && !at.Before(l.wakeAt) {
		return nil
	}
	l.wakeAt, l.wake = at, l.call()
	return []Effect{Wake{Call: l.wake, After: after}}
}

// applied returns the notice of records that begin at index first of the page.
func applied(p *Page, first int, end chain) Applied {
	return Applied{
		Page: p.Number, Head: p.Header.Head, Marks: p.Header.Marks, Records: p.Records[first:], Stored: int64(len(p.Blob)),
		Position: Position{Page: p.Number, Index: len(p.Records), Digest: end.String()},
		Earlier:  p.Header.First, Before: p.Header.Before, First: first,
	}
}
