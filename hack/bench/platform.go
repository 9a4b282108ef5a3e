package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	v1 "github.com/acme/inventory-service/api/v1"
)

// platformForm is one operator for so many namespaces, each with one StockItem. hot are the
// clients of one of them while the others are used as before.
type platformForm struct {
	namespaces, hot int
	// lasts is how long it rests, and how long each load lasts.
	lasts time.Duration
}

func (f platformForm) String() string { return fmt.Sprintf("platform/%d", f.namespaces) }

// platform is how one operator does for many namespaces.
type platform struct {
	Namespaces int `json:"namespaces"`
	// FirstP50 and FirstP99 are the times from a namespace's first StockItem to its first
	// decision, one namespace after the other, in ms.
	FirstP50 float64 `json:"first_decision_p50_ms"`
	FirstP99 float64 `json:"first_decision_p99_ms"`
	// Empty is the operator before there is any namespace, Rest with all of them and nothing to
	// do, Spread while each sends a cart a second, Hot while one has Clients besides, which send
	// one cart after the other: then HotRate is theirs.
	Empty   platformUse `json:"empty"`
	Rest    platformUse `json:"rest"`
	Spread  platformUse `json:"spread"`
	Hot     platformUse `json:"hot"`
	Clients int         `json:"hot_clients"`
	HotRate float64     `json:"hot_rate"`
}

// platformUse is what the operator takes meanwhile, and what others wait.
type platformUse struct {
	// CPU is in cores, of the operator and of kube-apiserver with etcd; Heap and RSS in MiB.
	CPU        float64 `json:"cpu_cores"`
	CPUBelow   float64 `json:"cpu_below_cores"`
	Heap       float64 `json:"heap_mib"`
	RSS        float64 `json:"rss_mib"`
	Goroutines float64 `json:"goroutines"`
	// Rate is that of the namespaces that send a cart a second, P50 to Max what those carts wait
	// from the moment at which they were due, in ms. Slowest is the p99 of the namespace that
	// waits longest.
	Rate    float64 `json:"rate,omitempty"`
	P50     float64 `json:"p50_ms,omitempty"`
	P99     float64 `json:"p99_ms,omitempty"`
	Slowest float64 `json:"slowest_p99_ms,omitempty"`
	Max     float64 `json:"max_ms,omitempty"`
}

// tenants are the namespaces of one measurement.
type tenants struct {
	*ours
	names []string
	send  commands
}

// platforms measures each form, with an operator of its own.
func (b *bench) platforms(ctx context.Context, forms []platformForm) (all []platform, err error) {
	for _, f := range forms {
		fmt.Printf("one operator for %d namespaces\n", f.namespaces)
		p, err := b.platform(ctx, f)
		if err != nil {
			return all, fmt.Errorf("%s: %w", f, err)
		}
		all = append(all, p)
	}
	return all, nil
}

func (b *bench) platform(ctx context.Context, f platformForm) (p platform, err error) {
	p.Namespaces, p.Clients = f.namespaces, f.hot
	t := &tenants{
		ours: newOurs(b.lab, "--namespaces", "", "--max-in-flight", "8192", "--max-in-flight-per-caller", "8192"), send: newCommands(),
	}
	t.namespace = fmt.Sprintf("bench-platform-%d", f.namespaces)
	for n := range f.namespaces {
		t.names = append(t.names, fmt.Sprintf("%s-%d", t.namespace, n))
	}
	defer func() { err = errors.Join(err, t.leave(), t.clearAll()) }()
	if err := t.run(ctx, steadyLease...); err != nil {
		return p, err
	}
	working, cancel := t.operator.whileRunning(ctx)
	defer cancel()
	if p.Empty, err = t.during(working, f.lasts, nil); err != nil {
		return p, err
	}
	if p.FirstP50, p.FirstP99, err = t.firstDecisions(working); err != nil {
		return p, errors.Join(err, context.Cause(working))
	}
	fmt.Printf("  first decisions: p50 %.0f ms, p99 %.0f ms\n", p.FirstP50, p.FirstP99)
	if p.Rest, err = t.during(working, f.lasts, nil); err != nil {
		return p, err
	}
	fmt.Printf("  at rest: %.3f cores, heap %.1f MiB, %.0f goroutines\n", p.Rest.CPU, p.Rest.Heap, p.Rest.Goroutines)
	if p.Spread, err = t.during(working, f.lasts, t.spread(t.names[1:])); err != nil {
		return p, errors.Join(err, context.Cause(working))
	}
	fmt.Printf("  a cart a second each: %.3f cores, p50 %.1f ms, p99 %.1f ms\n", p.Spread.CPU, p.Spread.P50, p.Spread.P99)
	carts := 0
	p.Hot, err = t.during(working, f.lasts, func(ctx context.Context, lasts time.Duration) ([]waits, error) {
		return t.besides(ctx, lasts, f.hot, &carts)
	})
	p.HotRate = float64(carts) / f.lasts.Seconds()
	return p, errors.Join(err, context.Cause(working))
}

