package auditor

import (
	"fmt"
	"testing"

	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/test/fixture"
)

// What a journal must never say is found in it, and nothing in one that is as it should be.
func TestContradictions(t *testing.T) {
	mugs := stock.ItemRecord{Item: fixture.Item("mugs", func(i *stock.Item) { i.Sellable, i.Received = 5, 5 }), At: 1}
	got := func(units int64) stock.Allocation {
		return stock.Allocation{Product: "mug", Location: "ams", Quantity: units}
	}
	cart := func(id stock.ID, units int64) stock.Reserved {
		return fixture.Reserved(fixture.Reserve(id, fixture.Line("mug", units)), got(units))
	}
	used := func(a stock.Allocation, consumed, released int64) stock.Allocation {
		a.Consumed, a.Released = consumed, released
		return a
	}
	ended := func(id stock.ID, phase stock.Phase, a stock.Allocation) stock.Change {
		return stock.Change{Reservation: id, Phase: phase, Allocations: []stock.Allocation{a}, Ended: 2}
	}
	released := stock.Released{Change: ended("a", stock.PhaseReleased, used(got(3), 0, 3))}
	shipped := func(total int64) stock.Consumed {
		return stock.Consumed{
			Change: ended("a", stock.PhaseConsumed, used(got(3), 3, 0)),
			Totals: []stock.Total{{Product: "mug", Location: "ams", Consumed: total}},
		}
	}
	mug := func(name string, modify ...func(*stock.Item)) stock.ItemRecord {
		return stock.ItemRecord{Item: fixture.Item(name, modify...), At: 1}
	}
	gone := stock.ItemGone{UID: mugs.UID, Name: "mugs", Version: 9}
	takesOver := func(i *stock.Item) { i.TakesOver = true }
	waits := func(i *stock.Item) { i.Waits = true }
	sells := func(i *stock.Item) { i.Sellable = 1 }
	again := func(i *stock.Item) { i.Name = "mugs" }
	for name, c := range map[string]struct {
		records []stock.Record
		kind    Kind
		none    bool
	}{
		"an heir that takes over":  {records: []stock.Record{mugs, mug("spare", takesOver), gone}, none: true},
		"an heir of its name":      {records: []stock.Record{mugs, mug("spare", again), gone}, none: true},
		"a spare that waits":       {records: []stock.Record{mugs, mug("spare"), mug("spare", waits), gone}, none: true},
		"an heir that says so":     {records: []stock.Record{mugs, mug("spare"), mug("spare", waits), gone, mug("spare", takesOver)}, none: true},
		"one that is changed":      {records: []stock.Record{mugs, mug("spare"), mug("spare", waits), gone, mug("spare", fixture.Revised(2, 2))}, none: true},
		"an heir without a word":   {records: []stock.Record{mugs, mug("spare"), gone}, kind: KindDecision},
		"one that waits no more":   {records: []stock.Record{mugs, mug("spare"), mug("spare", waits), gone, mug("spare")}, kind: KindDecision},
		"one that does too early":  {records: []stock.Record{mugs, mug("spare"), mug("spare", waits), mug("spare", takesOver)}, kind: KindDecision},
		"units of one that waits":  {records: []stock.Record{mugs, mug("spare"), mug("spare", waits, sells), gone}, kind: KindOversold},
		"units of an heir":         {records: []stock.Record{mugs, mug("spare"), mug("spare", waits), gone, mug("spare", takesOver, sells)}, kind: KindOversold},
		"sold by one that waits":   {records: []stock.Record{mug("spare", waits, sells), cart("a", 1)}, kind: KindOversold},
		"sound":                    {records: []stock.Record{mugs, cart("a", 3), shipped(3), cart("b", 2)}, none: true},
		"sold twice":               {records: []stock.Record{mugs, cart("a", 3), cart("b", 3)}, kind: KindOversold},
		"sold what was shipped":    {records: []stock.Record{mugs, cart("a", 3), shipped(3), cart("b", 3)}, kind: KindOversold},
		"sold without an item":     {records: []stock.Record{cart("a", 3)}, kind: KindOversold},
		"released and sold again":  {records: []stock.Record{mugs, cart("a", 3), released, cart("b", 5)}, none: true},
		"decided twice":            {records: []stock.Record{mugs, cart("a", 2), cart("a", 2)}, kind: KindDecision},
		"a part of the lines":      {records: []stock.Record{mugs, fixture.Reserved(fixture.Reserve("a", fixture.Line("mug", 3)), got(2))}, kind: KindDecision},
		"refused and held":         {records: []stock.Record{mugs, stock.Cart{Reservation: refusedHolding(got(1))}}, kind: KindDecision},
		"given back twice":         {records: []stock.Record{mugs, cart("a", 3), stock.Released{Change: ended("a", stock.PhaseReleased, used(got(3), 0, 4))}}, kind: KindDecision},
		"ended and held":           {records: []stock.Record{mugs, cart("a", 3), stock.Released{Change: ended("a", stock.PhaseReleased, got(3))}}, kind: KindDecision},
		"changed after its end":    {records: []stock.Record{mugs, cart("a", 3), released, shipped(3)}, kind: KindDecision},
		"other allocations":        {records: []stock.Record{mugs, cart("a", 3), stock.Released{Change: ended("a", stock.PhaseReleased, used(got(2), 0, 2))}}, kind: KindDecision},
		"restated otherwise":       {records: []stock.Record{mugs, cart("a", 3), stock.Cart{Reservation: cart("a", 2).Reservation}}, kind: KindDecision},
		"a total too low":          {records: []stock.Record{mugs, cart("a", 3), shipped(2)}, kind: KindJournal},
		"a total too high":         {records: []stock.Record{mugs, cart("a", 3), shipped(4)}, kind: KindJournal},
		"a total that falls":       {records: []stock.Record{mugs, cart("a", 3), shipped(3), stock.TotalRecord{Total: stock.Total{Product: "mug", Location: "ams", Consumed: 2}}}, kind: KindJournal},
		"a reader that goes on":    {records: []stock.Record{wants("0", 1), wants("1", 1), wants("1", 0), wants("", 1), wants("0", 1)}, none: true},
		"a reader that goes back":  {records: []stock.Record{wants("1", 1), wants("0", 1)}, kind: KindJournal},
		"a reader restated":        {records: []stock.Record{wants("1", 1), wants("0", 0)}, kind: KindJournal},
		"a reader ahead":           {records: []stock.Record{wants("2", 1)}, kind: KindJournal},
		"a reader nowhere":         {records: []stock.Record{wants("7:1", 1)}, kind: KindJournal},
		"too many readers":         {records: crowd(stock.MaxPageReaders + 1), kind: KindJournal},
		"readers":                  {records: crowd(stock.MaxPageReaders), none: true},
		"an item stated otherwise": {records: []stock.Record{mugs, stock.ItemRecord{Item: fixture.Item("mugs")}}, kind: KindJournal},
	} {
		t.Run(name, func(t *testing.T) {
			b := NewBook(journal.Identity{Journal: "j"}, 1)
			for i, encoded := range fixture.Encode(t, c.records...) {
				if err := b.Add(1, i, 1, encoded); err != nil {
					t.Fatal(err)
				}
			}
			switch {
			case c.none && len(b.found) > 0:
				t.Errorf("found %s", Summary(b.found))
			case !c.none && len(b.found) == 0:
				t.Error("nothing is found")
			case !c.none && sorted(b.found)[0].Kind != c.kind:
				t.Errorf("found %s of kind %s, want %s", Summary(b.found), b.found[0].Kind, c.kind)
			}
		})
	}
}

