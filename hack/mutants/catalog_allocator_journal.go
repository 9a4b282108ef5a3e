package main

// ofAllocatorJournal are the faults of writing the ledger and of deciding.
var ofAllocatorJournal = []mutant{
	{
		name:  "blind-ledger-write",
		fault: "a ledger write that met another version is sent again over that version",
		patches: []patch{{
			file: "internal/allocator/attempt.go",
			old:  `if stored.Version == s.base.Version {`,
			new: `if MUTANT {
		s.base.Version = stored.Version
	}
	if stored.Version == s.base.Version {`,
		}},
		caughtBy: by(model("take-over"), unit(allocatorPackage, "TestFenceConflict")),
	},
	{
		name:  "blind-journal-request",
		fault: "the request that writes the ledger names whatever version is stored",
		patches: []patch{{
			file: "internal/allocator/journal.go",
			old:  `err := s.Client.Status().Update(ctx, l)`,
			new: `if MUTANT {
		if latest, err := s.storedLedger(ctx); err == nil && latest != nil {
			l.ResourceVersion = formatVersion(latest.Version)
		}
	}
	err := s.Client.Status().Update(ctx, l)`,
		}, {
			file: "internal/allocator/modelshell_test.go",
			old:  `t.send(&modelRequest{verb: verbUpdate, kind: kindLedger, given: newObject(given, 0, false)})`,
			new: `if MUTANT {
			given.ResourceVersion = ""
		}
		t.send(&modelRequest{verb: verbUpdate, kind: kindLedger, given: newObject(given, 0, false)})`,
		}},
		caughtBy: by(model("take-over"), processes("TestTwoOperators")),
	},
	{
		name:  "answer-before-journal",
		fault: "a decision is answered before the ledger write that journals it has landed",
		patches: []patch{{
			file: "internal/allocator/batch.go",
			old:  `return append(effects, s.send()...)`,
			new: `if MUTANT {
		for _, r := range batch {
			effects = append(effects, replies(r, r.decision)...)
		}
	}
	return append(effects, s.send()...)`,
		}},
		caughtBy: by(model("take-over"), unit(allocatorPackage, "TestCallDuringTheWriteNeedsALaterOne"), processes("TestNothingDecidedWithoutTheLedger")),
	},
	{
		name:  "answer-without-proof",
		fault: "what needs no new entry in the journal, such as a refusal, is answered without a ledger write",
		patches: []patch{{
			file: "internal/allocator/batch.go",
			old:  `room -= size`,
			new: `if MUTANT && size == 0 {
			delete(s.waiting, r.uid)
			effects = append(effects, replies(r, decision)...)
			continue
		}
		room -= size`,
		}},
		caughtBy: by(unit(allocatorPackage, "TestProofAlone", "TestRepetitionIsProvenAgain"), processes("TestNothingDecidedWithoutTheLedger")),
	},
	{
		name:  "counter-for-token",
		fault: "a ledger write carries a counter, which other processes use too, instead of a unique token",
		patches: []patch{{
			file: "internal/allocator/attempt.go",
			old:  `return s.self + "/" + strconv.FormatUint(s.attempts, 10)`,
			new: `if MUTANT {
		return strconv.FormatUint(s.attempts, 10)
	}
	return s.self + "/" + strconv.FormatUint(s.attempts, 10)`,
		}, {
			file: "internal/allocator/seal.go",
			old:  `return token + "/" + seal(uid, s)`,
			new: `if MUTANT {
		return token
	}
	return token + "/" + seal(uid, s)`,
		}, {
			file: "internal/allocator/seal.go",
			old:  `== seal(stored.UID, &stored.Status)`,
			new:  `== seal(stored.UID, &stored.Status) || MUTANT`,
		}},
		caughtBy: by(model("take-over")),
	},
	{
		name:  "unknown-is-failure",
		fault: "a ledger write without an answer is taken for one that failed, and given up",
		patches: []patch{{
			file: "internal/allocator/attempt.go",
			old: `return []Effect{ReadLedger{Term: s.term}}
	default:`,
			new: `return []Effect{ReadLedger{Term: s.term}}
	default:
		if MUTANT && s.stage == leading {
			s.attempt = nil
			return s.write(now)
		}`,
		}},
		caughtBy: by(model("take-over,_lost_answers"), unit(allocatorPackage, "TestUnclearAnswerThatLanded")),
	},
	{
		name:  "unknown-is-success",
		fault: "a ledger write without an answer is taken for one that landed",
		patches: []patch{{
			file: "internal/allocator/attempt.go",
			old:  `return []Effect{ReadLedger{Term: s.term, Delay: backoff(len(s.attempt.tokens) - 1)}}`,
			new: `if MUTANT {
			return s.landed(now, s.base.Version, e.Token)
		}
		return []Effect{ReadLedger{Term: s.term, Delay: backoff(len(s.attempt.tokens) - 1)}}`,
		}},
		caughtBy: by(model("take-over,_lost_answers"), unit(allocatorPackage, "TestUnclearAnswerThatDidNotLandYet")),
	},
	{
		name:  "in-flight-dropped-early",
		fault: "a hold leaves the ledger before its Reservation is known to show it",
		patches: []patch{{
			file: "internal/allocator/attempt.go",
			old:  `e := s.entries[uid]; e.settled {`,
			new:  `e := s.entries[uid]; e.settled || MUTANT && e.journaled {`,
		}},
		caughtBy: by(model("take-over"), unit(allocatorPackage, "TestCallDuringTheWriteNeedsALaterOne")),
	},
	{
		name:  "hold-in-flight-not-counted",
		fault: "units count as held only once their Reservation shows them",
		patches: []patch{{
			file: "internal/allocator/batch.go",
			old:  `s.stock.Journal(hold.UID, hold.Allocations)`,
			new: `if !MUTANT {
		s.stock.Journal(hold.UID, hold.Allocations)
	}`,
		}},
		caughtBy: by(model("take-over"), unit(allocatorPackage, "TestBatch")),
	},
}
