package lookup

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/acme/inventory-service/internal/archive/database"
	"github.com/acme/inventory-service/internal/archive/schema"
	"github.com/acme/inventory-service/internal/stock"
)

// answer is what the database says.
type answer struct {
	// version is the number of its newest migration, and cluster whose it is.
	version int64
	cluster string
	// archived says that it has the journal of the namespace.
	archived bool
	// journal and page are up to where it has read, and gap that it has not read all before.
	journal string
	page    int64
	gap     bool
	found   []*stock.Reservation
}

// query asks the database. Where a connection breaks, as those of a server that was restarted do, it
// asks once more: nothing is changed by that.
func (a *Archive) query(ctx context.Context, q question) (answer, error) {
	pool, err := a.connect()
	if err != nil {
		return answer{}, err
	}
	var is answer
	var rows []byte
	for range 2 {
		err = pool.QueryRow(ctx, q.statement, q.arguments()...).Scan(&is.version, &is.cluster, &is.archived, &is.journal, &is.page, &is.gap, &rows)
		if err == nil || ctx.Err() != nil || !broken(err) {
			break
		}
	}
	if err != nil {
		return is, told(err)
	}
	is.found, err = read(rows)
	return is, err
}

// broken tells whether it was the connection that failed, or a replica that had to go on.
func broken(err error) bool {
	var refused *pgconn.PgError
	if errors.As(err, &refused) {
		return slices.Contains([]string{"57P01", "57P02", "40001", "40P01"}, refused.Code)
	}
	var unconnected *pgconn.ConnectError
	return !errors.As(err, &unconnected)
}

// told is an error in words.
func told(err error) error {
	var refused *pgconn.PgError
	if errors.As(err, &refused) && slices.Contains([]string{"42P01", "42703", "3F000"}, refused.Code) {
		return fmt.Errorf("the database does not have the archive's tables as this release knows them: run inventory-operator archive: %w", err)
	}
	return database.Plain(err)
}

// fits fails where the database has another schema than that of this release, or is another cluster's.
func (a *Archive) fits(ctx context.Context, is answer) error {
	if err := schema.Fits(is.version); err != nil {
		return err
	}
	owner, err := a.owner(ctx)
	if err == nil && is.cluster != owner {
		err = fmt.Errorf("the database belongs to another cluster (its kube-system has uid %q, this one's %q)", is.cluster, owner)
	}
	return err
}

// uncovered says what of the namespace's journal the database does not have, of what the journal has
// forgotten. A database that has come to the head has read all pages before it.
func (is answer) uncovered(in Namespace) error {
	switch {
	case !is.archived:
		return ErrNotArchived
	case is.journal != in.Journal || uint64(max(0, is.page)) < in.Head:
		return ErrBehind
	case is.gap:
		return ErrGap
	}
	return nil
}
