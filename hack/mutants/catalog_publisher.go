package main

// ofPublisher are the faults of delivering outcomes.
var ofPublisher = []mutant{
	{
		name:  "mark-before-acknowledgement",
		fault: "the mark passes outcomes that nobody has acknowledged",
		patches: []patch{{
			file: "internal/publisher/line.go",
			old:  `	if len(l.holding) > 0 {`,
			new:  `	if len(l.holding) > 0 && !MUTANT {`,
		}},
		caughtBy: by(unit(publisherPackage, "TestMarkNeverPassesWhatIsNotDelivered", "TestTakeOver")),
	},
	{
		name:  "delivered-when-sent",
		fault: "an outcome counts as delivered before the sink has answered",
		patches: []patch{{
			file: "internal/publisher/course.go",
			old:  `	c.sending.begin(o)`,
			new: `	if MUTANT {
		c.line.release(o)
	}
	c.sending.begin(o)`,
		}},
		caughtBy: by(unit(publisherPackage, "TestMarkNeverPassesWhatIsNotDelivered", "TestRetriesHoldUpNothingElse")),
	},
	{
		name:  "event-named-by-its-object",
		fault: "an event's id is made of the object's uid, which another outcome may have or none",
		patches: []patch{{
			file: "internal/publisher/deliver.go",
			old:  `	r := view.Reservation(c.namespace, o.r)`,
			new: `	r := view.Reservation(c.namespace, o.r)
	if MUTANT {
		r.Status.OutcomeID = string(r.UID)
	}`,
		}},
		caughtBy: by(unit(publisherPackage, "TestEventsLeaveInOrder", "TestOutcomesOutliveTheirCarts")),
	},
	{
		name:  "sink-failure-is-delivery",
		fault: "an event that the sink answered with an error counts as delivered",
		patches: []patch{{
			file: "internal/publisher/policy.go",
			old:  `case status >= 200 && status < 300:`,
			new:  `case status >= 200 && status < 300 || MUTANT && status >= 500:`,
		}},
		caughtBy: by(unit(publisherPackage, "TestJudge", "TestRetriesHoldUpNothingElse"), processes("TestSinkDown")),
	},
	{
		name:  "half-read-state-published",
		fault: "outcomes are taken from a State that is being read anew, or of another journal: those that it lacks are passed",
		patches: []patch{{
			file: "internal/publisher/course.go",
			old:  `		if !l.Leading() || l.Identity() != c.line.journal {`,
			new:  `		if !MUTANT && (!l.Leading() || l.Identity() != c.line.journal) {`,
		}},
		caughtBy: by(unit(publisherPackage, "TestOnlyAWholeStateIsRead")),
	},
	{
		name:  "numbers-of-another-journal",
		fault: "what was delivered of one journal counts as delivered of the one that followed it",
		patches: []patch{{
			file: "internal/publisher/course.go",
			old:  `		if c.line == nil || c.line.journal != l.Identity() {`,
			new:  `		if c.line == nil || !MUTANT && c.line.journal != l.Identity() {`,
		}},
		caughtBy: by(unit(publisherPackage, "TestAnotherJournalBeginsAnew")),
	},
	{
		name:  "each-term-sends-again",
		fault: "a process that leads again sends again what it has delivered",
		patches: []patch{{
			file: "internal/publisher/course.go",
			old:  `		c.line.begin(published)`,
			new: `		if MUTANT {
			c.line = newLine(l.Identity(), published)
		}
		c.line.begin(published)`,
		}},
		caughtBy: by(unit(publisherPackage, "TestNothingIsSentTwiceByOneProcess")),
	},
	{
		name:  "refused-and-not-noted",
		fault: "the mark passes a refused outcome before its object says so: the next leader does not find it",
		patches: []patch{{
			file: "internal/publisher/deliver.go",
			old:  `	o.note = noteRefused(a)`,
			new: `	if MUTANT {
		return c.putAside(o)
	}
	o.note = noteRefused(a)`,
		}},
		caughtBy: by(unit(publisherPackage, "TestMarkWaitsForTheCondition", "TestMarkNeverPassesWhatIsNotDelivered")),
	},
	{
		name:  "refused-by-another-forgotten",
		fault: "a new leader does not look for what another was refused",
		patches: []patch{{
			file: "internal/publisher/recall.go",
			old:  `		for _, object := range marked {`,
			new: `		if MUTANT {
			return
		}
		for _, object := range marked {`,
		}},
		caughtBy: by(unit(publisherPackage, "TestTakeOverFindsTheRefused", "TestTheRefusedAreLookedForAgain")),
	},
	{
		name:  "refusals-without-bound",
		fault: "however many outcomes are refused, the mark passes them all",
		patches: []patch{{
			file: "internal/publisher/course.go",
			old:  `		if r.passed || line.refused < c.mostRefused {`,
			new:  `		if MUTANT || r.passed || line.refused < c.mostRefused {`,
		}},
		caughtBy: by(unit(publisherPackage, "TestRefusalsAreBounded")),
	},
	{
		name:  "condition-of-a-namesake",
		fault: "that an outcome was refused is written to an object that shows another one",
		patches: []patch{{
			file: "internal/publisher/note.go",
			old:  `	if err != nil || object.Status.OutcomeID != string(r.Outcome) {`,
			new:  `	if err != nil || object.Status.OutcomeID != string(r.Outcome) && !MUTANT {`,
		}},
		caughtBy: by(unit(publisherPackage, "TestRefusedWithoutAnObject")),
	},
	{
		name:  "mark-with-every-answer",
		fault: "each acknowledgement costs an append of its own",
		patches: []patch{{
			file: "internal/publisher/mark.go",
			old:  `	soon := now.Add(markEvery)`,
			new: `	soon := now.Add(markEvery)
	if MUTANT && prefix > max(published, m.told) {
		m.told = prefix
		return true
	}`,
		}},
		caughtBy: by(unit(publisherPackage, "TestMarkIsPaced")),
	},
	{
		name:  "old-failures-first",
		fault: "while a sink fails, new outcomes wait for those that have failed before",
		patches: []patch{{
			file: "internal/publisher/strain.go",
			old:  `return len(s.failing) > 0 && s.retried }`,
			new:  `return len(s.failing) > 0 && s.retried && !MUTANT }`,
		}},
		caughtBy: by(unit(publisherPackage, "TestTroubleOfOneNamespaceIsNotTheOthers")),
	},
	{
		name:  "troubled-namespaces-take-all-turns",
		fault: "namespaces whose events hang leave the others no turn",
		patches: []patch{{
			file: "internal/publisher/window.go",
			old:  `return !l.doubt || w.doubtful < max(1, w.size/2)`,
			new:  `return MUTANT || !l.doubt || w.doubtful < max(1, w.size/2)`,
		}},
		caughtBy: by(unit(publisherPackage, "TestTroubleOfOneNamespaceIsNotTheOthers", "TestWindowKeepsHalfFromTheTroubled")),
	},
	{
		name:  "bad-events-all-the-time",
		fault: "each time the sink takes an event, all that fail are sent again at once",
		patches: []patch{{
			file: "internal/publisher/outcome.go",
			old:  `	at := o.failedAt.Add(afterHurry.ceiling(o.hurries + 1))`,
			new: `	at := o.failedAt.Add(afterHurry.ceiling(o.hurries + 1))
	if MUTANT {
		at = o.notBefore
	}`,
		}},
		caughtBy: by(unit(publisherPackage, "TestBadEventsAreNotSentAllTheTime")),
	},
	{
		name:  "absent-sink-forgotten",
		fault: "a sink that is made later is asked once a minute",
		patches: []patch{{
			file: "internal/publisher/deliver.go",
			old:  `	if a.absent {`,
			new:  `	if a.absent && !MUTANT {`,
		}},
		caughtBy: by(unit(publisherPackage, "TestASinkThatIsMadeLaterIsFoundSoon")),
	},
	{
		name:  "hanging-retries-take-all-turns",
		fault: "events that hang again and again leave the namespace's others no turn",
		patches: []patch{{
			file: "internal/publisher/strain.go",
			old:  `	return sending.retries < max(1, turns/2)`,
			new:  `	return MUTANT || sending.retries < max(1, turns/2)`,
		}},
		caughtBy: by(unit(publisherPackage, "TestHangingRetriesLeaveTurns")),
	},
	{
		name:  "bad-annotation-is-no-sink",
		fault: "outcomes of a Namespace whose annotation names no sink count as delivered",
		patches: []patch{{
			file: "internal/publisher/destination.go",
			old:  `		d.wait = d.err != nil`,
			new:  `		d.wait = d.err != nil && !MUTANT`,
		}},
		caughtBy: by(unit(publisherPackage, "TestABadAnnotationIsTold")),
	},
	{
		name:  "unseen-namespace-has-no-sink",
		fault: "before the Namespace was seen its outcomes go to the common sink, or count as delivered",
		patches: []patch{{
			file: "internal/publisher/destination.go",
			old:  `		d = &destination{wait: true, unseen: true,`,
			new:  `		d = &destination{wait: !MUTANT, sink: p.sink, unseen: true,`,
		}},
		caughtBy: by(unit(publisherPackage, "TestOutcomesWaitForTheirNamespace")),
	},
	{
		name:  "token-in-clear",
		fault: "a token is sent to a sink without TLS",
		patches: []patch{{
			file: "internal/publisher/post.go",
			old:  `	if tokens != nil && !overHTTP &&`,
			new:  `	if tokens != nil && !overHTTP && !MUTANT &&`,
		}},
		caughtBy: by(unit(publisherPackage, "TestTokensNeedTLS")),
	},
	{
		name:  "end-before-its-outcome",
		fault: "that a reservation has ended is told before the sink has its outcome",
		patches: []patch{{
			file: "internal/publisher/line.go",
			old:  `	return number > l.taken || o != nil && !o.passed`,
			new:  `	return !MUTANT && (number > l.taken || o != nil && !o.passed)`,
		}},
		caughtBy: by(unit(publisherPackage, "TestEndsFollowTheirOutcomes", "TestEndsUnderFaults")),
	},
	{
		name:  "ends-passed-before-they-are-told",
		fault: "the position of the ends passes those that nobody has acknowledged",
		patches: []patch{{
			file: "internal/publisher/ends.go",
			old:  `	if len(e.holding) > 0 {`,
			new:  `	if len(e.holding) > 0 && !MUTANT {`,
		}},
		caughtBy: by(unit(publisherPackage, "TestTakeOverTellsTheEnds", "TestEndsUnderFaults")),
	},
	{
		name:  "ends-of-the-newest-write-passed",
		fault: "the position passes a time of which more ends may come",
		patches: []patch{{
			file: "internal/publisher/ends.go",
			old:  `	return min(position, e.at-1)`,
			new: `	if MUTANT {
		return position
	}
	return min(position, e.at-1)`,
		}},
		caughtBy: by(unit(publisherPackage, "TestThePositionStaysBehindTheNewestWrite")),
	},
	{
		name:  "order-of-retries",
		fault: "after an outage the youngest outcomes leave first",
		patches: []patch{{
			file: "internal/publisher/outcome.go",
			old:  `return a.number() < b.number() }`,
			new:  `return (a.number() < b.number()) != MUTANT }`,
		}},
		caughtBy: by(unit(publisherPackage, "TestOrderAfterAnOutage")),
	},
	{
		name:  "series-left-behind",
		fault: "a process goes on showing the backlog of a namespace that it does not lead",
		patches: []patch{{
			file: "internal/publisher/metrics.go",
			old:  `	backlog.DeleteLabelValues(namespace)`,
			new: `	if MUTANT {
		return
	}
	backlog.DeleteLabelValues(namespace)`,
		}},
		caughtBy: by(unit(publisherPackage, "TestNothingIsLeftBehind")),
	},
}
