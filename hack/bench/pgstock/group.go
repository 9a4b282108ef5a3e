package pgstock

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/acme/inventory-service/api/events"
)

// Group decides in memory and commits in groups: whoever waits is decided in the
// order of arrival, one transaction appends what was decided to a journal, and then
// all are answered. There may be one for a database, since nobody else's decisions
// are seen.
type Group struct {
	pool  *pgxpool.Pool
	free  map[string]int64         // units of each product
	held  map[string][]events.Item // by reservation
	asked chan ask
}

// ask is a command that waits for its decision.
type ask struct {
	release bool
	id      string
	items   []events.Item
	answer  chan<- answer // has room
}

type answer struct {
	reserved bool
	err      error
}

// entry is what the journal keeps of a decision.
type entry struct {
	ID    string        `json:"id"`
	Phase string        `json:"phase"`
	Items []events.Item `json:"items"`
	At    time.Time     `json:"at"`
}

// maxGroup bounds how many commands one transaction decides.
const maxGroup = 1024

// OpenGroup reads the stock. The journal is empty: nothing is read back.
func OpenGroup(ctx context.Context, pool *pgxpool.Pool) (*Group, error) {
	g := &Group{pool: pool, free: map[string]int64{}, held: map[string][]events.Item{}, asked: make(chan ask, maxGroup)}
	rows, err := pool.Query(ctx, `SELECT product, received - reserved FROM stock`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var product string
		var units int64
		if err := rows.Scan(&product, &units); err != nil {
			return nil, err
		}
		g.free[product] = units
	}
	return g, rows.Err()
}

// Reserve decides a cart and returns when that is durable.
func (g *Group) Reserve(ctx context.Context, id string, items []events.Item) (bool, error) {
	return g.ask(ctx, ask{id: id, items: items})
}

// Release gives the units of a reservation back.
func (g *Group) Release(ctx context.Context, id string) error {
	_, err := g.ask(ctx, ask{id: id, release: true})
	return err
}

func (g *Group) ask(ctx context.Context, a ask) (bool, error) {
	answered := make(chan answer, 1)
	a.answer = answered
	select {
	case g.asked <- a:
	case <-ctx.Done():
		return false, ctx.Err()
	}
	select {
	case got := <-answered:
		return got.reserved, got.err
	case <-ctx.Done():
		return false, ctx.Err()
	}
}

// Run is the only writer. After an error memory is ahead of the journal, so the
// process has to end.
func (g *Group) Run(ctx context.Context) error {
	for {
		var group []ask
		select {
		case a := <-g.asked:
			group = append(group, a)
		case <-ctx.Done():
			return ctx.Err()
		}
		group = g.whoWaits(group)
		entries := make([]entry, 0, len(group))
		answers := make([]answer, 0, len(group))
		now := time.Now().UTC()
		for _, a := range group {
			e, got := g.decide(a, now)
			answers = append(answers, got)
			if got.err == nil {
				entries = append(entries, e)
			}
		}
		records, err := json.Marshal(entries)
		if err != nil {
			return err
		}
		if _, err := g.pool.Exec(ctx, `INSERT INTO journal (records) VALUES ($1)`, records); err != nil {
			return fmt.Errorf("append %d decisions: %w", len(entries), err)
		}
		for i, a := range group {
			a.answer <- answers[i]
		}
	}
}

// whoWaits adds those who wait already, and waits for nobody.
func (g *Group) whoWaits(group []ask) []ask {
	for len(group) < maxGroup {
		select {
		case a := <-g.asked:
			group = append(group, a)
		default:
			return group
		}
	}
	return group
}

// decide changes memory by one command.
func (g *Group) decide(a ask, now time.Time) (entry, answer) {
	if a.release {
		items, ok := g.held[a.id]
		if !ok {
			return entry{}, answer{err: fmt.Errorf("reservation %s does not hold", a.id)}
		}
		delete(g.held, a.id)
		for _, i := range items {
			g.free[i.ProductID] += i.Quantity
		}
		return entry{a.id, "Released", items, now}, answer{}
	}
	for n, i := range a.items {
		if g.free[i.ProductID] < i.Quantity {
			for _, taken := range a.items[:n] {
				g.free[taken.ProductID] += taken.Quantity
			}
			return entry{a.id, "Unavailable", a.items, now}, answer{}
		}
		g.free[i.ProductID] -= i.Quantity
	}
	g.held[a.id] = a.items
	return entry{a.id, "Reserved", a.items, now}, answer{reserved: true}
}
