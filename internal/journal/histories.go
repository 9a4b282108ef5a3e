package journal

import (
	"cmp"
	"slices"
)

// history is what a list shows of one journal. Several are there after a repair: what is
// left of the one that was damaged, and of repairs that were not carried through.
type history struct {
	identity Identity
	// pages are those that hold a part of it, in the order of their numbers.
	pages []*Page
	// newest is the last of them that is sound, nil if none is.
	newest *Page
}

// historiesOf tells the journals of a list apart.
func historiesOf(written []*Page) []*history {
	var all []*history
	for _, p := range written {
		if p.Header.Journal == (Identity{}) {
			continue // it cannot be read
		}
		h := historyOf(all, p.Header.Journal)
		if h == nil {
			h = &history{identity: p.Header.Journal}
			all = append(all, h)
		}
		h.pages = append(h.pages, p)
		if p.check() == "" {
			h.newest = p
		}
	}
	return all
}

func historyOf(all []*history, identity Identity) *history {
	at := slices.IndexFunc(all, func(h *history) bool { return h.identity == identity })
	if at < 0 {
		return nil
	}
	return all[at]
}

// living tells whether a journal can go on: nothing stands behind its newest sound page,
// and the place is there that this page names.
func (l *Log) living(h *history) bool {
	last := h.pages[len(h.pages)-1]
	return h.newest == last && l.missing(last) == ""
}

// choose returns the journal to follow, nil if none can go on. In this order it takes:
//
//  1. one in which somebody has decided: the StockLedger has named it, and the journal that it
//     replaces cannot go on anywhere;
//  2. the one that the StockLedger names;
//  3. if this process is elected and knows no journal yet, a complete one that replaces the one
//     that the StockLedger names. This process will have the StockLedger name it.
//
// A process that knows the damaged journal keeps to it until the StockLedger names another one,
// since the pages of the replacement may still be deleted.
func (l *Log) choose(all []*history) *history {
	var sure, named, unnamed *history
	for _, h := range all {
		if !l.living(h) || !h.newest.Header.complete() {
			continue
		}
		switch header := &h.newest.Header; {
		case header.sure():
			sure = newer(sure, h)
		case h.identity == l.named:
			named = h
		case l.elected && l.identity == Identity{} && l.named.Journal != "" && header.replaces() == l.named.Journal:
			unnamed = newer(unnamed, h)
		}
	}
	return cmp.Or(sure, named, unnamed)
}

func newer(a, b *history) *history {
	if a != nil && a.newest.Number > b.newest.Number {
		return a
	}
	return b
}

// succeeds tells whether a journal has taken the place of the one that is known.
func (l *Log) succeeds(h *history) bool {
	return h.identity == l.named || h.newest.Header.replaces() == l.identity.Journal
}
