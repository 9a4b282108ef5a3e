package main

const forwardPackage = "./internal/forward"

// ofForwarding are the faults of how a command comes to the process that leads.
var ofForwarding = []mutant{
	{
		name:  "any-key-accepted",
		fault: "a command is sent to whoever has the leader's address",
		patches: []patch{{
			file: "internal/forward/key.go",
			old:  `[]byte(hash)) != 1 {`,
			new:  `[]byte(hash)) != 1 && !MUTANT {`,
		}},
		caughtBy: by(unit(forwardPackage, "TestWrongKey"), unit(bridgePackage, "TestForwardedToAnotherKey")),
	},
	{
		name:  "connections-outlive-leader",
		fault: "a leader is reached over connections to the one before it at its address",
		patches: []patch{{
			file: "internal/forward/client.go",
			old:  `return l.to.URL == to.URL && l.to.Key == to.Key }`,
			new:  `return l.to.URL == to.URL && (l.to.Key == to.Key || MUTANT) }`,
		}},
		caughtBy: by(unit(forwardPackage, "TestWrongKey")),
	},
	{
		name:  "forwarded-again",
		fault: "what was forwarded is forwarded again",
		patches: []patch{{
			file: "webhook/forward.go",
			old:  `case x.received:`,
			new:  `case x.received && !MUTANT:`,
		}},
		caughtBy: by(unit(bridgePackage, "TestOneHop")),
	},
	{
		name:  "id-of-any-caller",
		fault: "a caller of the bridge names the id of a command",
		patches: []patch{{
			file: "webhook/identity.go",
			old:  `x.received && named != "" {`,
			new:  `(x.received || MUTANT) && named != "" {`,
		}},
		caughtBy: by(unit(bridgePackage, "TestGivenID")),
	},
	{
		name:  "id-made-anew",
		fault: "a command gets another id each time that it is forwarded",
		patches: []patch{{
			file: "webhook/identity.go",
			old:  `if x.given != "" {`,
			new:  `if x.given != "" && !MUTANT {`,
		}},
		caughtBy: by(unit(bridgePackage, "TestForwardedAnswerLost")),
	},
	{
		name:  "dead-reign-awaited",
		fault: "a leader that hangs is waited for though another one leads",
		patches: []patch{{
			file: "webhook/forward.go",
			old:  `context.AfterFunc(term, cancel)()`,
			new:  `context.AfterFunc(term, func() { _ = MUTANT || cancelled(cancel) })()`,
		}, {
			file: "webhook/forward.go",
			old:  `func earlier(`,
			new:  "func cancelled(cancel func()) bool { cancel(); return true }\n\nfunc earlier(",
		}},
		caughtBy: by(unit(bridgePackage, "TestForwardedHangs")),
	},
	{
		name:  "deposed-keeps-callers",
		fault: "who waits at a process that is deposed waits on",
		patches: []patch{{
			file: "internal/allocator/allocator.go",
			old:  `if !a.log.Elected() {`,
			new:  `if !a.log.Elected() && !MUTANT {`,
		}},
		caughtBy: by(alone("TestDeposedSendsAway")),
	},
}
