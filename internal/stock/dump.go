package stock

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"slices"
)

// Dump writes all of State that matters as text: two States are equal if and only if
// their dumps are.
func (s *State) Dump(w io.Writer) error {
	d := &dumper{w: w}
	d.line("head %d marks %+v encoded %d stored %d", s.head, s.marks, s.encoded, s.stored)
	for _, p := range s.pages {
		d.line("page %d records %d encoded %d stored %d", p.number, p.records, p.encoded, p.stored)
	}
	d.carts(s)
	for _, uid := range slices.Sorted(maps.Keys(s.items)) {
		i := s.items[uid]
		d.line("item %d %+v", i.home.number, i.Item)
	}
	d.stocks(s)
	for _, name := range slices.Sorted(maps.Keys(s.readers)) {
		r := s.readers[name]
		d.line("reader %d %q %q", r.home.number, r.name, r.position)
	}
	if r := s.restore; r != nil {
		d.line("restore %d %d %q %q", r.home.number, r.Stage, r.Digest, r.From)
	}
	for r := range s.Unpublished() {
		d.line("unpublished %d %q", r.Number, r.ID)
	}
	return d.err
}

// Fingerprint is short and the same for equal States only.
func (s *State) Fingerprint() string {
	hash := sha256.New()
	_ = s.Dump(hash) // a hash takes all that is written to it
	return hex.EncodeToString(hash.Sum(nil))
}

// dumper writes lines until one fails.
type dumper struct {
	w   io.Writer
	err error
}

func (d *dumper) line(format string, values ...any) {
	if d.err == nil {
		_, d.err = fmt.Fprintf(d.w, format+"\n", values...)
	}
}

func (d *dumper) carts(s *State) {
	carts := make([]*cart, 0, s.Remembered())
	reservations := map[*cart]*Reservation{}
	for c := range s.carts() {
		carts = append(carts, c)
		reservations[c] = c.reservation()
	}
	slices.SortFunc(carts, func(a, b *cart) int { return cmp.Compare(reservations[a].ID, reservations[b].ID) })
	for _, c := range carts {
		d.line("cart %d %+v", c.home.number, *reservations[c])
	}
	d.line("objects show %d commands", s.shownCommands)
	for _, name := range slices.Sorted(maps.Keys(s.objects)) {
		id, _ := s.FindObject(name)
		d.line("object %q shows %q, one of %d", name, id, len(s.objects[name]))
	}
}

func (d *dumper) stocks(s *State) {
	for _, product := range slices.Sorted(maps.Keys(s.products)) {
		for _, l := range s.products[product] {
			home := "-"
			if l.home != nil {
				home = fmt.Sprint(l.home.number)
			}
			d.line("stock %q %q total home %s consumed %d reserved %d items %q", l.key.Product, l.key.Location, home, l.consumed, l.reserved, s.ItemNames(l.key))
		}
	}
}
