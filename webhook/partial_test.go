package webhook

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/acme/inventory-service/api/events"
	v1 "github.com/acme/inventory-service/api/v1"
)

// partialStep is one request about a part of a Reservation, and where the wide cart
// stands after it.
type partialStep struct {
	operation string
	items     string // a list's elements; "" for everything
	problem   *kind
	phase     v1.Phase
	// consumed and released are units in the north and in the south.
	consumed, released [2]int64
}

// Parts are shipped and given back by running totals: only what goes beyond the
// totals so far changes anything, and everything adds up.
func TestParts(t *testing.T) {
	const ship, back = "/consume", "/release"
	product := func(n int) string { return fmt.Sprintf(`{"productId":"plenty","quantity":%d}`, n) }
	place := func(location string, n int) string {
		return fmt.Sprintf(`{"productId":"plenty","locationId":%q,"quantity":%d}`, location, n)
	}
	const held, gone = v1.PhaseReserved, v1.PhaseConsumed
	cases := map[string][]partialStep{
		"shipped from front to back": {
			{ship, product(2), nil, held, [2]int64{2, 0}, [2]int64{}},
			{ship, product(2), nil, held, [2]int64{2, 0}, [2]int64{}},
			{ship, product(4), nil, held, [2]int64{3, 1}, [2]int64{}},
			{ship, product(1), nil, held, [2]int64{3, 1}, [2]int64{}},
			{ship, product(6), tooMany, held, [2]int64{3, 1}, [2]int64{}},
			{ship, place("south", 3), tooMany, held, [2]int64{3, 1}, [2]int64{}},
			{ship, place("south", 2), nil, gone, [2]int64{3, 2}, [2]int64{}},
			{ship, product(4), nil, gone, [2]int64{3, 2}, [2]int64{}},
			{ship, "", nil, gone, [2]int64{3, 2}, [2]int64{}},
			{ship, product(6), tooMany, gone, [2]int64{3, 2}, [2]int64{}},
			{back, product(1), consumed, gone, [2]int64{3, 2}, [2]int64{}},
			{back, "", consumed, gone, [2]int64{3, 2}, [2]int64{}},
		},
		"by place after a total over all": {
			{ship, product(4), nil, held, [2]int64{3, 1}, [2]int64{}},
			{ship, place("north", 2) + "," + place("south", 2), contradicting, held, [2]int64{3, 1}, [2]int64{}},
			{ship, place("south", 2) + "," + place("north", 2), contradicting, held, [2]int64{3, 1}, [2]int64{}},
			{ship, place("north", 2) + "," + place("south", 1), nil, held, [2]int64{3, 1}, [2]int64{}},
			{ship, place("north", 3) + "," + place("south", 2), nil, gone, [2]int64{3, 2}, [2]int64{}},
		},
		"given back by place after a total over all": {
			{back, product(4), nil, held, [2]int64{}, [2]int64{3, 1}},
			{back, place("north", 2) + "," + place("south", 2), contradicting, held, [2]int64{}, [2]int64{3, 1}},
			{back, product(5), nil, v1.PhaseReleased, [2]int64{}, [2]int64{3, 2}},
		},
		"two places at once": {
			{ship, place("south", 1) + "," + place("north", 1), nil, held, [2]int64{1, 1}, [2]int64{}},
			{ship, `{"productId":"plenty","locationId":"west","quantity":1}`, elsewhere, held, [2]int64{1, 1}, [2]int64{}},
			{ship, product(3) + `,{"productId":"few","quantity":1}`, tooMany, held, [2]int64{1, 1}, [2]int64{}},
			{ship, product(3), nil, held, [2]int64{2, 1}, [2]int64{}},
			{ship, "", nil, gone, [2]int64{3, 2}, [2]int64{}},
		},
		"some given back, the rest shipped": {
			{back, product(4), nil, held, [2]int64{}, [2]int64{3, 1}},
			{back, product(4), nil, held, [2]int64{}, [2]int64{3, 1}},
			{ship, product(2), tooMany, held, [2]int64{}, [2]int64{3, 1}},
			{ship, "", nil, gone, [2]int64{0, 1}, [2]int64{3, 1}},
			{back, product(4), nil, gone, [2]int64{0, 1}, [2]int64{3, 1}},
			{back, product(5), consumed, gone, [2]int64{0, 1}, [2]int64{3, 1}},
			{ship, product(1), nil, gone, [2]int64{0, 1}, [2]int64{3, 1}},
			{ship, "", nil, gone, [2]int64{0, 1}, [2]int64{3, 1}},
		},
		"some shipped, the rest given back": {
			{ship, place("north", 2), nil, held, [2]int64{2, 0}, [2]int64{}},
			{back, product(4), tooMany, held, [2]int64{2, 0}, [2]int64{}},
			{back, place("north", 2), tooMany, held, [2]int64{2, 0}, [2]int64{}},
			{back, "", nil, gone, [2]int64{2, 0}, [2]int64{1, 2}},
			{back, "", nil, gone, [2]int64{2, 0}, [2]int64{1, 2}},
			{back, product(3), nil, gone, [2]int64{2, 0}, [2]int64{1, 2}},
			{ship, product(2), nil, gone, [2]int64{2, 0}, [2]int64{1, 2}},
			{ship, product(3), notReserved, gone, [2]int64{2, 0}, [2]int64{1, 2}},
			{ship, "", notReserved, gone, [2]int64{2, 0}, [2]int64{1, 2}},
		},
		"all given back in parts": {
			{back, place("south", 2), nil, held, [2]int64{}, [2]int64{0, 2}},
			{back, product(5), nil, v1.PhaseReleased, [2]int64{}, [2]int64{3, 2}},
			{back, product(5), nil, v1.PhaseReleased, [2]int64{}, [2]int64{3, 2}},
			{back, product(6), tooMany, v1.PhaseReleased, [2]int64{}, [2]int64{3, 2}},
			{back, "", nil, v1.PhaseReleased, [2]int64{}, [2]int64{3, 2}},
			{ship, product(1), notReserved, v1.PhaseReleased, [2]int64{}, [2]int64{3, 2}},
		},
	}
	for name, steps := range cases {
		t.Run(name, func(t *testing.T) {
			s := newStore(t, wideShelves...)
			bridge := newBridge(t, s.options())
			r := s.reserveOne(t, bridge, wideCart, http.StatusCreated)
			for i, step := range steps {
				r = s.checkPart(t, bridge, fmt.Sprintf("step %d", i), r, step)
			}
		})
	}
}

