package allocator

import (
	"reflect"
	"strings"
	"testing"

	"github.com/acme/inventory-service/internal/journal"
)

// printed are the fields that Clone copies and a fingerprint has, or for which it is said
// why it need not: waits and what only sets them, counters of what is new, what the
// configuration gives, and the gate of a term, the tracking of changes and the wait for
// those who were answered, which are off in the model (TestCartsWaitForStockItems has the gate).
var printed = map[string]string{
	"Allocator": "log stock policy leader queue parked gated stocked unstocked track batch gathering claiming most suspect blockedUntil waking terms left unreadable",
	"ask":       "call request answer term left",
	"suspect":   "ask err",
	"Log": "config elected stage identity pages tail seen through attempt founded ledger damage witness gone named namespace renaming " +
		"remains confirmed repair repairAt restate condemned trouble rejectedLast unreadable calls listing creating emptying fencing asking wake tokens losses " +
		"lists watches foundings writes otherHistories creations emptyings namings now claimAt appendAt wakeAt",
	"known":   "Ref version number emptied broken digest token journal",
	"tail":    "Ref number header records end stored",
	"attempt": "place probe claim page call rejected",
	"founded": "creating listing page namespace ledger awaits named",
	"ledger":  "version prove proving news",
	"Damage":  "Reason Journal Position Proven Copied",
	"Repair":  "Journal Position AcceptLoss",
	"restate": "old accept listing place spare first tail pages landed complete",
	"Origin":  "Replaces Complete Named",
	"Page":    "Ref Version Number Emptied Header Records Blob Token Over Broken",
	"Header":  "Journal Format Leader Head First Before Digest Next Origin Marks",
}

// TestModelKnowsEveryField fails where a field was added of which Clone, Dump or the
// fingerprint may not know: the search would then take two worlds for one.
func TestModelKnowsEveryField(t *testing.T) {
	seen := map[string]bool{}
	var walk func(kind reflect.Type)
	walk = func(kind reflect.Type) {
		switch kind.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Array:
			walk(kind.Elem())
			return
		case reflect.Map:
			walk(kind.Elem())
			return
		case reflect.Struct:
		default:
			return
		}
		want, ok := printed[kind.Name()]
		if !ok || seen[kind.Name()] || !strings.Contains(kind.PkgPath(), "inventory-service") {
			return
		}
		seen[kind.Name()] = true
		var names []string
		for i := range kind.NumField() {
			names = append(names, kind.Field(i).Name)
			walk(kind.Field(i).Type)
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("%s has the fields\n%s\nbut the model check knows\n%s\nsee to Clone, Dump and the fingerprint first", kind.Name(), got, want)
		}
	}
	walk(reflect.TypeFor[Allocator]())
	walk(reflect.TypeFor[journal.Log]())
	if len(seen) != len(printed) {
		t.Errorf("%d of %d types are there", len(seen), len(printed))
	}
}
