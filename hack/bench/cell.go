package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// cell is one line of the result: a workload, a number of clients, and the
// contenders that take turns at it.
type cell struct {
	workload   workload
	clients    int
	contenders []string
}

// run is what one contender did in one cell, medians over the rounds.
type run struct {
	Contender string  `json:"contender"`
	Workload  string  `json:"workload"`
	Clients   int     `json:"clients"`
	Rounds    int     `json:"rounds"`
	Rate      float64 `json:"rate"`
	P50       float64 `json:"p50_ms"`
	P99       float64 `json:"p99_ms"`
	P999      float64 `json:"p999_ms"`
	// Accepted is the share of carts that were reserved.
	Accepted float64 `json:"accepted"`
	// Writes are mutating API requests, Leases included, by all processes; Bytes
	// are what etcd was sent for them.
	Writes float64 `json:"writes_per_reservation"`
	Bytes  float64 `json:"bytes_per_reservation"`
	// CPU is in seconds for 1,000 reservations. The clients' is that of this
	// process, with the sink in it.
	CPUOperator  float64 `json:"cpu_operator_s_per_1000"`
	CPUClients   float64 `json:"cpu_clients_s_per_1000"`
	CPUAPIServer float64 `json:"cpu_apiserver_s_per_1000"`
	CPUEtcd      float64 `json:"cpu_etcd_s_per_1000"`
	// RSS and Heap are of the contender's own process at the end, in MiB.
	RSS  float64 `json:"rss_mib"`
	Heap float64 `json:"heap_mib"`
}

// bench is one run of the benchmark.
type bench struct {
	lab        *lab
	sink       string // URL
	contenders map[string]contender
	rounds     int
	warmUp     time.Duration
	measure    time.Duration
	seed       uint64
	// profiles is a directory, empty for no profiles.
	profiles string
	// absent are the contenders that this machine cannot run.
	absent []string
}

// play runs a cell: all contenders are started, take turns, and are stopped.
func (b *bench) play(ctx context.Context, c cell) (runs []run, err error) {
	var started []contender
	defer func() {
		for _, contender := range started {
			err = errors.Join(err, contender.stop())
		}
	}()
	for _, name := range c.contenders {
		contender := b.contenders[name]
		started = append(started, contender)
		if err := contender.start(ctx, c.workload); err != nil {
			return nil, fmt.Errorf("start %s for %s: %w", name, c.workload.name, err)
		}
	}
	rounds, err := b.turns(ctx, c, started...)
	if err != nil {
		return nil, err
	}
	for _, name := range c.contenders {
		runs = append(runs, medians(rounds[name]))
	}
	return runs, nil
}

// turns measures contenders one after the other, in each round once.
func (b *bench) turns(ctx context.Context, c cell, contenders ...contender) (map[string][]run, error) {
	rounds := map[string][]run{}
	for range b.rounds {
		for _, contender := range contenders {
			r, err := b.turn(ctx, contender, c)
			if err != nil {
				return nil, fmt.Errorf("%s on %s with %d clients: %w", contender.name(), c.workload.name, c.clients, err)
			}
			rounds[r.Contender] = append(rounds[r.Contender], r)
			fmt.Printf("  %-9s %-8s %4d clients  %7.0f/s  p50 %7.2f ms\n", r.Contender, r.Workload, r.Clients, r.Rate, r.P50)
		}
	}
	return rounds, nil
}