// wants is that an archive has come to a page.
func wants(page string, at stock.Time) stock.Record {
	return stock.ReaderRecord{Name: "pages/archive", Position: page, At: at}
}

func crowd(n int) (records []stock.Record) {
	for i := range n {
		records = append(records, stock.ReaderRecord{Name: fmt.Sprint("pages/", i), Position: "1", At: 1})
	}
	return records
}

func refusedHolding(a stock.Allocation) stock.Reservation {
	r := fixture.Refused(fixture.Reserve("r")).Reservation
	r.Allocations = []stock.Allocation{a}
	return r
}

// Compaction must leave nothing behind that counts.
func TestForgottenWhileItCounts(t *testing.T) {
	mugs := stock.ItemRecord{Item: fixture.Item("mugs", func(i *stock.Item) { i.Sellable = 10 }), At: 1}
	cart := fixture.Reserved(fixture.Reserve("a"), stock.Allocation{Product: "mug", Location: "ams", Quantity: 1})
	refused := fixture.Refused(fixture.Reserve("r"))
	shown := stock.Shown{Reservation: "r", Object: stock.Object{UID: "u", Version: 2}}
	gone := stock.Shown{Reservation: "r", Object: stock.Object{UID: "u", Version: 3, Gone: true}}
	total := stock.TotalRecord{Total: stock.Total{Product: "mug", Location: "ams", Consumed: 2}}
	for name, c := range map[string]struct {
		records   []stock.Record
		published uint64
		want      int
	}{
		"held":            {[]stock.Record{mugs, cart}, 1, 2},
		"an item":         {[]stock.Record{mugs}, 1, 1},
		"a total":         {[]stock.Record{total}, 1, 1},
		"a reader":        {[]stock.Record{stock.ReaderRecord{Name: "archive", Position: "1"}}, 1, 1},
		"undelivered":     {[]stock.Record{refused}, 0, 1},
		"shown":           {[]stock.Record{refused, shown}, 1, 1},
		"nobody's":        {[]stock.Record{refused, shown, gone}, 1, 0},
		"never an object": {[]stock.Record{refused}, 1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			b := NewBook(journal.Identity{Journal: "j"}, 1)
			for i, encoded := range fixture.Encode(t, c.records...) {
				if err := b.Add(1, i, 1, encoded); err != nil {
					t.Fatal(err)
				}
			}
			b.published = c.published
			if b.Pass(2); len(b.found) != c.want {
				t.Errorf("found %s, want %d differences", Summary(b.found), c.want)
			}
		})
	}
}

