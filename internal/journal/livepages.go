package journal

import (
	"cmp"
	"slices"
)

// LivePages returns the pages that count, in the order of the journal, and what is wrong
// with them, empty if nothing is. Where something is, it returns what can be read. It is
// for those who only read: Log judges the same pages more strictly.
func LivePages(pages []Page) (counting []*Page, problem string) {
	written := writtenPages(pages)
	for len(written) > 0 && (written[len(written)-1].check() != "" || unknownFormat(written[len(written)-1])) {
		newest := written[len(written)-1]
		problem = "page " + newest.Name + " cannot be read: " + newest.check()
		if unknownFormat(newest) {
			problem = "page " + newest.Name + " is of a later release"
		}
		written = written[:len(written)-1]
	}
	if len(written) == 0 {
		return nil, problem
	}
	if _, hole := continuous(written); hole != "" {
		problem = hole
	}
	head := written[len(written)-1].Header.Head
	for _, p := range written {
		if p.Number >= head && p.check() == "" {
			counting = append(counting, p)
		}
	}
	return counting, problem
}

// writtenPages are those that hold a part of a journal, or may have, by their numbers.
func writtenPages(pages []Page) []*Page {
	var written []*Page
	for i := range pages {
		if p := &pages[i]; p.Written() || p.Broken != "" {
			written = append(written, p)
		}
	}
	slices.SortFunc(written, func(a, b *Page) int {
		return cmp.Or(cmp.Compare(a.Number, b.Number), cmp.Compare(a.Name, b.Name))
	})
	return written
}
