package main

import (
	"cmp"
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
	// events says that all of its contenders deliver their events to the same sink;
	// otherwise none of them sends any.
	events bool
	// rounds is how many turns each contender has, 0 for as many as the form says.
	rounds int
}

// What a run says of its cell.events.
const (
	noEvents = "none"
	toSink   = "sink"
)

func (c cell) eventsTo() string {
	if c.events {
		return toSink
	}
	return noEvents
}

// run is what one contender did in one cell, medians over the rounds.
type run struct {
	Contender string `json:"contender"`
	Workload  string `json:"workload"`
	Clients   int    `json:"clients"`
	Rounds    int    `json:"rounds"`
	// Events is where all contenders of the cell sent their events: "none" or "sink".
	Events string  `json:"events"`
	Rate   float64 `json:"rate"`
	P50    float64 `json:"p50_ms"`
	P99    float64 `json:"p99_ms"`
	P999   float64 `json:"p999_ms"`
	// Accepted is the share of carts that were reserved.
	Accepted float64 `json:"accepted"`
	// Writes are mutating API requests, Leases included, by all processes, and of these
	// OwnWrites those of our own kinds; Bytes are what etcd was sent for them.
	Writes    float64 `json:"writes_per_reservation"`
	OwnWrites float64 `json:"own_writes_per_reservation"`
	Bytes     float64 `json:"bytes_per_reservation"`
	// CPU is in seconds for 1,000 reservations, which is ms for one: of all processes
	// but the clients, and by process. The clients' is that of this process, with the
	// sink in it.
	CPU          float64 `json:"cpu_s_per_1000"`
	CPUOperator  float64 `json:"cpu_operator_s_per_1000"`
	CPUClients   float64 `json:"cpu_clients_s_per_1000"`
	CPUAPIServer float64 `json:"cpu_apiserver_s_per_1000"`
	CPUEtcd      float64 `json:"cpu_etcd_s_per_1000"`
	CPUDatabase  float64 `json:"cpu_database_s_per_1000"`
	// RSS and Heap are of the contender's own process at the end, in MiB.
	RSS  float64 `json:"rss_mib"`
	Heap float64 `json:"heap_mib"`
	deliveries
	acknowledgements
}

// bench is one run of the benchmark.
type bench struct {
	lab        *lab
	sink       *sink
	contenders map[string]contender
	rounds     int
	warmUp     time.Duration
	measure    time.Duration
	// bound is how long a burst may take.
	bound time.Duration
	seed  uint64
	// profiles is a directory, empty for no profiles.
	profiles string
	// absent are the contenders that this machine cannot run.
	absent []string
}

// play runs a cell: all contenders are started, take turns, and each is stopped after its
// last, for what it would go on writing keeps the others waiting.
func (b *bench) play(ctx context.Context, c cell) (runs []run, err error) {
	var started []contender
	stopped := map[string]bool{}
	stop := func(c contender) error {
		if stopped[c.name()] {
			return nil
		}
		stopped[c.name()] = true
		return c.stop()
	}
	defer func() {
		for _, contender := range started {
			err = errors.Join(err, stop(contender))
		}
	}()
	for _, name := range c.contenders {
		contender := b.contenders[name]
		started = append(started, contender)
		sink := ""
		if c.events {
			sink = b.sink.urlFor(name)
		}
		if err := contender.start(ctx, c.workload, sink); err != nil {
			return nil, fmt.Errorf("start %s for %s: %w", name, c.workload.name, err)
		}
	}
	rounds, err := b.turns(ctx, c, stop, started...)
	if err != nil {
		return nil, err
	}
	for _, name := range c.contenders {
		runs = append(runs, medians(rounds[name]))
	}
	return runs, nil
}

// turns measures contenders one after the other, in each round once. done is called after
// the last turn of each.
func (b *bench) turns(ctx context.Context, c cell, done func(contender) error, contenders ...contender) (map[string][]run, error) {
	rounds := map[string][]run{}
	for left := cmp.Or(c.rounds, b.rounds); left > 0; left-- {
		for _, contender := range contenders {
			r, err := b.turn(ctx, contender, c)
			if err != nil {
				return nil, fmt.Errorf("%s on %s with %d clients: %w", contender.name(), c.workload.name, c.clients, err)
			}
			rounds[r.Contender] = append(rounds[r.Contender], r)
			fmt.Printf("  %-15s %-12s %4d clients  %7.0f/s  p50 %7.2f ms%s%s\n",
				r.Contender, r.Workload, r.Clients, r.Rate, r.P50, r.deliveries, r.acknowledgements)
			if left > 1 {
				continue
			}
			if err := done(contender); err != nil {
				return nil, err
			}
		}
	}
	return rounds, nil
}

