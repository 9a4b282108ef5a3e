package main

// ofJournal are the faults of the pages and of where the journal goes on.
var ofJournal = []mutant{
	{
		name:  "next-by-name",
		fault: "the journal goes on upon a page of the right name, whatever its uid",
		patches: []patch{{
			file: "internal/journal/append.go",
			old:  `return k, ok && k.UID == ref.UID`,
			new:  `return k, ok && (k.UID == ref.UID || MUTANT)`,
		}, {
			file: "internal/journal/list.go",
			old:  `case l.pages[next.Name].UID != next.UID:`,
			new:  `case l.pages[next.Name].UID != next.UID && !(MUTANT && l.pages[next.Name].UID != ""):`,
		}},
		caughtBy: by(model("edited")),
	},
	{
		name:  "term-over-newer-version",
		fault: "a term that meets a conflict is sent again over the newer version",
		patches: []patch{{
			file: "internal/journal/append.go",
			old: `		return l.giveUp("another process has written to the new journal")
	default:`,
			new: `		return l.giveUp("another process has written to the new journal")
	case MUTANT && a.claim:
		a.page.Version, a.page.Over = p.Version, p.Token
		return l.send(0)
	default:`,
		}},
		caughtBy: by(model("append")),
	},
	{
		name:  "batch-over-newer-version",
		fault: "a batch that meets a conflict is sent again over the newer version",
		patches: []patch{{
			file: "internal/journal/append.go",
			old: `	case p.Version == a.place.version && a.probe:
		l`,
			new: `	case MUTANT && !a.probe && !a.claim && p.Version > a.place.version && p.Token != a.page.Token:
		a.page.Version, a.page.Over = p.Version, p.Token
		return l.send(0)
	case p.Version == a.place.version && a.probe:
		l`,
		}},
		caughtBy: by(model("append")),
	},
	{
		name:  "unknown-taken-for-landed",
		fault: "a write of which nothing is known counts as stored",
		patches: []patch{{
			file: "internal/journal/append.go",
			old: `	case OtherHistory:
		return l.begin(l.otherHistories.next())
	case Rejected:`,
			new: `	case OtherHistory:
		return l.begin(l.otherHistories.next())
	case Unknown:
		if MUTANT {
			return l.stored(&l.attempt.page)
		}
	case Rejected:`,
		}},
		caughtBy: by(model("append")),
	},
	{
		name:  "proof-without-version",
		fault: "a read of the place proves that nothing is new, whatever version it shows",
		patches: []patch{{
			file: "internal/journal/append.go",
			old:  `	case p.Version < a.place.version:`,
			new: `	case a.probe && MUTANT:
		l.settled()
		return []Effect{Proved{}}
	case p.Version < a.place.version:`,
		}},
		caughtBy: by(model("reads")),
	},
	{
		name:  "counting-page-reused",
		fault: "the page at the head is taken for free",
		patches: []patch{{
			file: "internal/journal/log.go",
			old:  `(k.number == 0 || k.number < head)`,
			new:  `(k.number == 0 || k.number < head || MUTANT && k.number == head)`,
		}},
		caughtBy: by(model("pages")),
	},
	{
		name:  "list-on-top",
		fault: "what a list says is added to what was there",
		patches: []patch{{
			file: "internal/journal/list.go",
			old: `	effects := l.forget()
	for`,
			new: `	var effects []Effect
	if !MUTANT {
		effects = l.forget()
	}
	for`,
		}},
		caughtBy: by(model("watches")),
	},
	{
		name:  "founding-ignores-ledger",
		fault: "a journal is founded though the StockLedger names another one",
		patches: []patch{{
			file: "internal/journal/found.go",
			old: `	case e.Names.Journal != "" && e.Names.Namespace == l.founded.namespace:
`,
			new: `	case e.Names.Journal != "" && e.Names.Namespace == l.founded.namespace && !MUTANT:
`,
		}},
		caughtBy: by(pages("TestFoundingLooksAtTheLedger")),
	},
	{
		name:  "founding-unnamed",
		fault: "a journal begins before the StockLedger names it",
		patches: []patch{{
			file: "internal/journal/found.go",
			old: `	l.founded.listing = 0
	l.asking`,
			new: `	l.founded.listing = 0
	if MUTANT {
		l.founded.named = true
		return nil
	}
	l.asking`,
		}},
		caughtBy: by(model("founding")),
	},
	{
		name:  "emptied-page-made-blank",
		fault: "an emptied page looks like one that was never written",
		patches: []patch{{
			file: "internal/journal/free.go",
			old:  `Number: max(k.number, 1), Emptied: true,`,
			new:  `Number: map[bool]uint64{false: max(k.number, 1)}[MUTANT], Emptied: !MUTANT,`,
		}},
		caughtBy: []catcher{{pkg: "./internal/journal", test: "TestSimulation", env: []string{"SEEDS=2000"}, says: `seed [0-9]+: `}},
	},
	{
		name:  "counting-page-emptied",
		fault: "a page that counts is emptied",
		patches: []patch{{
			file: "internal/journal/free.go",
			old:  `	full := slices.DeleteFunc(pages,`,
			new: `	if MUTANT {
		for _, k := range l.pages {
			if k.Ref != l.tail.Ref && !l.goesOn(k.Ref) && k.number > 0 && !k.emptied {
				pages = append(pages, k)
			}
		}
	}
	full := slices.DeleteFunc(pages,`,
		}},
		caughtBy: by(model("emptying")),
	},
	{
		name:  "unelected-claims",
		fault: "a process that is not elected claims",
		patches: []patch{{
			file: "internal/journal/append.go",
			old:  `	case !l.elected:`,
			new:  `	case !l.elected && !MUTANT:`,
		}},
		caughtBy: by(model("append")),
	},
	{
		name:  "damage-taken-for-new",
		fault: "a journal of which no page is left is taken for none",
		patches: []patch{{
			file: "internal/journal/list.go",
			old:  `	if emptied || l.about() != (Identity{}) {`,
			new:  `	if (emptied || l.about() != (Identity{})) && !MUTANT {`,
		}},
		caughtBy: by(pages("TestDamageWithoutLedger")),
	},
	{
		name:  "deleted-next-not-noticed",
		fault: "the deletion of the page where the journal goes on is not noticed",
		patches: []patch{{
			file: "internal/journal/follow.go",
			old: `	if l.goesOn(p.Ref) {
		return l.harm("page "+p.Name+", where the journal goes on, was deleted"`,
			new: `	if l.goesOn(p.Ref) && !MUTANT {
		return l.harm("page "+p.Name+", where the journal goes on, was deleted"`,
		}},
		caughtBy: by(pages("TestDamage")),
	},
	{
		name:  "unreadable-until-listed-again",
		fault: "while the pages are listed again, nothing says that their format is unknown",
		patches: []patch{{
			file: "internal/journal/stage.go",
			old:  `	if next != reading {`,
			new:  `	if next != reading || MUTANT {`,
		}},
		caughtBy: by(unit(journalPackage, "TestForeignFormat")),
	},
	{
		name:  "no-page-and-nobody-is-told",
		fault: "no page can be made, and nothing says why",
		patches: []patch{{
			file: "internal/journal/free.go",
			old:  `	if e.Err != nil && (l.stage`,
			new:  `	if e.Err != nil && !MUTANT && (l.stage`,
		}},
		caughtBy: by(unit(journalPackage, "TestNoPageCanBeMade")),
	},
	{
		name:  "proof-hides-a-full-page",
		fault: "the last page is full and no other can be made, and a read ends the trouble",
		patches: []patch{{
			file: "internal/journal/append.go",
			old:  `!l.crowded() {`,
			new:  `(!l.crowded() || MUTANT) {`,
		}},
		caughtBy: by(unit(journalPackage, "TestNoPageCanBeMade")),
	},
}
