package main

const namespacesPackage = "./internal/namespaces"

// ofNamespaces are faults of taking namespaces up and giving them up.
var ofNamespaces = []mutant{
	{
		name:  "tokens-used-again",
		fault: "a namespace that is taken up again gives its writes the tokens of before",
		patches: []patch{{
			file: "internal/namespaces/member.go",
			old:  `	options.Config.Process = fmt.Sprintf("%s.%d", options.Config.Process, s.begun)`,
			new: `	if !MUTANT {
		options.Config.Process = fmt.Sprintf("%s.%d", options.Config.Process, s.begun)
	}`,
		}},
		caughtBy: by(unit(namespacesPackage, "TestTokensOfANamespaceTakenUpAgain")),
	},
	{
		name:  "labels-of-the-past",
		fault: "an older version of a Namespace, told late, says whether it is worked in",
		patches: []patch{{
			file: "internal/namespaces/set.go",
			old:  `if now.version < before.version || before.uid`,
			new:  `if now.version < before.version && !MUTANT || before.uid`,
		}},
		caughtBy: by(unit(namespacesPackage, "TestScopeChanges")),
	},
	{
		name:  "gone-and-read",
		fault: "a Namespace that goes while it is read past the caches is there for good",
		patches: []patch{{
			file: "internal/namespaces/set.go",
			old:  `if !s.gone.cover(`,
			new:  `if MUTANT || !s.gone.cover(`,
		}},
		caughtBy: by(unit(namespacesPackage, "TestGoneWhileItIsRead")),
	},
	{
		name:  "gone-and-seen",
		fault: "what is told late of a namespace that is gone has the next one of its name taken up",
		patches: []patch{{
			file: "internal/namespaces/set.go",
			old:  `s.gone.has(name, s.options.Runner.Now()) {`,
			new:  `s.gone.has(name, s.options.Runner.Now()) && !MUTANT {`,
		}},
		caughtBy: by(unit(namespacesPackage, "TestSeenAfterItIsGone")),
	},
	{
		name:  "gone-for-ever",
		fault: "namespaces that are gone are remembered for ever",
		patches: []patch{{
			file: "internal/namespaces/tombstone.go",
			old:  `return now.Sub(t.at) >= tombstoneFor`,
			new:  `return now.Sub(t.at) >= tombstoneFor && !MUTANT`,
		}},
		caughtBy: by(unit(namespacesPackage, "TestTombstonesAreForgotten")),
	},
	{
		name:  "opened-before-it-is-told",
		fault: "a namespace that a command has found is worked in before it is known what the Namespace says",
		patches: []patch{{
			file: "internal/namespaces/set.go",
			old:  `		o.SeeNamespace(namespace)`,
			new: `		if !MUTANT || s.members[name] != nil {
			o.SeeNamespace(namespace)
		}`,
		}},
		caughtBy: by(unit(namespacesPackage, "TestObserversKnowBefore")),
	},
}
