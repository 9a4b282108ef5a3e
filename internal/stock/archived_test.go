package stock_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/acme/inventory-service/internal/archive/project"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/stock"
)

// cart names a reservation: an id that was forgotten can be decided again, where nobody else gave it.
type cart struct {
	id stock.ID
	at stock.Time
}

// tables are a database that takes rows as package project makes them.
type tables struct {
	t            *testing.T
	reservations map[cart]project.Reservation
	newest       map[stock.ID]cart
	items        map[stock.ID]project.Item
	locations    map[stock.Key]project.Location
	products     map[stock.ID]project.Product
	movements    map[stock.Key][]project.Movement
	delivered    map[cart]bool
	inOrder      project.Place
}

func newTables(t *testing.T) *tables {
	return &tables{
		t: t, reservations: map[cart]project.Reservation{}, newest: map[stock.ID]cart{}, items: map[stock.ID]project.Item{}, locations: map[stock.Key]project.Location{},
		products: map[stock.ID]project.Product{}, movements: map[stock.Key][]project.Movement{}, delivered: map[cart]bool{},
	}
}

func (d *tables) take(rows project.Rows) {
	for _, r := range rows.Reservations {
		key := cart{r.ID, r.At}
		if _, known := d.reservations[key]; known == r.New {
			d.t.Fatalf("reservation %s: known %t, new %t", r.ID, known, r.New)
		}
		d.reservations[key], d.newest[r.ID] = r, key
	}
	for _, a := range rows.Amendments {
		r, known := d.reservations[d.newest[a.ID]]
		if !known {
			continue // nobody has heard of it
		}
		amended := *r.Reservation
		if a.Order != "" {
			amended.LaterOrder = a.Order
		} else if amended.Object.Version <= a.Object.Version && (!amended.Object.Gone || amended.Object.UID != a.Object.UID) {
			amended.Object = a.Object
		}
		r.Reservation = &amended
		d.reservations[d.newest[a.ID]] = r
	}
	for _, i := range rows.Items {
		d.items[i.UID] = i
	}
	for _, l := range rows.Locations {
		d.locations[l.Key] = l
	}
	for _, p := range rows.Products {
		d.products[p.ID] = p
	}
	for _, m := range rows.Movements {
		if m.Page < d.inOrder.Page || m.Page == d.inOrder.Page && m.Record < d.inOrder.Record {
			d.t.Fatalf("a movement at page %d, record %d comes after one at page %d, record %d", m.Page, m.Record, d.inOrder.Page, d.inOrder.Record)
		}
		d.inOrder = m.Place
		d.movements[m.Key] = append(d.movements[m.Key], m)
	}
	for _, e := range rows.Delivered {
		key := cart{stock.ID(e.Event) + " of " + e.Reservation, e.Decided}
		if d.delivered[key] {
			d.t.Fatalf("event %s is delivered twice", e.Event)
		}
		d.delivered[key] = true
	}
}

// saved is what a Book is opened from: what package store reads.
func (d *tables) saved(page, head uint64, marks stock.Marks) project.Saved {
	saved := project.Saved{Page: page, Head: head, Marks: marks}
	for _, i := range d.items {
		if i.DeletedAt == 0 {
			saved.Items = append(saved.Items, i.Item)
		}
	}
	for key, l := range d.locations {
		if l.Consumed > 0 {
			saved.Totals = append(saved.Totals, stock.Total{Product: key.Product, Location: key.Location, Consumed: l.Consumed})
		}
	}
	for _, r := range d.reservations {
		if r.Phase == stock.PhaseReserved || r.Number > marks.Published {
			cart := *r.Reservation
			cart.Customer, cart.Extensions, cart.Command = "", nil, stock.Command{}
			saved.Carts = append(saved.Carts, cart)
		}
	}
	return saved
}

// compare compares the tables with what the journal says.
func (d *tables) compare(want *stock.State) {
	d.t.Helper()
	for r := range want.Reservations() {
		row, ok := d.reservations[cart{r.ID, r.At}]
		if !ok {
			d.t.Fatalf("reservation %s is not archived", r.ID)
		}
		ignored := cmpopts.IgnoreFields(stock.Reservation{}, "Customer", "Extensions", "Command", "Actor", "ReleasedBy", "ConsumedBy", "Order", "LaterOrder", "Lines", "Allocations", "Short")
		if diff := cmp.Diff(r, row.Reservation, ignored, cmpopts.EquateEmpty()); diff != "" || r.CurrentOrder() != row.CurrentOrder() {
			d.t.Fatalf("reservation %s (-journal +archive):\n%s", r.ID, diff)
		}
		if diff := cmp.Diff(allocationsOf(r), allocationsOf(row.Reservation)); diff != "" {
			d.t.Fatalf("allocations of %s (-journal +archive):\n%s", r.ID, diff)
		}
	}
	for key, r := range d.reservations {
		if now, ok := want.Reservation(r.ID); r.Phase == stock.PhaseReserved && (!ok || now.Phase != r.Phase || now.At != key.at) {
			d.t.Fatalf("reservation %s is held in the archive alone", r.ID)
		}
	}
	for i := range want.Items() {
		if got := d.items[i.UID]; got.Item != i || got.DeletedAt != 0 {
			d.t.Fatalf("StockItem %s: %+v, archived %+v", i.UID, i, got)
		}
	}
	d.compareBalances(want)
}