// firstDecisions makes the namespaces, one after the other, and returns in ms how long it takes
// from the creation of their StockItem to the answer to their first cart.
func (t *tenants) firstDecisions(ctx context.Context) (p50, p99 float64, err error) {
	var took sample
	for _, name := range t.names {
		if err := t.stock(ctx, name, workload{}); err != nil {
			return 0, 0, err
		}
		began := time.Now()
		if err := t.stock(ctx, name, hot); err != nil {
			return 0, 0, err
		}
		if err := t.reserveIn(ctx, name); err != nil {
			return 0, 0, err
		}
		took.latencies = append(took.latencies, time.Since(began))
	}
	return milliseconds(took.quantile(0.5)), milliseconds(took.quantile(0.99)), nil
}

// reserveIn has one cart decided in a namespace.
func (t *tenants) reserveIn(ctx context.Context, namespace string) error {
	c := commands{client: t.send.client, url: t.bridge + "/namespaces/" + namespace}
	_, reserved, err := c.reserve(ctx, uuid.NewString(), []v1.ReservationItem{{ProductID: product(0), Quantity: 1}})
	if err == nil && !reserved {
		err = fmt.Errorf("a cart in namespace %s is refused, though there is stock", namespace)
	}
	return err
}

// during measures what the operator takes while a load lasts, or nothing happens.
func (t *tenants) during(ctx context.Context, lasts time.Duration, load func(context.Context, time.Duration) ([]waits, error)) (u platformUse, err error) {
	if err := t.quiet(ctx); err != nil {
		return u, err
	}
	before, below, err := t.cpu(ctx)
	if err != nil {
		return u, err
	}
	began := time.Now()
	var all []waits
	if load != nil {
		all, err = load(ctx, lasts)
	} else {
		err = pause(ctx, lasts)
	}
	if err != nil {
		return u, err
	}
	elapsed := time.Since(began).Seconds()
	after, belowAfter, err := t.cpu(ctx)
	if err != nil {
		return u, err
	}
	u.CPU, u.CPUBelow = (after-before)/elapsed, (belowAfter-below)/elapsed
	u.sum(all, lasts)
	f, err := scrape(ctx, t.metrics)
	if err != nil {
		return u, err
	}
	u.RSS, u.Goroutines = f.sum("process_resident_memory_bytes", nil)/(1<<20), f.sum("go_goroutines", nil)
	u.Heap, err = t.liveHeap(ctx)
	return u, err
}

// cpu is what the operator, and kube-apiserver with etcd, have taken so far, in seconds.
func (t *tenants) cpu(ctx context.Context) (own, below float64, err error) {
	f, err := scrape(ctx, t.metrics)
	if err != nil {
		return 0, 0, err
	}
	for _, program := range []string{"kube-apiserver", "etcd"} {
		used, err := childUsage(program)
		if err != nil {
			return 0, 0, err
		}
		below += used.cpuSeconds
	}
	return f.sum("process_cpu_seconds_total", nil), below, nil
}

// clearAll deletes what is left in the namespaces.
func (t *tenants) clearAll() error {
	return inParallel(context.Background(), 8, len(t.names), func(i int) error { return t.clear(context.Background(), t.names[i]) })
}
