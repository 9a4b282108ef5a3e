package main

// ofFounding are the faults of founding a journal, of its formats and of the clock: each
// is caught by a test of the journal, or of the clock, alone.
var ofFounding = []mutant{
	{
		name:  "founding-lists-once",
		fault: "a founder does not list again before the StockLedger names its journal",
		patches: []patch{{
			file: "internal/journal/found.go",
			old:  `		if !p.Blank() {`,
			new:  `		if !p.Blank() && !MUTANT {`,
		}},
		caughtBy: by(pages("TestFoundingListsTwice")),
	},
	{
		name:  "founding-while-going",
		fault: "a journal is founded in a namespace that is going",
		patches: []patch{{
			file: "internal/journal/found.go",
			old:  `	case e.Terminating || e.UID == "":`,
			new:  `	case (e.Terminating || e.UID == "") && !MUTANT:`,
		}},
		caughtBy: by(pages("TestFoundingLooksAtTheNamespace")),
	},
	{
		name:  "first-term-over-any-version",
		fault: "the first term goes over the newest version of the page",
		patches: []patch{{
			file: "internal/journal/append.go",
			old:  `		return l.founded.page, l.founded.page.UID != ""`,
			new: `		if MUTANT {
			return l.pages[l.founded.page.Name], true
		}
		return l.founded.page, l.founded.page.UID != ""`,
		}, {
			file: "internal/journal/found_test.go",
			old:  `	server.Touch(journal.PageName(0))`,
			new: `	server.Touch(journal.PageName(0))
	if MUTANT { // it has to learn of the version
		slow.follow()
	}`,
		}},
		caughtBy: by(pages("TestFirstTermOverWhatWasListed")),
	},
	{
		name:  "unknown-format-led",
		fault: "pages of a format that is not known are followed as if they were",
		patches: []patch{{
			file: "internal/journal/list.go",
			old:  `	return p.Written() && p.Broken == "" && (p.Header.Format < OldestFormat`,
			new:  `	return !MUTANT && p.Written() && p.Broken == "" && (p.Header.Format < OldestFormat`,
		}},
		caughtBy: by(pages("TestForeignFormat")),
	},
	{
		name:  "format-of-page-lowered",
		fault: "a page goes back to the older format while a record of the newer one stands on it",
		patches: []patch{{
			file: "internal/journal/append.go",
			old:  `		p.Header.Format = max(p.Header.Format, last.header.Format)`,
			new: `		if !MUTANT {
			p.Header.Format = max(p.Header.Format, last.header.Format)
		}`,
		}},
		caughtBy: by(pages("TestFormatOfPages")),
	},
	{
		name:  "format-not-said",
		fault: "records with fields that an earlier version does not know are written in its format",
		patches: []patch{{
			file: "internal/stock/decide.go",
			old:  `	d.batch.Format = max(d.batch.Format, FormatOf(record))`,
			new: `	d.batch.Format = max(d.batch.Format, FormatOf(record))
	if MUTANT {
		d.batch.Format = 1
	}`,
		}},
		caughtBy: by(decisions("TestBatchFormat")),
	},
	{
		name:  "full-page-names-no-next",
		fault: "the write that fills a page does not say where the journal goes on",
		patches: []patch{{
			file: "internal/journal/append.go",
			old:  `	if len(p.Blob) >= l.config.Fill {`,
			new:  `	if len(p.Blob) >= l.config.Fill && !MUTANT {`,
		}},
		caughtBy: []catcher{{pkg: journalPackage, test: "TestSimulation", env: []string{"SEEDS=40"}, says: "too few to show anything"}},
	},
	{
		name:  "emptied-page-gone-on-upon",
		fault: "a process that is behind goes on upon a page that was used and emptied since",
		patches: []patch{{
			file: "internal/journal/list.go",
			old:  `version: p.Version, number: p.Number, emptied: p.Emptied`,
			new:  `version: p.Version, number: p.Number * map[bool]uint64{false: 1}[MUTANT && p.Emptied], emptied: p.Emptied`,
		}, {
			file: "internal/journal/follow.go",
			old:  `		case p.Emptied && p.Number >= l.tail.number && l.goesOn(p.Ref):`,
			new: `		case MUTANT && p.Emptied && p.Number >= l.tail.number && l.goesOn(p.Ref):
			return l.stepDown()
		case p.Emptied && p.Number >= l.tail.number && l.goesOn(p.Ref):`,
		}, {
			file: "internal/journal/append.go",
			old:  `p.Emptied && p.Number >= l.tail.number || p.Blank()`,
			new:  `p.Emptied && p.Number >= l.tail.number && !MUTANT || p.Blank()`,
		}},
		caughtBy: seeds(2000),
	},
	{
		name:  "emptied-over-any-version",
		fault: "a free page is emptied over whatever version it has by then",
		patches: []patch{{
			file: "internal/journal/journaltest/server.go",
			old:  `	case stored.UID != e.Page.UID || stored.Version != e.Page.Version:`,
			new: `	case MUTANT && stored.UID == e.Page.UID && e.Page.Emptied:
		return journal.Wrote{Call: e.Call, Result: journal.Stored, Page: copied(s.store(e.Page))}
	case stored.UID != e.Page.UID || stored.Version != e.Page.Version:`,
		}},
		caughtBy: seeds(2000),
	},
	{
		name:  "fast-clock-believed",
		fault: "a leader whose clock is fast expires holds by it",
		patches: []patch{{
			file: "internal/allocator/clock.go",
			old:  `	case own.After(latest):`,
			new:  `	case own.After(latest) && !MUTANT:`,
		}},
		caughtBy: by(alone("TestClock", "TestClockKeepsTheTightestDate")),
	},
}
