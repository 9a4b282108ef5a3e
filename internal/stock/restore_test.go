package stock

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// anExport is what another journal knew: 6 mugs shipped, 2 held, a cart that was shipped.
func anExport(modifiers ...func(*Restore)) Restore {
	held := aReserve(1, lines(Line{"mug", 2})).Wanted
	held.Phase, held.At, held.Expires = PhaseReserved, start, start+hour
	held.Allocations = []Allocation{{Product: "mug", Location: "ams", Quantity: 2}}
	shipped := aReserve(2).Wanted
	shipped.Phase, shipped.At, shipped.Ended = PhaseConsumed, start, start
	shipped.Allocations = []Allocation{{Product: "mug", Location: "ams", Quantity: 1, Consumed: 1}}
	return modified(Restore{
		Digest: "d1", From: "old", Forgotten: start - hour, Totals: []Total{{"mug", "ams", 6}}, Carts: []Reservation{held, shipped},
	}, modifiers...)
}

// awaiting is the desk of a journal that was founded to await a restore.
func awaiting(t *testing.T) *desk {
	d := newDesk(t)
	encoded, err := Encode(&RestoreRecord{Stage: RestoreAwaited, At: start})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.s.Apply(&Write{Page: 0, Records: [][]byte{encoded}, Marks: Marks{At: start}}); err != nil {
		t.Fatal(err)
	}
	return d
}

// Nothing is decided about carts before the restore, and with all of it afterwards: a
// repetition finds its outcome, and what is left is sold and no more.
func TestRestore(t *testing.T) {
	d := awaiting(t)
	held, again := aReserve(1, lines(Line{"mug", 2})), Release{Reservation: uuidOf(1, 1)}
	if diff := cmp.Diff([]Verdict{Done, Waiting, Waiting, Waiting, Waiting, Waiting, Waiting}, d.verdicts(PutItem{Item: anItem()}, aReserve(3), again,
		Consume{Reservation: "x"}, Extend{Reservation: "x"}, Attach{Reservation: "x"}, Expire{Reservation: "x"})); diff != "" {
		t.Fatalf("before (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]Verdict{Done, Repeated, Repeated, Repeated, Done, Done}, d.verdicts(anExport(), anExport(), held, aReserve(2), aReserve(3), aReserve(4, lines(Line{"mug", 2})))); diff != "" {
		t.Fatalf("after (-want +got):\n%s", diff)
	}
	if p, _ := d.s.Figures("item-1"); p.Consumed != 6 || p.Reserved != 3 || p.Available != 1 {
		t.Errorf("it stands at %+v", p)
	}
	if r, _ := d.s.Reservation(uuidOf(1, 4)); r.Phase != PhaseRefused {
		t.Errorf("2 of the 1 that is left are %s", r.standing())
	}
	if d.s.Marks().Forgotten != start-hour {
		t.Errorf("forgotten up to %d", d.s.Marks().Forgotten)
	}
	old := aReserve(9, func(r *Reserve) { r.Wanted.Command.Time = start - 2*hour })
	if got := d.verdicts(old); got[0] != TooOld {
		t.Errorf("a command that the other journal has forgotten: %d", got[0])
	}
	check(t, d.s)
}

// More was shipped than Git says was received: nothing is on hand, and nothing is sold.
func TestRestoreOfMoreThanReceived(t *testing.T) {
	d := awaiting(t)
	d.ask(PutItem{Item: anItem()}, anExport(func(r *Restore) { r.Totals[0].Consumed = 12 }))
	if p, _ := d.s.Figures("item-1"); p.OnHand != 0 || p.Available != 0 || p.Shortfall != 4 || p.Consumed != 12 {
		t.Errorf("it stands at %+v", p)
	}
	d.ask(aReserve(3))
	if r, _ := d.s.Reservation(uuidOf(1, 3)); r.Phase != PhaseRefused {
		t.Errorf("one more is %s", r.standing())
	}
}

// What does not fit one batch takes several, and between them nothing is decided, by whoever
// goes on with it: not even where the file in between is another.
func TestRestoreInSeveralBatches(t *testing.T) {
	d := awaiting(t)
	d.policy.Batch = 2048
	export := anExport(func(r *Restore) {
		for i := range 200 {
			r.Totals = append(r.Totals, Total{ID(fmt.Sprint("product-", i)), "ams", 3})
		}
	})
	batches := 0
	for d.s.Restoration().Stage != RestoreDone {
		answers := d.ask(export, aReserve(3))
		if answers[0].Verdict == Later && answers[1].Verdict != Later {
			t.Fatalf("a cart is answered %d while the restore is %d", answers[1].Verdict, answers[0].Verdict)
		}
		if s := d.s.Restoration().Stage; s == RestoreBegun {
			if got := d.verdicts(aReserve(4), Release{Reservation: uuidOf(1, 1)}, WaiveRestore{}); !cmp.Equal(got, []Verdict{Waiting, Waiting, Conflicting}) {
				t.Fatalf("in the middle: %v", got)
			}
			less := anExport(func(r *Restore) { r.Digest, r.Totals = "other", []Total{{"mug", "ams", 1}} })
			if a := d.ask(less)[0]; a.Verdict != Differing || len(a.Differences) != 1 {
				t.Fatalf("another file, which says less: %+v", a)
			}
		}
		if batches++; batches > 50 {
			t.Fatal("it never ends")
		}
	}
	if batches < 3 {
		t.Errorf("%d batches", batches)
	}
	for _, total := range export.Totals {
		if got := d.s.Consumed(Key{total.Product, total.Location}); got != total.Consumed {
			t.Errorf("%d of %s", got, total.Product)
		}
	}
	check(t, d.s)
}

func TestRestoreRefused(t *testing.T) {
	two := aReserve(1, lines(Line{"mug", 2}))
	one := aReserve(2)
	for name, test := range map[string]struct {
		given []Request
		file  Restore
		want  []string
	}{
		"units were shipped here":     {[]Request{one, Consume{Reservation: one.Wanted.ID}}, anExport(), []string{"of product mug at ams, 1 units were shipped here and 6 in the file"}},
		"as many as in the file":      {[]Request{one, Consume{Reservation: one.Wanted.ID}}, anExport(func(r *Restore) { r.Totals[0].Consumed = 1 }), []string{"of product mug at ams, 1 units were shipped here and 1 in the file"}},
		"the hold was released":       {[]Request{two, Release{Reservation: two.Wanted.ID}}, anExport(), []string{"reservation " + string(two.Wanted.ID) + " of cart " + string(two.Wanted.Cart) + " is released here, and held in the file"}},
		"the hold lasts longer":       {[]Request{two}, anExport(), []string{"reservation " + string(two.Wanted.ID) + " of cart " + string(two.Wanted.Cart) + " is held otherwise here, and held in the file"}},
		"a cart that is over differs": {[]Request{one}, anExport(), nil},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.ask(append([]Request{PutItem{Item: anItem()}}, test.given...)...)
			encoded, _ := d.s.LogBytes()
			answer := d.ask(test.file)[0]
			after, _ := d.s.LogBytes()
			if diff := cmp.Diff(test.want, answer.Differences); diff != "" {
				t.Errorf("differences (-want +got):\n%s", diff)
			}
			if refused := test.want != nil; refused != (answer.Verdict == Differing) || refused != (encoded == after) {
				t.Errorf("the answer is %d, and State:\n%s", answer.Verdict, dump(t, d.s))
			}
		})
	}
}

