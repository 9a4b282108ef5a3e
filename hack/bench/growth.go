package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
)

// grown is how the operator does with so many open Reservations and StockItems.
type grown struct {
	Open int     `json:"open"`
	Rate float64 `json:"rate"`
	// Floor is the floor's rate beside as many objects, which kube-apiserver and
	// etcd keep whether or not there is an operator.
	Floor float64 `json:"floor_rate"`
	P50   float64 `json:"p50_ms"`
	P99   float64 `json:"p99_ms"`
	// Bridge is the rate of carts that are commands, BridgeP50 and BridgeP99 what they
	// wait.
	Bridge    float64 `json:"bridge_rate"`
	BridgeP50 float64 `json:"bridge_p50_ms"`
	BridgeP99 float64 `json:"bridge_p99_ms"`
	// FirstDecision is the time from the start of the process to its first
	// decision; TakeOver that of a warm standby from the death of the leader, in
	// seconds, the lease included.
	FirstDecision float64 `json:"first_decision_s"`
	TakeOver      float64 `json:"take_over_s"`
	// Heap is live after a collection, RSS what the system counts, in MiB.
	Heap float64 `json:"heap_mib"`
	RSS  float64 `json:"rss_mib"`
	// PerOpen is what one more open Reservation adds to the live heap, in KiB, 0
	// where all were there before.
	PerOpen float64 `json:"heap_kib_per_open,omitempty"`
	// Pages is how many pages the journal has, and Journal what they hold, compressed,
	// in KiB.
	Pages   int     `json:"journal_pages"`
	Journal float64 `json:"journal_kib"`
}

// growing fills up from one size to the next, and goes with the lab.
var growing = crowd{namespace: "bench-growth"}

// grow measures at each size, which must rise. With an error come the sizes before it.
func (b *bench) grow(ctx context.Context, sizes []int) ([]grown, error) {
	if len(sizes) == 0 {
		return nil, nil
	}
	var all []grown
	from, err := b.lab.open(ctx, growing.namespace)
	if err != nil {
		return nil, err
	}
	for _, size := range sizes {
		size = max(size, from)
		fmt.Printf("growing from %d to %d open reservations and stock items\n", from, size)
		perOpen, err := b.fill(ctx, growing, from, size)
		if err != nil {
			return all, err
		}
		g, err := b.grown(ctx, size)
		if err != nil {
			return all, fmt.Errorf("with %d open reservations: %w", size, err)
		}
		g.PerOpen = perOpen
		fmt.Printf("  %7.0f/s  floor %.0f/s  p50 %.2f ms  bridge %.0f/s  p50 %.2f ms  first decision %.1f s  take-over %.1f s  heap %.0f MiB, %.2f KiB for an open reservation\n",
			g.Rate, g.Floor, g.P50, g.Bridge, g.BridgeP50, g.FirstDecision, g.TakeOver, g.Heap, g.PerOpen)
		all, from = append(all, g), size
	}
	return all, nil
}

// grown measures an operator that starts cold, works, and is taken over from.
func (b *bench) grown(ctx context.Context, size int) (g grown, err error) {
	g.Open = size
	first, second := b.growing(growing), b.growing(growing)
	defer func() { err = errors.Join(err, first.leave(), second.leave()) }()
	if err = first.begin(ctx); err != nil {
		return g, err
	}
	defer first.end()
	began := time.Now()
	if g.FirstDecision, err = first.decides(ctx, began, func() error { return first.run(ctx) }); err != nil {
		return g, err
	}
	first.end()
	below := floor{lab: b.lab}
	if err := below.start(ctx, hot, ""); err != nil {
		return g, err
	}
	defer func() { err = errors.Join(err, below.stop()) }()
	working, cancel := first.operator.whileRunning(ctx)
	defer cancel()
	through := newBridged("bridge", first)
	through.url = first.bridge
	rounds, err := b.turns(working, cell{workload: hot, clients: 64}, func(contender) error { return nil }, below, through, first)
	if err != nil {
		return g, errors.Join(err, context.Cause(working))
	}
	r := medians(rounds[first.name()])
	g.Rate, g.P50, g.P99, g.RSS = r.Rate, r.P50, r.P99, r.RSS
	g.Floor = medians(rounds[below.name()]).Rate
	r = medians(rounds[through.name()])
	g.Bridge, g.BridgeP50, g.BridgeP99 = r.Rate, r.P50, r.P99
	if g.Heap, err = first.liveHeap(ctx); err != nil {
		return g, err
	}
	if g.Pages, g.Journal, err = b.lab.journal(ctx, growing.namespace); err != nil {
		return g, err
	}
	g.TakeOver, err = first.succeeded(ctx, second)
	return g, err
}

// succeeded is the time from the death of the operator that leads to the first decision of
// another one, which is warm, in seconds.
func (o *ours) succeeded(ctx context.Context, by *ours) (float64, error) {
	if err := errors.Join(by.run(ctx), o.begin(ctx)); err != nil {
		return 0, err
	}
	return o.decides(ctx, time.Now(), func() error { return o.operator.cmd.Process.Kill() })
}

// growing is an operator in the namespace that fills up. It sends events, which it keeps
// for as long as they are not delivered, and holds outlast the measuring.
func (b *bench) growing(c crowd) *ours {
	o := newOurs(b.lab, "--default-hold", "24h")
	o.namespace, o.sink = c.namespace, b.sink.urlFor(c.namespace)
	return o
}

// decides returns the seconds since a moment at which a cart is decided that was
// sent right before something is done.
func (o *ours) decides(ctx context.Context, since time.Time, do func() error) (float64, error) {
	id := uuid.NewString()
	_, err := o.outcomes.after(ctx, id, (*v1.Reservation).Decided, func() error {
		items := []v1.ReservationItem{{ProductID: product(0), Quantity: 1}}
		return errors.Join(do(), o.admin.Create(ctx, newReservation(o.namespace, id, items)))
	})
	return time.Since(since).Seconds(), err
}

// leave stops an operator and leaves its namespace as it is.
func (o *ours) leave() error {
	if o.operator == nil {
		return nil
	}
	return o.operator.stop()
}

// liveHeap is the operator's heap after a collection, in MiB.
func (o *ours) liveHeap(ctx context.Context) (float64, error) {
	url := o.pprof + "/debug/pprof/heap?gc=1&debug=1"
	text, err := get(ctx, url)
	if err != nil {
		return 0, err
	}
	return readHeapAlloc(text, url)
}

// journal returns how many pages a namespace's journal has and how much they hold, in KiB.
func (l *lab) journal(ctx context.Context, namespace string) (pages int, kib float64, err error) {
	var list v1.JournalPageList
	if err := l.admin.List(ctx, &list, client.InNamespace(namespace)); err != nil {
		return 0, 0, err
	}
	for i := range list.Items {
		kib += float64(list.Items[i].Bytes) / 1024
	}
	return len(list.Items), kib, nil
}
