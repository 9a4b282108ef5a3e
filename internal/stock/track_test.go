package stock

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Whoever shows reservations and StockItems is told of each that has to be shown anew.
func TestChanges(t *testing.T) {
	d := newDesk(t)
	d.s.Track()
	id := aReserve(1).Wanted.ID
	other := PutItem{Item: anItem(func(i *Item) { i.UID, i.Name, i.Location, i.Version = "item-2", "mug-ber", "ber", 101 })}
	twin := PutItem{Item: anItem(func(i *Item) { i.UID, i.Name, i.Created, i.Version = "item-3", "mug-too", start, 102 })}
	object := Object{UID: "o", Version: 7}
	for _, step := range []struct {
		name         string
		ask          Request
		reservations []ID
		items        []ID
	}{
		{"an item", PutItem{Item: anItem()}, nil, []ID{"item-1"}},
		{"an item elsewhere", other, nil, []ID{"item-2"}},
		{"a duplicate changes what serves", twin, nil, []ID{"item-1", "item-3"}},
		{"a hold", aReserve(1, lines(Line{"mug", 2})), []ID{id}, []ID{"item-1", "item-3"}},
		{"a repetition", aReserve(1, lines(Line{"mug", 2})), nil, nil},
		{"a refusal", aReserve(2, lines(Line{"mug", 99})), []ID{uuidOf(1, 2)}, []ID{"item-1", "item-2"}},
		{"an object", Show{id, object}, []ID{id}, nil},
		{"an order", Attach{Reservation: id, Order: "a"}, []ID{id}, nil},
		{"a longer hold", Extend{Reservation: id, Expires: start + hour}, []ID{id}, nil},
		{"a part", Consume{Reservation: id, Parts: []Part{{"mug", "", 1}}}, []ID{id}, []ID{"item-1", "item-3"}},
		{"the rest", Release{Reservation: id}, []ID{id}, []ID{"item-1", "item-3"}},
		{"an item that is gone", DropItem{UID: "item-1", Version: 120}, nil, []ID{"item-1", "item-3"}},
	} {
		d.ask(step.ask)
		changes := d.s.TakeChanges()
		for _, ids := range []*[]ID{&changes.Reservations, &changes.Items} {
			slices.Sort(*ids)
			*ids = slices.Compact(*ids)
		}
		if diff := cmp.Diff(Changes{step.reservations, step.items}, changes); diff != "" {
			t.Errorf("%s (-want +got):\n%s", step.name, diff)
		}
	}
}
