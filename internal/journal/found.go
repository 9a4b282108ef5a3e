package journal

// founded is what is known in the course of a founding. Each step is needed: a founding
// that leaves one out can sell what another journal has sold.
type founded struct {
	// creating and listing are the calls that are waited for.
	creating, listing uint64
	// page is the blank first page at the version at which it was listed.
	page known
	// namespace is the uid of the Namespace, ledger the version of the StockLedger that
	// names nobody.
	namespace string
	ledger    uint64
	// awaits says that the Namespace asks that a restore be awaited, as it was read for this
	// founding.
	awaits bool
	// named says that the StockLedger names this journal: the first term may be appended.
	named bool
}

func (f founded) identity() Identity { return Identity{Journal: f.page.UID, Namespace: f.namespace} }

// found begins a journal on a list that shows none. It reads the Namespace even before
// there is a blank first page (1): in one that is going, none can be made.
func (l *Log) found(pages []Page) []Effect {
	l.become(founding)
	if first, ok := blankFirst(pages); ok {
		l.founded.page = known{Ref: first.Ref, version: first.Version, token: first.Token}
	}
	l.asking = l.call()
	return []Effect{ReadNamespace{Call: l.asking}}
}

func blankFirst(pages []Page) (*Page, bool) {
	for i := range pages {
		if p := &pages[i]; p.Name == PageName(0) && p.Blank() {
			return p, true
		}
	}
	return nil, false
}

// namespaceRead goes on with (2) a founding, or tells whether damage is none.
func (l *Log) namespaceRead(e NamespaceRead) []Effect {
	switch {
	case e.Err != nil && l.stage == founding:
		l.trouble = e.Err
		return l.list(l.foundings.next())
	case e.Err != nil:
		return nil
	case l.stage == damaged:
		return l.namespaceOfDamage(e)
	case l.stage != founding:
		return nil
	case e.Terminating || e.UID == "":
		return l.list(patience)
	case l.founded.page.UID == "":
		l.founded.creating = l.call()
		return []Effect{Create{Call: l.founded.creating, Name: PageName(0)}}
	}
	l.founded.namespace, l.founded.awaits = e.UID, e.AwaitsRestore
	return l.askLedger()
}

// AwaitsRestore tells whether the journal that is being founded has to say in its first write
// that nothing is decided before a restore.
func (l *Log) AwaitsRestore() bool { return l.stage == founding && l.founded.awaits }

// ledgerSeen looks at the StockLedger if it seems to name another journal, or nobody.
func (l *Log) ledgerSeen(e LedgerSeen) []Effect {
	switch {
	case l.stage == damaged && l.asking == 0 && l.namespace != "" && e.Names != l.about() && e.Names != l.named:
		return l.askLedger()
	case l.stage != leading || e.Names == l.identity || l.ledger.prove:
		return nil
	case l.asking != 0: // what is being read may be older than this
		l.ledger.news = true
		return nil
	default:
		return l.askLedger()
	}
}

func (l *Log) askLedger() []Effect {
	l.asking = l.call()
	return []Effect{ReadLedger{Call: l.asking}}
}

// ledgerRead goes on with what the StockLedger says.
func (l *Log) ledgerRead(e LedgerRead) []Effect {
	switch l.stage {
	case leading:
		return l.ledgerChecked(e)
	case following:
		return l.ledgerConfirms(e)
	case damaged:
		return l.ledgerOfDamage(e)
	case restating:
		return l.ledgerReplaces(e)
	case founding:
		return l.ledgerAtFounding(e)
	default:
		return nil
	}
}

// ledgerAtFounding goes on with what the StockLedger says before a journal is founded.
func (l *Log) ledgerAtFounding(e LedgerRead) []Effect {
	switch {
	case e.Err != nil:
		l.trouble = e.Err
		return l.list(l.foundings.next())
	case !e.Found: // (3)
		l.asking = l.call()
		return []Effect{CreateLedger{Call: l.asking}}
	case e.Names == l.founded.identity():
		l.founded.named = true // (6): the first term, over the version that was listed
		return nil
	case e.Names.Journal != "" && e.Names.Namespace == l.founded.namespace:
		l.named = e.Names
		return l.harm("no page of the journal is left that the StockLedger names", false)
	}
	l.founded.ledger = e.Version
	l.founded.listing = l.call() // (4)
	l.listing = l.founded.listing
	return []Effect{List{Call: l.listing}}
}

// confirms tells whether a second list still shows nothing but the same blank page.
func (l *Log) confirms(pages []Page) bool {
	for i := range pages {
		p := &pages[i]
		if !p.Blank() {
			return false
		}
	}
	first, ok := blankFirst(pages)
	return ok && first.Ref == l.founded.page.Ref && first.Version == l.founded.page.version
}

// nameFounded goes on with (5): the StockLedger names this journal, over the version that
// named nobody.
func (l *Log) nameFounded() []Effect {
	l.founded.listing = 0
	l.asking = l.call()
	return []Effect{NameLedger{Call: l.asking, Version: l.founded.ledger, Names: l.founded.identity()}}
}

// firstTerm takes in the first write of a journal.
func (l *Log) firstTerm(p *Page) []Effect {
	if reason := p.check(); reason != "" {
		return l.harm("page "+p.Name+" is not stored as it was sent: "+reason, false)
	}
	if k := l.pages[p.Name]; k.UID == p.UID && k.version > p.Version {
		return l.again(0) // others have gone on before this answer came
	}
	_, end, _ := p.digest()
	l.note(p)
	l.arrive(p, end)
	l.founded, l.foundings, l.damage, l.witness = founded{}, 0, nil, true
	l.become(leading)
	return append([]Effect{applied(p, 0, end)}, l.landed()...)
}

// ledger is what a leader knows of the StockLedger.
type ledger struct {
	// version is that of a StockLedger which names nobody, or another namespace's journal.
	version uint64
	// prove says that an append has to land, proving that the append under way is one.
	prove, proving bool
	// news says that it has to be read once more.
	news bool
}

// ledgerChecked goes on with what the StockLedger says in the course of a term. It is
// named only after an append that began later has landed.
func (l *Log) ledgerChecked(e LedgerRead) []Effect {
	switch {
	case e.Err != nil:
		l.trouble = e.Err
		l.asking = l.call()
		return []Effect{ReadLedger{Call: l.asking, Delay: l.namings.next()}}
	case !e.Found:
		l.asking = l.call()
		return []Effect{CreateLedger{Call: l.asking}}
	case e.Names == l.identity && l.ledger.news:
		l.ledger = ledger{}
		return l.askLedger()
	case e.Names == l.identity:
		l.ledger, l.namings = ledger{}, 0
		return nil
	case e.Names.Journal != "" && e.Names.Namespace == l.identity.Namespace:
		return l.harm("the StockLedger names another journal", false)
	}
	l.ledger = ledger{version: e.Version, prove: true}
	return nil
}

// proved names the journal, after an append has shown that it is the one.
func (l *Log) proved() []Effect {
	if !l.ledger.proving {
		return nil
	}
	version := l.ledger.version
	l.ledger = ledger{}
	l.asking = l.call()
	return []Effect{NameLedger{Call: l.asking, Version: version, Names: l.identity}}
}
