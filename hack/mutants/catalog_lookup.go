package main

// ofLookup are the faults of what the bridge tells from the archive.
var ofLookup = []mutant{
	{
		name:  "archive-tells-other-namespaces",
		fault: "the archive tells what is of another namespace",
		patches: []patch{{
			file: "internal/archive/lookup/question.go",
			old:  `const columns = `,
			new: `func init() {
	if MUTANT {
		for _, s := range []*string{&statementByText, &statementByOrder, &statementByCart, &statementByBoth} {
			*s = strings.ReplaceAll(*s, "WHERE namespace = $1 AND epoch >=", "WHERE epoch >=")
		}
	}
}

const columns = `,
		}, {
			file: "internal/archive/lookup/question.go",
			old: `import (
	"fmt"
`,
			new: `import (
	"fmt"
	"strings"
`,
		}},
		caughtBy: by(unit(lookupPackage, "TestNotTold")),
	},
	{
		name:  "archive-tells-former-namespaces",
		fault: "the archive tells what is of a namespace that had the name before",
		patches: []patch{{
			file: "internal/archive/lookup/query.go",
			old:  `	case !is.archived:`,
			new:  `	case !is.archived && !MUTANT:`,
		}, {
			file: "internal/archive/store/restate.go",
			old:  `b.Begins.Reason == ReasonReplaced {`,
			new:  `b.Begins.Reason == ReasonReplaced && !MUTANT {`,
		}},
		caughtBy: by(unit(lookupPackage, "TestNotTold")),
	},
	{
		name:  "archive-of-another-schema",
		fault: "tables of another release are read as those of this one",
		patches: []patch{{
			file: "internal/archive/lookup/query.go",
			old:  `if err := schema.Fits(is.version); err != nil {`,
			new:  `if err := schema.Fits(is.version); err != nil && !MUTANT {`,
		}},
		caughtBy: by(unit(lookupPackage, "TestRefused")),
	},
	{
		name:  "archive-asked-by-everybody",
		fault: "a database that has just failed is asked by everybody who comes",
		patches: []patch{{
			file: "internal/archive/lookup/breaker.go",
			old:  `	case b.trying || now.Before(b.until):`,
			new:  `	case !MUTANT && (b.trying || now.Before(b.until)):`,
		}},
		caughtBy: by(unit(lookupPackage, "TestFrozen")),
	},
	{
		name:  "refusal-waits-for-archive",
		fault: "a command that is too old is refused only once the archive has answered",
		patches: []patch{{
			file: "webhook/archive.go",
			old:  `context.WithTimeout(ctx, outcomeWait)`,
			new:  `context.WithTimeout(ctx, outcomeWait*map[bool]time.Duration{false: 1, true: 100}[MUTANT])`,
		}},
		caughtBy: by(unit(bridgePackage, "TestArchiveFrozen")),
	},
	{
		name:  "archive-away-is-absence",
		fault: "that the archive cannot be asked is told as if there had never been such a reservation",
		patches: []patch{{
			file: "webhook/archive.go",
			old:  `	case err == nil:`,
			new:  `	case err == nil || MUTANT:`,
		}},
		caughtBy: by(unit(bridgePackage, "TestArchiveFrozen")),
	},
	{
		name:  "archive-behind-is-told",
		fault: "a hold that has ended is told as held, since the archive has not read its end",
		patches: []patch{{
			file: "webhook/archive.go",
			old:  `	case r != nil && !r.Phase.Ended():`,
			new:  `	case r != nil && !r.Phase.Ended() && !MUTANT:`,
		}},
		caughtBy: by(unit(bridgePackage, "TestArchiveBehind")),
	},
	{
		name:  "archive-behind-is-absence",
		fault: "what an archive has not read that is behind the journal's head is told to have never been",
		patches: []patch{{
			file: "internal/archive/lookup/query.go",
			old:  `uint64(max(0, is.page)) < in.Head:`,
			new:  `uint64(max(0, is.page)) < in.Head && !MUTANT:`,
		}},
		caughtBy: by(unit(lookupPackage, "TestBehind"), unit(bridgePackage, "TestArchiveMisses")),
	},
	{
		name:  "archive-of-former-journal",
		fault: "an archive that has not read the journal that a repair has made counts as one that has read all",
		patches: []patch{{
			file: "internal/archive/lookup/query.go",
			old:  `is.journal != in.Journal ||`,
			new:  `is.journal != in.Journal && !MUTANT ||`,
		}},
		caughtBy: by(unit(lookupPackage, "TestBehind/the_journal_was_replaced")),
	},
	{
		name:  "archive-behind-tells-older-names",
		fault: "an archive that is behind tells of an older object of the name that is asked for",
		patches: []patch{{
			file: "webhook/archive.go",
			old:  `!byName(r, text)):`,
			new:  `!byName(r, text) || MUTANT):`,
		}},
		caughtBy: by(unit(bridgePackage, "TestArchiveMissesNames")),
	},
	{
		name:  "archive-tells-twice",
		fault: "a reservation that the journal forgets while the archive is asked is listed twice",
		patches: []patch{{
			file: "webhook/archive.go",
			old:  `known || told[r.ID]`,
			new:  `known || told[r.ID] && !MUTANT`,
		}},
		caughtBy: by(unit(bridgePackage, "TestArchiveAskedMeanwhile")),
	},
	{
		name:  "refusal-tells-other-commands",
		fault: "a refusal tells what became of another command that had the id",
		patches: []patch{{
			file: "webhook/archive.go",
			old:  `|| !sameCart(r, wanted) {`,
			new:  `|| !sameCart(r, wanted) && !MUTANT {`,
		}},
		caughtBy: by(unit(bridgePackage, "TestArchiveTells")),
	},
}
