package lookup_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/google/uuid"

	"github.com/acme/inventory-service/internal/archive/database"
	"github.com/acme/inventory-service/internal/archive/follow"
	"github.com/acme/inventory-service/internal/archive/lookup"
	"github.com/acme/inventory-service/internal/archive/project"
	"github.com/acme/inventory-service/internal/archive/schema"
	"github.com/acme/inventory-service/internal/archive/store"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/postgres"
	"github.com/acme/inventory-service/internal/postgres/postgrestest"
	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/test/fixture"
)

func TestMain(m *testing.M) { os.Exit(postgrestest.Main(m.Run)) }

const cluster = "uid-of-kube-system"

// shop is the namespace that tests archive.
var shop = lookup.Namespace{Name: "shop", Identity: journal.Identity{Journal: "journal-of-shop", Namespace: "uid-of-shop"}}

// written is a database that an archive writes.
type written struct {
	t     *testing.T
	url   string
	store *store.Store
	// at is where each namespace stands.
	at map[string]store.Position
}

// newWritten makes an empty Inventory Database.
func newWritten(t *testing.T, url string) *written {
	t.Helper()
	config, err := (&database.Address{URL: url}).Config()
	must(t, err)
	_, err = schema.Migrate(t.Context(), config.ConnConfig)
	must(t, err)
	s, err := store.Open(t.Context(), config, uuid.NewString())
	must(t, err)
	t.Cleanup(s.Close)
	must(t, s.Adopt(t.Context(), cluster))
	return &written{t: t, url: url, store: s, at: map[string]store.Position{}}
}

// archive writes carts as the archive does, in the history that goes on or, with a reason, one that
// begins.
func (w *written) archive(in lookup.Namespace, reason string, carts ...*stock.Reservation) {
	w.t.Helper()
	from := w.at[in.Name]
	to := store.Position{
		Position: follow.Position{Journal: in.Journal, Page: from.Page + 1, Record: len(carts), Digest: uuid.NewString()},
		Epoch:    from.Epoch, Marks: stock.Marks{At: fixture.Moment(fixture.Start)},
	}
	b := store.Batch{Namespace: in.Name, From: from, To: to}
	if reason != "" {
		b.To.Epoch++
		b.Begins = &store.Epoch{NamespaceUID: in.Namespace, Reason: reason}
		if reason != "FIRST" {
			b.Gap = &store.Gap{Reason: reason}
		}
		if reason == "RESTORED" {
			b.Begins.Shared = &store.Checkpoint{Page: 1, Record: 1}
		}
	}
	for i, r := range carts {
		b.Rows.Reservations = append(b.Rows.Reservations, project.Reservation{Reservation: r, New: true, Place: project.Place{Page: b.To.Page, Record: i}})
	}
	if _, err := w.store.Write(w.t.Context(), b); err != nil {
		w.t.Fatal(err)
	}
	w.at[in.Name] = b.To
}

// execute runs a statement.
func (w *written) execute(statement string) {
	w.t.Helper()
	_, err := w.store.Pool().Exec(w.t.Context(), statement)
	must(w.t, err)
}

// newArchive is what the bridge has of a database, with patience for a busy machine.
func newArchive(t *testing.T, url string) *lookup.Archive {
	t.Helper()
	return usual(t, url).Patient()
}

// usual is what the bridge has of a database, with the patience that it has.
func usual(t *testing.T, url string) *lookup.Archive {
	t.Helper()
	address := &database.Address{Application: "inventory-bridge"}
	address.Bind(flag.NewFlagSet("", flag.ContinueOnError), "archive-url", "the database")
	address.URL = url
	return archiveAt(t, address)
}

func archiveAt(t *testing.T, address *database.Address) *lookup.Archive {
	t.Helper()
	a := lookup.New(lookup.Options{
		Database: address, Logger: logr.Discard(), Cluster: func(context.Context) (string, error) { return cluster, nil },
	})
	t.Cleanup(a.Close)
	return a
}

// cart is one that has ended, of two products, the n-th.
func cart(n int, modify ...func(*stock.Reservation)) *stock.Reservation {
	at := fixture.Moment(fixture.Start.Add(time.Duration(n) * time.Second))
	r := &stock.Reservation{
		ID: stock.ID(uuid.NewSHA1(uuid.NameSpaceURL, fmt.Append(nil, n)).String()), Phase: stock.PhaseReleased, Outcome: stock.ID(uuid.NewString()),
		Number: uint64(n), Cart: idOf("cart", n), Order: idOf("order", n),
		Command: stock.Command{Source: "/shop", ID: stock.ID(fmt.Sprint("command-", n))},
		Lines:   []stock.Line{{Product: idOf("product", 1), Quantity: 2}, {Product: idOf("product", 2), Quantity: 3}},
		Allocations: []stock.Allocation{
			{Product: idOf("product", 1), Location: "ams", Quantity: 2, Released: 2}, {Product: idOf("product", 2), Location: "rtm", Quantity: 3, Released: 3},
		},
		At: at, Expires: at + 60_000_000, Ended: at + 30_000_001, Reason: "ORDER_CANCELLED", Actor: "ann", ReleasedBy: "bob",
	}
	for _, m := range modify {
		m(r)
	}
	return r
}

func refused(r *stock.Reservation) {
	r.Phase, r.Allocations, r.Expires, r.Ended, r.Reason, r.ReleasedBy = stock.PhaseRefused, nil, 0, r.At, "", ""
	r.Short = []stock.Shortage{{Product: r.Lines[1].Product, Requested: 3, Available: 1}}
}

func held(r *stock.Reservation) {
	r.Phase, r.Ended, r.Reason, r.ReleasedBy = stock.PhaseReserved, 0, "", ""
	r.Allocations[0].Released, r.Allocations[1].Released = 0, 0
}

// idOf is a UUID, in the order of n.
func idOf(what string, n int) stock.ID {
	return stock.ID(fmt.Sprintf("%08x-0000-4000-8000-%012x", len(what)*100, n))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// wantError fails the test unless an error says so.
func wantError(t *testing.T, err error, is error) {
	t.Helper()
	if !errors.Is(err, is) {
		t.Errorf("the error is %v, want %v", err, is)
	}
}

// start is a server of a test's own.
func start(t *testing.T) (*postgres.Server, string) {
	t.Helper()
	server := postgrestest.Start(t, postgres.Options{UnsafeNoFsync: true})
	return server, server.URL(postgres.PlainRole, postgrestest.DatabaseOn(t, server))
}
