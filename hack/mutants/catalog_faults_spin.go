package main

import "strings"

// ofSpinFaults are those of trying again. Each kind of request that fails has a count of
// its own, by which it waits longer each time.
var ofSpinFaults = []mutant{
	spins("lists", "internal/journal/list.go", `		return l.list(l.lists.next())`, `l.lists = 0`, "listing"),
	spins("watches", "internal/journal/log.go", `			return l.again(l.watches.again())`, `l.watches = 0`, "watches end"),
	spins("histories", "internal/journal/log.go", `	l.seen, l.named`, `delay = 0`, "another history"),
	spins("foundings-in-no-namespace", "internal/journal/found.go", `		return l.list(patience)`, `return l.list(0)`, "namespace terminating"),
	spins("namespace-reads", "internal/journal/found.go", `	case e.Err != nil && l.stage == founding:
`, `l.foundings = 0`, "namespace unreadable"),
	spins("ledger-reads", "internal/journal/found.go", `	case e.Err != nil:
		l.trouble = e.Err
		return l.list(`, `l.foundings = 0`, "ledger unreadable"),
	spins("first-pages", "internal/journal/free.go", `			return l.list(l.foundings.next())`, `l.foundings = 0`, "no first page"),
	spins("free-pages", "internal/journal/free.go", `		l.creating = l.call()`, `l.creations = 0`, "no free page"),
	spins("emptyings", "internal/journal/free.go", `	l.emptying = l.call()`, `l.emptyings = 0`, "emptying"),
	spins("namings", "internal/journal/found.go", `		return []Effect{ReadLedger{Call: l.asking, Delay: l.namings.next()}}`, `l.namings = 0`, "ledger cannot be named"),
	spins("writes", "internal/journal/append.go", `		// It may still land. Sending`, `l.writes = 0`, "writes denied"),
	spins("rejected-terms", "internal/journal/append.go", `		l.attempt.rejected = nil`, `l.writes = 0`, "terms rejected"),
	spins("reads", "internal/journal/append.go", `		l.trouble = e.Err
		return l.look(`, `l.writes = 0`, "nothing readable"),
	spins("lost-places", "internal/journal/append.go", `		// The watch tells what has become of it`, `l.writes = 0`, "nothing served"),
	{
		name:  "no-pause-between-orderly-ends",
		fault: "a watch that ends in good order is opened again without a pause",
		patches: []patch{{
			file: "internal/journal/store_watch.go",
			old:  `time.Since(began) > longPause {`,
			new:  `time.Since(began) > longPause || MUTANT {`,
		}},
		caughtBy: alone("TestEndedWatchesAreNotSpunOn/in_good_order"),
	},
}

// spins is the mutant that tries something again without any pause, or with the first one
// for ever: before a line of the file it does what forgets the count.
func spins(what, file, line, forget, test string) mutant {
	forgets := "\nif MUTANT {\n" + forget + "\n}\n"
	patched := forgets + line
	if strings.Contains(line, "case ") || strings.HasSuffix(line, "\n") {
		head, rest, _ := strings.Cut(line, "\n")
		patched = head + forgets + rest
	}
	return mutant{
		name:     "no-pause-between-" + what,
		fault:    "what fails for long is tried again without a pause that grows: " + what,
		patches:  []patch{{file: file, old: line, new: patched}},
		caughtBy: alone("TestNothingSpins/" + strings.ReplaceAll(test, " ", "_")),
	}
}
