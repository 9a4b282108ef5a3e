package main

// restoring makes a mutant of one patch of how a restore is decided.
func restoring(name, fault, old, replacement string, caughtBy ...string) mutant {
	return mutant{
		name: name, fault: fault, caughtBy: unit("./internal/stock", caughtBy...),
		patches: []patch{{file: "internal/stock/restore.go", old: old, new: replacement}},
	}
}

// ofRestore are the faults of taking in what another journal knew: something is sold before it is
// here, or with a half of it, or what was shipped here is forgotten.
var ofRestore = []mutant{
	restoring("restore-sells-early", "carts are decided though a restore is awaited",
		`awaited := stage == RestoreAwaited`, `awaited := stage == RestoreAwaited && !MUTANT`, "TestRestore"),
	restoring("restore-sells-by-half", "carts are decided between two batches of a restore",
		`halfHere := stage == RestoreBegun`, `halfHere := stage == RestoreBegun && !MUTANT`, "TestRestoreInSeveralBatches"),
	restoring("restore-tells-unknown", "a release of a hold that is not restored yet is told that there is none",
		`case Reserve, Release, Consume, Extend, Attach, Expire:
		return true`, `case Reserve:
		return true
	case Release, Consume, Extend, Attach, Expire:
		return !MUTANT`, "TestRestore"),
	restoring("restore-over-shipments", "a restore is taken in over what was shipped here",
		`if l.consumed > 0 {
			all = append`, `if l.consumed > 0 && !MUTANT {
			all = append`, "TestRestoreRefused"),
	restoring("restore-over-a-hold", "a restore is taken in though a hold stands otherwise here",
		`if known && !there.Phase.Ended() && !alike(here, there) {`, `if known && !there.Phase.Ended() && !alike(here, there) && !MUTANT {`, "TestRestoreRefused"),
	restoring("restore-twice", "a file that is restored again is compared again",
		`case known.Stage == RestoreDone && same:`, `case known.Stage == RestoreDone && same && !MUTANT:`, "TestRestore"),
	restoring("restore-forgets-the-mark", "commands that the other journal has forgotten are decided again",
		`d.batch.Marks.Forgotten = max(d.batch.Marks.Forgotten, r.Forgotten)`, `if !MUTANT {
			d.batch.Marks.Forgotten = max(d.batch.Marks.Forgotten, r.Forgotten)
		}`, "TestRestore"),
	restoring("restore-drops-outcomes", "an outcome that nobody has heard of is not delivered after the restore",
		`r.Number = d.batch.Marks.Outcomes + 1`, `r.Number = d.batch.Marks.Outcomes + 1
		if MUTANT {
			r.Number = 0
		}`, "TestRestoreOfUndelivered"),
	restoring("restore-holds-twice", "an object that Git makes again gets a hold beside its own",
		`if r.Object.UID == "" && r.Command.ID == ""`, `if !MUTANT && r.Object.UID == "" && r.Command.ID == ""`, "TestRestoreOfAnObject"),
	{
		name: "restore-takes-edited-parts", fault: "ConfigMaps that were edited are taken in", caughtBy: unit("./internal/restore", "TestFile"),
		patches: []patch{{file: "internal/restore/file.go", old: `if f.Digest != f.digest() {
		return nil, ErrChanged`, new: `if f.Digest != f.digest() && !MUTANT {
		return nil, ErrChanged`}},
	},
}
