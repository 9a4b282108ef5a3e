package project

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/stock"
)

// taking is what changes while records are taken in.
type taking struct {
	*Book
	rows Rows

	order     []stock.ID
	touched   map[stock.ID]*Reservation
	items     map[stock.ID]Item
	locations map[stock.Key]stock.Time
	products  map[stock.ID]stock.Time
}

// page takes in what one write of the journal says.
func (t *taking) page(p *journal.Applied) error {
	marks, err := stock.ParseMarks(p.Marks)
	if err != nil {
		return fmt.Errorf("page %d: %w", p.Page, err)
	}
	for i, encoded := range p.Records {
		at := Place{Page: p.Page, Record: p.First + i}
		record, err := stock.Decode(encoded)
		if err != nil {
			return fmt.Errorf("page %d, record %d: %w", at.Page, at.Record, err)
		}
		if err := t.record(at, record, encoded, marks.At); err != nil {
			return err
		}
	}
	t.deliver(marks)
	t.at = max(t.at, marks.At)
	t.rows.Records += len(p.Records)
	return t.state.Apply(&stock.Write{Page: p.Page, Head: p.Head, Marks: marks, Stored: p.Stored})
}

// deliver notes the outcomes that were delivered by now.
func (t *taking) deliver(marks stock.Marks) {
	for r := range t.state.Unpublished() {
		if r.Number > marks.Published {
			break
		}
		t.rows.Delivered = append(t.rows.Delivered, delivered(r, marks.At))
	}
}

// record takes in one record, and notes what it changes.
func (t *taking) record(at Place, record stock.Record, encoded []byte, now stock.Time) error {
	s := subjectOf(record)
	keys := map[stock.Key]bool{}
	var before *stock.Reservation
	if s.reservation != "" {
		if r, ok := t.state.Reservation(s.reservation); ok {
			before = r
			keysOf(keys, r.Allocations)
		}
	}
	item, knownItem := t.state.Item(s.item)
	if knownItem {
		keys[stock.Key{Product: item.Product, Location: item.Location}] = true
	}
	keysOf(keys, s.allocations)
	for _, key := range s.keys {
		keys[key] = true
	}
	sorted := sortedKeys(keys)
	balances := make([]stock.Balance, len(sorted))
	for i, key := range sorted {
		balances[i] = t.state.Balance(key)
	}
	if err := t.state.Apply(&stock.Write{Page: at.Page, Records: [][]byte{encoded}}); err != nil {
		return fmt.Errorf("page %d, record %d: %w", at.Page, at.Record, err)
	}
	when := cmp.Or(s.at, now)
	for i, key := range sorted {
		t.moved(at, s, key, balances[i], when)
	}
	if after, ok := t.state.Item(s.item); ok && after != item {
		t.items[s.item] = Item{Item: after}
	} else if !ok && knownItem {
		t.items[s.item] = Item{Item: item, DeletedAt: when}
	}
	t.noteRefused(record)
	t.noteReservation(at, record, s, before)
	return nil
}

// moved notes what became of a location.
func (t *taking) moved(at Place, s subject, key stock.Key, before stock.Balance, when stock.Time) {
	after := t.state.Balance(key)
	if after == before {
		return
	}
	t.locations[key], t.products[key.Product] = when, when
	m := Movement{
		Key: key, Place: at, Kind: s.kind, At: when, Reservation: s.reservation,
		Received: after.Received - before.Received, Reserved: after.Reserved - before.Reserved, Consumed: after.Consumed - before.Consumed,
	}
	if m.Received != 0 || m.Reserved != 0 || m.Consumed != 0 {
		t.rows.Movements = append(t.rows.Movements, m)
	}
}

// noteRefused notes the StockItems whose count of refused carts a refusal states.
func (t *taking) noteRefused(record stock.Record) {
	refused, ok := record.(*stock.Refused)
	if !ok {
		return
	}
	for _, count := range refused.Counts {
		if i, known := t.state.Item(count.Item); known {
			t.items[count.Item] = Item{Item: i}
		}
	}
}