// turn measures one contender once.
func (b *bench) turn(ctx context.Context, c contender, of cell) (run, error) {
	b.seed++
	var before, after reading
	look := func(into *reading) func() error {
		return func() (err error) {
			*into, err = b.lab.read(ctx, c)
			return err
		}
	}
	if err := c.begin(ctx); err != nil {
		return run{}, err
	}
	defer c.end()
	if err := b.lab.quiet(ctx); err != nil {
		return run{}, err
	}
	profiled := b.profile(ctx, c, of)
	l := load{clients: of.clients, warmUp: b.warmUp, measure: b.measure, seed: b.seed}
	s, err := l.against(ctx, c, of.workload, look(&before), look(&after))
	if err = errors.Join(err, profiled()); err != nil {
		return run{}, err
	}
	count := float64(len(s.latencies))
	if count == 0 {
		return run{}, errors.New("no cart got its outcome in the measured time")
	}
	r := run{
		Contender: c.name(), Workload: of.workload.name, Clients: of.clients, Rounds: 1,
		Rate: s.rate(), P50: ms(s.quantile(0.5)), P99: ms(s.quantile(0.99)), P999: ms(s.quantile(0.999)),
		Accepted: float64(s.reserved) / count,
	}
	// The readings frame the measured time and take a moment themselves: what
	// they counted is for as many carts as that time had at this rate.
	framed := r.Rate * after.at.Sub(before.at).Seconds()
	r.CPUOperator = 1000 * (after.own.cpuSeconds - before.own.cpuSeconds) / framed
	r.CPUClients = 1000 * (after.clients - before.clients) / framed
	r.RSS, r.Heap = after.own.rssBytes/(1<<20), after.own.heapBytes/(1<<20)
	if c.name() == "postgres" {
		return r, nil
	}
	r.Writes = (after.writes - before.writes) / framed
	r.Bytes = (after.bytes - before.bytes) / framed
	r.CPUAPIServer = 1000 * (after.apiServer.cpuSeconds - before.apiServer.cpuSeconds) / framed
	r.CPUEtcd = 1000 * (after.etcd.cpuSeconds - before.etcd.cpuSeconds) / framed
	return r, nil
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// reading is what all processes had done at one moment.
type reading struct {
	at                   time.Time
	own, apiServer, etcd usage
	clients              float64 // CPU seconds of this process
	writes, bytes        float64
}

func (l *lab) read(ctx context.Context, c contender) (reading, error) {
	own, err := c.usage(ctx)
	if err != nil {
		return reading{}, err
	}
	apiServer, err := scrapeAPIServer(ctx, l.api)
	if err != nil {
		return reading{}, err
	}
	at := time.Now()
	etcd, err := scrape(ctx, l.plane.EtcdURL()+"/metrics")
	if err != nil {
		return reading{}, err
	}
	return reading{
		at: at, own: own, apiServer: apiServer.usage(), etcd: etcd.usage(), clients: ownCPU(),
		writes: apiServer.writes(), bytes: etcd.sum("etcd_network_client_grpc_received_bytes_total", nil),
	}, nil
}

// medians takes the median of every figure by itself.
func medians(rounds []run) run {
	m := rounds[0]
	m.Rounds = len(rounds)
	for _, figure := range []func(*run) *float64{
		func(r *run) *float64 { return &r.Rate },
		func(r *run) *float64 { return &r.P50 },
		func(r *run) *float64 { return &r.P99 },
		func(r *run) *float64 { return &r.P999 },
		func(r *run) *float64 { return &r.Accepted },
		func(r *run) *float64 { return &r.Writes },
		func(r *run) *float64 { return &r.Bytes },
		func(r *run) *float64 { return &r.CPUOperator },
		func(r *run) *float64 { return &r.CPUClients },
		func(r *run) *float64 { return &r.CPUAPIServer },
		func(r *run) *float64 { return &r.CPUEtcd },
		func(r *run) *float64 { return &r.RSS },
		func(r *run) *float64 { return &r.Heap },
	} {
		values := make([]float64, 0, len(rounds))
		for i := range rounds {
			values = append(values, *figure(&rounds[i]))
		}
		*figure(&m) = median(values)
	}
	return m
}

func median(values []float64) float64 {
	slices.Sort(values)
	middle := len(values) / 2
	if len(values)%2 == 1 {
		return values[middle]
	}
	return (values[middle-1] + values[middle]) / 2
}
