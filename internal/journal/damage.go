package journal

import (
	"fmt"

	v1 "github.com/acme/inventory-service/api/v1"
)

// Damage says what is wrong with a journal, and how far it is known.
type Damage struct {
	// Reason is what was noticed first. It stays the same for as long as the rest does.
	Reason string
	// Journal is the damaged one; zero where this process does not know which that is.
	Journal Identity
	// Position is that up to which this process knows the journal.
	Position Position
	// Proven says that the journal is known to have ended at Position.
	Proven bool
	// Copied says that all there is are pages which were copied from another namespace or cluster.
	Copied bool
}

// Damage says what is wrong with the journal, nil if nothing is known to be. It is kept
// while the journal is read anew or restated.
func (l *Log) Damage() *Damage { return l.damage }

// Message is what a person has to be told.
func (d Damage) Message() string {
	if d.Copied {
		return "the pages were copied from another namespace or cluster, as backup tools do, and nothing is decided: a journal goes on in its own place alone. " +
			"Annotate the Namespace with " + v1.AwaitRestoreAnnotation + "=true, so that nothing is sold in between (with kubectl annotate --field-manager=restore: " +
			"GitOps engines take back what plain kubectl wrote); delete the copies here: kubectl delete journalpages --all; " +
			"then take in what was shipped and held: kubectl inventory restore FILE, with what kubectl inventory export --shipped has written"
	}
	text := d.Reason + ". Nothing is decided until this is repaired. "
	switch {
	case d.Journal == (Identity{}):
		return text + "Which journal is damaged is not known to this process: the StockLedger names none."
	case d.Proven:
		text += fmt.Sprintf("All that was told is known: the journal ended on page %d, after record %d.", d.Position.Page, d.Position.Index)
	case d.Position.Page == 0:
		text += "This process knows nothing of what the journal said: with this annotation every cart and every unit that was held or shipped is lost."
	default:
		text += fmt.Sprintf("It is known up to page %d, record %d. With this annotation whatever followed is lost: carts that were told, units that were held or shipped.",
			d.Position.Page, d.Position.Index)
	}
	return text + " To restate it as a new journal, annotate the StockLedger with " + v1.RepairAnnotation + "=" + fmt.Sprintf("%q", d.Request())
}

// Beyond tells whether this damage is about another journal than the one that a request
// names, or known further, or proven where that was not: then this is what a person should
// be told.
func (d Damage) Beyond(told Repair) bool {
	switch {
	case d.Journal == (Identity{}):
		return false
	case d.Journal.Journal != told.Journal:
		return true
	case d.Proven == told.AcceptLoss:
		return d.Proven
	default:
		return !d.Proven && d.Position != told.Position && d.Position.reaches(told.Position)
	}
}

// reaches tells whether a position is at or after another one of the same journal.
func (p Position) reaches(other Position) bool {
	if p.Page == other.Page && p.Index == other.Index {
		return p.Digest == other.Digest
	}
	return p.Page > other.Page || p.Page == other.Page && p.Index > other.Index
}

// about is the journal that is damaged: that of which something is known, or that which
// the StockLedger names.
func (l *Log) about() Identity {
	if l.identity != (Identity{}) {
		return l.identity
	}
	return l.named
}

// harm stops: nobody may decide before a person has looked. What was applied is kept.
func (l *Log) harm(reason string, proven bool) []Effect {
	effects := l.declare(reason, proven)
	l.asking = l.call()
	if version := l.renaming; version != 0 {
		// A list has shown no other journal since the StockLedger named nobody.
		l.renaming = 0
		return append(effects, NameLedger{Call: l.asking, Version: version, Names: l.identity})
	}
	// A namespace that is gone took its pages along.
	return append(effects, ReadNamespace{Call: l.asking})
}

// declare notes the damage.
func (l *Log) declare(reason string, proven bool) []Effect {
	effects := l.abandon()
	damage := Damage{Reason: reason, Journal: l.about(), Position: l.Position(), Proven: proven}
	if d := l.damage; d != nil && d.Position == damage.Position && d.Journal == damage.Journal {
		damage.Reason, damage.Proven, damage.Copied = d.Reason, proven || d.Proven, d.Copied // a list cannot show what the watch did
	}
	l.damage = &damage
	l.become(damaged)
	return effects
}

// Condemn stops because a record that was applied cannot be read.
func (l *Log) Condemn(reason string) []Effect {
	l.condemned, l.witness = true, false
	return l.harm(reason, false)
}

// prove notes that the journal has ended where it was applied up to.
func (l *Log) prove() {
	proven := *l.damage
	proven.Proven = true
	l.damage = &proven
}