// checkPart makes one step and compares answer and Reservation with what is due.
func (s *store) checkPart(t *testing.T, bridge http.Handler, what string, before *v1.Reservation, step partialStep) *v1.Reservation {
	t.Helper()
	body := "{}"
	if step.items != "" {
		body = `{"items":[` + step.items + `]}`
	}
	position := s.position()
	got := ask(t, bridge, request(t, http.MethodPost, "/reservations/"+before.Name+step.operation, body))
	if step.problem != nil {
		p := got.wantProblem(step.problem.Plain, step.problem)
		if step.problem == contradicting && !strings.HasSuffix(p.Detail, "or the total without locations") {
			t.Errorf("%s does not say what to do: %q", what, p.Detail)
		}
		if named := p.Field != ""; named != (step.problem == tooMany || step.problem == elsewhere) {
			t.Errorf("%s names field %q", what, p.Field)
		}
	} else {
		got.wantStatus(http.StatusOK)
	}
	after := s.get(t, before.Name)
	var consumed, released [2]int64
	for i, a := range after.Status.Allocations {
		consumed[i], released[i] = a.Consumed, a.Released
	}
	if after.CurrentPhase() != step.phase || consumed != step.consumed || released != step.released {
		t.Errorf("%s: %s, consumed %v, released %v", what, after.CurrentPhase(), consumed, released)
	}
	if changed, written := !cmp.Equal(before, after), s.position() != position; changed != written {
		t.Errorf("%s: the journal was written: %t, the Reservation changed: %t", what, written, changed)
	}
	return after
}

// Whoever ships at the same time as others loses nothing and counts nothing twice.
func TestPartsAtOnce(t *testing.T) {
	s := newStore(t, shelf{"plenty", "north", 3}, shelf{"plenty", "south", 6})
	bridge := newBridge(t, s.options())
	r := s.reserveOne(t, bridge, `{"cartId":"cart","items":[{"productId":"plenty","quantity":9}]}`, http.StatusCreated)
	var shipping sync.WaitGroup
	for n := 1; n <= 4; n++ {
		for _, body := range []string{
			fmt.Sprintf(`{"items":[{"productId":"plenty","locationId":"south","quantity":%d}]}`, n),
			fmt.Sprintf(`{"items":[{"productId":"plenty","quantity":%d}]}`, n),
		} {
			shipping.Go(func() {
				var told events.InventoryConsumed
				ask(t, bridge, request(t, http.MethodPost, "/reservations/"+r.Name+"/consume", body)).wantStatus(http.StatusOK).into(&told)
				if sum := told.Items[0].Consumed + told.Items[1].Consumed; sum < int64(n) {
					t.Errorf("%s was answered at %d units", body, sum)
				}
			})
		}
	}
	shipping.Wait()
	got := s.get(t, r.Name)
	north, south := got.Status.Allocations[0], got.Status.Allocations[1]
	if south.Consumed < 4 || north.Consumed+south.Consumed > 8 || got.CurrentPhase() != v1.PhaseReserved {
		t.Errorf("%s: %+v", got.CurrentPhase(), got.Status.Allocations)
	}
}
