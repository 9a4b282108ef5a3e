package auditor

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Kind is what is wrong, the worst first.
type Kind int

const (
	// KindOversold says that more units are promised than there were to sell, or that a
	// shortfall is not shown.
	KindOversold Kind = iota
	// KindDecision says that the journal contradicts itself about a reservation.
	KindDecision
	// KindJournal says that pages are missing or edited, or contradict themselves otherwise.
	KindJournal
	// KindMemory says that what the operator works with is not what the journal says.
	KindMemory
	// KindItem says that a StockItem does not show what the journal says.
	KindItem
	// KindReservation says the same of a Reservation.
	KindReservation
)

var kindNames = []string{"oversold", "decision", "journal", "memory", "item", "reservation"}

// String names a kind for metrics and logs.
func (k Kind) String() string { return kindNames[k] }

// Kinds are all kinds there are.
func Kinds() []Kind {
	return []Kind{KindOversold, KindDecision, KindJournal, KindMemory, KindItem, KindReservation}
}

// Difference is one figure that is not what it should be.
type Difference struct {
	Kind Kind
	// Object names the object and its kind, Figure what is wrong about it.
	Object, Figure  string
	Expected, Found string
}

// String tells a person.
func (d Difference) String() string {
	return fmt.Sprintf("%s: %s is %s, expected %s", d.Object, d.Figure, d.Found, d.Expected)
}

// sorted puts the worst first.
func sorted(differences []Difference) []Difference {
	slices.SortFunc(differences, func(a, b Difference) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), strings.Compare(a.Object, b.Object), strings.Compare(a.Figure, b.Figure))
	})
	return differences
}

// summaryBytes bounds what a condition or a log line says.
const summaryBytes = 1024

// Summary names the worst of the differences, which are sorted, in at most 1 KiB.
func Summary(differences []Difference) string {
	var b strings.Builder
	for i, d := range differences {
		text := fmt.Sprintf("%.300s", d.String())
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

// comparison collects the figures of one object that are not what they should be.
type comparison struct {
	kind   Kind
	object string
	found  []Difference
}

// figure compares one figure.
func figure[T comparable](c *comparison, name string, expected, found T) {
	if expected != found {
		c.found = append(c.found, Difference{
			Kind: c.kind, Object: c.object, Figure: name, Expected: text(expected), Found: text(found),
		})
	}
}

func text(value any) string {
	switch v := value.(type) {
	case string:
		if v == "" {
			return "empty"
		}
		return v
	default:
		return fmt.Sprint(v)
	}
}