// placeless goes on where the object on which the journal goes on is not there: it was
// deleted before it was named, or is not known yet.
func (l *Log) placeless() []Effect {
	if next := l.tail.header.Next; next != nil && l.gone[next.UID] {
		return l.harm("page "+next.Name+", where the journal goes on, was deleted", true)
	}
	return l.again(0) // a list tells
}

// edited judges a page whose content no operator wrote.
func (l *Log) edited(p *Page, before known) []Effect {
	l.note(p)
	if p.Ref == l.tail.Ref && l.tail.header.Next == nil || l.goesOn(p.Ref) {
		witnessed := l.witness
		effects := l.harm("page "+p.Name+", where the journal goes on, was edited: "+p.fault(), false)
		if witnessed && l.stage == damaged {
			effects = append(effects, l.empty(p, l.tail.number)...)
		}
		return effects
	}
	if p.Ref == l.tail.Ref || before.UID == p.UID && l.counts(before) {
		l.through = max(l.through, before.number)
	}
	return nil
}

// fault says what is wrong with a page that was edited.
func (p *Page) fault() string {
	if p.Number == 0 && p.Broken == "" {
		return "it is blank"
	}
	return p.check()
}

// empty takes the content off an edited page where the journal goes on, over the version
// at which the edit was seen: if that lands, nobody can put the content back and go on.
// What it is left with is a number that the journal has reached.
func (l *Log) empty(p *Page, number uint64) []Effect {
	l.tokens++
	l.fencing = l.call()
	return []Effect{Put{Call: l.fencing, Page: Page{
		Ref: p.Ref, Version: p.Version, Number: max(p.Number, number, 1), Emptied: true,
		Token: fmt.Sprintf("%s/%d", l.config.Process, l.tokens), Over: p.Token,
	}}}
}

// fenced takes in what became of the emptying of an edited page.
func (l *Log) fenced(e Wrote) []Effect {
	l.fencing = 0
	switch {
	case l.stage == restating:
		return l.restateFenced(e)
	case l.stage == damaged && e.Result == Stored && l.witness:
		l.prove()
	}
	return nil
}

// watchedDamage takes in a change of a page while the journal is damaged. Where none was
// missed, the end of the page where the journal goes on proves that of the journal.
func (l *Log) watchedDamage(e Watched) []Effect {
	p := &e.Page
	switch {
	case !l.goesOn(p.Ref) || !l.witness:
		return nil // the next list tells
	case e.Deleted && (p.check() != "" || l.ends(p)), p.Emptied && p.Broken == "" && p.Number >= l.tail.number:
		l.prove()
		return nil
	case e.Deleted || p.Broken == "" && (!p.Written() || p.check() == ""):
		return l.list(0) // it was mended, and others may have gone on
	default:
		return l.empty(p, l.tail.number)
	}
}

// namespaceOfDamage goes on with what the Namespace says.
func (l *Log) namespaceOfDamage(e NamespaceRead) []Effect {
	if about := l.about(); about != (Identity{}) && (e.UID != about.Namespace || e.Terminating) {
		return l.begin(patience)
	}
	l.namespace = e.UID
	if remains := l.remains.Namespace; l.about() == (Identity{}) && remains != "" && remains != e.UID {
		copied := *l.damage
		copied.Copied = true
		l.damage = &copied
	}
	return l.askLedger()
}

// ledgerOfDamage goes on with what the StockLedger says.
func (l *Log) ledgerOfDamage(e LedgerRead) []Effect {
	about, names := l.about(), e.Names
	if names.Namespace != l.namespace {
		names = Identity{}
	}
	switch {
	case e.Err != nil:
		return nil // it is read again after the next list
	case names == Identity{}:
		return l.ledgerNamesNobody(e)
	case names == about:
		l.named = names
		return l.mayRestate()
	case names == l.named:
		return nil // nothing of it is there: the next list tells whether that has changed
	default:
		l.named = names
		return l.list(0)
	}
}

// ledgerNamesNobody has the StockLedger name the damaged journal again, if its end is
// proven: nobody else knows that there was one. Otherwise a journal may be founded, if
// nothing is left of this one.
func (l *Log) ledgerNamesNobody(e LedgerRead) []Effect {
	l.named = Identity{}
	switch {
	case !l.damage.Proven:
		return nil
	case !e.Found:
		l.asking = l.call()
		return []Effect{CreateLedger{Call: l.asking}}
	default:
		l.renaming = e.Version
		return l.list(0)
	}
}
