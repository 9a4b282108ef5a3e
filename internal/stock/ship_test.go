package stock

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Units that ship from another place than they are held at are taken there, if it has them for
// sale, and as many are freed where they were held. Both are stated in one record.
func TestShipFromElsewhere(t *testing.T) {
	id := uuidOf(1, 1)
	to := func(location string, units int64) Consume {
		return Consume{Reservation: id, Parts: []Part{{"mug", location, units}}, Exact: true}
	}
	for name, test := range map[string]struct {
		ask  []Request
		want []Verdict
		then []Allocation
		// reserved and consumed are by place: ams, ber.
		reserved, consumed [2]int64
	}{
		"one of three": {[]Request{to("ber", 1), to("ber", 1)}, []Verdict{Done, Repeated},
			[]Allocation{{"mug", "ams", 2, 0, 0}, {"mug", "ber", 1, 1, 0}}, [2]int64{2, 0}, [2]int64{0, 1}},
		"more since": {[]Request{to("ber", 1), to("ber", 2)}, []Verdict{Done, Done},
			[]Allocation{{"mug", "ams", 1, 0, 0}, {"mug", "ber", 2, 2, 0}}, [2]int64{1, 0}, [2]int64{0, 2}},
		"more than is for sale there": {[]Request{to("ber", 3)}, []Verdict{NotThere},
			[]Allocation{{"mug", "ams", 3, 0, 0}}, [2]int64{3, 0}, [2]int64{}},
		"what another cart holds there": {[]Request{aReserve(2, mugs(2)), to("ber", 1)}, []Verdict{Done, NotThere},
			[]Allocation{{"mug", "ams", 3, 0, 0}}, [2]int64{3, 2}, [2]int64{}},
		"from a place that nobody knows": {[]Request{to("cph", 1)}, []Verdict{NotThere},
			[]Allocation{{"mug", "ams", 3, 0, 0}}, [2]int64{3, 0}, [2]int64{}},
		"all or nothing of two places": {[]Request{Consume{Reservation: id, Parts: []Part{{"mug", "ams", 1}, {"mug", "ber", 3}}, Exact: true}}, []Verdict{TooMany},
			[]Allocation{{"mug", "ams", 3, 0, 0}}, [2]int64{3, 0}, [2]int64{}},
		"from both": {[]Request{Consume{Reservation: id, Parts: []Part{{"mug", "ams", 1}, {"mug", "ber", 2}}, Exact: true}}, []Verdict{Done},
			[]Allocation{{"mug", "ams", 1, 1, 0}, {"mug", "ber", 2, 2, 0}}, [2]int64{}, [2]int64{1, 2}},
		"after it was released": {[]Request{Release{Reservation: id}, to("ber", 1)}, []Verdict{Done, Conflicting},
			[]Allocation{{"mug", "ams", 3, 0, 3}}, [2]int64{}, [2]int64{}},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.ask(at("ams", 3), at("ber", 2))
			d.ask(aReserve(1, mugs(3)))
			if diff := cmp.Diff(test.want, d.verdicts(test.ask...)); diff != "" {
				t.Errorf("verdicts (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.then, d.read(1).Allocations); diff != "" {
				t.Errorf("allocations (-want +got):\n%s", diff)
			}
			for i, place := range []string{"ams", "ber"} {
				key := Key{Product: "mug", Location: place}
				position, _ := d.s.Figures(ID(place))
				if d.s.Consumed(key) != test.consumed[i] || position.Reserved != test.reserved[i] {
					t.Errorf("%s has %d reserved and %d consumed, want %d and %d", place, position.Reserved, d.s.Consumed(key), test.reserved[i], test.consumed[i])
				}
			}
			check(t, d.s)
		})
	}
}

// What nobody counts is told as the most that a line can ask for, however much was taken.
func TestUntrackedLevel(t *testing.T) {
	d := newDesk(t)
	song := at("ams", 0)
	song.Item.Untracked = true
	d.ask(song)
	d.ask(aReserve(1, mugs(UntrackedUnits)))
	d.ask(Consume{Reservation: uuidOf(1, 1)}, aReserve(2, mugs(5)))
	if available, reserved, known := d.s.Level("mug"); available != UntrackedUnits || reserved != 5 || !known {
		t.Errorf("%d are available, %d reserved", available, reserved)
	}
	if d.s.Consumed(Key{"mug", "ams"}) != UntrackedUnits {
		t.Errorf("%d were shipped", d.s.Consumed(Key{"mug", "ams"}))
	}
}