func (d *tables) compareBalances(want *stock.State) {
	d.t.Helper()
	keys := map[stock.Key]bool{}
	for key := range want.Keys() {
		keys[key] = true
	}
	for key := range d.locations {
		keys[key] = true
	}
	for key := range keys {
		is := want.Balance(key)
		if got := d.locations[key].Balance; got != is {
			d.t.Fatalf("%v: %+v, archived %+v", key, is, got)
		}
		var received, reserved, consumed int64
		for _, m := range d.movements[key] {
			received, reserved, consumed = received+m.Received, reserved+m.Reserved, consumed+m.Consumed
		}
		if received != is.Received || reserved != is.Reserved || consumed != is.Consumed {
			d.t.Fatalf("%v: movements come to %d, %d, %d: the journal says %+v", key, received, reserved, consumed, is)
		}
		available, held, _ := want.Level(key.Product)
		if p := d.products[key.Product]; p.Available != available || p.Reserved != held {
			d.t.Fatalf("product %s: %d available, %d held, archived %+v", key.Product, available, held, p)
		}
	}
}

func allocationsOf(r *stock.Reservation) map[stock.Key]stock.Allocation {
	places := map[stock.Key]stock.Allocation{}
	for _, a := range r.Allocations {
		key := stock.Key{Product: a.Product, Location: a.Location}
		sum := places[key]
		sum.Quantity, sum.Consumed, sum.Released = sum.Quantity+a.Quantity, sum.Consumed+a.Consumed, sum.Released+a.Released
		places[key] = sum
	}
	return places
}

// Random histories are archived write by write, and in parts by an archive that begins again from its
// rows: rows and movements always come to what the journal says.
func TestArchivedWalks(t *testing.T) {
	for _, policy := range stock.WalkPolicies() {
		for seed := range uint64(3) {
			t.Run(fmt.Sprintf("%s/%d", policy, seed), func(t *testing.T) {
				archiveWalk(t, stock.WalkHistory(t, policy, seed), rand.New(rand.NewPCG(seed, 3)))
			})
		}
	}
}

func archiveWalk(t *testing.T, history []*stock.Write, chance *rand.Rand) {
	want, book, db := stock.New(), project.NewBook(), newTables(t)
	index := map[uint64]int{}
	restarts := 0
	for len(history) > 0 {
		n := min(1+chance.IntN(4), len(history))
		var pages []journal.Applied
		for _, w := range history[:n] {
			if err := want.Apply(&stock.Write{Page: w.Page, Head: w.Head, Marks: w.Marks, Records: slices.Clone(w.Records), Stored: w.Stored}); err != nil {
				t.Fatal(err)
			}
			if last := len(pages) - 1; last >= 0 && pages[last].Page == w.Page { // read as one
				pages[last].Records = append(slices.Clip(pages[last].Records), w.Records...)
				pages[last].Head, pages[last].Marks, pages[last].Stored = w.Head, w.Marks.JSON(), w.Stored
			} else {
				pages = append(pages, journal.Applied{
					Page: w.Page, Head: w.Head, Marks: w.Marks.JSON(), Records: w.Records, Stored: w.Stored, First: index[w.Page],
				})
			}
			index[w.Page] += len(w.Records)
		}
		rows, err := book.Take(pages)
		if err != nil {
			t.Fatal(err)
		}
		db.take(rows)
		db.compare(want)
		last := history[n-1]
		history = history[n:]
		if chance.IntN(5) == 0 {
			restarts++
			if book, err = project.OpenBook(db.saved(last.Page, last.Head, want.Marks())); err != nil {
				t.Fatal(err)
			}
		}
	}
	if restarts == 0 || len(db.reservations) < 20 || len(db.movements) < 3 {
		t.Errorf("%d restarts, %d reservations, %d places: nothing is tested", restarts, len(db.reservations), len(db.movements))
	}
}
