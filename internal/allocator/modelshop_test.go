package allocator

import (
	"fmt"

	"github.com/acme/inventory-service/internal/stock"
)

var policy = stock.Policy{Retention: tickTime, Grace: 2 * tickTime, CompactAbove: 1 << 20, Batch: 1 << 16}

func reserves(cart int, times uint8) command {
	return command{name: "reserve cart " + string(rune('0'+cart)), cart: cart, times: times, reserve: true}
}

func releases(cart int) command {
	return command{name: "release cart " + string(rune('0'+cart)), cart: cart, times: 1, release: true, needs: isReserved(cart)}
}

func consumes(cart int, times uint8) command {
	return command{name: "consume cart " + string(rune('0'+cart)), cart: cart, times: times, consume: true, needs: isReserved(cart)}
}

func isReserved(cart int) func(w *world) bool {
	return func(w *world) bool { return w.truth.carts[cart].phase != 0 }
}

func puts(i item) command {
	return command{name: fmt.Sprintf("take in %s version %d", i.uid, i.version), cart: -1, times: 1, item: i, put: true}
}

func shows(i item, times uint8) command {
	return command{name: "show " + i.uid, cart: -1, times: times, item: i, show: true, needs: func(w *world) bool { return w.truth.takenIn(i) }}
}

func drops(i item) command {
	return command{name: "drop " + i.uid, cart: -1, times: 1, item: i, drop: true}
}

func publishes(times uint8) command {
	return command{name: "publish", cart: -1, times: times, publish: true}
}

var firstItem = item{uid: "i0", generation: 1, created: 1, version: 1, received: 2}

// spare is a StockItem of the same place, under another name.
func spare(generation int64, version uint64) item {
	return item{uid: "i1", name: "spare", generation: generation, created: 2, version: version, received: 2}
}

func settledWith(received int64) command {
	i := firstItem
	i.received = received
	return puts(i)
}

// compacting is a policy under which whatever says nothing that counts is compacted at once.
var compacting = stock.Policy{Retention: tickTime, Grace: 2 * tickTime, Batch: 1 << 16}

var smallBatches = stock.Policy{Retention: tickTime, Grace: 2 * tickTime, Batch: 2200}

const roomy = 1 << 20
