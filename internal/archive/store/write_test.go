package store

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/acme/inventory-service/internal/archive/database"
	"github.com/acme/inventory-service/internal/archive/follow"
	"github.com/acme/inventory-service/internal/archive/months"
	"github.com/acme/inventory-service/internal/archive/project"
	"github.com/acme/inventory-service/internal/archive/schema"
	"github.com/acme/inventory-service/internal/controlplane/tcpproxy"
	"github.com/acme/inventory-service/internal/postgres/postgrestest"
	"github.com/acme/inventory-service/internal/stock"
)

func TestMain(m *testing.M) { os.Exit(postgrestest.Main(m.Run)) }

// at is a moment in the month that all tests are in.
func at(seconds int) stock.Time {
	return stock.Time(time.Date(2026, 11, 5, 12, 0, seconds, 0, time.UTC).UnixMicro())
}

// openAt returns a store of a database that has all tables.
func openAt(t *testing.T, url string) *Store {
	t.Helper()
	config, err := (&database.Address{URL: url}).Config()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := schema.Migrate(t.Context(), config.ConnConfig); err != nil {
		t.Fatal(err)
	}
	s, err := Open(t.Context(), config, uuid.NewString())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// position is one after so many pages.
func position(page uint64) Position {
	return Position{
		Position: follow.Position{Journal: "journal", Page: page, Record: 1, Digest: fmt.Sprint("digest", page)},
		Epoch:    1, Head: 1, Marks: stock.Marks{At: at(int(page))},
	}
}

// held is a batch of carts that hold one mug each, one page after another.
func held(from Position, to uint64, carts int) Batch {
	b := Batch{Namespace: "shop", From: from, To: position(to)}
	if from.Epoch == 0 {
		b.Begins = &Epoch{NamespaceUID: "shop", Reason: "FIRST"}
	}
	mug := stock.Key{Product: "mug", Location: "amsterdam"}
	for n := range carts {
		id := stock.ID(uuid.NewString())
		b.Rows.Reservations = append(b.Rows.Reservations, project.Reservation{New: true, Place: project.Place{Page: to}, Reservation: &stock.Reservation{
			ID: id, Phase: stock.PhaseReserved, Outcome: stock.ID(uuid.NewString()), Number: to*1_000_000 + uint64(n), Cart: id, At: at(int(to)),
			Lines:       []stock.Line{{Product: mug.Product, Quantity: 1}},
			Allocations: []stock.Allocation{{Product: mug.Product, Location: mug.Location, Quantity: 1}},
		}})
	}
	b.Rows.Locations = []project.Location{{Key: mug, Balance: stock.Balance{Received: 1e6, Reserved: int64(carts), Available: 1e6 - int64(carts)}, At: at(int(to))}}
	return b
}

func count(t *testing.T, s *Store, query string) (n int64) {
	t.Helper()
	if err := s.pool.QueryRow(t.Context(), query).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// A restatement takes as long as it takes: it ends only where nothing comes of it for a while.
func TestLargeRestatement(t *testing.T) {
	const carts = 20_000
	address, err := url.Parse(postgrestest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	// A slow way makes it take long, however fast the machine is, and nothing of it long.
	way, err := tcpproxy.Listen(address.Host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(way.Close)
	address.Host = way.Address()
	s := openAt(t, address.String())
	s.history = 10 * time.Second
	b := held(Position{}, 1, carts)
	b.Gap = &Gap{Reason: "BEGAN_LATE"}
	if err := s.makeMonths(t.Context(), monthsOf(b)); err != nil { // many statements, and one patience
		t.Fatal(err)
	}
	way.Delay(s.history / 20) // in each direction
	began := time.Now()
	if _, err := s.Write(t.Context(), b); err != nil {
		t.Fatalf("%d carts, after %v: %v", carts, time.Since(began), err)
	}
	all := time.Since(began)
	way.Delay(0)
	if n := count(t, s, "SELECT count(*) FROM reservations"); n != carts {
		t.Errorf("%d carts", n)
	}
	if all < s.history {
		t.Errorf("%d carts took %v, less than the %v for which nothing may come: that shows nothing", carts, all, s.history)
	}
	t.Logf("%d carts were restated in %v, with patience for %v", carts, all, s.history)
}

// A hold whose end nobody has read ends in the gap, also where its id was decided again meanwhile.
func TestLostAndDecidedAgain(t *testing.T) {
	s := openAt(t, postgrestest.URL(t))
	before := held(Position{}, 1, 2)
	if _, err := s.Write(t.Context(), before); err != nil {
		t.Fatal(err)
	}
	again := held(position(1), 2, 2)
	again.Gap = &Gap{Reason: "COMPACTED"}
	again.Rows.Reservations[0].ID = before.Rows.Reservations[0].ID
	again.Rows.Reservations = append(again.Rows.Reservations[:1], before.Rows.Reservations[1])
	if _, err := s.Write(t.Context(), again); err != nil {
		t.Fatal(err)
	}
	for query, want := range map[string]int64{
		"SELECT count(*) FROM reservations":                       3,
		"SELECT count(*) FROM reservations WHERE status = 'HELD'": 2,
		"SELECT count(*) FROM reservations WHERE release_reason = '" + LostInGap + "' AND created_at = (SELECT min(created_at) FROM reservations)": 1,
	} {
		if n := count(t, s, query); n != want {
			t.Errorf("%s: %d, want %d", query, n, want)
		}
	}
}

// A lock that nobody lets go is told, and once it is gone the same batch lands once.
func TestStuck(t *testing.T) {
	s := openAt(t, postgrestest.URL(t))
	if _, err := s.Write(t.Context(), held(Position{}, 1, 1)); err != nil {
		t.Fatal(err)
	}
	s.statement = 300 * time.Millisecond
	other, err := s.pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.Exec(t.Context(), "LOCK TABLE reservations"); err != nil {
		t.Fatal(err)
	}
	b := held(position(1), 2, 1)
	if _, err := s.Write(t.Context(), b); !errors.Is(err, errStuck) {
		t.Errorf("%v", err)
	}
	if err := other.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.statement = statementTimeout
	if _, err := s.Write(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	if n := count(t, s, "SELECT count(*) FROM reservations"); n != 2 {
		t.Errorf("%d carts", n)
	}
}

// Whoever was taken over from is fenced; whose own attempt has landed late is not.
func TestFence(t *testing.T) {
	url := postgrestest.URL(t)
	first := openAt(t, url)
	if _, err := first.Write(t.Context(), held(Position{}, 1, 1)); err != nil {
		t.Fatal(err)
	}
	b := held(position(1), 2, 1)
	if _, err := first.Write(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	if _, err := first.Write(t.Context(), b); !errors.Is(err, errMoved) || errors.Is(err, ErrFenced) {
		t.Errorf("the same batch again: %v", err)
	}
	second := openAt(t, url)
	if _, err := second.Load(t.Context(), "shop"); !errors.Is(err, ErrFenced) {
		t.Errorf("a process that has claimed nothing: %v", err)
	}
	if at, err := second.Claim(t.Context(), "shop"); err != nil || at.Page != 2 {
		t.Errorf("%+v, %v", at, err)
	}
	if _, err := first.Write(t.Context(), held(position(2), 3, 1)); !errors.Is(err, ErrFenced) {
		t.Errorf("the first goes on: %v", err)
	}
	if _, err := first.Write(t.Context(), held(Position{}, 1, 1)); !errors.Is(err, ErrFenced) {
		t.Errorf("the first begins anew: %v", err)
	}
	if _, err := second.Write(t.Context(), held(position(2), 3, 1)); err != nil {
		t.Error(err)
	}
	if n := count(t, second, "SELECT count(*) FROM reservations"); n != 3 {
		t.Errorf("%d carts", n)
	}
}

// A writer that is frozen in the middle of a transaction does not keep the next one from taking over.
func TestFrozenInTransaction(t *testing.T) {
	url := postgrestest.URL(t)
	frozen := openAt(t, url)
	if _, err := frozen.Write(t.Context(), held(Position{}, 1, 1)); err != nil {
		t.Fatal(err)
	}
	tx, err := frozen.pool.BeginTx(t.Context(), months.Options)
	if err != nil {
		t.Fatal(err)
	}
	if err := frozen.advance(t.Context(), tx, "shop", position(1), position(2)); err != nil {
		t.Fatal(err)
	}
	next := openAt(t, url)
	if at, err := next.Claim(t.Context(), "shop"); err != nil || at.Page != 1 {
		t.Errorf("%+v, %v", at, err)
	}
	if err := tx.Commit(t.Context()); err == nil {
		t.Error("the frozen one has written")
	}
}

// Rows and position land together or not at all.
func TestAllOrNothing(t *testing.T) {
	s := openAt(t, postgrestest.URL(t))
	if _, err := s.Write(t.Context(), held(Position{}, 1, 1)); err != nil {
		t.Fatal(err)
	}
	b := held(position(1), 2, 5)
	doubled := b.Rows.Reservations[0]
	b.Rows.Reservations = append(b.Rows.Reservations, doubled)
	if _, err := s.Write(t.Context(), b); err == nil {
		t.Fatal("a cart was archived twice")
	}
	if at, err := s.Load(t.Context(), "shop"); err != nil || at.Page != 1 {
		t.Errorf("%+v, %v", at, err)
	}
	if n := count(t, s, "SELECT count(*) FROM reservations"); n != 1 {
		t.Errorf("%d carts", n)
	}
	err := pgx.BeginFunc(context.Background(), s.pool, func(pgx.Tx) error { return nil })
	if err != nil {
		t.Errorf("the pool is of no use any more: %v", err)
	}
}
