package stock

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// claimant is what a StockItem of the one place of these tests offers: seven are made, one
// a minute after the other.
func claimant(n int, modifiers ...func(*Item)) PutItem {
	return PutItem{Read: 1000, Item: anItem(func(i *Item) {
		i.UID, i.Name = ID(fmt.Sprint("item-", n)), fmt.Sprint("mug-", n)
		i.Created, i.Version, i.Received = start+Time(n)*minute, uint64(100+n), int64(10*n)
	}, func(i *Item) {
		for _, modify := range modifiers {
			modify(i)
		}
	})}
}

func takesOver(i *Item)          { i.TakesOver = true }
func atOnce(i *Item)             { i.Created = start + minute } // in the second of claimant(1)
func as(name string) func(*Item) { return func(i *Item) { i.Name = name } }

// revised makes it the item's state of another version, and of another generation if that is new.
func revised(version uint64, generation int64) func(*Item) {
	return func(i *Item) { i.Version, i.Generation = version, generation }
}

func seen(n int) Request { return ShowItem{UID: ID(fmt.Sprint("item-", n)), Generation: 1} }
func drop(n int) Request {
	return DropItem{UID: ID(fmt.Sprint("item-", n)), Version: 500, Read: 1000}
}

// A StockItem that was a duplicate serves only if somebody says so, and sells only what its
// status shows.
func TestTakingOver(t *testing.T) {
	for name, test := range map[string]struct {
		steps []Request
		// serves and waits are the names of the items that do.
		serves string
		waits  []string
		// sells is how many units can be had.
		sells int64
	}{
		"a duplicate counts for nothing":   {[]Request{claimant(1), claimant(2), seen(2)}, "mug-1", nil, 10},
		"it waits when that one goes":      {[]Request{claimant(1), claimant(2), seen(2), drop(1)}, "", []string{"mug-2"}, 0},
		"so do all":                        {[]Request{claimant(1), claimant(2), claimant(3), drop(1)}, "", []string{"mug-2", "mug-3"}, 0},
		"another duplicate that goes":      {[]Request{claimant(1), claimant(2), claimant(3), drop(2)}, "mug-1", nil, 10},
		"one that waits goes":              {[]Request{claimant(1), claimant(2), claimant(3), drop(1), drop(2)}, "", []string{"mug-3"}, 0},
		"all go":                           {[]Request{claimant(1), claimant(2), drop(1), drop(2), claimant(3)}, "mug-3", nil, 30},
		"annotated before":                 {[]Request{claimant(1), claimant(2, takesOver), seen(2), drop(1)}, "mug-2", nil, 0},
		"annotated before, and shown":      {[]Request{claimant(1), claimant(2, takesOver), seen(2), drop(1), seen(2)}, "mug-2", nil, 20},
		"annotated as a duplicate":         {[]Request{claimant(1), claimant(2), claimant(2, takesOver, revised(200, 1)), drop(1), seen(2)}, "mug-2", nil, 20},
		"no longer annotated":              {[]Request{claimant(1), claimant(2, takesOver), claimant(2, revised(200, 1)), drop(1)}, "", []string{"mug-2"}, 0},
		"annotated while it waits":         {[]Request{claimant(1), claimant(2), drop(1), claimant(2, takesOver, revised(200, 1))}, "mug-2", nil, 0},
		"and shown":                        {[]Request{claimant(1), claimant(2), drop(1), claimant(2, takesOver, revised(200, 1)), seen(2)}, "mug-2", nil, 20},
		"annotated, and not any more":      {[]Request{claimant(1), claimant(2, takesOver), drop(1), seen(2), claimant(2, revised(200, 1))}, "mug-2", nil, 20},
		"several annotated: the older":     {[]Request{claimant(1), claimant(2), claimant(3, takesOver), claimant(4, takesOver), drop(1), seen(3), seen(4)}, "mug-3", []string{"mug-2", "mug-4"}, 30},
		"the other one afterwards":         {[]Request{claimant(1), claimant(3, takesOver), claimant(4, takesOver), drop(1), drop(3), seen(4)}, "mug-4", nil, 40},
		"a newer generation":               {[]Request{claimant(1), claimant(2), drop(1), claimant(2, revised(200, 2)), ShowItem{"item-2", 2}}, "mug-2", nil, 20},
		"a newer generation, not shown":    {[]Request{claimant(1), claimant(2), drop(1), claimant(2, revised(200, 2)), seen(2)}, "mug-2", nil, 0},
		"a newer generation before":        {[]Request{claimant(1), claimant(2), claimant(2, revised(200, 2)), drop(1)}, "", []string{"mug-2"}, 0},
		"a newer version alone":            {[]Request{claimant(1), claimant(2), drop(1), claimant(2, revised(200, 1))}, "", []string{"mug-2"}, 0},
		"an older generation":              {[]Request{claimant(1), claimant(2, revised(200, 2)), drop(1), claimant(2, revised(150, 1))}, "", []string{"mug-2"}, 0},
		"both are said to":                 {[]Request{claimant(1), claimant(2), claimant(3), drop(1), claimant(3, revised(200, 2)), claimant(2, revised(201, 2))}, "mug-3", []string{"mug-2"}, 0},
		"a new one while one waits":        {[]Request{claimant(1), claimant(2), drop(1), claimant(3), seen(3)}, "mug-3", []string{"mug-2"}, 30},
		"which is not displaced":           {[]Request{claimant(1), claimant(2), drop(1), claimant(3), claimant(2, takesOver, revised(200, 2)), ShowItem{"item-2", 2}, seen(3)}, "mug-3", []string{"mug-2"}, 30},
		"until it goes":                    {[]Request{claimant(1), claimant(2), drop(1), claimant(3), claimant(2, takesOver, revised(200, 1)), drop(3), seen(2)}, "mug-2", nil, 20},
		"and without the word":             {[]Request{claimant(1), claimant(2), drop(1), claimant(3), claimant(2, revised(200, 2)), drop(3)}, "", []string{"mug-2"}, 0},
		"made again under its name":        {[]Request{claimant(1), claimant(2, as("mug-1")), drop(1)}, "mug-1", nil, 0},
		"made again, and shown":            {[]Request{claimant(1), claimant(2, as("mug-1")), drop(1), seen(2)}, "mug-1", nil, 20},
		"made again beside a duplicate":    {[]Request{claimant(1), claimant(2), claimant(3, as("mug-1")), drop(1), seen(3)}, "mug-1", []string{"mug-2"}, 30},
		"made again beside one annotated":  {[]Request{claimant(1), claimant(2, takesOver), claimant(3, as("mug-1")), drop(1), seen(2)}, "mug-2", []string{"mug-1"}, 20},
		"made again later":                 {[]Request{claimant(1), claimant(2), drop(1), claimant(3, as("mug-1")), seen(3)}, "mug-1", []string{"mug-2"}, 30},
		"made again, and passed over":      {[]Request{claimant(1), claimant(2, takesOver), claimant(3, as("mug-2")), drop(1), drop(2), seen(3)}, "", []string{"mug-2"}, 0},
		"the one that waits is made again": {[]Request{claimant(1), claimant(2), drop(1), drop(2), claimant(3, as("mug-2")), seen(3)}, "mug-2", nil, 30},
		"made in one second":               {[]Request{claimant(2, atOnce), claimant(1), seen(1), seen(2)}, "mug-2", nil, 20},
		"stated anew":                      {[]Request{claimant(2, atOnce), claimant(1), claimant(1, revised(200, 2)), ShowItem{"item-1", 2}}, "mug-2", nil, 20},
		"made again in one second":         {[]Request{claimant(2, atOnce), claimant(1, as("mug-2")), drop(2), seen(1)}, "mug-2", nil, 10},
		"a third one of that second":       {[]Request{claimant(2, atOnce), claimant(3, as("mug-2"), atOnce), drop(2), seen(3), claimant(1), seen(1)}, "mug-2", nil, 30},
		"a duplicate that served before":   {[]Request{claimant(2, takesOver), claimant(1), seen(1), drop(1)}, "mug-2", nil, 0},
	} {
		for _, batched := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				d := newDesk(t)
				if batched {
					d.ask(test.steps...)
				} else {
					for _, step := range test.steps {
						d.ask(step)
					}
				}
				serves, waits := standing(d.s)
				available, _, _ := d.s.Level("mug")
				if diff := cmp.Diff([]any{test.serves, test.waits, test.sells}, []any{serves, waits, available}); diff != "" {
					t.Errorf("batched %v: serves, waits, sells (-want +got):\n%s\n%s", batched, diff, dump(t, d.s))
				}
				check(t, d.s)
			})
		}
	}
}

