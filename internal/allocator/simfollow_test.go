package allocator_test

import (
	"strings"

	"github.com/google/go-cmp/cmp"

	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/stock"
)

// followed compares a process that is at the journal's end with one that has read all
// from a list, and both with the books.
func (w *world) followed(p *process) {
	if w.failure != "" || !p.replica.Log().Following() || !w.atEnd(p) || w.disaster.happened != w.disaster.mended {
		return
	}
	w.reach.Compared++
	if reader := w.reader(); p.stock().Fingerprint() != reader.fingerprint {
		w.failf("%s has another State than the journal says (-journal +%s):\n%s", p.name, p.name,
			cmp.Diff(dumpLines(reader.replica.Stock()), dumpLines(p.stock())))
		return
	}
	w.books.agrees(p)
}

// atEnd tells whether a process has all: the records, and the marks, which a write may
// have changed alone.
func (w *world) atEnd(p *process) bool {
	at, tail := p.replica.Log().Position(), w.books.tail
	return tail != nil && at.Page == tail.Number && at.Index == len(tail.Records) && p.stock().Marks() == w.books.marks
}

// reader is a replica that has just read the journal.
type reader struct {
	replica     *allocator.Allocator
	fingerprint string
	version     uint64
}

func (w *world) reader() *reader {
	if r := w.read; r != nil && r.version == w.server.Version {
		return r
	}
	config := w.config
	config.Process = "reader"
	r := allocator.New(config, w.policy)
	for _, effect := range r.Start() {
		if perform, ok := effect.(allocator.Perform); ok {
			r.Step(w.now, allocator.Journal{Event: w.server.Serve(perform.Effect.(journal.List))})
		}
	}
	w.read = &reader{r, r.Stock().Fingerprint(), w.server.Version}
	return w.read
}

func dumpLines(s *stock.State) []string {
	var text strings.Builder
	if err := s.Dump(&text); err != nil {
		panic(err)
	}
	return strings.Split(text.String(), "\n")
}

// agrees judges what a State says that is at the journal's end.
func (b *books) agrees(p *process) {
	s := p.stock()
	remembered := 0
	for id, c := range b.carts {
		r, ok := s.Reservation(id)
		if ok {
			remembered++
		}
		if !ok {
			r = nil
		}
		if textOf(c.now) != textOf(r) {
			b.failf("%s knows %s as %+v, not %+v", p.name, id, r, c.now)
		}
	}
	if s.Remembered() != remembered {
		b.failf("%s remembers %d carts, %d are known", p.name, s.Remembered(), remembered)
	}
	for _, product := range products {
		var reserved int64
		for _, key := range b.places(product) {
			k := b.keys[key]
			if k == nil {
				continue
			}
			reserved += k.held
			if got := s.Consumed(key); got != k.consumed {
				b.failf("%s says that %d of %v were shipped, not %d", p.name, got, key, k.consumed)
			}
		}
		available, held, _ := s.Level(product)
		if available != b.available(product) || held != reserved {
			b.failf("%s says that of %s there are %d to sell and %d held, not %d and %d", p.name, product, available, held, b.available(product), reserved)
		}
	}
	for name, r := range b.readers {
		if position, _ := s.Reader(name); position != r.position {
			b.failf("%s says that %s is at %q, not %q", p.name, name, position, r.position)
		}
	}
}
