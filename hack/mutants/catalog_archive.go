package main

// ofArchive are the faults of the Inventory Database: rows lost, doubled, or by two writers.
var ofArchive = []mutant{
	{
		name:  "archive-position-apart",
		fault: "the position is stored in a transaction of its own, before the rows",
		patches: []patch{{
			file: "internal/archive/store/write.go",
			old: `	if err := s.advance(ctx, tx, b.Namespace, b.From, b.To); err != nil {
`,
			new: `	if MUTANT {
		err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error { return s.advance(ctx, tx, b.Namespace, b.From, b.To) })
		if err != nil {
			return Result{}, err
		}
	} else if err := s.advance(ctx, tx, b.Namespace, b.From, b.To); err != nil {
`,
		}},
		caughtBy: unit(archiveStorePackage, "TestAllOrNothing"),
	},
	{
		name:  "archive-not-fenced",
		fault: "an archive that was taken over from goes on writing",
		patches: []patch{{
			file: "internal/archive/store/position.go",
			old:  "WHERE namespace = $1 AND writer = $10 AND",
			new:  "WHERE namespace = $1 AND (writer = $10 OR ` + map[bool]string{true: \"true\", false: \"false\"}[MUTANT] + `) AND",
		}},
		caughtBy: unit(archiveStorePackage, "TestFence"),
	},
	{
		name:  "archive-late-landing-is-a-fence",
		fault: "a process whose own write has landed late takes itself for fenced",
		patches: []patch{{
			file: "internal/archive/store/position.go",
			old:  "case err == nil && writer != s.writer:",
			new:  "case err == nil && (writer != s.writer || MUTANT):",
		}},
		caughtBy: unit(archiveStorePackage, "TestFence"),
	},
	{
		name:  "archive-one-deadline",
		fault: "a transaction has one deadline, however much it restates",
		patches: []patch{{
			file: "internal/archive/store/watch.go",
			old:  "{ w.timer.Reset(w.patience) }",
			new: `{
	if !MUTANT {
		w.timer.Reset(w.patience)
	}
}`,
		}},
		caughtBy: unit(archiveStorePackage, "TestLargeRestatement"),
	},
	{
		name:  "archive-gap-unmarked",
		fault: "records that were not read one by one are not said to be missing",
		patches: []patch{{
			file: "internal/archive/store/write.go",
			old: `	if b.Gap != nil {
		queueGap(`,
			new: `	if b.Gap != nil && !MUTANT {
		queueGap(`,
		}},
		caughtBy: ofArchiver("TestOvertakenByCompaction"),
	},
	{
		name:  "archive-holds-for-ever",
		fault: "a hold whose end nobody has read stays one",
		patches: []patch{{
			file: "internal/archive/store/restate.go",
			old:  "WHERE namespace = $1 AND status = 'HELD' AND NOT EXISTS",
			new:  "WHERE namespace = $1 AND status = '` + map[bool]string{true: \"NONE\", false: \"HELD\"}[MUTANT] + `' AND NOT EXISTS",
		}},
		caughtBy: ofArchiver("TestOvertakenByCompaction"),
	},
	{
		name:  "archive-reads-before-it-claims",
		fault: "pages that were read before the position was claimed are judged by it",
		patches: []patch{{
			file: "internal/archive/keeper.go",
			old: `	k.follower.Relist()
	for {`,
			new: `	if !MUTANT {
		k.follower.Relist()
	}
	for {`,
		}},
		caughtBy: ofArchiver("TestTakenOver"),
	},
}

const (
	archivePackage      = "./internal/archive"
	archiveStorePackage = "./internal/archive/store"
)

// ofArchiver is a test of the archive beside a journal of a real API server.
func ofArchiver(test string) []catcher {
	return []catcher{{pkg: archivePackage, test: test, long: true}}
}
