package main

import "slices"

// ofFaults are faults that the program had once, before there was a test for them.
var ofFaults = slices.Concat(ofPageFaults, ofServiceFaults, ofSpinFaults)

// ofPageFaults are those of knowing what the pages say, and who leads.
var ofPageFaults = []mutant{
	{
		name:  "unreadable-record-forgotten",
		fault: "a list makes a record that could not be read unknown again",
		patches: []patch{{
			file: "internal/journal/list.go",
			old:  `return !l.condemned && l.identity`,
			new:  `return (!l.condemned || MUTANT) && l.identity`,
		}},
		caughtBy: by(alone("TestUnreadableStaysDamage")),
	},
	{
		name:  "applied-behind-the-unreadable",
		fault: "what stands behind a record that could not be read is taken in",
		patches: []patch{{
			file: "internal/allocator/allocator.go",
			old:  `if a.unreadable {`,
			new:  `if a.unreadable && !MUTANT {`,
		}},
		caughtBy: by(alone("TestUnreadableStaysDamage")),
	},
	{
		name:  "unknown-mark-skipped",
		fault: "a mark that this release does not know is skipped",
		patches: []patch{{
			file: "internal/stock/marks.go",
			old:  `decoder.DisallowUnknownFields()`,
			new: `if !MUTANT {
		decoder.DisallowUnknownFields()
	}`,
		}},
		caughtBy: by(alone("TestUnreadableStaysDamage/mark")),
	},
	{
		name:  "page-of-any-object",
		fault: "a page that was made again from a copy fits its digest",
		patches: []patch{{
			file: "internal/journal/page.go",
			old:  `return end.with(text).with(number[:]).with([]byte(p.UID)).String(), end, true`,
			new: `if MUTANT {
		return end.with(text).with(number[:]).String(), end, true
	}
	return end.with(text).with(number[:]).with([]byte(p.UID)).String(), end, true`,
		}},
		caughtBy: by(alone("TestPageMadeAgainFromACopy")),
	},
	{
		name:  "lost-page-not-restated",
		fault: "an allocator does not have a page restated that was lost",
		patches: []patch{{
			file: "internal/allocator/append.go",
			old:  `policy.Through = a.log.Through()`,
			new: `if !MUTANT {
		policy.Through = a.log.Through()
	}`,
		}},
		caughtBy: by(alone("TestLostPageIsRestatedByWhoKnowsIt")),
	},
	{
		name:  "proof-of-the-end-forgotten",
		fault: "a list takes back that the journal is known to have ended",
		patches: []patch{{
			file: "internal/journal/damage.go",
			old:  `if d := l.damage; d != nil && d.Position`,
			new:  `if d := l.damage; !MUTANT && d != nil && d.Position`,
		}},
		caughtBy: by(alone("TestProvenDamageStaysProven")),
	},
	{
		name:  "foreign-leader-unknown",
		fault: "a process that cannot read the pages does not know to whom to forward",
		patches: []patch{{
			file: "internal/journal/list.go",
			old:  `	l.tail.header = Header{Journal: p.Header.Journal, Format: p.Header.Format, Leader: p.Header.Leader}`,
			new: `	if !MUTANT {
		l.tail.header = Header{Journal: p.Header.Journal, Format: p.Header.Format, Leader: p.Header.Leader}
	}`,
		}},
		caughtBy: by(alone("TestForeignFormatHasALeader")),
	},
	{
		name:  "foreign-page-before-the-tail",
		fault: "a page of a later format before the tail is taken for damage",
		patches: []patch{{
			file: "internal/journal/list.go",
			old:  `p == newest || p.Number >= newest.Header.Head`,
			new:  `p == newest || !MUTANT && p.Number >= newest.Header.Head`,
		}},
		caughtBy: by(alone("TestForeignFormatHasALeader/before_the_tail")),
	},
	{
		name:  "listed-header-not-applied",
		fault: "a write without records that a list shows is not applied",
		patches: []patch{{
			file: "internal/journal/list.go",
			old:  `if newest.Header.Digest != l.tail.header.Digest {`,
			new:  `if newest.Header.Digest != l.tail.header.Digest && !MUTANT {`,
		}},
		caughtBy: by(alone("TestListedWriteWithoutRecords")),
	},
	{
		name:  "page-made-while-founding-unknown",
		fault: "a page that is made while a journal is founded is never known",
		patches: []patch{{
			file: "internal/journal/follow.go",
			old: `			delete(l.pages, p.Name)
		} else {`,
			new: `			delete(l.pages, p.Name)
		} else if !MUTANT {`,
		}},
		caughtBy: by(alone("TestPageMadeWhileFounding")),
	},
	{
		name:  "deleted-page-known-again",
		fault: "the late answer to its making brings a page back that was deleted",
		patches: []patch{{
			file: "internal/journal/free.go",
			old:  `&& e.Page.Version > l.seen {`,
			new:  `&& (MUTANT || e.Page.Version > l.seen) {`,
		}},
		caughtBy: by(alone("TestPageDeletedBeforeItsMakingIsAnswered")),
	},
	{
		name:  "ledger-seen-while-read-lost",
		fault: "that the StockLedger lost its name is forgotten while it is read",
		patches: []patch{{
			file: "internal/journal/found.go",
			old:  `l.ledger.news = true`,
			new:  `l.ledger.news = !MUTANT`,
		}},
		caughtBy: by(alone("TestLedgerSeenWhileItIsRead")),
	},
	{
		name:  "pace-by-answers-alone",
		fault: "writes that the watch brought count for nothing in the bandwidth",
		patches: []patch{{
			file: "internal/journal/follow.go",
			old:  `return append(effects, l.landed()...)`,
			new: `at := l.appendAt
		effects = append(effects, l.landed()...)
		if MUTANT {
			l.appendAt = at
		}
		return effects`,
		}},
		caughtBy: by(alone("TestPaceCountsWhatTheWatchBrought")),
	},
	{
		name:  "leads-on-after-an-append",
		fault: "a process that was deposed while it appended leads on",
		patches: []patch{{
			file: "internal/journal/append.go",
			old: `	l.retire()
	return effects`,
			new: `	if !MUTANT {
		l.retire()
	}
	return effects`,
		}},
		caughtBy: by(alone("TestDeposedWhileUnderWay/an_append")),
	},
	{
		name:  "leads-on-after-a-proof",
		fault: "a process that was deposed while it proved an answer leads on",
		patches: []patch{{
			file: "internal/journal/append.go",
			old: `		l.retire()
		return []Effect{Proved{}}`,
			new: `		if !MUTANT {
			l.retire()
		}
		return []Effect{Proved{}}`,
		}},
		caughtBy: by(alone("TestDeposedWhileUnderWay/a_proof")),
	},
	{
		name:  "leads-on-after-a-rejection",
		fault: "a process that was deposed while its batch was rejected leads on",
		patches: []patch{{
			file: "internal/journal/append.go",
			old: `	l.retire()
	return []Effect{Refused{Err: err}}`,
			new: `	if !MUTANT {
		l.retire()
	}
	return []Effect{Refused{Err: err}}`,
		}},
		caughtBy: by(alone("TestDeposedWhileUnderWay/a_batch_of_no_good")),
	},
	{
		name:  "founder-not-overtaken",
		fault: "a founder whose first term is answered late goes on over what others wrote",
		patches: []patch{{
			file: "internal/journal/found.go",
			old:  `k.UID == p.UID && k.version > p.Version {`,
			new:  `k.UID == p.UID && k.version > p.Version && !MUTANT {`,
		}, {
			file: "internal/journal/found.go",
			old: `	l.note(p)
	l.arrive(p, end)`,
			new: `	if !MUTANT || l.pages[p.Name].version < p.Version {
		l.note(p)
	}
	l.arrive(p, end)`,
		}},
		caughtBy: alone("TestFounderIsOvertaken"),
	},
}
