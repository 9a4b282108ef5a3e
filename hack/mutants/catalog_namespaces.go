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
