package main

// plugged makes a mutant of one patch of the kubectl plugin.
func plugged(name, fault, file, old, replacement string, caughtBy ...string) mutant {
	return mutant{
		name: name, fault: fault, caughtBy: unit("./internal/plugin", caughtBy...),
		patches: []patch{{file: "internal/plugin/" + file, old: old, new: replacement}},
	}
}

// ofPlugin are the faults of the kubectl plugin: what somebody else wrote is lost, units are
// counted twice or sold twice, a broken file is imported by half, what is missing is not said.
var ofPlugin = []mutant{
	plugged("plugin-overwrites-a-delivery", "received is written over whatever somebody else has written meanwhile",
		"cluster/item.go", `{"test", "/metadata/uid", item.UID}, {"test", "/spec/received", item.Spec.Received}}`,
		`{"test", "/metadata/uid", item.UID}, {"test", "/spec/received", item.Spec.Received}}
	if MUTANT {
		patch = patch[:1]
	}`, "TestCountBesideOthers"),
	plugged("plugin-moves-promised-units", "units that carts have reserved meanwhile are moved all the same",
		"move.go", `if shown.Status.Shortfall > shortBefore {`, `if shown.Status.Shortfall > shortBefore && !MUTANT {`, "TestMoveBesideCarts"),
	plugged("plugin-loses-moved-units", "units that could not be moved are not put back",
		"move.go", `		return w.putBack(reach, from, units, fmt.Errorf(`, `		if MUTANT {
			return err
		}
		return w.putBack(reach, from, units, fmt.Errorf(`, "TestMoveIsTakenBack"),
	plugged("plugin-imports-half", "a file is written though a row of it makes no sense",
		"import.go", `	if wrong > 0 {
		return errors.Join(i.report(steps), &codedError`, `	if wrong > 0 && !MUTANT {
		return errors.Join(i.report(steps), &codedError`, "TestBrokenSheets"),
	plugged("plugin-imports-unchecked", "a file is written before the API server has checked all of it",
		"import.go", `	if wrong == 0 {
		wrong, err = i.perform(`, `	if wrong == 0 && !MUTANT {
		wrong, err = i.perform(`, "TestBrokenSheets"),
	plugged("plugin-counts-a-sheet-twice", "a sheet that was imported counts again what was shipped since",
		"import_plan.go", `item.Annotations[countedAnnotation] == p.digest; !done {`, `item.Annotations[countedAnnotation] == p.digest && !MUTANT; !done {`,
		"TestImportIsCompleted"),
	plugged("plugin-takes-a-delivery-back", "an old sheet writes over what was changed since",
		"import_plan.go", `*s.Generation != item.Generation:`, `*s.Generation != item.Generation && !MUTANT:`, "TestRoundTrip"),
	plugged("plugin-hides-what-is-missing", "whoever may not read the journal is not told that carts are missing",
		"holders.go", `	if unread != nil {
		list.Complete = false`, `	if unread != nil && !MUTANT {
		list.Complete = false`, "TestRightsToLook"),
	plugged("plugin-shows-objects-alone", "carts that no object shows hold nothing",
		"cluster/carts.go", `	if unread == nil {
		carts = append(carts, unshown`, `	if unread == nil && !MUTANT {
		carts = append(carts, unshown`, "TestLook/holders"),
	plugged("plugin-tells-an-old-outcome", "what a cart was before the command counts as its outcome",
		"outcome.go", `return now.UID != r.UID || now.Status.ObservedGeneration >= r.Generation && done(now)`,
		`return now.UID != r.UID || (MUTANT || now.Status.ObservedGeneration >= r.Generation) && done(now)`, "TestPartsOfNobody"),
}
