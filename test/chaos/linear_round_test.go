package chaos

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/acme/inventory-service/test/linear"
	"github.com/acme/inventory-service/test/testbed"
)

const (
	linearClients = 6
	linearSteps   = 8
	// briefHold is the shortest hold there is.
	briefHold = time.Second
	longHold  = 15 * time.Minute
)

// linearRound is one history in the making: clients of some products that nobody
// else asks for.
type linearRound struct {
	t        *testing.T
	w        *testbed.World
	bridges  []string
	levels   bool // stock levels are part of the history
	name     string
	products []string
	history  *linear.History

	mu       sync.Mutex
	carts    []*linearCart // by number
	position string        // the newest that anybody was told
}

// linearCart is one cart and what is known of it.
type linearCart struct {
	number int
	key    string
	items  []map[string]any
	units  linear.Units
	hold   time.Duration
	// id is that of its Reservation, once somebody was told.
	id string
	// answered says that its outcome was told, shipping that somebody may have
	// shipped a part, and last is what was seen of it last.
	answered, shipping bool
	last               linear.Output
}

// newLinearRound stocks one to three products, the first of them in two places,
// and waits until every bridge knows.
func newLinearRound(t *testing.T, w *testbed.World, name string, random *rand.Rand, bridges []string) *linearRound {
	t.Helper()
	r := &linearRound{t: t, w: w, name: name, bridges: bridges}
	var stock []int8
	for p := range 1 + random.IntN(linear.MaxProducts) {
		product, units := fmt.Sprintf("%s-%d", name, p), int8(1+random.IntN(3))
		r.products, stock = append(r.products, product), append(stock, units)
		if p == 0 {
			w.Declare(product+"-r", product, "rotterdam", 1)
			units--
		}
		w.Declare(product, product, "amsterdam", int64(units))
	}
	for p, product := range r.products {
		for _, bridge := range bridges {
			if told := r.awaitLevel(bridge, product, int64(stock[p]), 0, testbed.Patience/3); told.Available != int64(stock[p]) {
				t.Fatalf("%s shows %+v of %s, of which there are %d", bridge, told, product, stock[p])
			}
		}
	}
	r.history = linear.NewHistory(stock...)
	return r
}

// awaitLevel asks a bridge until it tells a level, or for so long that the last
// answer stands.
func (r *linearRound) awaitLevel(bridge, product string, available, reserved int64, patience time.Duration) linearAnswer {
	ctx, cancel := context.WithTimeout(r.t.Context(), patience)
	defer cancel()
	var last linearAnswer
	for ctx.Err() == nil {
		code, told, err := linearCall(ctx, http.MethodGet, bridge+"/stock/"+product, "", "", nil)
		if err == nil && code == http.StatusOK {
			if last = told; told.Available == available && told.Reserved == reserved {
				return told
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(10 * time.Millisecond): // a poll of another process
		}
	}
	return last
}

// play lets clients do at random what they may, all at once.
func (r *linearRound) play(seed uint64) {
	var clients sync.WaitGroup
	for client := range linearClients {
		random := rand.New(rand.NewPCG(seed, uint64(client)))
		clients.Go(func() {
			for step := range linearSteps {
				r.step(client, step, random)
			}
		})
	}
	clients.Wait()
}

func (r *linearRound) step(client, step int, random *rand.Rand) {
	bridge := random.IntN(len(r.bridges))
	cart := r.known(random)
	dice := random.IntN(100)
	switch {
	case dice < 35 || cart == nil && dice < 90:
		r.ask(client, bridge, linear.Reserve, r.newCart(fmt.Sprintf("%s-%d-%d", r.name, client, step), random), linear.Units{})
	case cart == nil || dice >= 90:
		r.level(client, random.IntN(len(r.products)))
	case dice < 43:
		r.ask(client, bridge, linear.Reserve, cart, linear.Units{})
	case dice < 58:
		r.ask(client, bridge, linear.Look, cart, linear.Units{})
	case dice < 74:
		r.ask(client, bridge, linear.Release, cart, linear.Units{})
	case dice < 81:
		r.ask(client, bridge, linear.Consume, cart, linear.Units{})
	default:
		r.ask(client, bridge, linear.Ship, cart, part(cart, random))
	}
}

// newCart wants one or two units of some products. A sixth of the carts are held
// briefly.
func (r *linearRound) newCart(key string, random *rand.Rand) *linearCart {
	c := &linearCart{key: key, hold: longHold}
	if random.IntN(6) == 0 {
		c.hold = briefHold
	}
	for _, p := range random.Perm(len(r.products))[:1+random.IntN(min(2, len(r.products)))] {
		c.units[p] = int8(1 + random.IntN(2))
		c.items = append(c.items, map[string]any{"productId": r.products[p], "quantity": c.units[p]})
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	c.number = r.history.AddCart(c.units, c.hold)
	r.carts = append(r.carts, c)
	return c
}

// part is a running total of one line of a cart, sometimes more than there is.
func part(c *linearCart, random *rand.Rand) (totals linear.Units) {
	for p, units := range c.units {
		if units > 0 {
			totals[p] = 1 + int8(random.IntN(int(units)))
			if random.IntN(8) == 0 {
				totals[p]++
			}
			return totals
		}
	}
	return totals
}

// known is a cart of anybody's whose Reservation has been told, nil while there
// is none.
func (r *linearRound) known(random *rand.Rand) *linearCart {
	r.mu.Lock()
	defer r.mu.Unlock()
	var known []*linearCart
	for _, c := range r.carts {
		if c.id != "" {
			known = append(known, c)
		}
	}
	if len(known) == 0 {
		return nil
	}
	return known[random.IntN(len(known))]
}