// noteReservation notes how a cart stands after a record.
func (t *taking) noteReservation(at Place, record stock.Record, s subject, before *stock.Reservation) {
	if s.reservation == "" {
		return
	}
	after, known := t.state.Reservation(s.reservation)
	if !known {
		t.amend(at, record)
		return
	}
	if after == before || record.Kind() == stock.KindCart {
		return // compaction restates what is archived already
	}
	row, ok := t.touched[s.reservation]
	if !ok {
		row = &Reservation{}
		t.touched[s.reservation] = row
		t.order = append(t.order, s.reservation)
	}
	row.Reservation, row.Place = after, at
	switch record.Kind() {
	case stock.KindReserved, stock.KindRefused:
		row.New = true
	case stock.KindReleased:
		row.ReleasedAt = s.at
	case stock.KindConsumed:
		row.ConsumedAt = s.at
	}
}

// amend notes what is said of a cart that is not known here any more.
func (t *taking) amend(at Place, record stock.Record) {
	switch r := record.(type) {
	case *stock.Ordered:
		t.rows.Amendments = append(t.rows.Amendments, Amendment{Place: at, ID: r.Reservation, Order: r.Order})
	case *stock.Shown:
		t.rows.Amendments = append(t.rows.Amendments, Amendment{Place: at, ID: r.Reservation, Object: r.Object})
	}
}

// finish returns the rows, each as it stands at the end.
func (t *taking) finish() Rows {
	rows := t.rows
	for _, id := range t.order {
		rows.Reservations = append(rows.Reservations, *t.touched[id])
	}
	for _, i := range t.items {
		rows.Items = append(rows.Items, i)
	}
	for key, at := range t.locations {
		rows.Locations = append(rows.Locations, Location{Key: key, Balance: t.state.Balance(key), At: at})
	}
	for id, at := range t.products {
		rows.Products = append(rows.Products, t.product(id, at))
	}
	rows.Amendments = slices.Clip(rows.Amendments)
	rows.sort()
	return rows
}

// subject is what a record is about.
type subject struct {
	kind        string
	at          stock.Time
	reservation stock.ID
	allocations []stock.Allocation
	item        stock.ID
	keys        []stock.Key
}

func subjectOf(record stock.Record) subject {
	switch r := record.(type) {
	case *stock.Reserved:
		return subject{kind: Reserved, at: r.At, reservation: r.ID, allocations: r.Allocations}
	case *stock.Refused:
		return subject{kind: Restated, at: r.At, reservation: r.ID}
	case *stock.Cart:
		return subject{kind: Restated, reservation: r.ID, allocations: r.Allocations}
	case *stock.Released:
		return subject{kind: Released, at: r.At, reservation: r.Reservation, allocations: r.Allocations}
	case *stock.Consumed:
		return subject{kind: Consumed, at: r.At, reservation: r.Reservation, allocations: r.Allocations, keys: keysOfTotals(r.Totals)}
	case *stock.Extended:
		return subject{kind: Restated, at: r.At, reservation: r.Reservation}
	case *stock.Ordered:
		return subject{kind: Restated, at: r.At, reservation: r.Reservation}
	case *stock.Shown:
		return subject{kind: Restated, at: r.At, reservation: r.Reservation}
	case *stock.ItemRecord:
		return subject{kind: Received, at: r.At, item: r.UID, keys: []stock.Key{{Product: r.Product, Location: r.Location}}}
	case *stock.ItemGone:
		return subject{kind: Received, at: r.At, item: r.UID}
	case *stock.TotalRecord:
		return subject{kind: Restated, at: r.At, keys: []stock.Key{{Product: r.Product, Location: r.Location}}}
	default:
		return subject{kind: Restated}
	}
}

func keysOfTotals(totals []stock.Total) []stock.Key {
	keys := make([]stock.Key, 0, len(totals))
	for _, t := range totals {
		keys = append(keys, stock.Key{Product: t.Product, Location: t.Location})
	}
	return keys
}
