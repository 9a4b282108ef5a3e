package auditor

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/acme/inventory-service/internal/ledger"
)

// Kind is what is wrong, the worst first.
type Kind int

const (
	// Oversold says that more units are held and consumed than were received, and the
	// StockItem does not say so.
	Oversold Kind = iota
	// Uncounted says that a Reservation shows units as consumed that no tally counts.
	Uncounted
	// Malformed says that a Reservation contradicts itself.
	Malformed
	// Memory says that what the operator works with is not what is stored.
	Memory
	// Tally says that the sums of a StockTally are not those of its entries.
	Tally
	// Item says that a StockItem shows wrong figures.
	Item
	// Totals says that a StockLedger shows wrong totals.
	Totals
)

var kindNames = []string{"oversold", "uncounted", "malformed", "memory", "tally", "item", "totals"}

// String names a kind for metrics and logs.
func (k Kind) String() string { return kindNames[k] }

// Kinds are all kinds there are.
func Kinds() []Kind { return []Kind{Oversold, Uncounted, Malformed, Memory, Tally, Item, Totals} }

// Difference is one figure that is not what it should be.
type Difference struct {
	Kind Kind
	// Object names the object and its kind, Figure what is wrong about it.
	Object, Figure  string
	Expected, Found int64
	// Moving says that something is on its way that may change it.
	Moving bool

	// name is the object's, key the product and location where there is one.
	name string
	key  ledger.Key
	// basis stands for the versions of all objects that were compared.
	basis uint64
}

// String tells a person.
func (d Difference) String() string {
	return fmt.Sprintf("%s: %s is %d, expected %d", d.Object, d.Figure, d.Found, d.Expected)
}

// Confirm returns those of the differences of a look that the look before it
// found as well, over the same versions, with nothing on its way at either time.
// unsettled is the number of the others.
func Confirm(before, now []Difference) (confirmed []Difference, unsettled int) {
	seen := make(map[Difference]struct{}, len(before))
	for _, d := range before {
		seen[d] = struct{}{}
	}
	for _, d := range now {
		if _, again := seen[d]; again && !d.Moving {
			confirmed = append(confirmed, d)
		} else {
			unsettled++
		}
	}
	return confirmed, unsettled
}

// sorted puts the worst first: by kind, then by how far it is off.
func sorted(differences []Difference) []Difference {
	slices.SortFunc(differences, func(a, b Difference) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(b.distance(), a.distance()),
			strings.Compare(a.Object, b.Object), strings.Compare(a.Figure, b.Figure))
	})
	return differences
}

func (d Difference) distance() int64 {
	if d.Found > d.Expected {
		return d.Found - d.Expected
	}
	return d.Expected - d.Found
}

// summaryBytes bounds what a condition or a log line says.
const summaryBytes = 1024

// Summary names the worst of the differences, which are sorted, in at most 1 KiB.
func Summary(differences []Difference) string {
	var b strings.Builder
	for i, d := range differences {
		text := d.String()
		more := fmt.Sprintf(" (and %d more)", len(differences)-i)
		if b.Len()+len("; ")+len(text)+len(more) > summaryBytes {
			b.WriteString(more)
			break
		}
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString(text)
	}
	return b.String()
}
