package auditor

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/acme/inventory-service/internal/stock"
)

// read takes in how far somebody has read.
func (b *Book) read(r *stock.ReaderRecord) {
	if name, is := r.WantsPages(); is {
		b.judgeReader(name, r)
	}
	if r.Position == "" {
		delete(b.readers, r.Name)
		return
	}
	b.readers[r.Name] = reader{r.Position, b.at.page}
}

// judgeReader finds a reader that goes back, or is on a page that the journal has not come to: then
// what it has not read could be dropped, or be kept for nothing.
func (b *Book) judgeReader(name string, r *stock.ReaderRecord) {
	if r.Position == "" {
		return
	}
	object := "reader " + name
	page, err := strconv.ParseUint(r.Position, 10, 64)
	if err != nil || page > b.at.page {
		b.contradict(KindJournal, object, "page that it has come to", fmt.Sprintf("%d at most", b.at.page), r.Position)
		return
	}
	known, is := b.readers[r.Name]
	switch before, _ := strconv.ParseUint(known.position, 10, 64); {
	case !is:
	case r.At == 0 && page != before:
		b.contradict(KindJournal, object, "page that it has come to, restated", known.position, r.Position)
	case r.At != 0 && page <= before:
		b.contradict(KindJournal, object, "page that it has come to", fmt.Sprintf("more than %d", before), r.Position)
	}
	others := 0
	for other := range b.readers {
		if _, pages := (&stock.ReaderRecord{Name: other}).WantsPages(); pages && other != r.Name {
			others++
		}
	}
	if others >= stock.MaxPageReaders {
		b.contradict(KindJournal, object, "readers beside it", fmt.Sprintf("%d at most", stock.MaxPageReaders-1), fmt.Sprint(others))
	}
}

// pageReaders are those who want every record, and which pages they have come to.
func (b *Book) pageReaders() string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(b.readers)) {
		if own, is := (&stock.ReaderRecord{Name: name}).WantsPages(); is {
			all = append(all, own+" at "+b.readers[name].position)
		}
	}
	return strings.Join(all, ", ")
}

// pageReadersOf is what State knows of the same.
func pageReadersOf(s *stock.State) string {
	var all []string
	for _, r := range s.PageReaders() {
		all = append(all, fmt.Sprint(r.Name, " at ", r.Page))
	}
	return strings.Join(all, ", ")
}
