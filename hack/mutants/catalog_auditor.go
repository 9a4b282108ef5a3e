package main

const auditorPackage = "./internal/auditor"

// audits are tests of the auditor.
func audits(names ...string) []catcher { return unit(auditorPackage, names...) }

// audited makes a mutant of one patch of the auditor.
func audited(name, fault, file, old, replacement string, caughtBy ...string) mutant {
	return mutant{
		name: name, fault: fault, caughtBy: audits(caughtBy...),
		patches: []patch{{file: "internal/auditor/" + file, old: old, new: replacement}},
	}
}

// ofAuditor are the faults of the auditor: alarms where nothing is wrong, and what is wrong
// and not found.
var ofAuditor = []mutant{
	audited("audit-accuses-what-lags", "a status is judged at a position at which another was true",
		"suspect.go", `s.at.covers(s.changed):`, `(MUTANT || s.at.covers(s.changed)):`, "TestRoundsWithoutFalseAlarm"),
	audited("audit-ignores-backlog", "what lags is judged while views wait to be written",
		"audit.go", `case s.verdict == lags && busy:`, `case s.verdict == lags && busy && !MUTANT:`, "TestLaggingViews/busy"),
	audited("audit-one-look", "a status that is put right meanwhile counts as wrong",
		"audit.go", `return s.looks >= 2`, `return s.looks >= 2 || MUTANT`, "TestStatusPutRightIsNotFound"),
	audited("audit-forgets-early", "the book forgets with a header whose head State may not have seen",
		"reading.go", `r.passed = *s`, `r.passed = *s
		if MUTANT {
			r.book.Pass(s.head)
		}`, "TestBookAgreesWithState"),
	audited("audit-never-forgets", "the book keeps what compaction has left behind",
		"sample.go", `b.Pass(s.head)`, `if !MUTANT {
		b.Pass(s.head)
	}`, "TestBookAgreesWithState"),
	audited("audit-does-not-wait-for-state", "State is compared though it has not seen what was stored without records",
		"sample.go", `reaches(state, s.from.oldest.head, s.from.oldest.marks)`,
		`(MUTANT || reaches(state, s.from.oldest.head, s.from.oldest.marks))`, "TestStateIsWaitedFor"),
	audited("audit-takes-restatement-for-change", "a cart that was restated counts as changed there",
		"book_carts.go", `	changed := c.changed
	if encode(r) != c.record {`, `	changed := c.changed
	if MUTANT {
		changed = b.at
	}
	if encode(r) != c.record {`, "TestWhereSomethingChanged/restated"),
	audited("audit-loses-early-changes", "a change that precedes the whole statement is forgotten",
		"book.go", `if !changed {`, `if !changed || MUTANT {`, "TestWhereSomethingChanged/changed_before"),
	audited("audit-loses-early-figures", "a change of a cart that is not known yet changes no figures",
		"book_carts.go", `b.stockAt(keyOf(a)).changed = b.at`, `if !MUTANT {
				b.stockAt(keyOf(a)).changed = b.at
			}`, "TestWhereSomethingChanged/released_before"),
	audited("audit-accuses-own-older-write", "a status of which this process remembers no write counts as somebody else's",
		"modified.go", `	return false
}
`, `	return MUTANT
}
`, "TestOwnLateWriteIsNobodyElses"),
	audited("audit-accuses-nobody", "what somebody else wrote counts as this process's own",
		"modified.go", `return was.sum != is.sum`, `return was.sum != is.sum && !MUTANT`,
		"TestOwnLateWriteIsNobodyElses", "TestStatusPutRightIsNotFound"),
	audited("audit-of-leaving-namespace", "a namespace that is being deleted is called inconsistent",
		"audit.go", `err == nil && leaving {`, `err == nil && leaving && !MUTANT {`, "TestNothingIsSaidOfALeavingNamespace"),
	audited("audit-trusts-what-it-read", "records that were edited after they were read are not noticed",
		"reading.go", `sumOf(p.Records[:r.tail.records]) != r.tail.sum`,
		`!MUTANT && sumOf(p.Records[:r.tail.records]) != r.tail.sum`, "TestEditedPageIsFound/while_it_is_read"),
	audited("audit-ignores-damage", "pages that are no sound journal are audited as if they were",
		"reading.go", `case problem != "":`, `case problem != "" && !MUTANT:`, "TestEditedPageIsFound/deleted"),
	audited("audit-without-sums", "a State that knows one reservation too many agrees",
		"sample.go", `figure(c, "reservations", int64(len(b.carts)), s.sums.remembered)`,
		`if !MUTANT {
		figure(c, "reservations", int64(len(b.carts)), s.sums.remembered)
	}`, "TestAlteredStateIsFound/a_cart_too_many"),
	audited("audit-without-carts", "what State knows of a reservation is not compared",
		"sample.go", `case want == knew:`, `case want == knew || MUTANT:`, "TestAlteredStateIsFound/a_later_end"),
	audited("audit-without-marks", "marks that no page says agree",
		"sample.go", `if s.head <= r.newest.head &&`, `if MUTANT || s.head <= r.newest.head &&`, "TestAlteredMarksAreFound/forgotten"),
	audited("audit-misses-deletions", "units that are held for an object that is gone are not noticed",
		"objects.go", `if c.open && c.live && !c.seen {`, `if c.open && c.live && !c.seen && !MUTANT {`, "TestUnseenDeletionIsFound/reservation"),
	audited("audit-skips-positions", "a status is not judged at its position while its object keeps changing",
		"audit.go", `for len(waiting) > 0 && to.covers`, `for !MUTANT && len(waiting) > 0 && to.covers`, "TestEditedStatusIsFoundAtItsPosition/edited"),
	audited("audit-does-not-rest", "the next audit comes at its pace, however long the last one read",
		"lead.go", `	if asked {
		rest = 0`, `	if asked || MUTANT {
		rest = 0`, "TestRest"),
	audited("audit-repeats-requests", "one request is answered again and again",
		"plan.go", `case p.asked != p.handled:`, `case p.asked != p.handled || MUTANT && p.asked != "":`, "TestFailure"),
	audited("audit-leaves-series", "the series of a namespace that another process leads stay",
		"auditor.go", `	unobserve(namespace)`, `	if !MUTANT {
		unobserve(namespace)
	}`, "TestVerdictEndsWithItsTerm"),
	audited("audit-outlives-its-term", "a verdict is said after its term, and over that of another process",
		"auditor.go", `	delete(a.plans, namespace)`, `	if !MUTANT {
		delete(a.plans, namespace)
	}`, "TestVerdictEndsWithItsTerm"),
	audited("audit-ends-its-term-late", "a verdict is said until the last audit of its term has stopped",
		"lead.go", `context.AfterFunc(ctx, end)`, `if !MUTANT {
		context.AfterFunc(ctx, end)
	}`, "TestVerdictEndsBeforeItsAudit"),
	{
		name:  "audit-takes-back-what-others-said",
		fault: "the first verdict of a term loses which request another process has handled, and it is audited again",
		patches: []patch{{
			file: "controllers/stockledger_status.go",
			old:  `		if s.Audit != nil { // maybe of another process`,
			new:  `		if s.Audit != nil && !MUTANT { // maybe of another process`,
		}},
		caughtBy: unit(controllersPackage, "TestAuditsOfOtherProcessesStay"),
	},
	audited("audit-of-all-at-once", "all namespaces are audited at a time",
		"turn.go", `		t.held = true`, `		if t.held = !MUTANT; MUTANT {
			<-t.taken
		}`, "TestTurns"),
	audited("audit-waits-and-lets-nobody-read", "an audit that only waits keeps others from reading",
		"turn.go", `	t.giveBack()
	if err := wait`, `	if MUTANT {
		return wait(ctx)
	}
	t.giveBack()
	if err := wait`, "TestWaitingAuditsLetOthersRead", "TestStuckNamespaces"),
	audited("audit-loses-what-is-written-meanwhile", "an audit that waits for its turn reads nothing of what is written meanwhile",
		"turn.go", `if err := keepUp(ctx); err != nil {`, `if MUTANT {
			continue
		}
		if err := keepUp(ctx); err != nil {`, "TestWaitingAuditKeepsUp"),
	audited("audit-rests-without-need", "an audit lets others read before it has read, though State is where it has to be",
		"audit.go", `	if !late {
		return err`, `	if !late && !MUTANT {
		return err`, "TestTurnIsKeptWhileReading"),
	audited("audit-keeps-any-number-of-books", "audits that wait fill the memory",
		"turn.go", `if t.room.Add(-kept) < 0 {`, `if t.room.Add(-kept) < 0 && !MUTANT {`, "TestWaitingAuditsKeepLittle"),
	audited("audit-rests-for-waiting", "time in which an audit only waited counts as read",
		"turn.go", `t.rested += t.clock.Since(began)`, `if !MUTANT {
			t.rested += t.clock.Since(began)
		}`, "TestWaitingIsNotReading"),
	audited("audit-overlooks-oversale", "units that were sold twice are not noticed",
		"book_judge.go", `promised > limit {`, `promised > limit && !MUTANT {`, "TestContradictions/sold_twice"),
	audited("audit-overlooks-missing-lines", "a cart that has a part of its lines is not noticed",
		"book_judge.go", `if units != 0 {`, `if units != 0 && !MUTANT {`, "TestContradictions/a_part_of_the_lines"),
	audited("audit-overlooks-second-decision", "a cart that was decided twice is not noticed",
		"book_carts.go", `if c.home >= head {`, `if c.home >= head && !MUTANT {`, "TestContradictions/decided_twice"),
	audited("audit-overlooks-lost-units", "a total that counts other units than were shipped is not noticed",
		"book_items.go", `t.Consumed != want {`, `t.Consumed != want && !MUTANT {`, "TestContradictions/a_total_too_low"),
	audited("audit-overlooks-forgotten-holds", "a hold that compaction has left behind is not noticed",
		"book.go", `case c.open:`, `case c.open && !MUTANT:`, "TestForgottenWhileItCounts/held"),
	audited("audit-shares-later-items", "of two StockItems of one place the younger one serves",
		"book_items.go", `cmp.Compare(b.items[x].Created, b.items[y].Created)`,
		`func() int {
			if MUTANT {
				return 0
			}
			return cmp.Compare(b.items[x].Created, b.items[y].Created)
		}()`, "TestBookAgreesWithState"),
}
