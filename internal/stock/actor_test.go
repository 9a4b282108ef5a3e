package stock

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Who asked for a cart, and who released and consumed of it last, stays known for as long as
// the cart is, whoever repeats what was done.
func TestActors(t *testing.T) {
	d := newDesk(t)
	part := func(units int64) []Part { return []Part{{Product: "mug", Quantity: units}} }
	id, tooLong := uuidOf(1, 1), ID(strings.Repeat("x", MaxActor+1))
	for _, step := range []struct {
		ask                Request
		want               Verdict
		released, consumed ID
	}{
		{PutItem{Item: anItem()}, Done, "", ""},
		{aReserve(1, lines(Line{"mug", 4}), func(r *Reserve) { r.Wanted.Actor, r.Wanted.ReleasedBy = "anna", "somebody" }), Done, "", ""},
		{Release{Reservation: id, Parts: part(1), Actor: "ben"}, Done, "ben", ""},
		{Release{Reservation: id, Parts: part(1), Actor: "dora"}, Repeated, "ben", ""},
		{Consume{Reservation: id, Parts: part(1), Actor: "carl"}, Done, "ben", "carl"},
		{Consume{Reservation: id, Parts: part(2), Actor: "eve"}, Done, "ben", "eve"},
		{Release{Reservation: id, Parts: part(2), Actor: tooLong}, TooLarge, "ben", "eve"},
		{Consume{Reservation: id, Actor: tooLong}, TooLarge, "ben", "eve"},
		{aReserve(2, func(r *Reserve) { r.Wanted.Actor = tooLong }), TooLarge, "ben", "eve"},
		{aReserve(3, func(r *Reserve) { r.Wanted.Actor = ID(strings.Repeat("x", MaxActor)) }), Done, "ben", "eve"},
		{Release{Reservation: id}, Done, "ben", "eve"}, // of an object, which tells nobody
		{Publish{Number: 2}, Done, "ben", "eve"},       // it is packed now
	} {
		if got := d.verdicts(step.ask)[0]; got != step.want {
			t.Errorf("%+v is told %d, want %d", step.ask, got, step.want)
		}
		if r, known := d.s.Reservation(id); known && (r.Actor != "anna" || r.ReleasedBy != step.released || r.ConsumedBy != step.consumed) {
			t.Errorf("after %+v: %q, %q, %q", step.ask, r.Actor, r.ReleasedBy, r.ConsumedBy)
		}
	}
	restated := New()
	w := Write{Records: [][]byte{}, Marks: d.s.marks}
	for fact := range d.s.Facts() {
		encoded, err := Encode(fact)
		if err != nil {
			t.Fatal(err)
		}
		w.Records = append(w.Records, encoded)
	}
	if err := restated.Apply(&w); err != nil {
		t.Fatal(err)
	}
	want, _ := d.s.Reservation(id)
	got, _ := restated.Reservation(id)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	check(t, d.s)
}

// That a hold ran out was asked for by nobody.
func TestExpiryHasNoActor(t *testing.T) {
	d := newDesk(t)
	d.ask(PutItem{Item: anItem()}, aReserve(1, func(r *Reserve) { r.Wanted.Actor = "anna" }))
	r, _ := d.s.Reservation(uuidOf(1, 1))
	d.now = r.Expires
	if got := d.verdicts(Expire{Reservation: r.ID, Expires: r.Expires})[0]; got != Done {
		t.Fatal(got)
	}
	if r, _ = d.s.Reservation(r.ID); r.Actor != "anna" || r.ReleasedBy != "" || r.ConsumedBy != "" {
		t.Errorf("%+v", r)
	}
}
