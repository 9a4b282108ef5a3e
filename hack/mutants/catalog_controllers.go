package main

// ofControllers are the faults of taking StockItems in, and of showing them and the
// StockLedger.
var ofControllers = []mutant{
	{
		name:  "retries-take-no-turns",
		fault: "objects that are tried again go ahead of those of other namespaces",
		patches: []patch{{
			file: "controllers/turns.go",
			old:  `if shutdown || t.took(object, priority) {`,
			new:  `if shutdown || t.took(object, priority) || MUTANT {`,
		}},
		caughtBy: unit(controllersPackage, "TestRetriesTakeTurns"),
	},
	{
		name:  "works-and-takes-a-place",
		fault: "objects that are worked on keep others of their namespace waiting",
		patches: []patch{{
			file: "controllers/turns.go",
			old:  `if _, works := t.working[object]; works {`,
			new:  `if _, works := t.working[object]; works && !MUTANT {`,
		}},
		caughtBy: unit(controllersPackage, "TestTurnsPassWhatIsWorkedOn"),
	},
	{
		name:  "gone-before-the-others-are-read",
		fault: "the deletion of a StockItem is taken in before those that wait for its place are known",
		patches: []patch{{
			file: "controllers/stockitem_gone.go",
			old:  `if !r.fed(gone.Namespace, runner) {`,
			new:  `if !r.fed(gone.Namespace, runner) && !MUTANT {`,
		}},
		caughtBy: unit(controllersPackage, "TestDeletionWaitsForTheFeed"),
	},
	{
		name:  "slow-and-no-load",
		fault: "views go at full speed while the API server is too slow for carts",
		patches: []patch{{
			file: "internal/allocator/runner.go",
			old:  `journal.IsRefusal(l.Trouble())`,
			new:  `(journal.IsRefusal(l.Trouble()) || MUTANT && l.Trouble() != nil)`,
		}},
		caughtBy: unit(allocatorPackage, "TestStuckIsNoLoad/slow"),
	},
	{
		name:  "given-up-once",
		fault: "a namespace that is given up goes on saying that carts are decided where the first word of it fails",
		patches: []patch{{
			file: "controllers/stockledger_givenup.go",
			old:  `outside != nil && r.givesUp(&ledger.Status) {`,
			new:  `outside != nil && r.givesUp(&ledger.Status) && !MUTANT {`,
		}},
		caughtBy: unit(controllersPackage, "TestGivenUpNamespace"),
	},
	{
		name:  "given-up-by-nobody",
		fault: "a namespace goes on naming a process that ended before it could give the namespace up",
		patches: []patch{{
			file: "controllers/stockledger_givenup.go",
			old:  `return s.Leader != "" && s.Leader != r.Self`,
			new:  `return !MUTANT && s.Leader != "" && s.Leader != r.Self`,
		}},
		caughtBy: unit(controllersPackage, "TestGivenUpByTheNextLeader"),
	},
	{
		name:  "given-up-by-a-follower",
		fault: "a replica with other flags gives up what the one that is elected leads",
		patches: []patch{{
			file: "controllers/stockledger_givenup.go",
			old:  `&& r.Namespaces.Elected()`,
			new:  `&& (MUTANT || r.Namespaces.Elected())`,
		}},
		caughtBy: unit(controllersPackage, "TestGivenUpByTheNextLeader"),
	},
	{
		name:  "given-up-for-others",
		fault: "a deployment gives up what another one leads",
		patches: []patch{{
			file: "controllers/stockledger_givenup.go",
			old:  `s.Lease != "" && s.Lease == r.Lease`,
			new:  `(MUTANT || s.Lease != "" && s.Lease == r.Lease)`,
		}},
		caughtBy: unit(controllersPackage, "TestNotGivenUpByOthers"),
	},
	{
		name:  "leftovers-are-wanted",
		fault: "what is still in a namespace that is being deleted has its successor taken up",
		patches: []patch{{
			file: "internal/namespaces/set.go",
			old:  `if s.known[name].terminating ||`,
			new:  `if s.known[name].terminating && !MUTANT ||`,
		}},
		caughtBy: unit(controllersPackage, "TestNamespaceMadeAgainEmpty"),
	},
	{
		name:  "stuck-and-still-a-load",
		fault: "who waits for a journal that cannot be written keeps objects from being made",
		patches: []patch{{
			file: "internal/allocator/runner.go",
			old:  `if r.inbox.stuck {`,
			new:  `if r.inbox.stuck && !MUTANT {`,
		}},
		caughtBy: unit(allocatorPackage, "TestStuckIsNoLoad"),
	},
	{
		name:  "hot-namespace-before-all",
		fault: "an object waits for all those of another namespace that were there before",
		patches: []patch{{
			file: "controllers/turns.go",
			old:  `	if r.admitted < ahead {`,
			new:  `	if r.admitted < ahead || MUTANT {`,
		}},
		caughtBy: unit(controllersPackage, "TestNamespacesTakeTurns"),
	},
	{
		name:  "figures-of-one-namespace-first",
		fault: "the figures of a namespace whose items change all the time are shown before those of others",
		patches: []patch{{
			file: "controllers/stockitem_pace.go",
			old: `		p.turns = append(p.turns, namespace)
	} else {`,
			new: `		if p.turns = append(p.turns, namespace); MUTANT {
			p.turns = slices.Insert(p.turns[:len(p.turns)-1], 0, namespace)
		}
	} else {`,
		}},
		caughtBy: unit(controllersPackage, "TestItemPaceOfNamespaces"),
	},
	{
		name:  "event-of-each-version",
		fault: "what is said again and again of an object makes an Event each time",
		patches: []patch{{
			file: "controllers/events.go",
			old:  `regarding.SetResourceVersion("")`,
			new: `if !MUTANT {
		regarding.SetResourceVersion("")
	}`,
		}},
		caughtBy: unit(controllersPackage, "TestEventsAreSeries"),
	},
	{
		name:  "spec-used-before-journaled",
		fault: "a StockItem's spec is shown as observed though the journal does not have it",
		patches: []patch{{
			file: "controllers/stockitem.go",
			old:  `if known := lookAt(runner, item.UID); known.lacks(item) {`,
			new: `if known := lookAt(runner, item.UID); MUTANT && known.has && known.item.Generation < item.Generation {
		go func() { _ = r.takeIn(context.WithoutCancel(ctx), runner, item.DeepCopy(), read) }()
	} else if known.lacks(item) {`,
		}, {
			file: "controllers/stockitem.go",
			old:  `return k.has && k.item.Generation == item.Generation && (`,
			new:  `return k.has && (MUTANT || k.item.Generation == item.Generation) && (`,
		}},
		caughtBy: unit(controllersPackage, "TestSpecIsShownOnceJournaled"),
	},
	{
		name:  "spec-of-an-older-cache",
		fault: "a StockItem is taken in from a cache that is older than what the journal has, as if that was proof",
		patches: []patch{{
			file: "controllers/stockitem_take.go",
			old:  `answer, err := runner.Ask(ctx, stock.PutItem{Item: stated, Read: read})`,
			new: `if MUTANT {
			read = 1 << 62
		}
		answer, err := runner.Ask(ctx, stock.PutItem{Item: stated, Read: read})`,
		}},
		caughtBy: unit(controllersPackage, "TestLaggingCacheAdoptsNothing"),
	},
	{
		name:  "items-of-an-older-store",
		fault: "the StockItems of a term are read from a store that is older than what the journal has",
		patches: []patch{{
			file: "controllers/items_read.go",
			old:  `ok && version >= known.mark {`,
			new:  `ok && (MUTANT || version >= known.mark) {`,
		}},
		caughtBy: unit(controllersPackage, "TestLaggingCacheAdoptsNothing"),
	},
	{
		name:  "raise-sold-before-shown",
		fault: "what a raise adds is sold before the StockItem's status shows it",
		patches: []patch{{
			file: "controllers/stockitem.go",
			old:  `turn := r.pace.take(key)`,
			new: `turn := r.pace.take(key)
	if MUTANT {
		sell(runner, known)
	}`,
		}},
		caughtBy: unit(controllersPackage, "TestRaiseIsSoldOnceShown"),
	},
	{
		name:  "item-made-again-ignored",
		fault: "a StockItem that is made again under its name is taken for the one that was deleted",
		patches: []patch{{
			file: "controllers/stockitem_gone.go",
			old:  `found != nil && found.UID == gone.UID {`,
			new:  `found != nil && (MUTANT || found.UID == gone.UID) {`,
		}},
		caughtBy: unit(controllersPackage, "TestItemMadeAgain"),
	},
	{
		name:  "item-gone-by-a-cache",
		fault: "a StockItem is taken as gone because a cache that lags does not have it",
		patches: []patch{{
			file: "controllers/stockitem_gone.go",
			old:  `found, version, err := r.readOne(ctx, gone.Namespace, gone.Name)`,
			new: `found, version, err := r.readOne(ctx, gone.Namespace, gone.Name)
		if MUTANT {
			found = nil
		}`,
		}},
		caughtBy: unit(controllersPackage, "TestLaggingCacheAdoptsNothing"),
	},
	{
		name:  "carts-before-items",
		fault: "carts are decided in a term before all StockItems are read",
		patches: []patch{{
			file: "controllers/items.go",
			old:  `if r.feed(ctx, namespace, runner) != nil {`,
			new: `if MUTANT {
			runner.Stocked(term)
		}
		if r.feed(ctx, namespace, runner) != nil {`,
		}},
		caughtBy: unit(controllersPackage, "TestGate"),
	},
	{
		name:  "item-status-of-an-older-state",
		fault: "a process that does not know that it leads no more writes a StockItem's status over a later one",
		patches: []patch{{
			file: "controllers/stockitem.go",
			old:  `if !same && !covers(known.at, item.Status.Position) {`,
			new:  `if !same && !covers(known.at, item.Status.Position) && !MUTANT {`,
		}},
		caughtBy: unit(controllersPackage, "TestStatusNeverGoesBack"),
	},
	{
		name:  "annotation-not-news",
		fault: "that a StockItem takes over is not taken in, since its generation is the same",
		patches: []patch{{
			file: "controllers/stockitem_take.go",
			old:  `return item.GetAnnotations()[v1.TakeOverAnnotation] == "true"`,
			new:  `return !MUTANT && item.GetAnnotations()[v1.TakeOverAnnotation] == "true"`,
		}},
		caughtBy: unit(controllersPackage, "TestDuplicateWaitsToTakeOver/annotated", "TestTakeOverWhileNobodyLeads"),
	},
	{
		name:  "gone-before-what-is-there",
		fault: "at the beginning of a term a StockItem goes before the one beside it is known, which takes over in silence",
		patches: []patch{{
			file: "controllers/items.go",
			old:  `	if err := tellItems(ctx, runner, news.put); err != nil {`,
			new: `	if MUTANT {
		news.put, news.gone = news.gone, news.put
	}
	if err := tellItems(ctx, runner, news.put); err != nil {`,
		}},
		caughtBy: unit(controllersPackage, "TestTakeOverWhileNobodyLeads"),
	},
	{
		name:  "damage-known-less",
		fault: "a process that knows less of a damaged journal has the StockLedger ask for less to be restated",
		patches: []patch{{
			file: "controllers/stockledger_damage.go",
			old:  `told != mine && !f.damage.Beyond(told) {`,
			new:  `told != mine && !f.damage.Beyond(told) && !MUTANT {`,
		}},
		caughtBy: unit(controllersPackage, "TestDamageThatIsKnownFurther"),
	},
}
