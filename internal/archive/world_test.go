package archive_test

import (
	"bytes"
	"context"
	"net/http"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/archive"
	"github.com/acme/inventory-service/internal/archive/database"
	"github.com/acme/inventory-service/internal/archive/project"
	"github.com/acme/inventory-service/internal/archive/schema"
	"github.com/acme/inventory-service/internal/archive/store"
	"github.com/acme/inventory-service/internal/controlplane/controlplanetest"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/lease"
	"github.com/acme/inventory-service/internal/postgres/postgrestest"
	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/test/sqlbooks"
)

func TestMain(m *testing.M) {
	ctrl.SetLogger(logr.Discard())
	os.Exit(postgrestest.Main(func() int { return controlplanetest.Main(m, "../../config/crd") }))
}

// patience is how long what has to come is waited for.
const patience = 90 * time.Second

// second is one, as the journal counts time.
const second = stock.Time(1e6)

// world is a namespace of a real API server, one process that decides there, and a database.
type world struct {
	*testing.T
	config    *rest.Config
	client    client.Client
	namespace string
	policy    stock.Policy
	runner    *allocator.Runner
	// stopDeciding ends the process that decides.
	stopDeciding func()
	// told are the phases that clients were told last, by reservation.
	told map[stock.ID]stock.Phase

	url  string
	pool *pgxpool.Pool
}

// newWorld begins with some mugs. What the policy forgets, and when, is up to the test.
func newWorld(t *testing.T, policy stock.Policy, url string) *world {
	t.Helper()
	cp := controlplanetest.Shared(t)
	scheme := runtime.NewScheme()
	w := &world{T: t, config: cp.RESTConfig(), namespace: controlplanetest.Namespace(t, cp), policy: policy, told: map[stock.ID]stock.Phase{}, url: url}
	var err error
	w.must(v1.AddToScheme(scheme))
	w.client, err = client.New(w.config, client.Options{Scheme: scheme})
	w.must(err)
	w.connect()
	w.decide()
	return w
}

// remember is a policy that forgets nothing.
var remember = stock.Policy{Retention: 24 * 3600 * second, Grace: 300 * second, Limit: 64 << 20, CompactAbove: 1 << 20, Batch: 256 << 10}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// connect reads the database beside the archive.
func (w *world) connect() {
	w.Helper()
	config, err := pgxpool.ParseConfig(w.url)
	w.must(err)
	config.MaxConns = 2
	w.pool, err = pgxpool.NewWithConfig(w.Context(), config)
	w.must(err)
	w.Cleanup(w.pool.Close)
}

// decide starts the process that leads, with stock of its own.
func (w *world) decide() {
	w.Helper()
	clock := &allocator.ServerClock{}
	config := rest.CopyConfig(w.config)
	config.Wrap(func(next http.RoundTripper) http.RoundTripper { return clock.Transport(next) })
	pages, err := journal.NewClient(config, nil)
	w.must(err)
	r := allocator.NewRunner(allocator.RunnerOptions{
		Client: pages, Namespace: w.namespace, Now: clock.Now, Policy: w.policy,
		Config: journal.Config{
			Self: journal.Leader{Name: "leader"}, Process: uuid.NewString(), Fill: 2 << 10, MaxPage: 512 << 10,
			Spare: 1, WriteFormat: journal.Format, Pack: journal.Pack,
		},
	})
	deciding, end := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := r.Run(deciding); err != nil {
			w.Error(err)
		}
	})
	w.stopDeciding = sync.OnceFunc(func() { end(); running.Wait() })
	w.Cleanup(w.stopDeciding)
	w.runner = r
	r.Elect(true)
	ctx, cancel := context.WithTimeout(w.Context(), patience)
	defer cancel()
	for version := uint64(1); ; version++ {
		answer, err := r.Ask(ctx, stock.PutItem{Item: stock.Item{
			UID: stock.ID(uuid.NewString()), Name: "mug", Product: "mug", Location: "amsterdam",
			Generation: 1, Version: version, Received: 1_000_000, Sellable: 1_000_000,
		}})
		w.must(err)
		if answer.Verdict == stock.Done {
			return
		}
	}
}

// ask has a request decided, and notes what was told.
func (w *world) ask(request stock.Request) {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.Context(), patience)
	defer cancel()
	answer, err := w.runner.Ask(ctx, request)
	w.must(err)
	if answer.Reservation == nil {
		w.Fatalf("%+v is answered %+v", request, answer)
	}
	w.told[answer.Reservation.ID] = answer.Reservation.Phase
}

// reserve sells carts of one mug each, or of more than there are, which are refused.
func (w *world) reserve(carts int, units int64) (ids []stock.ID) {
	w.Helper()
	for range carts {
		id := stock.ID(uuid.NewString())
		w.ask(stock.Reserve{Hold: 900 * second, Wanted: stock.Reservation{
			ID: id, Outcome: stock.ID(uuid.NewString()), Cart: id, Lines: []stock.Line{{Product: "mug", Quantity: units}},
			Command: stock.Command{Source: "/shop", ID: id, Time: stock.Time(time.Now().UnixMicro()), Hash: "h"},
		}})
		ids = append(ids, id)
	}
	return ids
}

func (w *world) consume(ids ...stock.ID) {
	w.Helper()
	for _, id := range ids {
		w.ask(stock.Consume{Reservation: id})
	}
}

