package main

// ofHolds are the faults of replacing and extending a hold, of shipping it from elsewhere, and
// of finding it by cart and order.
var ofHolds = []mutant{
	{
		name:  "replaced-units-not-lent",
		fault: "a cart that takes the place of another may not have its units",
		patches: []patch{{
			file: "internal/stock/replace.go",
			old:  `	d.state.lend(back, -1)`,
			new: `	if MUTANT {
		back = nil
	}
	d.state.lend(back, -1)`,
		}},
		caughtBy: by(decisions("TestReplacing/with_its_last_unit"), unit(bridgePackage, "TestReplaceOverPlainHTTP")),
	},
	{
		name:  "lent-units-kept",
		fault: "the units of a hold that was to be replaced are for sale after a refusal",
		patches: []patch{{
			file: "internal/stock/replace.go",
			old:  `	defer d.state.lend(back, 1)`,
			new: `	if !MUTANT {
		defer d.state.lend(back, 1)
	}`,
		}},
		caughtBy: decisions("TestReplacing/more_than_there_is", "TestRandomWalks"),
	},
	{
		name:  "replaced-in-two-steps",
		fault: "a hold ends for another one that is written later, or never",
		patches: []patch{{
			file: "internal/stock/replace.go",
			old:  `	verdict := d.write(replacement(replaced, record.ID, record.Actor, d.now), record)`,
			new: `	var verdict Verdict
	if MUTANT {
		if verdict = d.write(replacement(replaced, record.ID, record.Actor, d.now)); verdict == Done {
			verdict = d.write(record)
		}
	} else {
		verdict = d.write(replacement(replaced, record.ID, record.Actor, d.now), record)
	}`,
		}},
		caughtBy: decisions("TestReplacingIsOneAppend"),
	},
	{
		name:  "replaced-after-it-is-promised",
		fault: "the units of a hold are promised again before it ends",
		patches: []patch{{
			file: "internal/stock/decide.go",
			old:  `	all, bytes := make([][]byte, len(records)), 0`,
			new: `	if MUTANT && len(records) == 2 {
		records[0], records[1] = records[1], records[0]
	}
	all, bytes := make([][]byte, len(records)), 0`,
		}},
		caughtBy: decisions("TestReplacingIsOneAppend"),
	},
	{
		name:  "another-carts-hold-replaced",
		fault: "a cart takes the place of another cart's hold",
		patches: []patch{{
			file: "internal/stock/replace.go",
			old:  `, r.Cart != wanted.Cart:`,
			new:  `, r.Cart != wanted.Cart && !MUTANT:`,
		}},
		caughtBy: by(decisions("TestReplacing/of_another_cart"), unit(bridgePackage, "TestReplaceOverPlainHTTP"), unit(controllersPackage, "TestNothingToReplace")),
	},
	{
		name:  "ended-hold-replaced",
		fault: "a cart takes the place of a hold that has ended",
		patches: []patch{{
			file: "internal/stock/replace.go",
			old:  `	case r.Phase.Ended()`,
			new:  `	case r.Phase.Ended() && !MUTANT`,
		}},
		caughtBy: by(decisions("TestReplacing/one_that_has_ended"), unit(bridgePackage, "TestReplaceOverPlainHTTP"), unit(controllersPackage, "TestNothingToReplace")),
	},
	{
		name:  "shipped-hold-replaced-unasked",
		fault: "with one hold for each cart, a hold of which some is shipped is replaced",
		patches: []patch{{
			file: "internal/stock/replace.go",
			old:  `!r.Phase.Ended() && !shippedAny(r) &&`,
			new:  `!r.Phase.Ended() && (MUTANT || !shippedAny(r)) &&`,
		}},
		caughtBy: decisions("TestReplacing/unasked,_some_is_shipped"),
	},
	{
		name:  "order-replaced-unasked",
		fault: "with one hold for each cart, the hold of another order is replaced",
		patches: []patch{{
			file: "internal/stock/replace.go",
			old:  `(named == "" || named == order)`,
			new:  `(MUTANT || named == "" || named == order)`,
		}},
		caughtBy: by(decisions("TestReplacing/unasked,_of_an_order", "TestReplacing/unasked,_of_another_order"), unit(bridgePackage, "TestOneHoldPerCart")),
	},
	{
		name:  "replaced-by-nobody",
		fault: "the end of a hold does not name what took its place",
		patches: []patch{{
			file: "internal/stock/replace.go",
			old:  `	next.ReplacedBy = by`,
			new: `	if !MUTANT {
		next.ReplacedBy = by
	}`,
		}},
		caughtBy: by(decisions("TestReplacing/unasked", "TestRandomWalks"), unit(bridgePackage, "TestReplaceOverPlainHTTP")),
	},
	{
		name:  "hold-made-shorter",
		fault: "an extension makes a hold shorter",
		patches: []patch{{
			file: "internal/stock/change.go",
			old:  `request.Expires < r.Expires,`,
			new:  `request.Expires < r.Expires && !MUTANT,`,
		}},
		caughtBy: by(decisions("TestVerdicts/extend"), unit(bridgePackage, "TestExtend")),
	},
	{
		name:  "hold-made-longer-than-a-day",
		fault: "an extension has no bound",
		patches: []patch{{
			file: "internal/stock/change.go",
			old:  `request.Expires > addTime(d.now, MaxExtension):`,
			new:  `request.Expires > addTime(d.now, MaxExtension) && !MUTANT:`,
		}},
		caughtBy: by(decisions("TestVerdicts/extend"), unit(controllersPackage, "TestHoldUntil")),
	},
	{
		name:  "ended-hold-extended",
		fault: "a hold that has ended is made longer",
		patches: []patch{{
			file: "internal/stock/change.go",
			old:  `case r.Phase.Ended(), r.Expires == 0,`,
			new:  `case r.Phase.Ended() && !MUTANT, r.Expires == 0,`,
		}},
		caughtBy: by(decisions("TestVerdicts/extend_what_has_ended"), unit(bridgePackage, "TestExtend")),
	},
	{
		name:  "outcome-of-an-extended-hold-changes",
		fault: "the event of an outcome says something else once the hold is extended",
		patches: []patch{{
			file: "internal/stock/apply.go",
			old:  `				to.FirstExpires, to.Expires = to.Granted(), r.Expires`,
			new: `				if !MUTANT {
					to.FirstExpires = to.Granted()
				}
				to.Expires = r.Expires`,
		}},
		caughtBy: by(decisions("TestExtendedKeepsItsFirstEnd"), unit(bridgePackage, "TestExtend")),
	},
	{
		name:  "another-order-attached",
		fault: "a cart that is one order's becomes another's",
		patches: []patch{{
			file: "internal/stock/change.go",
			old: `	case "":
	default:
		return`,
			new: `	case "":
	case map[bool]ID{true: order}[MUTANT]:
	default:
		return`,
		}},
		caughtBy: by(decisions("TestVerdicts/attach", "TestVerdicts/attach_to_an_order_from_first"), unit(bridgePackage, "TestAttachAndFind")),
	},
	{
		name:  "shipped-from-where-nothing-is",
		fault: "units ship from a place that has none for sale",
		patches: []patch{{
			file: "internal/stock/ship.go",
			old:  `			if taken > d.state.free(`,
			new:  `			if !MUTANT && taken > d.state.free(`,
		}},
		caughtBy: by(decisions("TestShipFromElsewhere/more_than_is_for_sale_there", "TestShipFromElsewhere/what_another_cart_holds_there"),
			unit(bridgePackage, "TestShipFromElsewhere"), unit(controllersPackage, "TestShippedFromElsewhere")),
	},
	{
		name:  "moved-units-held-twice",
		fault: "units that ship from elsewhere stay held at the first place, too",
		patches: []patch{{
			file: "internal/stock/ship.go",
			old:  `			a.Quantity -= some`,
			new: `			if !MUTANT {
				a.Quantity -= some
			}`,
		}},
		caughtBy: by(decisions("TestShipFromElsewhere/one_of_three"), unit(bridgePackage, "TestShipFromElsewhere")),
	},
	{
		name:  "shipment-from-elsewhere-not-counted",
		fault: "units that ship from elsewhere are not counted as shipped there",
		patches: []patch{{
			file: "internal/stock/ship.go",
			old:  `		if units <= 0 {`,
			new: `		here := func(b Allocation) bool { return b.Product == a.Product && b.Location == a.Location }
		if units <= 0 || MUTANT && !slices.ContainsFunc(before, here) {`,
		}},
		caughtBy: by(decisions("TestShipFromElsewhere/one_of_three", "TestRandomWalks")),
	},
	{
		name:  "untracked-told-as-it-is",
		fault: "of what nobody counts the bound of arithmetic is told as available",
		patches: []patch{{
			file: "internal/stock/location.go",
			old:  `i != nil && i.Untracked {`,
			new:  `i != nil && i.Untracked && !MUTANT {`,
		}},
		caughtBy: by(decisions("TestUntrackedLevel"), unit(bridgePackage, "TestUntracked")),
	},
	{
		name:  "not-found-by-later-order",
		fault: "a reservation is not found by an order that was named after the decision",
		patches: []patch{{
			file: "internal/stock/index.go",
			old:  `	s.reindex(s.byOrder, c, was.CurrentOrder(), is.CurrentOrder())`,
			new: `	if !MUTANT || before == nil || after == nil {
		s.reindex(s.byOrder, c, was.CurrentOrder(), is.CurrentOrder())
	}`,
		}},
		caughtBy: by(decisions("TestFoundByCartAndOrder", "TestRandomWalks"), unit(bridgePackage, "TestAttachAndFind")),
	},
	{
		name:  "found-though-forgotten",
		fault: "the index keeps what is forgotten",
		patches: []patch{{
			file: "internal/stock/cart.go",
			old:  `	s.indexTexts(c, r, nil)`,
			new: `	if !MUTANT {
		s.indexTexts(c, r, nil)
	}`,
		}},
		caughtBy: decisions("TestFoundByCartAndOrder", "TestRandomWalks"),
	},
	{
		name:  "index-not-taken-back",
		fault: "what is decided and has not landed is found",
		patches: []patch{{
			file: "internal/stock/index.go",
			old: `	put(s, x.first, hash, c)
}

func`,
			new: `	if MUTANT {
		x.first[hash] = c
		return
	}
	put(s, x.first, hash, c)
}

func`,
		}},
		caughtBy: decisions("TestRandomWalks"),
	},
	{
		name:  "question-reserves",
		fault: "to ask whether a cart would fit reserves it",
		patches: []patch{{
			file: "webhook/plain.go",
			old:  `err != nil || dry {`,
			new:  `err != nil || dry && !MUTANT {`,
		}},
		caughtBy: by(unit(bridgePackage, "TestAskFirst")),
	},
	{
		name:  "dry-run-overlooked",
		fault: "a command that has dryRun, or misspells it, is carried out",
		patches: []patch{{
			file: "webhook/check.go",
			old:  `			if events.NearMiss(name, "dryRun") &&`,
			new:  `			if !MUTANT && events.NearMiss(name, "dryRun") &&`,
		}},
		caughtBy: by(unit(bridgePackage, "TestAskFirst")),
	},
	{
		name:  "lines-together-never-told",
		fault: "lines that are too much together are to be repeated for ever",
		patches: []patch{{
			file: "webhook/change.go",
			old:  `sums[item.ProductID] > most {`,
			new:  `sums[item.ProductID] > most && !MUTANT {`,
		}},
		caughtBy: by(unit(bridgePackage, "TestShipFromSeveralPlaces")),
	},
	{
		name:  "end-not-named",
		fault: "a shipment after the end is told to be too much, and not that the hold has ended",
		patches: []patch{{
			file: "webhook/consume.go",
			old:  `(phase != v1.PhaseConsumed || !wereHeld(r, items)):`,
			new:  `(MUTANT || phase != v1.PhaseConsumed || !wereHeld(r, items)):`,
		}},
		caughtBy: by(unit(bridgePackage, "TestShipFromElsewhereTooLate")),
	},
	{
		name:  "stuck-shipment-stops-the-rest",
		fault: "what a spec asks for besides waits for a shipment that cannot be made yet",
		patches: []patch{{
			file: "controllers/reservation_show.go",
			old:  `				break // it cannot be`,
			new: `				if MUTANT {
					return r, nil
				}
				break // it cannot be`,
		}},
		caughtBy: by(unit(controllersPackage, "TestShippedFromElsewhere")),
	},
	{
		name:  "another-order-untold",
		fault: "a spec that names another order than the cart has is not told so",
		patches: []patch{{
			file: "controllers/mismatch.go",
			old:  `	case attached != "":`,
			new:  `	case attached != "" && !MUTANT:`,
		}},
		caughtBy: by(unit(controllersPackage, "TestAnotherOrder")),
	},
	{
		name:  "waiting-shipment-forgotten",
		fault: "a shipment from a place that had too few units is not tried again",
		patches: []patch{{
			file: "controllers/reservation_show.go",
			old:  `err == nil && waits != nil && waits.Reason == v1.ReasonNotThere {`,
			new:  `err == nil && waits != nil && waits.Reason == v1.ReasonNotThere && !MUTANT {`,
		}},
		caughtBy: by(unit(controllersPackage, "TestShippedFromElsewhere")),
	},
}
