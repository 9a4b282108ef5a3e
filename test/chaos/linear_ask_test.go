package chaos

import (
	"net/http"
	"time"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/test/books"
	"github.com/acme/inventory-service/test/linear"
	"github.com/acme/inventory-service/test/testbed"
)

// ask sends one command or look about a cart, and records it. It tells whether
// the answer was final.
func (r *linearRound) ask(client, bridge int, kind linear.Kind, c *linearCart, totals linear.Units) bool {
	method, url, key, payload := r.request(kind, c, totals)
	in := linear.Input{Kind: kind, Cart: c.number, Totals: totals, Called: r.history.Now()}
	code, told, err := linearCall(r.t.Context(), method, r.bridges[bridge]+url, key, r.seen(), payload)
	r.saw(told.position)
	in.Answered = r.history.Now()
	out := linear.Output{Answer: linear.Unknown}
	if err == nil {
		if out, err = r.output(kind, code, told); err != nil {
			r.t.Error(err)
		}
	}
	r.learn(kind, c, told, out)
	if kind == linear.Look && out.Answer == linear.Unknown {
		return false // it changes nothing
	}
	r.history.Add(client, in, out)
	return out.Answer != linear.Unknown
}

// learn keeps what an answer says of a cart.
func (r *linearRound) learn(kind linear.Kind, c *linearCart, told linearAnswer, out linear.Output) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch kind {
	case linear.Reserve:
		if told.ReservationID != "" {
			c.id = told.ReservationID
		}
		c.answered = c.answered || out.Answer != linear.Unknown
	case linear.Look:
		if out.Answer != linear.Unknown {
			c.last = out
		}
	case linear.Ship:
		c.shipping = true
	}
}

func (r *linearRound) request(kind linear.Kind, c *linearCart, totals linear.Units) (method, url, key string, payload any) {
	r.mu.Lock()
	url = "/reservations/" + c.id
	r.mu.Unlock()
	switch kind {
	case linear.Reserve:
		return http.MethodPost, "/reservations", c.key, map[string]any{"cartId": c.key, "items": c.items, "holdFor": c.hold.String()}
	case linear.Release:
		return http.MethodPost, url + "/release", "", map[string]any{"reason": "ORDER_CANCELLED"}
	case linear.Consume:
		return http.MethodPost, url + "/consume", "", nil
	case linear.Ship:
		var items []map[string]any
		for p, total := range totals {
			if total > 0 {
				items = append(items, map[string]any{"productId": r.products[p], "quantity": total})
			}
		}
		return http.MethodPost, url + "/consume", "", map[string]any{"items": items}
	default:
		return http.MethodGet, url, "", nil
	}
}

// seen is the newest position that anybody was told: what is asked for from now on has to
// include it, whoever answers.
func (r *linearRound) seen() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.position
}

// saw takes in the position of an answer.
func (r *linearRound) saw(position string) {
	if position == "" {
		return
	}
	at, err := books.ParsePlace(position)
	if err != nil {
		r.t.Errorf("an answer names a position: %v", err)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if before, err := books.ParsePlace(r.position); err != nil || before.Before(at) {
		r.position = position
	}
}

// level asks for the level of a product, which is exact whoever tells it: it includes all
// that anybody was told before.
func (r *linearRound) level(client, product int) {
	in := linear.Input{Kind: linear.Level, Product: product, Called: r.history.Now()}
	code, told, err := linearCall(r.t.Context(), http.MethodGet, r.bridges[client%len(r.bridges)]+"/stock/"+r.products[product], "", r.seen(), nil)
	r.saw(told.position)
	in.Answered = r.history.Now()
	if err != nil || code != http.StatusOK {
		return
	}
	received := int64(r.history.Stock[product])
	if told.Available < 0 || told.Reserved < 0 || told.Available > received {
		r.t.Errorf("%d of %s are available and %d reserved, and %d were received", told.Available, r.products[product], told.Reserved, received)
	}
	if r.levels {
		r.history.Add(client, in, linear.Output{Answer: linear.Done, Available: told.Available, Reserved: told.Reserved})
	}
}

// finish insists on an outcome of every cart, waits for what is under way and for
// the holds that run out, and for every bridge to show what is left.
func (r *linearRound) finish() {
	for _, c := range r.carts {
		if !c.answered {
			r.insist(linear.Reserve, c)
		}
		r.insist(linear.Look, c)
		if c.last.Phase == "Reserved" && (c.hold == briefHold || c.last.Intent != "Hold" || c.shipping) {
			r.w.AwaitReservation(c.id, func(rsv *v1.Reservation) bool { return r.rests(c, rsv) })
			r.insist(linear.Look, c)
		}
	}
	for p, product := range r.products {
		for client, bridge := range r.bridges {
			last := r.restingLevel(bridge, product, p)
			now := r.history.Now()
			r.history.Add(client, linear.Input{Kind: linear.Rest, Product: p, Called: now, Answered: now},
				linear.Output{Answer: linear.Done, Available: last.Available, Reserved: last.Reserved})
		}
	}
}

// restingLevel is the level that a bridge shows once that is what the carts say. A command
// whose client has left may still be carried out, so these are looked at again and again.
func (r *linearRound) restingLevel(bridge, product string, p int) (last linearAnswer) {
	deadline := time.Now().Add(testbed.Patience / 3)
	for {
		reserved, consumed := r.taken(p)
		available := int64(r.history.Stock[p]) - reserved - consumed
		last = r.awaitLevel(bridge, product, available, reserved, time.Second)
		if last.Available == available && last.Reserved == reserved {
			return last
		}
		if time.Now().After(deadline) {
			r.t.Logf("%s shows %+v of %s; expected were %d and %d", bridge, last, product, available, reserved)
			return last
		}
		for _, c := range r.carts {
			r.insist(linear.Look, c)
		}
	}
}

// rests tells whether nothing becomes of a cart any more, or not for long.
func (r *linearRound) rests(c *linearCart, rsv *v1.Reservation) bool {
	switch {
	case rsv.Status.Phase != v1.PhaseReserved:
		return true
	case rsv.Spec.Intent != v1.IntentHold || c.hold == briefHold:
		return false
	}
	for _, item := range rsv.Spec.ConsumeItems {
		for _, a := range rsv.Status.Allocations {
			if a.ProductID == item.ProductID && a.LocationID == item.LocationID && a.Consumed < min(item.Quantity, a.Quantity-a.Released) {
				return false
			}
		}
	}
	return true
}

// taken are the units of a product that carts hold, and those that were shipped,
// by what was seen of them last.
func (r *linearRound) taken(product int) (reserved, consumed int64) {
	for _, c := range r.carts {
		consumed += int64(c.last.Shipped[product])
		if c.last.Phase == "Reserved" {
			reserved += int64(c.units[product] - c.last.Shipped[product])
		}
	}
	return reserved, consumed
}

// insist asks until there is a final answer.
func (r *linearRound) insist(kind linear.Kind, c *linearCart) {
	deadline := r.history.Now() + int64(testbed.Patience)
	for client := 0; r.history.Now() < deadline; client++ {
		if r.ask(linearClients, client%len(r.bridges), kind, c, linear.Units{}) {
			return
		}
	}
	r.t.Errorf("there is no answer to a %s of cart %d", kind, c.number)
}
