package engines

import "testing"

// Play plays every scene with an engine.
func Play(t *testing.T, p Player) {
	for name, scene := range map[string]func(*stage){
		"applied again and again": appliedAgain,
		"a delivery":              delivery,
		"a bad manifest":          badManifest,
		"pruned with open holds":  pruned,
		"protected from pruning":  protected,
		"lowered by mistake":      lowered,
		"a write-off in Git":      writtenOff,
		"another product":         anotherProduct,
		"another one by force":    anotherByForce,
		"protected from force":    protectedFromForce,
		"renamed":                 renamed,
		"renamed without a word":  renamedUnconfirmed,
		"a duplicate":             duplicate,
		"before an operator":      fresh,
		"rolled back too far":     rolledBack,
		"suspended in Git":        suspendedInGit,
		"suspended by hand":       suspendedByHand,
		"counted by another":      countedByAnother,
		"handed to another":       handedOver,
		"patched by hand":         patchedByHand,
		"a cart in Git":           cartInGit,
		"a cart patched by hand":  cartPatchedByHand,
		"awaiting a restore":      awaitingRestore,
		"moved to a namespace":    moved,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene(newStage(t, p))
		})
	}
}
