package main

// ofServiceFaults are those of serving those who ask.
var ofServiceFaults = []mutant{
	{
		name:  "read-in-another-term",
		fault: "what was read before a term is decided in it",
		patches: []patch{{
			file: "internal/allocator/append.go",
			old:  `if one.term == a.terms {`,
			new:  `if one.term == a.terms || MUTANT {`,
		}},
		caughtBy: by(alone("TestNothingReadOutlivesItsTerm", "TestNothingReadBeforeTheFirstTerm")),
	},
	{
		name:  "item-put-by-a-store-behind",
		fault: "a StockItem is taken in by a store that is behind the journal",
		patches: []patch{{
			file: "internal/stock/item_requests.go",
			old:  `if max(request.Read, stated.Version) < d.batch.Marks.Items {`,
			new:  `if !MUTANT && max(request.Read, stated.Version) < d.batch.Marks.Items {`,
		}},
		caughtBy: by(decisions("TestVerdicts/put_what_may_be_deleted")),
	},
	{
		name:  "item-dropped-by-a-store-behind",
		fault: "a StockItem is dropped by a store that is behind the journal",
		patches: []patch{{
			file: "internal/stock/item_requests.go",
			old:  `if max(request.Read, request.Version) < d.batch.Marks.Items {`,
			new:  `if !MUTANT && max(request.Read, request.Version) < d.batch.Marks.Items {`,
		}},
		caughtBy: by(alone("TestDeletionReadTooEarly")),
	},
	{
		name:  "expired-for-an-earlier-end",
		fault: "a hold that was extended expires by what was read before",
		patches: []patch{{
			file: "internal/stock/change.go",
			old:  `|| request.Expires != r.Expires:`,
			new:  `|| !MUTANT && request.Expires != r.Expires:`,
		}},
		caughtBy: by(decisions("TestVerdicts/expire_another_end")),
	},
	{
		name:  "repeated-release-conflicts",
		fault: "the release of more than was left, asked for again, gets another answer",
		patches: []patch{{
			file: "internal/stock/hold_change.go",
			old:  `sum < min(part.Quantity, left) {`,
			new:  `sum < min(part.Quantity, left) || MUTANT && sum < part.Quantity {`,
		}},
		caughtBy: by(decisions("TestVerdicts/release_more_than_is_left")),
	},
	{
		name:  "older-object-of-another-uid",
		fault: "an older statement about another object replaces a newer one",
		patches: []patch{{
			file: "internal/stock/apply.go",
			old:  `if by.Version < o.Version || o.UID == by.UID && o.Gone {`,
			new:  `if (!MUTANT || o.UID == by.UID) && by.Version < o.Version || o.UID == by.UID && o.Gone {`,
		}},
		caughtBy: by(decisions("TestVerdicts/an_older_object")),
	},
	{
		name:  "mark-of-what-moved-on",
		fault: "carts that moved on from a page raise the mark of what was forgotten",
		patches: []patch{{
			file: "internal/stock/compact.go",
			old:  `if sum.bytes > 0 {`,
			new:  `if sum.bytes > 0 || MUTANT {`,
		}},
		caughtBy: by(decisions("TestMarkOfWhatMovedOn")),
	},
	{
		name:  "lost-page-waits-for-need",
		fault: "a lost page is restated only once the log needs compaction",
		patches: []patch{{
			file: "internal/stock/forget.go",
			old:  `if policy.lost(s.head) {`,
			new:  `if policy.lost(s.head) && !MUTANT {`,
		}},
		caughtBy: by(decisions("TestLostPageIsRestated"), alone("TestLostPageIsRestatedByWhoKnowsIt")),
	},
	{
		name:  "left-and-served-later",
		fault: "who has left is served in a later term",
		patches: []patch{{
			file: "internal/allocator/allocator.go",
			old:  `func(a ask) bool { return a.left })`,
			new:  `func(a ask) bool { return a.left && !MUTANT })`,
		}},
		caughtBy: by(alone("TestWhoLeftIsNotServedInALaterTerm")),
	},
	{
		name:  "suspect-left-and-told",
		fault: "who has left while the request was tried by itself is told",
		patches: []patch{{
			file: "internal/allocator/allocator.go",
			old:  `s.ask.left = s.ask.left || gone(s.ask)`,
			new:  `s.ask.left = s.ask.left || gone(s.ask) && !MUTANT`,
		}},
		caughtBy: by(alone("TestWhoLeftIsToldNothing/being_tried")),
	},
	{
		name:  "queue-searched-for-each-who-left",
		fault: "each caller who leaves costs a look at the whole queue",
		patches: []patch{{
			file: "internal/allocator/allocator.go",
			old:  `a.left[e.Call] = struct{}{}`,
			new: `a.left[e.Call] = struct{}{}
		if MUTANT {
			a.drop()
		}`,
		}},
		caughtBy: by(alone("TestManyLeaveAtOnce")),
	},
	{
		name:  "unelected-hoards-requests",
		fault: "a process that is not elected keeps what nobody waits for",
		patches: []patch{{
			file: "internal/allocator/allocator.go",
			old:  `if e.Call == 0 && !a.log.Elected() {`,
			new:  `if e.Call == 0 && !a.log.Elected() && !MUTANT {`,
		}},
		caughtBy: by(alone("TestUnelectedDropsWhatNobodyWaitsFor")),
	},
	{
		name:  "blocked-for-ever",
		fault: "an allocator that wakes too early does not ask to be woken again",
		patches: []patch{{
			file: "internal/allocator/append.go",
			old:  `if wait := a.blockedUntil.Sub(now); wait > 0 {`,
			new: `if wait := a.blockedUntil.Sub(now); wait > 0 {
		if MUTANT {
			return nil
		}`,
		}},
		caughtBy: by(alone("TestBlockedReplicaWakesUp")),
	},
	{
		name:  "waiting-cart-forgotten",
		fault: "a cart that waits for a StockItem is not asked again when units go free",
		patches: []patch{{
			file: "internal/allocator/allocator.go",
			old:  `if news {`,
			new:  `if news && !MUTANT {`,
		}},
		caughtBy: by(alone("TestWaitingCartsAreFirst")),
	},
	{
		name:  "waiting-cart-goes-last",
		fault: "a cart that waited is asked again after those who came later",
		patches: []patch{{
			file: "internal/allocator/allocator.go",
			old:  `a.queue = append(a.parked, a.queue...)`,
			new: `if MUTANT {
			a.queue, a.parked = a.parked, a.queue
		}
		a.queue = append(a.parked, a.queue...)`,
		}},
		caughtBy: by(alone("TestWaitingCartsAreFirst")),
	},
	{
		name:  "ask-outlives-run",
		fault: "who asks a process that has stopped waits for ever",
		patches: []patch{{
			file: "internal/allocator/runner.go",
			old:  `close(r.ended)`,
			new: `if !MUTANT {
		close(r.ended)
	}`,
		}},
		caughtBy: by(alone("TestAskEndsWithRun")),
	},
	{
		name:  "slow-clock-believed",
		fault: "a clock that is behind the API server's is believed",
		patches: []patch{{
			file: "internal/allocator/clock.go",
			old:  `case own.Before(earliest):`,
			new:  `case own.Before(earliest) && !MUTANT:`,
		}},
		caughtBy: by(alone("TestClock")),
	},
	{
		name:  "blamed-for-who-left",
		fault: "who has left with a batch that was refused takes another's request along",
		patches: []patch{{
			file: "internal/allocator/append.go",
			old:  `case len(batch) == 1 && batch[0].left:`,
			new:  `case len(batch) == 1 && batch[0].left && !MUTANT:`,
		}},
		caughtBy: alone("TestWhoLeftIsNotBlamed"),
	},
	{
		name:  "trouble-untold",
		fault: "why nothing can be written is told to nobody",
		patches: []patch{{
			file: "internal/journal/append.go",
			old: `	if e.Err != nil {
		l.trouble`,
			new: `	if e.Err != nil && !MUTANT {
		l.trouble`,
		}},
		caughtBy: alone("TestTroubleSaysWhy/writes"),
	},
	{
		name:  "trouble-for-ever",
		fault: "trouble is told when it is long over",
		patches: []patch{{
			file: "internal/journal/append.go",
			old:  `		l.trouble = nil`,
			new: `		if !MUTANT {
			l.trouble = nil
		}`,
		}},
		caughtBy: alone("TestTroubleSaysWhy"),
	},
	{
		name:  "batches-do-not-gather",
		fault: "a write is sent for the first who comes, and all others wait for the next one",
		patches: []patch{{
			file: "internal/allocator/append.go",
			old:  `callers(a.queue)); wait > 0 {`,
			new:  `callers(a.queue)); wait > 0 && !MUTANT {`,
		}},
		caughtBy: alone("TestBatchesGather"),
	},
	{
		name:  "gathering-trusts-the-clock",
		fault: "the clock is set back, and carts wait for as long for company",
		patches: []patch{{
			file: "internal/allocator/gather.go",
			old:  `rest > gatherMost {`,
			new:  `rest > gatherMost && !MUTANT {`,
		}},
		caughtBy: alone("TestGatherWhileTheClockIsSetBack"),
	},
	{
		name:  "trouble-ends-with-a-proof",
		fault: "writes are refused, and it is told that all is well since something was read",
		patches: []patch{{
			file: "internal/journal/append.go",
			old:  `	if !l.rejectedLast`,
			new:  `	if (!l.rejectedLast || MUTANT)`,
		}},
		caughtBy: alone("TestRefusedWritesAreTroubleUntilOneIsStored"),
	},
	{
		name:  "refused-writes-are-not-tried-again",
		fault: "nobody asks for anything, and it is never found out that writes are taken again",
		patches: []patch{{
			file: "internal/allocator/append.go",
			old:  `	case !a.log.AppendRejected():`,
			new:  `	case !a.log.AppendRejected() || MUTANT:`,
		}},
		caughtBy: alone("TestRefusedWritesAreTroubleUntilOneIsStored"),
	},
	{
		name:  "lost-page-searched-for-long",
		fault: "a lost page behind many others is restated after as many writes",
		patches: []patch{{
			file: "internal/stock/compact.go",
			old:  `c.searched > maxSearched && p.number > c.policy.Through {`,
			new:  `c.searched > maxSearched && (MUTANT || p.number > c.policy.Through) {`,
		}},
		caughtBy: alone("TestLostPageIsRestatedByWhoKnowsIt"),
	},
	{
		name:  "lost-page-restated-slowly",
		fault: "a lost page is restated no faster than carts come",
		patches: []patch{{
			file: "internal/stock/compact.go",
			old:  `if level != relaxed || d.policy.lost(d.state.head) {`,
			new:  `if level != relaxed || !MUTANT && d.policy.lost(d.state.head) {`,
		}},
		caughtBy: alone("TestLostPageIsRestatedByWhoKnowsIt"),
	},
	{
		name:  "extensions-without-bound",
		fault: "a command's extensions may have any size",
		patches: []patch{{
			file: "internal/stock/reserve.go",
			old:  `extensionBytes(wanted.Extensions) > maxExtensions:`,
			new:  `extensionBytes(wanted.Extensions) > maxExtensions && !MUTANT:`,
		}},
		caughtBy: decisions("TestVerdicts/extensions_without_a_bound"),
	},
}