// turn measures one contender once.
func (b *bench) turn(ctx context.Context, c contender, of cell) (run, error) {
	b.seed++
	if err := c.begin(ctx); err != nil {
		return run{}, err
	}
	defer c.end()
	if err := b.lab.quiet(ctx); err != nil {
		return run{}, err
	}
	b.sink.empty(c.name())
	profiled := b.profile(ctx, c, of)
	var r run
	var err error
	if of.workload.burst > 0 {
		r, err = b.atOnce(ctx, c, of)
	} else {
		r, err = b.closedLoop(ctx, c, of)
	}
	r.Contender, r.Workload, r.Clients, r.Rounds, r.Events = c.name(), of.workload.name, of.clients, 1, of.eventsTo()
	return r, errors.Join(err, profiled())
}

// closedLoop measures for a time how many carts are served.
func (b *bench) closedLoop(ctx context.Context, c contender, of cell) (run, error) {
	var before, after reading
	look := func(into *reading) func() error {
		return func() (err error) {
			*into, err = b.lab.read(ctx, c)
			return err
		}
	}
	l := load{clients: of.clients, warmUp: b.warmUp, measure: b.measure, seed: b.seed}
	s, err := l.against(ctx, c, of.workload, look(&before), look(&after))
	if err != nil {
		return run{}, err
	}
	r, err := s.figures()
	if err != nil {
		return run{}, err
	}
	// The readings frame the measured time and take a moment themselves: what
	// they counted is for as many carts as that time had at this rate.
	r.charge(before, after, r.Rate*after.at.Sub(before.at).Seconds())
	if of.events {
		r.deliveries, err = b.sink.await(ctx, c.name(), s.answered, s.ended)
	}
	return r, err
}

// figures are those of the carts alone.
func (s sample) figures() (run, error) {
	count := float64(len(s.latencies))
	if count == 0 {
		return run{}, errors.New("no cart got its outcome in the measured time")
	}
	return run{
		Rate: s.rate(), P50: ms(s.quantile(0.5)), P99: ms(s.quantile(0.99)), P999: ms(s.quantile(0.999)),
		Accepted: float64(s.reserved) / count,
	}, nil
}

// charge divides what the processes did between two readings by so many carts.
func (r *run) charge(before, after reading, carts float64) {
	r.CPUOperator = 1000 * (after.own.cpuSeconds - before.own.cpuSeconds) / carts
	r.CPUClients = 1000 * (after.clients - before.clients) / carts
	r.CPUDatabase = 1000 * (after.database.cpuSeconds - before.database.cpuSeconds) / carts
	r.RSS, r.Heap = after.own.rssBytes/(1<<20), after.own.heapBytes/(1<<20)
	r.CPUAPIServer = 1000 * (after.apiServer.cpuSeconds - before.apiServer.cpuSeconds) / carts
	r.CPUEtcd = 1000 * (after.etcd.cpuSeconds - before.etcd.cpuSeconds) / carts
	r.CPU = r.CPUOperator + r.CPUAPIServer + r.CPUEtcd + r.CPUDatabase
	r.Writes = (after.writes - before.writes) / carts
	r.OwnWrites = (after.ownWrites - before.ownWrites) / carts
	r.Bytes = (after.bytes - before.bytes) / carts
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// reading is what all processes had done at one moment.
type reading struct {
	at time.Time
	// A contender on a database has its usage here, and nothing of the API server's.
	own, apiServer, etcd, database usage

	clients                  float64 // CPU seconds of this process
	writes, ownWrites, bytes float64
}

func (l *lab) read(ctx context.Context, c contender) (r reading, err error) {
	if r.own, err = c.usage(ctx); err != nil {
		return r, err
	}
	if d, ok := c.(onDatabase); ok {
		r.at, r.clients = time.Now(), ownCPU()
		r.database, err = d.databaseUsage()
		return r, err
	}
	apiServer, err := scrapeAPIServer(ctx, l.api)
	if err != nil {
		return r, err
	}
	r.at = time.Now()
	etcd, err := scrape(ctx, l.plane.EtcdURL()+"/metrics")
	if err != nil {
		return r, err
	}
	r.apiServer, r.etcd, r.clients = apiServer.usage(), etcd.usage(), ownCPU()
	r.writes, r.ownWrites = apiServer.writes(), apiServer.ownWrites()
	r.bytes = etcd.sum("etcd_network_client_grpc_received_bytes_total", nil)
	return r, nil
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
		func(r *run) *float64 { return &r.OwnWrites },
		func(r *run) *float64 { return &r.Bytes },
		func(r *run) *float64 { return &r.CPU },
		func(r *run) *float64 { return &r.CPUOperator },
		func(r *run) *float64 { return &r.CPUClients },
		func(r *run) *float64 { return &r.CPUAPIServer },
		func(r *run) *float64 { return &r.CPUEtcd },
		func(r *run) *float64 { return &r.CPUDatabase },
		func(r *run) *float64 { return &r.RSS },
		func(r *run) *float64 { return &r.Heap },
		func(r *run) *float64 { return &r.Seconds },
		func(r *run) *float64 { return &r.Late },
	} {
		values := make([]float64, 0, len(rounds))
		for i := range rounds {
			values = append(values, *figure(&rounds[i]))
		}
		*figure(&m) = median(values)
	}
	// Of what is counted to be complete, the sum and the worst count.
	m.deliveries.add(rounds[1:])
	m.acknowledgements.add(rounds[1:])
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
