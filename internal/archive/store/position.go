package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/acme/inventory-service/internal/archive/database"
	"github.com/acme/inventory-service/internal/archive/follow"
	"github.com/acme/inventory-service/internal/stock"
)

// ErrFenced says that another process writes: this one has to stop until it is elected again.
var ErrFenced = errors.New("another archive writes to the database")

// errMoved says that the position is another one than this process left, and that no other
// process has changed it: an earlier attempt has landed late, or somebody edited the row.
var errMoved = errors.New("the position in the database is not the one that this process left: Load tells which it is")

// Position is where the archive of a namespace stands. Epoch is 0 while nothing is archived.
type Position struct {
	follow.Position
	Epoch int
	Head  uint64
	Marks stock.Marks
}

// Claim makes this process the writer of a namespace, and returns where its archive stands. Who
// wrote before is fenced from now on.
func (s *Store) Claim(ctx context.Context, namespace string) (Position, error) {
	ctx, cancel := context.WithTimeout(ctx, s.statement)
	defer cancel()
	if _, err := s.pool.Exec(ctx, "UPDATE journal_positions SET writer = $2 WHERE namespace = $1", namespace, s.writer); err != nil {
		return Position{}, fmt.Errorf("claim the archive of namespace %s: %w", namespace, database.Plain(err))
	}
	return s.Load(ctx, namespace)
}

// Load returns where the archive of a namespace stands. It fails with ErrFenced where another
// process is its writer.
func (s *Store) Load(ctx context.Context, namespace string) (Position, error) {
	ctx, cancel := context.WithTimeout(ctx, s.statement)
	defer cancel()
	var p Position
	var marks, writer string
	err := s.pool.QueryRow(ctx, "SELECT epoch, journal_uid, page, record, digest, head, marks, writer FROM journal_positions WHERE namespace = $1", namespace).
		Scan(&p.Epoch, &p.Journal, &p.Page, &p.Record, &p.Digest, &p.Head, &marks, &writer)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return Position{}, nil
	case err != nil:
		return Position{}, fmt.Errorf("read where the archive of namespace %s stands: %w", namespace, database.Plain(err))
	case writer != s.writer:
		return Position{}, fmt.Errorf("%w: namespace %s", ErrFenced, namespace)
	}
	if p.Marks, err = stock.ParseMarks([]byte(marks)); err != nil {
		return Position{}, fmt.Errorf("read where the archive of namespace %s stands: %w", namespace, err)
	}
	return p, nil
}

// advance changes the position from one to another, if this process is the writer and nobody
// else has gone on meanwhile.
func (s *Store) advance(ctx context.Context, tx pgx.Tx, namespace string, from, to Position) error {
	marks, err := jsonOf(to.Marks)
	if err != nil {
		return err
	}
	at := timeOf(to.Marks.At)
	if from.Epoch == 0 {
		tag, err := tx.Exec(ctx, `
			INSERT INTO journal_positions (namespace, epoch, journal_uid, page, record, digest, head, marks, position_at, writer)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING`,
			namespace, to.Epoch, to.Journal, to.Page, to.Record, to.Digest, to.Head, marks, at, s.writer)
		return s.advanced(ctx, tx, namespace, tag.RowsAffected(), err)
	}
	tag, err := tx.Exec(ctx, `
		UPDATE journal_positions SET epoch = $2, journal_uid = $3, page = $4, record = $5, digest = $6, head = $7, marks = $8,
			position_at = $9, written_at = now()
		WHERE namespace = $1 AND writer = $10 AND epoch = $11 AND journal_uid = $12 AND page = $13 AND record = $14 AND digest = $15`,
		namespace, to.Epoch, to.Journal, to.Page, to.Record, to.Digest, to.Head, marks, at,
		s.writer, from.Epoch, from.Journal, from.Page, from.Record, from.Digest)
	return s.advanced(ctx, tx, namespace, tag.RowsAffected(), err)
}

// advanced tells why the position was not changed, nil where it was.
func (s *Store) advanced(ctx context.Context, tx pgx.Tx, namespace string, rows int64, err error) error {
	if err != nil || rows > 0 {
		return err
	}
	var writer string
	err = tx.QueryRow(ctx, "SELECT writer FROM journal_positions WHERE namespace = $1", namespace).Scan(&writer)
	switch {
	case err == nil && writer != s.writer:
		return fmt.Errorf("%w: namespace %s", ErrFenced, namespace)
	case err == nil || errors.Is(err, pgx.ErrNoRows):
		return fmt.Errorf("%w: namespace %s", errMoved, namespace)
	}
	return err
}
