package stock

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReserveThenConsume(t *testing.T) {
	d := newDesk(t)
	got := d.verdicts(
		PutItem{anItem()},
		aReserve(1, lines(Line{"mug", 7})),
		aReserve(2, lines(Line{"mug", 4})),
		aReserve(1, lines(Line{"mug", 7})),
		Consume{Reservation: uuidOf(1, 1), Parts: []Part{{Product: "mug", Quantity: 2}}},
		Release{Reservation: uuidOf(1, 1)},
		Consume{Reservation: uuidOf(1, 1)},
		Publish{Number: 9},
	)
	want := []Verdict{Done, Done, Done, Repeated, Done, Done, Conflicting, Done}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("verdicts (-want +got):\n%s", diff)
	}
	position, _ := d.s.Position("item-1")
	wantPosition := Position{Serving: true, ServingName: "mug-ams", OnHand: 8, Available: 8, Consumed: 2, Refused: 1}
	if diff := cmp.Diff(wantPosition, position); diff != "" {
		t.Errorf("position (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(dump(t, d.s), dump(t, d.s.Clone())); diff != "" {
		t.Errorf("clone (-want +got):\n%s", diff)
	}
}