// Where something changed last is remembered over compaction, which changes nothing; also of
// what was changed before it is stated as a whole on the pages that count.
func TestWhereSomethingChanged(t *testing.T) {
	mugs := fixture.Item("mugs", func(i *stock.Item) { i.Sellable = 10 })
	sellable, raised := mugs, mugs
	sellable.Sellable, raised.Received = 9, 11
	got := stock.Allocation{Product: "mug", Location: "ams", Quantity: 1}
	cart := fixture.Reserved(fixture.Reserve("a"), got)
	restated := stock.Cart(cart)
	extended := stock.Extended{Reservation: "a", Expires: cart.Expires + 1}
	later := restated
	later.Expires++
	gone := got
	gone.Released = 1
	released := stock.Released{Change: stock.Change{Reservation: "b", Phase: stock.PhaseReleased, Allocations: []stock.Allocation{gone}, Ended: 1}}
	waits := func(i *stock.Item) { i.Waits = true }
	takesOver := func(i *stock.Item) { i.TakesOver = true }
	modified := func(i stock.Item, modify func(*stock.Item)) stock.Item {
		modify(&i)
		return i
	}
	for name, c := range map[string]struct {
		head    uint64
		records []stock.Record
		cart    place
		item    place
	}{
		"decided":            {1, []stock.Record{stock.ItemRecord{Item: mugs, At: 1}, cart}, place{1, 2}, place{1, 2}},
		"restated":           {1, []stock.Record{stock.ItemRecord{Item: mugs, At: 1}, cart, restated, stock.ItemRecord{Item: mugs}}, place{1, 2}, place{1, 2}},
		"extended":           {1, []stock.Record{stock.ItemRecord{Item: mugs, At: 1}, cart, extended}, place{1, 3}, place{1, 2}},
		"sellable":           {1, []stock.Record{stock.ItemRecord{Item: mugs, At: 1}, cart, stock.ItemRecord{Item: sellable, At: 2}}, place{1, 2}, place{1, 2}},
		"raised":             {1, []stock.Record{stock.ItemRecord{Item: mugs, At: 1}, cart, stock.ItemRecord{Item: raised, At: 2}}, place{1, 2}, place{1, 3}},
		"ordered":            {1, []stock.Record{stock.ItemRecord{Item: mugs, At: 1}, cart, stock.Ordered{Reservation: "a", Order: "o"}}, place{1, 2}, place{1, 2}},
		"restated only":      {5, []stock.Record{restated, stock.ItemRecord{Item: mugs}}, place{5, 0}, place{5, 0}},
		"changed before":     {5, []stock.Record{extended, later, stock.ItemRecord{Item: mugs}}, place{5, 1}, place{5, 0}},
		"released before":    {5, []stock.Record{restated, released, stock.ItemRecord{Item: mugs}}, place{5, 0}, place{5, 2}},
		"refused before":     {5, []stock.Record{restated, stock.Refused{Reservation: fixture.Refused(fixture.Reserve("r")).Reservation, Counts: []stock.RefusedCount{{Item: mugs.UID, Refused: 1}}}, stock.ItemRecord{Item: mugs}}, place{5, 0}, place{5, 2}},
		"another item gone":  {5, []stock.Record{restated, stock.ItemRecord{Item: mugs}, stock.ItemRecord{Item: fixture.Item("old", func(i *stock.Item) { i.Created-- })}, stock.ItemGone{UID: "uid-of-old", Version: 9}}, place{5, 0}, place{5, 4}},
		"unknown item gone":  {5, []stock.Record{restated, stock.ItemGone{UID: "nobody's", Version: 9}, stock.ItemRecord{Item: mugs}}, place{5, 0}, place{5, 2}},
		"duplicate comes":    {5, []stock.Record{restated, stock.ItemRecord{Item: mugs}, stock.ItemRecord{Item: fixture.Item("younger", func(i *stock.Item) { i.Created++ }), At: 1}}, place{5, 0}, place{5, 0}},
		"the heir":           {1, []stock.Record{stock.ItemRecord{Item: fixture.Item("old", func(i *stock.Item) { i.Created-- }), At: 1}, stock.ItemRecord{Item: modified(mugs, waits), At: 1}, cart, stock.ItemGone{UID: "uid-of-old", Version: 9}, stock.ItemRecord{Item: modified(mugs, takesOver), At: 1}}, place{1, 3}, place{1, 5}},
		"one that waits":     {1, []stock.Record{stock.ItemRecord{Item: fixture.Item("old", func(i *stock.Item) { i.Created-- }), At: 1}, stock.ItemRecord{Item: mugs, At: 1}, cart, stock.ItemRecord{Item: modified(mugs, waits), At: 1}, stock.ItemGone{UID: "uid-of-old", Version: 9}}, place{1, 3}, place{1, 5}},
		"another item comes": {5, []stock.Record{restated, stock.ItemRecord{Item: mugs}, stock.ItemRecord{Item: fixture.Item("old", func(i *stock.Item) { i.Created-- }), At: 1}}, place{5, 0}, place{5, 3}},
	} {
		t.Run(name, func(t *testing.T) {
			b := NewBook(journal.Identity{Journal: "j"}, c.head)
			for i, encoded := range fixture.Encode(t, c.records...) {
				if err := b.Add(c.head, i, c.head, encoded); err != nil {
					t.Fatal(err)
				}
			}
			if _, at := b.figures(mugs.UID); b.carts["a"].changed != c.cart || at != c.item {
				t.Errorf("the cart changed at %v and the item at %v, want %v and %v", b.carts["a"].changed, at, c.cart, c.item)
			}
		})
	}
}
