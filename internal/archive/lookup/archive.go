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
	// within bounds a lookup.
	within = 2 * time.Second
	// connections are how many this process has at most.
	connections = 4
)

// ErrNotArchived says that the database does not have the namespace's journal.
var ErrNotArchived = errors.New("the archive does not have the journal of this namespace")

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

	mu      sync.Mutex
	pool    *pgxpool.Pool // nil before the first lookup
	cluster string        // empty before it is known
	closed  bool
}

// New returns an Archive, of which no connection has been made yet.
func New(o Options) *Archive {
	return &Archive{options: o, places: make(chan struct{}, connections), breaker: breaker{logger: o.Logger}}
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
}

// Reservation returns the reservation that a text names: by its id, or by the uid or the name of its
// object; of several the youngest. It is nil where the archive has none.
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
	if len(all) == 0 || err != nil {
		return nil, err
	}
	return all[0], nil
}

// Find returns the reservations of an order, of a cart, or of both, the youngest first, most at most.
func (a *Archive) Find(ctx context.Context, in Namespace, order, cart stock.ID, most int) ([]*stock.Reservation, error) {
	return a.ask(ctx, byOrderOrCart(in, order, cart, most))
}

// ask waits for the answer to a question, which others may have asked already.
func (a *Archive) ask(ctx context.Context, q question) ([]*stock.Reservation, error) {
	began := time.Now()
	var found []*stock.Reservation
	var err error
	select {
	case answer := <-a.flights.DoChan(q.key(), func() (any, error) { return a.lookUp(q) }):
		found, _ = answer.Val.([]*stock.Reservation)
		err = answer.Err
	case <-ctx.Done():
		err = fmt.Errorf("the archive has not answered in time: %w", context.Cause(ctx))
	}
	found = slices.DeleteFunc(slices.Clone(found), func(r *stock.Reservation) bool { return !q.meant(r) })
	result := resultOf(found, err)
	lookups.WithLabelValues(q.name, result).Inc()
	if result != resultSkipped {
		lookupSeconds.WithLabelValues(q.name).Observe(time.Since(began).Seconds())
	}
	return found, err
}

// lookUp waits for its turn and asks the database, unless that has just failed.
func (a *Archive) lookUp(q question) ([]*stock.Reservation, error) {
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	select {
	case a.places <- struct{}{}:
		defer func() { <-a.places }()
	case <-ctx.Done():
		return nil, errBusy
	}
	try, err := a.breaker.enter(time.Now())
	if err != nil {
		return nil, err
	}
	answer, err := a.query(ctx, q)
	if err == nil {
		err = a.fits(ctx, answer)
	}
	a.breaker.leave(time.Now(), try, err)
	switch {
	case err != nil:
		return nil, err
	case !answer.archived:
		return nil, ErrNotArchived
	}
	return answer.found, nil
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
	config.ConnConfig.ConnectTimeout, config.PingTimeout = within, within
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
