package stock

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Whatever can be shortened of a cart, and whatever cannot, is there again.
func TestPacked(t *testing.T) {
	whole := Reservation{
		ID: uuidOf(1, 1), Phase: PhaseReleased, Outcome: uuidOf(2, 1), Number: 7, Cart: "cart", Command: Command{Source: "/shop", ID: "c", Hash: "00ff17"},
		Lines:       []Line{{"mug", 2}, {"pot", 1}},
		Allocations: []Allocation{{Product: "mug", Location: "ams", Quantity: 2, Released: 2}, {Product: "pot", Location: "ams", Quantity: 1, Released: 1}},
		At:          start, Expires: start + hour, Ended: start + minute, Reason: "ORDER_CANCELLED",
	}
	for name, change := range map[string]func(*Reservation){
		"all of it": func(*Reservation) {},
		"split over places": func(r *Reservation) {
			r.Allocations = append(r.Allocations, Allocation{Product: "pot", Location: "ber"})
		},
		"another quantity":          func(r *Reservation) { r.Allocations[0].Quantity = 1 },
		"another product":           func(r *Reservation) { r.Allocations[0].Product = "pan" },
		"no product":                func(r *Reservation) { r.Allocations[0].Product = "" },
		"an end before it began":    func(r *Reservation) { r.Ended = r.At - 1 },
		"no end":                    func(r *Reservation) { r.Expires, r.Ended = 0, 0 },
		"an end at once":            func(r *Reservation) { r.Ended = r.At },
		"another reason":            func(r *Reservation) { r.Reason = "because" },
		"no reason":                 func(r *Reservation) { r.Reason = "" },
		"a hash in capitals":        func(r *Reservation) { r.Command.Hash = "00FF17" },
		"a hash of half a byte":     func(r *Reservation) { r.Command.Hash = "00f" },
		"part of it shipped":        func(r *Reservation) { r.Allocations[1].Released, r.Allocations[1].Consumed = 0, 1 },
		"a command's time":          func(r *Reservation) { r.Command.Time = start - minute },
		"a command as it began":     func(r *Reservation) { r.Command.Time = r.At },
		"a command before time":     func(r *Reservation) { r.Command.Time = -1 << 63 },
		"no hash":                   func(r *Reservation) { r.Command.Hash = "" },
		"refused":                   func(r *Reservation) { r.Phase, r.Allocations, r.Short = PhaseRefused, nil, []Shortage{{"mug", 2, 1}} },
		"what a bad record may say": func(r *Reservation) { r.At, r.Expires, r.Ended = -5, -4, -3 },
	} {
		t.Run(name, func(t *testing.T) {
			r := whole
			r.Allocations = append([]Allocation(nil), whole.Allocations...)
			change(&r)
			packed := string(appendPacked(nil, &r, 205))
			if diff := cmp.Diff(&r, unpack(packed)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if packedSize(packed) != 205 {
				t.Errorf("size %d, want 205", packedSize(packed))
			}
		})
	}
}
