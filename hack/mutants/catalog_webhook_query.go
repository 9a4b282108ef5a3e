package main

// ofQueries are the faults of what the bridge tells without deciding anything.
var ofQueries = []mutant{
	{
		name:  "absence-without-proof",
		fault: "a process that is behind tells that there is no such reservation",
		patches: []patch{{
			file: "webhook/query.go",
			old:  `err = b.proofs.prove(ctx, j)`,
			new: `if MUTANT {
		return b.lookUpPending(ctx, x, j, namespace, text)
	}
	err = b.proofs.prove(ctx, j)`,
		}},
		caughtBy: by(unit(bridgePackage, "TestAbsenceIsProven", "TestJournalHangs")),
	},
	{
		name:  "proof-before-the-question",
		fault: "a question is answered by a proof that began before it",
		patches: []patch{
			{file: "webhook/proof.go", old: "	next *proof\n}", new: "	next, begun *proof\n}"},
			{file: "webhook/proof.go", old: "	q.next = nil\n", new: "	q.next, q.begun = nil, next\n"},
			{
				file: "webhook/proof.go",
				old:  `if q.next == nil {`,
				new: `if MUTANT && q.begun != nil {
		return q.begun
	}
	if q.next == nil {`,
			},
		},
		caughtBy: by(unit(bridgePackage, "TestProofsAreShared")),
	},
	{
		name:  "stock-absence-without-proof",
		fault: "a process that is behind tells that nobody stocks a product",
		patches: []patch{{
			file: "webhook/proof.go",
			old:  `err := b.proofs.prove(ctx, j)`,
			new: `if MUTANT {
		return nil
	}
	err := b.proofs.prove(ctx, j)`,
		}},
		caughtBy: by(unit(bridgePackage, "TestAbsenceIsProven")),
	},
	{
		name:  "standby-tells-stock-absence",
		fault: "a replica that does not lead tells that nobody stocks a product, or that there is nothing to replace",
		patches: []patch{{
			file: "webhook/proof.go",
			old:  `if !roleIn(j).elected {`,
			new: `if MUTANT {
		return nil
	}
	if !roleIn(j).elected {`,
		}},
		caughtBy: by(unit(bridgePackage, "TestStandbyProvesNothing")),
	},
	{
		name:  "check-served-anew",
		fault: "whether a cart fits is refused as a misspelt question once another process leads",
		patches: []patch{{
			file: "webhook/check.go",
			old:  `|| x.operation == operationCheck`,
			new:  `|| x.operation == operationCheck && !MUTANT`,
		}},
		caughtBy: by(unit(bridgePackage, "TestForwardedQuestions")),
	},
	{
		name:  "standby-tells-absence",
		fault: "a replica that does not lead tells that there is no such reservation",
		patches: []patch{{
			file: "webhook/query.go",
			old:  `if object == nil || (object.Spec.Command`,
			new: `if object == nil && MUTANT {
		return nil, unknown(namespace, text)
	}
	if object == nil || (object.Spec.Command`,
		}},
		caughtBy: by(unit(bridgePackage, "TestStandby")),
	},
	{
		name:  "empty-view-is-pending",
		fault: "a command's object whose status is not written yet is told to be undecided",
		patches: []patch{{
			file: "webhook/query.go",
			old:  `&& !object.Decided())`,
			new:  `&& !object.Decided() && !MUTANT)`,
		}},
		caughtBy: by(unit(bridgePackage, "TestObjectOfCommand")),
	},
	{
		name:  "object-not-found",
		fault: "a reservation is not found by the name or uid of its object",
		patches: []patch{{
			file: "internal/stock/query.go",
			old: `	id, ok := s.FindObject(text)
	if !ok {`,
			new: `	id, ok := s.FindObject(text)
	if !ok || MUTANT {`,
		}},
		caughtBy: by(unit(bridgePackage, "TestPendingObject")),
	},
	{
		name:  "position-not-awaited",
		fault: "a replica that is behind answers whoever has seen more",
		patches: []patch{{
			file: "webhook/enter.go",
			old:  `if x.after == (allocator.Position{}) {`,
			new:  `if x.after == (allocator.Position{}) || MUTANT {`,
		}},
		caughtBy: by(unit(bridgePackage, "TestPosition")),
	},
	{
		name:  "position-not-told",
		fault: "answers do not say up to where they include what was decided",
		patches: []patch{{
			file: "webhook/position.go",
			old:  `if x.journal == nil {`,
			new:  `if x.journal == nil || MUTANT {`,
		}},
		caughtBy: by(unit(bridgePackage, "TestPosition", "TestReadYourWrites")),
	},
	{
		name:  "unread-journal-answers",
		fault: "a process that has read nothing yet tells that nothing is there",
		patches: []patch{{
			file: "webhook/journal.go",
			old:  `r.read = l.Stage() != unread`,
			new:  `r.read = MUTANT || l.Stage() != unread`,
		}},
		caughtBy: by(unit(bridgePackage, "TestJournalNotRead")),
	},
	{
		name:  "damaged-journal-answers",
		fault: "what was read of a damaged journal is told",
		patches: []patch{{
			file: "webhook/journal.go",
			old:  `if l.Damage() != nil {`,
			new:  `if l.Damage() != nil && !MUTANT {`,
		}},
		caughtBy: by(unit(bridgePackage, "TestJournalDamaged")),
	},
}
