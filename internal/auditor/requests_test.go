package auditor

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/acme/inventory-service/internal/stock"
)

const (
	second = stock.Time(1e6)
	minute = 60 * second
)

// requests makes up what people and carts ask for.
type requests struct {
	rand    *rand.Rand
	made    int
	version uint64
	// carts are the ids that were asked for.
	carts []stock.ID
}

var (
	products  = []stock.ID{"mug", "pot", "1a2b3c4d-0000-4000-8000-00000000000a"}
	locations = []string{"ams", "ber", "cph"}
)

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

// next makes up a request about a State at a time.
func (q *requests) next(s *stock.State, now stock.Time) stock.Request {
	switch n := q.rand.IntN(40); {
	case n < 14:
		return q.cart(now)
	case n < 17:
		return stock.Release{Reservation: q.someone(), Parts: q.parts(), Reason: pick(q.rand, []string{"", "ORDER_CANCELLED"})}
	case n < 20:
		return stock.Consume{Reservation: q.someone(), Parts: q.parts()}
	case n < 23:
		request := stock.Expire{Reservation: q.someone()}
		if r, ok := s.Reservation(request.Reservation); ok {
			request.Expires = r.Expires
		}
		return request
	case n < 25:
		return stock.Extend{Reservation: q.someone(), Expires: now + stock.Time(q.rand.Int64N(int64(60*minute)))}
	case n < 26:
		return stock.Attach{Reservation: q.someone(), Order: pick(q.rand, []stock.ID{"order-1", "order-2"})}
	case n < 29:
		return q.item()
	case n < 32:
		return stock.ShowItem{UID: q.uid(), Generation: int64(q.rand.IntN(6))}
	case n < 33:
		q.version++
		return stock.DropItem{UID: q.uid(), Version: q.version, Read: q.version}
	case n < 36:
		return q.show(s)
	case n < 37:
		return stock.Register{Name: pick(q.rand, []string{"archive", "lake"}), Position: pick(q.rand, []string{"", "7:1", "8:3"})}
	default:
		return stock.Publish{Number: s.Marks().Published + uint64(q.rand.IntN(30))}
	}
}

func (q *requests) cart(now stock.Time) stock.Request {
	q.made++
	id := stock.ID(fmt.Sprintf("%08x-0000-5000-8000-000000000000", q.made))
	if q.rand.IntN(5) == 0 {
		id = stock.ID(fmt.Sprintf("cart-%d", q.made))
	}
	r := stock.Reserve{Hold: stock.Time(q.rand.Int64N(int64(20 * minute))), Wanted: stock.Reservation{ID: id, Outcome: "o-" + id, Cart: id}}
	switch q.rand.IntN(8) {
	case 0:
		q.version++
		r.Wanted.Object = stock.Object{UID: id, Name: fmt.Sprintf("own-%d", q.made), Version: q.version}
		r.Verified = true
	case 1: // without a time: it may be decided again once it is forgotten
		r.Wanted.Command = stock.Command{Source: "/shop", ID: id, Hash: "h"}
	default:
		r.Wanted.Command = stock.Command{Source: "/shop", ID: id, Hash: "h", Time: now}
	}
	if len(q.carts) > 0 && q.rand.IntN(6) == 0 { // once more
		if again := pick(q.rand, q.carts); !strings.HasPrefix(string(again), "uid-") {
			r.Wanted.ID = again // not that of an object that a person made
		}
		r.Wanted.Object, r.Wanted.Command = stock.Object{}, stock.Command{Source: "/shop", ID: r.Wanted.ID, Hash: "h"}
	}
	for range 1 + q.rand.IntN(2) {
		r.Wanted.Lines = append(r.Wanted.Lines, stock.Line{Product: pick(q.rand, products), Quantity: 1 + q.rand.Int64N(6)})
	}
	q.carts = append(q.carts, r.Wanted.ID)
	return r
}

func (q *requests) someone() stock.ID {
	n := len(q.carts)
	if n == 0 {
		return "nobody"
	}
	return q.carts[n-1-q.rand.IntN(min(n, 15))]
}

func (q *requests) parts() []stock.Part {
	var parts []stock.Part
	for range q.rand.IntN(3) {
		parts = append(parts, stock.Part{Product: pick(q.rand, products), Location: pick(q.rand, []string{"", "ams"}), Quantity: q.rand.Int64N(7)})
	}
	return parts
}

func (q *requests) uid() stock.ID { return stock.ID(fmt.Sprintf("item-%d", q.rand.IntN(8))) }

func (q *requests) item() stock.Request {
	uid := q.uid()
	n := int(uid[5] - '0')
	q.version++
	return stock.PutItem{Item: stock.Item{
		UID: uid, Name: "name-" + string(uid), Product: products[n%3], Location: locations[n%2], Created: stock.Time(1000 - n%4),
		Generation: int64(q.rand.IntN(6)), Version: q.version, Received: q.rand.Int64N(60), SafetyStock: q.rand.Int64N(3),
		Priority: q.rand.Int32N(3), Suspended: q.rand.IntN(9) == 0,
		TakesOver: q.version%3 == 0,
	}, Read: q.version}
}

func (q *requests) show(s *stock.State) stock.Request {
	id := q.someone()
	q.version++
	o := stock.Object{UID: id, Version: q.version, Gone: q.rand.IntN(3) > 0}
	if known, ok := s.Reservation(id); ok && known.Object.UID != "" {
		o.UID, o.Name = known.Object.UID, known.Object.Name
	}
	return stock.Show{Reservation: id, Object: o}
}
