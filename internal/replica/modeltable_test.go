package replica

import "github.com/acme/inventory-service/internal/stock"

var policy = stock.Policy{Retention: tickTime, Grace: 2 * tickTime, CompactAbove: 1 << 20, Batch: 1 << 16}

func reserves(cart int, times uint8) command {
	return command{name: "reserve cart " + string(rune('0'+cart)), cart: cart, times: times, reserve: true}
}

func releases(cart int, times uint8) command {
	return command{name: "release cart " + string(rune('0'+cart)), cart: cart, times: times, release: true, needs: isReserved(cart)}
}

func consumes(cart int, times uint8) command {
	return command{name: "consume cart " + string(rune('0'+cart)), cart: cart, times: times, consume: true, needs: isReserved(cart)}
}

func isReserved(cart int) func(w *world) bool {
	return func(w *world) bool { return w.truth.carts[cart].phase != 0 }
}

func puts(i item) command { return command{name: "take in " + i.uid, cart: -1, times: 1, item: i, put: true} }

var firstItem = item{uid: "i0", generation: 1, created: 1, version: 1, received: 2}

func settledWith(received int64) command {
	i := firstItem
	i.received = received
	return puts(i)
}

var configs = []*config{
	{
		// Two carts want the last unit while the leader changes, on one page.
		name: "append", procs: 2, settled: true, pre: []int{0}, carts: []int64{1, 1},
		commands: []command{settledWith(1), reserves(0, 2), reserves(1, 1)},
		slow:     appends, fill: 1 << 20, maxPage: 1 << 20, policy: policy,
		budget:  budget{elections: 1, lost: 1, late: 1, doubled: 1, appends: 8},
		reaches: []string{"a write lands that was given up", "an append meets a conflict", "a write meets a conflict with itself", "an outcome is told again", "steps down"},
		usual:   bound{depth: 12, states: 1000},
	},
}