func (w *world) release(ids ...stock.ID) {
	w.Helper()
	for _, id := range ids {
		w.ask(stock.Release{Reservation: id, Reason: "ORDER_CANCELLED"})
	}
}

// publish says that all outcomes were delivered: only then they may be forgotten.
func (w *world) publish() {
	w.Helper()
	var newest uint64
	w.runner.Read(func(s *stock.State, _ *journal.Log) {
		for r := range s.Reservations() {
			newest = max(newest, r.Number)
		}
	})
	ctx, cancel := context.WithTimeout(w.Context(), patience)
	defer cancel()
	_, err := w.runner.Ask(ctx, stock.Publish{Number: newest})
	w.must(err)
}

// process is an archive.
type process struct {
	w      *world
	cancel context.CancelFunc
	ended  chan struct{}
	err    error
	log    *lockedBuffer
}

// archive runs one beside the test, through a URL of its own.
func (w *world) archive(url string) *process {
	w.Helper()
	config, err := (&database.Address{URL: url}).Config()
	w.must(err)
	s, err := store.Open(w.Context(), config, uuid.NewString())
	w.must(err)
	o := archive.Options{
		Config: w.config, Client: w.client, Store: s, Namespaces: []string{w.namespace},
		Migrate:        func(ctx context.Context) (int, error) { return schema.Migrate(ctx, config.ConnConfig) },
		LeaseTimes:     lease.Times{Duration: 15 * time.Second, RenewDeadline: 10 * time.Second, RetryPeriod: 2 * time.Second},
		MetricsAddress: "0", HealthAddress: "0",
	}
	p := &process{w: w, ended: make(chan struct{}), log: &lockedBuffer{}}
	o.Logger = zap.New(zap.WriteTo(p.log))
	ctx, cancel := context.WithCancel(context.Background())
	p.cancel = cancel
	go func() {
		defer close(p.ended)
		p.err = archive.Run(ctx, o)
		s.Close()
	}()
	w.Cleanup(p.stop)
	return p
}

func (p *process) stop() {
	p.cancel()
	select {
	case <-p.ended:
	case <-time.After(patience):
		p.w.Fatalf("the archive does not end:\n%s", p.log)
	}
}

// caughtUp waits until the database says what the journal says, and nothing else.
func (w *world) caughtUp() {
	w.Helper()
	pages := w.pages()
	deadline := time.Now().Add(patience)
	for {
		err := sqlbooks.Compare(w.Context(), w.pool, w.namespace, pages)
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			w.Fatalf("the archive is not what the journal says: %v", err)
		}
		time.Sleep(50 * time.Millisecond) // a poll of another process
	}
}

// pages are read at one version.
func (w *world) pages() (pages []journal.Page) {
	w.Helper()
	var list v1.JournalPageList
	w.must(w.client.List(w.Context(), &list, client.InNamespace(w.namespace)))
	for i := range list.Items {
		pages = append(pages, journal.Decode(&list.Items[i]))
	}
	return pages
}

// sees checks what became of a reservation by what its client was told; missing allows that it
// is not archived at all, or only that nobody knows how it ended.
func (w *world) sees(missing bool, ids ...stock.ID) {
	w.Helper()
	for _, id := range ids {
		u, _ := project.UUID(id)
		want := map[stock.Phase]string{
			stock.PhaseReserved: "HELD", stock.PhaseReleased: "RELEASED", stock.PhaseConsumed: "CONSUMED", stock.PhaseRefused: "REFUSED",
		}[w.told[id]]
		rows, err := w.pool.Query(w.Context(), `SELECT status, coalesce(release_reason, '') FROM reservations WHERE namespace = $1 AND reservation_id = $2
			UNION ALL SELECT 'REFUSED', '' FROM refusals WHERE namespace = $1 AND reservation_id = $2`, w.namespace, u.String())
		w.must(err)
		var found []string
		var lost bool
		for rows.Next() {
			var status, reason string
			w.must(rows.Scan(&status, &reason))
			found, lost = append(found, status), reason == store.LostInGap
		}
		w.must(rows.Err())
		switch {
		case len(found) == 1 && (found[0] == want || missing && lost && want != "HELD"):
		case missing && len(found) == 0:
		default:
			w.Errorf("the client of %s was told %s, archived: %v", id, want, found)
		}
	}
}

// count is the number that a query about the namespace, which is $1, returns.
func (w *world) count(query string) (n int64) {
	w.Helper()
	w.must(w.pool.QueryRow(w.Context(), query, w.namespace).Scan(&n))
	return n
}

// want checks counts.
func (w *world) want(counts map[string]int64) {
	w.Helper()
	for query, want := range counts {
		if n := w.count(query); n != want {
			w.Errorf("%s: %d, want %d", query, n, want)
		}
	}
	if w.Failed() {
		var gaps string
		w.must(w.pool.QueryRow(w.Context(), "SELECT coalesce(json_agg(g), '[]')::text FROM journal_gaps g WHERE namespace = $1", w.namespace).Scan(&gaps))
		w.Logf("the gaps: %s", gaps)
	}
}

func (w *world) await(what string, is func() bool) {
	w.Helper()
	for deadline := time.Now().Add(patience); !is(); time.Sleep(20 * time.Millisecond) { // a poll of another process
		if time.Now().After(deadline) {
			w.Fatalf("never: %s", what)
		}
	}
}

// lockedBuffer is written and read by turns.
type lockedBuffer struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.String()
}
