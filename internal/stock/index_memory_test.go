package stock

import (
	"math/rand/v2"
	"runtime"
	"testing"
)

// TestIndexMemory bounds what it takes to find carts that are remembered by their cart, and by
// their order: where each has its own, and where some share one.
func TestIndexMemory(t *testing.T) {
	if testing.Short() || raced {
		t.Skip("makes 200,000 carts twice, to measure memory")
	}
	const carts, most = 200_000, 64
	for name, sharing := range map[string]int{"each its own": 1, "two share one": 2} {
		t.Run(name, func(t *testing.T) {
			s := NewIndexed(Index{Carts: true, Orders: true})
			remember(t, s, carts, sharing)
			if s.Remembered() != carts || len(s.OfCart(uuidOf(3, 0))) != sharing || len(s.OfOrder(uuidOf(5, 0))) != sharing {
				t.Fatalf("%d carts, %d found by cart, %d by order", s.Remembered(), len(s.OfCart(uuidOf(3, 0))), len(s.OfOrder(uuidOf(5, 0))))
			}
			for what, drop := range map[string]func(){
				"cart":  func() { s.byCart = nil },
				"order": func() { s.byOrder = nil },
			} {
				before := heap()
				drop()
				each := (float64(before) - float64(heap())) / carts
				t.Logf("%.1f bytes for each cart that is found by its %s", each, what)
				if each < 8 || each > most {
					t.Errorf("finding a cart by its %s takes %.1f bytes, more than %d or less than a pointer", what, each, most)
				}
			}
			runtime.KeepAlive(s)
		})
	}
}

// remember has State remember so many finished carts, of which some share a cart and an order,
// that was named at the decision or later.
func remember(t *testing.T, s *State, carts, sharing int) {
	t.Helper()
	random := rand.New(rand.NewPCG(7, 8))
	const each = 400
	for page := range carts / each {
		var requests []Request
		for i := range each {
			n := page*each + i
			cart := realistic(random)
			cart.Wanted.Cart = uuidOf(3, n/sharing)
			order := uuidOf(5, n/sharing)
			if n%4 > 0 {
				cart.Wanted.Order = order
			}
			requests = append(requests, cart)
			if n%4 == 0 {
				requests = append(requests, Attach{Reservation: cart.Wanted.ID, Order: order})
			}
			requests = append(requests, Release{Reservation: cart.Wanted.ID})
		}
		land(t, s, Decide(s, append(requests, Publish{Number: 1 << 40}), start, uint64(page+1), generous()), uint64(page+1))
	}
}