func TestWaiveRestore(t *testing.T) {
	d := awaiting(t)
	if got := d.verdicts(PutItem{Item: anItem()}, WaiveRestore{}, WaiveRestore{}, aReserve(1)); !cmp.Equal(got, []Verdict{Done, Done, Repeated, Done}) {
		t.Errorf("verdicts %v", got)
	}
}

// An outcome that was not delivered is delivered here, one that was is not.
func TestRestoreOfUndelivered(t *testing.T) {
	d := newDesk(t)
	d.ask(PutItem{Item: anItem()}, aReserve(7), anExport(func(r *Restore) { r.Carts[1].Number = 400 }))
	var numbers []uint64
	for r := range d.s.Unpublished() {
		numbers = append(numbers, r.Number)
	}
	if diff := cmp.Diff([]uint64{1, 2}, numbers); diff != "" || d.s.Marks().Outcomes != 2 {
		t.Errorf("undelivered (-want +got):\n%s", diff)
	}
}

// A hold of an object that a person or Git made is that of the object that is made again.
func TestRestoreOfAnObject(t *testing.T) {
	byHand := func(r *Reserve) {
		r.Wanted.ID, r.Wanted.Command, r.Wanted.Object = "old-uid", Command{}, Object{UID: "old-uid", Name: "my-cart", Version: 5}
	}
	d := newDesk(t)
	d.ask(PutItem{Item: anItem()}, anExport(func(r *Restore) {
		held := r.Carts[0]
		held.ID, held.Command, held.Object = "old-uid", Command{}, Object{Name: "my-cart"}
		r.Carts = []Reservation{held}
	}))
	other := aReserve(1, byHand, lines(Line{"mug", 1}), func(r *Reserve) { r.Wanted.ID, r.Wanted.Object.UID = "uid-2", "uid-2" })
	again := aReserve(1, byHand, lines(Line{"mug", 2}), func(r *Reserve) { r.Wanted.ID, r.Wanted.Object.UID, r.Wanted.Object.Version = "uid-3", "uid-3", 3 })
	answers := d.ask(other, again, again)
	if got := []ID{answers[0].Reservation.ID, answers[1].Reservation.ID, answers[2].Reservation.ID}; !cmp.Equal(got, []ID{"uid-2", "old-uid", "old-uid"}) {
		t.Errorf("they are %v", got)
	}
	if r, ok := d.s.Shown("uid-3"); !ok || r.ID != "old-uid" {
		t.Errorf("the object shows %+v", r)
	}
	if _, reserved, _ := d.s.Level("mug"); reserved != 3 {
		t.Errorf("%d units are held", reserved)
	}
}

// Whoever leads next goes on with a restore, from pages that were compacted meanwhile; and what
// was said of it is not forgotten with them.
func TestRestoreIsCarriedOn(t *testing.T) {
	d := awaiting(t)
	d.policy.Batch, d.policy.CompactAbove = 2048, 1
	export := anExport(func(r *Restore) {
		for i := range 100 {
			r.Totals = append(r.Totals, Total{ID(fmt.Sprint("product-", i)), "ams", 3})
		}
	})
	for d.page = 1; d.s.Restoration().Stage != RestoreDone; d.page++ {
		if d.ask(export); d.page > 100 {
			t.Fatal("it never ends")
		}
		d.s = d.s.Clone() // another process
		check(t, d.s)
	}
	for last := d.page + 200; d.page < last; d.page++ {
		d.ask(Register{Name: "lake", Position: fmt.Sprint(d.page)})
	}
	if d.s.Head() < 2 {
		t.Errorf("the head is page %d: nothing was compacted", d.s.Head())
	}
	if got := d.verdicts(export, aReserve(1, lines(Line{"mug", 2}))); !cmp.Equal(got, []Verdict{Repeated, Repeated}) {
		t.Errorf("verdicts %v", got)
	}
	for _, total := range export.Totals {
		if got := d.s.Consumed(Key{total.Product, total.Location}); got != total.Consumed {
			t.Errorf("%d of %s", got, total.Product)
		}
	}
}
