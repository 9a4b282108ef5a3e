package replica

import (
	"fmt"

	"github.com/acme/inventory-service/internal/stock"
)

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

func settledWith(received int64) command {
	i := firstItem
	i.received = received
	return puts(i)
}

// compacting is a policy under which whatever says nothing that counts is compacted at once.
var compacting = stock.Policy{Retention: tickTime, Grace: 2 * tickTime, Batch: 1 << 16}

var smallBatches = stock.Policy{Retention: tickTime, Grace: 2 * tickTime, Batch: 2200}

const roomy = 1 << 20

var configs = []*config{
	{
		// Two carts want the last unit while the leader changes, on one page.
		name: "append", procs: 2, settled: true, pre: []int{0}, carts: []int64{1, 1},
		commands: []command{settledWith(1), reserves(0, 2), reserves(1, 1)},
		slow:     appends, fill: roomy, maxPage: roomy, policy: policy,
		budget:  budget{elections: 1, lost: 1, late: 1, doubled: 1, appends: 8},
		reaches: []string{"a write lands that was given up", "an append meets a conflict", "a write meets a conflict with itself", "an outcome is told again", "steps down"},
		usual:   bound{depth: 10, states: 1000},
	},
	{
		name: "reads", procs: 2, settled: true, pre: []int{0}, carts: []int64{1, 1},
		commands: []command{settledWith(1), reserves(0, 2), releases(0, 1)},
		slow:     appends | gets, fill: roomy, maxPage: roomy, policy: policy,
		budget:  budget{elections: 1, lost: 1, late: 1, appends: 6},
		reaches: []string{"an outcome is told again", "steps down"},
		usual:   bound{depth: 10, states: 1000},
	},
	{
		name: "three", procs: 3, settled: true, pre: []int{0}, carts: []int64{1, 1},
		commands: []command{settledWith(1), reserves(0, 1), reserves(1, 1)},
		slow:     appends, fill: roomy, maxPage: roomy, policy: policy,
		budget:  budget{elections: 2, late: 1, appends: 6},
		reaches: []string{"a write lands that was given up", "steps down"},
		usual:   bound{depth: 9, states: 1000},
	},
	{
		name: "watches", procs: 2, settled: true, pre: []int{0}, carts: []int64{1, 1},
		commands: []command{settledWith(1), reserves(0, 2), consumes(0, 1)},
		slow:     appends, watches: true, fill: roomy, maxPage: roomy, policy: policy,
		budget:  budget{elections: 1, late: 1, breaks: 1, crashes: 1, appends: 6},
		reaches: []string{"a list after a gap", "steps down"},
		usual:   bound{depth: 9, states: 1000},
	},
	{
		// Each write fills a page, and the head follows.
		name: "pages", procs: 2, settled: true, pre: []int{0}, carts: []int64{1, 1},
		commands: []command{settledWith(1), reserves(0, 2), reserves(1, 1)},
		slow:     appends, watches: true, fill: 1, maxPage: roomy, pad: 300, spare: 2, policy: compacting,
		budget:  budget{elections: 1, late: 1, breaks: 1, appends: 8},
		reaches: []string{"a page is written over", "the head moves", "a fact is restated", "a list after a gap", "steps down"},
		usual:   bound{depth: 8, states: 1000},
	},
	{
		// A follower lists after a freeze of more than a turn; what was sent before lands late.
		name: "turns", procs: 2, settled: true, pre: []int{0, 1}, carts: []int64{1, 1},
		commands: []command{settledWith(2), reserves(0, 1), consumes(0, 1), reserves(1, 1)},
		slow:     appends | creates, fill: 1, maxPage: roomy, pad: 300, spare: 2, policy: compacting,
		budget:  budget{elections: 1, lost: 1, late: 2, breaks: 1, depositions: 1, appends: 10},
		reaches: []string{"a page is written over", "the head moves", "a fact is restated", "steps down"},
		usual:   bound{depth: 7, states: 1000},
	},
	{
		// Batches that have no room for all that compaction has to restate.
		name: "small batches", procs: 2, settled: true, pre: []int{0, 1, 2, 3}, carts: []int64{1, 1, 1},
		commands: []command{settledWith(3), reserves(0, 1), reserves(1, 1), reserves(2, 1), releases(0, 1), releases(1, 1)},
		slow:     appends, fill: 1, maxPage: roomy, pad: 1500, cartPad: 700, spare: 2, policy: smallBatches,
		budget:  budget{elections: 1, late: 1, breaks: 1, appends: 8},
		reaches: []string{"the head moves", "a fact is restated", "steps down"},
		usual:   bound{depth: 8, states: 1000},
	},
	{
		// A refused and a finished cart are forgotten and come again.
		name: "forgetting", procs: 2, settled: true, pre: []int{0, 1, 2, 3, 4}, passed: 2, carts: []int64{1, 2, 1},
		commands: []command{settledWith(1), reserves(0, 2), reserves(1, 2), releases(0, 1), publishes(1), reserves(2, 1)},
		slow:     appends, fill: 1, maxPage: roomy, pad: 300, spare: 2, policy: compacting,
		skew: [4]int{0, 1}, fast: [4]int{0, 1, 0},
		budget:  budget{elections: 1, breaks: 1, ticks: 2, appends: 8},
		reaches: []string{"a cart is forgotten", "the mark rises", "a command is refused by the mark", "the head moves"},
		usual:   bound{depth: 7, states: 1000},
	},
	{
		name: "forgetting, slow leader", procs: 2, settled: true, pre: []int{0, 1, 2, 3}, passed: 2, carts: []int64{1, 1},
		commands: []command{settledWith(1), reserves(0, 2), releases(0, 1), publishes(1), reserves(1, 2)},
		slow:     appends, fill: 1, maxPage: roomy, pad: 300, spare: 2, policy: compacting,
		skew:    [4]int{0, -1},
		budget:  budget{elections: 1, ticks: 3, appends: 8},
		reaches: []string{"a cart is forgotten", "the mark rises", "a command is refused by the mark", "the head moves"},
		usual:   bound{depth: 8, states: 1000},
	},
	{
		name: "founding", procs: 2, both: true, carts: []int64{1, 1},
		commands: []command{settledWith(1), reserves(0, 1), reserves(1, 1)},
		slow:     appends | lists | creates | ledgerWrites, fill: roomy, maxPage: roomy, policy: policy,
		budget:  budget{late: 1, crashes: 1, appends: 5},
		reaches: []string{"a journal is founded"},
		usual:   bound{depth: 11, states: 1000},
	},
	{
		name: "founding, deletions", procs: 2, both: true, carts: []int64{1, 1},
		commands: []command{settledWith(1), reserves(0, 1), reserves(1, 1)},
		slow:     appends | lists | ledgerReads | ledgerWrites, fill: roomy, maxPage: roomy, policy: policy,
		budget:  budget{deletions: 1, ledgers: 2, appends: 6},
		reaches: []string{"a journal is founded", "a page is deleted"},
		usual:   bound{depth: 9, states: 1000},
	},
	{
		// Who starts anew where pages and StockLedger were taken away.
		name: "lost", procs: 2, settled: true, pre: []int{0, 1}, carts: []int64{1, 1},
		commands: []command{settledWith(1), reserves(1, 1)},
		slow:     appends, fill: roomy, maxPage: roomy, policy: policy,
		budget:  budget{elections: 2, deletions: 2, ledgers: 1, crashes: 1, late: 1, appends: 6},
		reaches: []string{"a page is deleted", "damage is declared", "all is lost"},
		usual:   bound{depth: 9, states: 1000},
	},
	{
		name: "deleted", procs: 2, settled: true, pre: []int{0, 1}, carts: []int64{1, 1},
		commands: []command{settledWith(1), reserves(0, 2), reserves(1, 1)},
		slow:     appends | lists | ledgerReads | ledgerWrites, watches: true, fill: roomy, maxPage: roomy, policy: policy,
		budget:  budget{elections: 1, deletions: 2, ledgers: 1, breaks: 1, late: 1, appends: 6},
		reaches: []string{"a page is deleted", "damage is declared"},
		usual:   bound{depth: 7, states: 1000},
	},
	{
		name: "namespace made again", procs: 2, settled: true, pre: []int{0, 1}, both: true, going: true, carts: []int64{1, 1},
		commands: []command{settledWith(1), reserves(0, 2), reserves(1, 1)},
		slow:     appends | namespaceReads, watches: true, fill: roomy, maxPage: roomy, policy: policy,
		budget:  budget{appends: 6},
		reaches: []string{"the namespace is made again", "a journal is founded"},
		usual:   bound{depth: 8, states: 1000},
	},
	{
		name: "emptying", procs: 2, settled: true, pre: []int{0}, carts: []int64{1, 1},
		commands: []command{settledWith(1), reserves(0, 1), releases(0, 1), reserves(1, 1)},
		slow:     appends | emptyings, watches: true, fill: 1, maxPage: roomy, pad: 300, policy: compacting,
		budget:  budget{elections: 1, late: 1, depositions: 1, appends: 8},
		reaches: []string{"a page is emptied", "an emptying meets a conflict", "an emptied page is written over"},
		usual:   bound{depth: 9, states: 1000},
	},
	{
		name: "items", procs: 2, settled: true, pre: []int{0}, carts: []int64{1, 1, 1},
		commands: []command{
			settledWith(1), reserves(0, 1), reserves(1, 1), puts(item{uid: "i0", generation: 2, created: 1, version: 2, received: 2}),
			shows(item{uid: "i0", generation: 2, received: 2}, 2), puts(item{uid: "i0", generation: 3, created: 1, version: 3, received: 0}),
			drops(item{uid: "i0", version: 4}), puts(item{uid: "i1", generation: 1, created: 2, version: 5, received: 2}),
		},
		slow: appends, fill: roomy, maxPage: roomy, policy: policy,
		budget: budget{elections: 1, late: 1, appends: 8},
		usual:  bound{depth: 7, states: 1000},
	},
	{
		name: "touched", procs: 2, settled: true, pre: []int{0}, carts: []int64{1, 1},
		commands: []command{settledWith(1), reserves(0, 2), reserves(1, 1)},
		slow:     appends | gets, watches: true, fill: 1, maxPage: roomy, pad: 300, spare: 2, policy: compacting,
		budget:  budget{elections: 1, touches: 2, late: 1, appends: 7},
		reaches: []string{"a page is touched", "steps down"},
		usual:   bound{depth: 7, states: 1000},
	},
	{
		name: "edited", procs: 2, settled: true, pre: []int{0, 1}, carts: []int64{1, 1},
		commands: []command{settledWith(1), reserves(0, 2), reserves(1, 1)},
		slow:     appends, watches: true, fill: 1, maxPage: roomy, spare: 2, policy: policy,
		budget:  budget{elections: 1, edits: 1, deletions: 1, breaks: 1, appends: 6},
		reaches: []string{"a page is edited", "a page is deleted", "damage is declared"},
		usual:   bound{depth: 6, states: 1000},
	},
	{
		name: "halving", procs: 2, settled: true, pre: []int{0}, carts: []int64{1, 1, 1},
		commands: []command{settledWith(3), reserves(0, 1), reserves(1, 1), reserves(2, 1)},
		slow:     appends | gets, fill: roomy, maxPage: roomy, policy: policy, poison: "r1",
		budget:  budget{elections: 1, late: 1, lost: 1, appends: 6},
		reaches: []string{"a write is refused for good", "a cart is told to be unwritable"},
		usual:   bound{depth: 9, states: 1000},
	},
}
