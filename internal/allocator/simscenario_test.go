package allocator_test

import (
	"time"
)

// scenario is what one seed plays. Each draws which faults it has and how often,
// since those that all have at once hide one another.
type scenario struct {
	products, places, carts int
	processes               int
	// units bounds what is received of an item at first, quantity a line.
	units, quantity int
	// span is how long users and faults go on, shakes the mean time between
	// changes of who leads, lull that between bursts of carts.
	span, shakes, lull time.Duration
	// staleness is how long a status of a StockItem may lag.
	staleness time.Duration
	// alone says that at most one process is elected at a time.
	alone  bool
	faults faults
	habits habits
}

// faults are probabilities, each for one request, change or moment.
type faults struct {
	lost, late, lostAnswer, resent, refused, broken, slow float64 // requests
	withheld, repeated, relist, staleStart                float64 // watches
	dropped                                               float64 // callers that leave
	sink                                                  float64 // the sink, there and back
}

// habits are mean times between what people do, zero for never, and the chances
// that something happens at the worst moment.
type habits struct {
	items, replace, carts, ship, erase time.Duration
	dropLedger, editLedger, dropTally  time.Duration
	// onBatch, onFold, onFence, onTally and onStatus are the chances of an
	// ambush once such a write has landed.
	onBatch, onFold, onFence, onTally, onStatus float64
	// edits says that ambushes may strike the ledger, too.
	edits, drops bool
}

// often scales something that a seed has seldom, usually, often or not at all.
func (w *world) often(usual float64) float64 {
	return usual * []float64{0, 0.3, 1, 1, 3}[w.rng.IntN(5)]
}

// every is a mean time, or never.
func (w *world) every(usual time.Duration) time.Duration {
	return time.Duration([]float64{0, 0.3, 1, 1, 3}[w.rng.IntN(5)] * float64(usual))
}

func (w *world) draw() scenario {
	small := w.rng.IntN(3) > 0
	s := scenario{
		products: 1 + w.rng.IntN(3), places: 1 + w.rng.IntN(2), carts: 20 + w.rng.IntN(30),
		units: []int{20, 60}[w.rng.IntN(2)], quantity: 4,
		processes: []int{1, 2, 2, 2, 3, 3}[w.rng.IntN(6)],
		span:      time.Duration(4+w.rng.IntN(8)) * time.Second,
		shakes:    400*time.Millisecond + w.upTo(4*time.Second),
		lull:      []time.Duration{0, 300 * time.Millisecond, time.Second}[w.rng.IntN(3)],
		staleness: []time.Duration{20 * time.Millisecond, time.Second}[w.rng.IntN(2)],
		alone:     w.oneOf(5),
	}
	if small {
		s.products, s.places, s.carts = 1+w.rng.IntN(2), 1, 8+w.rng.IntN(24)
		s.units, s.quantity = []int{4, 4, 12, 24}[w.rng.IntN(4)], 3
	}
	s.faults = faults{
		lost: w.often(0.03), late: w.often(0.08), lostAnswer: w.often(0.04), resent: w.often(0.03),
		refused: w.often(0.02), broken: w.often(0.02), slow: w.often(0.05),
		withheld: w.often(0.02), repeated: w.often(0.1), relist: w.often(0.03), staleStart: w.often(0.4),
		dropped: w.often(0.03), sink: w.often(0.2),
	}
	s.habits = habits{
		items: w.every(400 * time.Millisecond), replace: w.every(2 * time.Second),
		carts: w.every(400 * time.Millisecond), ship: w.every(100 * time.Millisecond), erase: w.every(2 * time.Second),
		onBatch: w.often(0.1), onFold: w.often(0.15), onFence: w.often(0.1), onTally: w.often(0.15), onStatus: w.often(0.03),
		edits: w.oneOf(3), drops: w.oneOf(3),
	}
	if s.habits.edits {
		s.habits.editLedger = w.every(500 * time.Millisecond)
	}
	if s.habits.drops {
		s.habits.dropLedger = w.every(3 * time.Second)
	}
	if w.oneOf(2) {
		s.habits.dropTally = w.every(time.Second)
	}
	return s
}

// open makes the stock and the processes, and lets users and faults loose.
func (w *world) open() {
	s := &w.scenario
	for product := range s.products {
		for place := range s.places {
			w.createItem(product, place, "a")
		}
	}
	for i := range s.processes {
		w.processes = append(w.processes, w.start(id("op", i)+"#0"))
	}
	at := time.Duration(0)
	for i := range s.carts {
		if w.oneOf(3) || s.lull == 0 {
			at = time.Duration(w.rng.Int64N(int64(s.span)))
		}
		w.after(at+w.upTo(20*time.Millisecond), func() { w.createCart(i) })
	}
	w.repeat(s.habits.items, w.touchItem)
	w.repeat(s.habits.replace, w.replaceItem)
	w.repeat(s.habits.erase, w.eraseItem)
	w.repeat(s.habits.carts, w.touchCart)
	w.repeat(s.habits.ship, w.ship)
	w.repeat(s.habits.dropLedger, w.dropLedger)
	w.repeat(s.habits.editLedger, w.editLedger)
	w.repeat(s.habits.dropTally, w.dropTally)
	w.repeat(s.shakes, w.shake)
}

// repeat does something again and again, until it is calm.
func (w *world) repeat(mean time.Duration, do func()) {
	if mean == 0 {
		return
	}
	for at := w.upTo(2 * mean); at < w.scenario.span; at += w.upTo(6*mean) + time.Millisecond {
		w.after(at, func() {
			if !w.calm {
				do()
			}
		})
	}
}
