package lookup

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-logr/logr"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/sync/singleflight"

	"github.com/acme/inventory-service/internal/archive/database"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/stock"
)

const (
	// patience bounds a lookup.
	patience = 2 * time.Second
	// connections are how many this process has at most.
	connections = 4
)

// What an answer does not cover. The last two come beside what was found.
var (
	// ErrNotArchived says that the database does not have the namespace's journal.
	ErrNotArchived = errors.New("the archive does not have the journal of this namespace")
	// ErrBehind says that the archive has not read yet all that the journal has forgotten.
	ErrBehind = errors.New("the archive has not read yet all that the journal of this namespace has forgotten")
	// ErrGap says that the archive never read some records of the journal one by one: what began
	// and was forgotten among them, it does not have.
	ErrGap = errors.New("the archive has gaps in the journal of this namespace")
)

// Options are what an Archive needs.
type Options struct {
	// Database is where it is.
	Database *database.Address
	// Cluster is the uid of the namespace kube-system, which names the cluster.
	Cluster func(context.Context) (string, error)
	Logger  logr.Logger
}

// Archive is the Inventory Database as the bridge reads it. It is safe for concurrent use.
type Archive struct {
	options Options
	flights singleflight.Group
	places  chan struct{}
	breaker breaker
	// within bounds a lookup.
	within time.Duration

	mu      sync.Mutex
	pool    *pgxpool.Pool // nil before the first lookup
	cluster string        // empty before it is known
	closed  bool
}

// New returns an Archive, of which no connection has been made yet.
func New(o Options) *Archive {
	return &Archive{options: o, places: make(chan struct{}, connections), breaker: breaker{logger: o.Logger}, within: patience}
}

// Close ends all connections, once the lookups of the moment have ended.
func (a *Archive) Close() {
	a.mu.Lock()
	pool := a.pool
	a.pool, a.closed = nil, true
	a.mu.Unlock()
	if pool != nil {
		pool.Close()
	}
}

// Namespace is one of Kubernetes, as its journal knows it.
type Namespace struct {
	Name string
	journal.Identity
	// Head is the first page that counts: all that the journal has forgotten stood on pages before.
	Head uint64
}

// Reservation returns the reservation that a text names: by its id, or by the uid or the name of its
// object; of several the youngest. It is nil where the archive has none. With ErrBehind or ErrGap it
// returns what the archive has, of which there may be more.
func (a *Archive) Reservation(ctx context.Context, in Namespace, text string) (*stock.Reservation, error) {
	return first(a.ask(ctx, byText(in, text)))
}

// Outcome is Reservation, of the id alone, for who does not wait for a turn: it is of no use late.
func (a *Archive) Outcome(ctx context.Context, in Namespace, id stock.ID) (*stock.Reservation, error) {
	if len(a.places) == cap(a.places) {
		lookups.WithLabelValues(queryOutcome, resultSkipped).Inc()
		return nil, errBusy
	}
	q := byText(in, string(id))
	q.name = queryOutcome
	return first(a.ask(ctx, q))
}

func first(all []*stock.Reservation, err error) (*stock.Reservation, error) {
	if len(all) == 0 {
		return nil, err
	}
	return all[0], err
}

// Find returns the reservations of an order, of a cart, or of both, the youngest first, most at most.
// With ErrBehind or ErrGap it returns those that the archive has.
func (a *Archive) Find(ctx context.Context, in Namespace, order, cart stock.ID, most int) ([]*stock.Reservation, error) {
	return a.ask(ctx, byOrderOrCart(in, order, cart, most))
}

// ask waits for the answer to a question, which others may have asked already.
func (a *Archive) ask(ctx context.Context, q question) ([]*stock.Reservation, error) {
	began := time.Now()
	var is answer
	var err error
	select {
	case flight := <-a.flights.DoChan(q.key(), func() (any, error) { return a.lookUp(q) }):
		if err = flight.Err; err == nil {
			is = flight.Val.(answer)
			err = is.uncovered(q.in) // who shares the lookup may know another head
		}
	case <-ctx.Done():
		err = fmt.Errorf("the archive has not answered in time: %w", context.Cause(ctx))
	}
	found := slices.DeleteFunc(slices.Clone(is.found), func(r *stock.Reservation) bool { return !q.meant(r) })
	result := resultOf(found, err)
	lookups.WithLabelValues(q.name, result).Inc()
	if result != resultSkipped {
		lookupSeconds.WithLabelValues(q.name).Observe(time.Since(began).Seconds())
	}
	return found, err
}

// lookUp waits for its turn and asks the database, unless that has just failed.
func (a *Archive) lookUp(q question) (answer, error) {
	ctx, cancel := context.WithTimeout(context.Background(), a.within)
	defer cancel()
	select {
	case a.places <- struct{}{}:
		defer func() { <-a.places }()
	case <-ctx.Done():
		return answer{}, errBusy
	}
	try, err := a.breaker.enter(time.Now())
	if err != nil {
		return answer{}, err
	}
	is, err := a.query(ctx, q)
	if err == nil {
		err = a.fits(ctx, is)
	}
	a.breaker.leave(time.Now(), try, err)
	return is, err
}

// connect returns the pool, which is made where the database's address can be read.
func (a *Archive) connect() (*pgxpool.Pool, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case a.closed:
		return nil, errors.New("the bridge stops")
	case a.pool != nil:
		return a.pool, nil
	}
	config, err := a.options.Database.Config()
	if err != nil {
		return nil, err
	}
	config.MaxConns, config.MinConns, config.MinIdleConns = connections, 0, 0
	config.ConnConfig.ConnectTimeout, config.PingTimeout = a.within, a.within
	a.pool, err = pgxpool.NewWithConfig(context.Background(), config)
	return a.pool, err
}

// owner is the cluster that this process works in.
func (a *Archive) owner(ctx context.Context) (string, error) {
	a.mu.Lock()
	known := a.cluster
	a.mu.Unlock()
	if known != "" {
		return known, nil
	}
	uid, err := a.options.Cluster(ctx)
	if err != nil {
		return "", fmt.Errorf("read namespace kube-system, whose uid names the cluster: %w", err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.cluster = uid
	return uid, nil
}

// key tells questions apart.
func (q question) key() string {
	parts := []string{q.statement, q.in.Name, q.in.Namespace, fmt.Sprint(q.most)}
	return strings.Join(append(parts, q.texts...), "\x00")
}
