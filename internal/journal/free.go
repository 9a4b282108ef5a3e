package journal

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// nextPage chooses the free page on which the journal goes on, nil if none is known.
// Pages that were in use come first, those with the lowest numbers before others.
func (l *Log) nextPage(current Ref, head uint64) *Ref {
	if l.stage == restating {
		next := l.restate.spare.Ref
		return &next
	}
	pages := l.freePages(current, head)
	if len(pages) == 0 {
		return nil
	}
	return &pages[0].Ref
}

// freePages are the pages on which nothing counts, but for those where the journal goes on.
func (l *Log) freePages(current Ref, head uint64) []known {
	var pages []known
	for _, k := range l.pages {
		if l.free(k, head) && k.Ref != current && !l.goesOn(k.Ref) && k.Ref != l.tail.Ref {
			pages = append(pages, k)
		}
	}
	slices.SortFunc(pages, func(a, b known) int {
		if (a.number == 0) != (b.number == 0) {
			return cmp.Compare(b.number, a.number)
		}
		return cmp.Or(cmp.Compare(a.number, b.number), cmp.Compare(a.Name, b.Name))
	})
	return pages
}

// free tells whether the journal may go on upon a page. One of another journal, or made for
// a repair, has to be emptied first: whoever it was made by may be about to write to it.
func (l *Log) free(k known, head uint64) bool {
	return k.free(head) && !l.foreignPage(k)
}

// foreignPage tells whether a page is left of another journal, or of a repair that was not
// carried through.
func (l *Log) foreignPage(k known) bool {
	return k.number == 0 && forRepair(k.Name) || !k.holds(l.identity.Journal)
}

// leftOver returns a page of another journal that is in nobody's way once it is emptied.
func (l *Log) leftOver() (known, bool) {
	for _, name := range slices.Sorted(maps.Keys(l.pages)) {
		k := l.pages[name]
		if l.foreignPage(k) && max(k.number, 1) < l.tail.header.Head && !k.broken && !l.goesOn(k.Ref) {
			return k, true
		}
	}
	return known{}, false
}

// crowded tells whether the tail is as large as a page may be, and no free page is known.
func (l *Log) crowded() bool {
	if l.tail.header.Next != nil || len(l.freePages(l.tail.Ref, l.tail.header.Head)) > 0 {
		return false
	}
	return l.tail.stored >= l.config.MaxPage
}

// tend keeps one free page ready, and empties those of which there are too many.
func (l *Log) tend() []Effect {
	pages := l.freePages(l.tail.Ref, l.tail.header.Head)
	if len(pages) == 0 && l.creating == 0 {
		l.creating = l.call()
		return []Effect{Create{Call: l.creating, Name: l.unusedName(), Delay: l.creations.again()}}
	}
	if l.emptying != 0 {
		return nil
	}
	full := slices.DeleteFunc(pages, func(k known) bool { return k.number == 0 || k.emptied })
	k, ok := l.leftOver()
	switch {
	case ok:
	case len(full) > l.config.Spare:
		k = full[len(full)-1]
	default:
		return nil
	}
	l.tokens++
	l.emptying = l.call()
	return []Effect{Put{Call: l.emptying, Delay: l.emptyings.again(), Page: Page{
		Ref: k.Ref, Version: k.version, Number: max(k.number, 1), Emptied: true,
		Token: fmt.Sprintf("%s/%d", l.config.Process, l.tokens), Over: k.token,
	}}}
}

// created takes in a page that was made, if it was.
func (l *Log) created(e Created) []Effect {
	if e.Err != nil && (l.stage == founding || l.crowded()) { // else nothing waits for the page yet
		l.trouble = e.Err
	}
	if l.founded.creating == e.Call && e.Call != 0 {
		if e.Page == nil {
			return l.list(l.foundings.next())
		}
		return l.list(0)
	}
	if e.Call != l.creating {
		return nil
	}
	if l.stage == restating {
		return l.restateCreated(e)
	}
	l.creating = 0
	if e.Page == nil {
		return nil
	}
	// The watch may have brought this page, and its deletion, before.
	if _, ok := l.pages[e.Page.Name]; !ok && l.Following() && e.Page.Version > l.seen {
		l.note(e.Page)
	}
	return nil
}

// emptiedPage takes in what became of an emptying. What is not known the watch will tell.
func (l *Log) emptiedPage(e Wrote) []Effect {
	l.emptying = 0
	if e.Result == Stored {
		l.emptyings = 0
	}
	if e.Result == Stored && e.Page != nil && l.Following() {
		if k := l.pages[e.Page.Name]; k.UID == e.Page.UID && k.version < e.Page.Version {
			l.note(e.Page)
		}
	}
	return nil
}

// repairPrefix begins the names of the pages that are made for a repair. Nobody else takes
// them for free ones.
const repairPrefix = "repair-"

func forRepair(name string) bool { return strings.HasPrefix(name, repairPrefix) }

// unusedName is the first name for a page that no page has.
func (l *Log) unusedName() string {
	for k := 0; ; k++ {
		name := PageName(k)
		if l.stage == restating {
			name = fmt.Sprint(repairPrefix, k)
		}
		if _, ok := l.pages[name]; !ok {
			return name
		}
	}
}

// PageName is the name of the k-th page object.
func PageName(k int) string { return fmt.Sprintf("journal-%d", k) }