// standing is the name of the item that serves, and those of the items that wait, serving
// nothing though they stand where one is gone.
func standing(s *State) (serves string, waits []string) {
	for _, name := range s.ItemNames(Key{"mug", "ams"}) {
		for i := range s.Items() {
			if i.Name != name {
				continue
			}
			p, _ := s.Figures(i.UID)
			if p.Serving {
				serves = i.Name
			}
			if i.Waits {
				waits = append(waits, i.Name)
			}
		}
	}
	return serves, waits
}

// What carts hold stays theirs while nobody serves, and afterwards.
func TestHeldWhileItWaits(t *testing.T) {
	d := newDesk(t)
	d.ask(claimant(1), claimant(2), aReserve(1, lines(Line{"mug", 4})), drop(1))
	waiting, _ := d.s.Figures("item-2")
	if diff := cmp.Diff(ItemFigures{Waits: true}, waiting); diff != "" {
		t.Errorf("position while it waits (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(Totals{Reserved: 4, WithoutItem: 4}, d.s.Totals()); diff != "" {
		t.Errorf("totals while it waits (-want +got):\n%s", diff)
	}
	if got := d.ask(aReserve(2))[0].Reservation; got.Phase != PhaseRefused {
		t.Errorf("a cart is not refused while nobody serves: %+v", got)
	}
	d.ask(claimant(2, revised(200, 2)))
	if got := d.verdicts(aReserve(3, lines(Line{"mug", 16}))); got[0] != Waiting {
		t.Errorf("a cart gets %d before the status shows that the item serves", got)
	}
	d.ask(ShowItem{"item-2", 2})
	if got := d.verdicts(aReserve(3, lines(Line{"mug", 16}))); got[0] != Done {
		t.Errorf("the cart gets %d afterwards", got)
	}
	serves, _ := d.s.Figures("item-2")
	if diff := cmp.Diff(ItemFigures{Serving: true, ServingName: "mug-2", OnHand: 20, Reserved: 20}, serves); diff != "" {
		t.Errorf("position afterwards (-want +got):\n%s", diff)
	}
	if got := d.verdicts(Consume{Reservation: uuidOf(1, 1)}); got[0] != Done {
		t.Errorf("what was held is shipped: %d", got)
	}
}

// The order of a product's places is by the items that serve there.
func TestPriorityOfOneThatWaits(t *testing.T) {
	d := newDesk(t)
	elsewhere := anItem(func(i *Item) { i.UID, i.Location, i.Priority = "other", "ber", 1 })
	d.ask(PutItem{Item: elsewhere}, claimant(1), claimant(2, func(i *Item) { i.Priority = 2 }), drop(1))
	check(t, d.s)
	d.ask(claimant(2, revised(200, 2), func(i *Item) { i.Priority = 2 }), ShowItem{"item-2", 2})
	check(t, d.s)
	if got := d.ask(aReserve(1))[0].Reservation; got.Allocations[0].Location != "ams" {
		t.Errorf("the cart gets %+v", got.Allocations)
	}
}

// However many duplicates there are, the one that is gone goes, over several batches if
// need be, and nothing of theirs is sold meanwhile.
func TestManyWait(t *testing.T) {
	const duplicates = 40
	d := newDesk(t)
	d.policy.Batch = 1000
	for n := range duplicates + 1 {
		d.ask(claimant(n + 1))
	}
	batches := 1
	for ; d.verdicts(drop(1))[0] == Later; batches++ {
		if available, _, _ := d.s.Level("mug"); available != 10 {
			t.Fatalf("%d units are there after %d batches", available, batches)
		}
	}
	if serves, waits := standing(d.s); serves != "" || len(waits) != duplicates || batches == 1 {
		t.Errorf("%q serves and %d wait after %d batches", serves, len(waits), batches)
	}
	check(t, d.s)
}

// What an earlier version did not know of a generation is taken in by a later one, from a newer
// version of the object: that generation says nothing else.
func TestFieldOfKnownGeneration(t *testing.T) {
	d := newDesk(t)
	d.ask(PutItem{Item: anItem()})
	same := PutItem{Item: anItem(func(i *Item) { i.Untracked = true })}
	if got := d.ask(same)[0]; got.Verdict != Repeated {
		t.Errorf("the same version is taken in again: %v", got.Verdict)
	}
	same.Item.Version++
	if got := d.ask(same)[0]; got.Verdict != Done {
		t.Errorf("what was not known is left out: %v", got.Verdict)
	}
	if known, _ := d.s.Item("item-1"); !known.Untracked || known.Sellable != 10 {
		t.Errorf("the item is %+v, want one that is sold freely once it is shown", known)
	}
	same.Item.Version++
	if got := d.ask(same)[0]; got.Verdict != Repeated {
		t.Errorf("it is taken in again: %v", got.Verdict)
	}
}
