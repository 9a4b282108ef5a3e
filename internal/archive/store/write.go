package store

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/acme/inventory-service/internal/archive/database"
	"github.com/acme/inventory-service/internal/archive/months"
	"github.com/acme/inventory-service/internal/archive/project"
)

// Checkpoint is how far a page is archived.
type Checkpoint struct {
	Page   uint64
	Record int
	Digest string
}

// Batch is what one transaction archives.
type Batch struct {
	Namespace   string
	From, To    Position
	Checkpoints []Checkpoint
	Rows        project.Rows
	// Begins is set where a new epoch begins, and Gap where records were not read one by one: then
	// Rows are everything that the journal knows, and movements are worked out here.
	Begins *Epoch
	Gap    *Gap
}

// Epoch is a history that begins.
type Epoch struct {
	NamespaceUID string
	// Reason is ReasonFirst, ReasonRestored or ReasonReplaced.
	Reason string
	// Shared is how far the history before is the same; nil where nothing is known to be.
	Shared *Checkpoint
}

// Gap is where records were not read one by one. Its reason is one of GapReasons.
type Gap struct{ Reason string }

// Why a history begins, and why records were not read one by one.
const (
	ReasonFirst     = "FIRST"
	ReasonBeganLate = "BEGAN_LATE"
	ReasonCompacted = "COMPACTED"
	ReasonReplaced  = "REPLACED"
	ReasonRestored  = "RESTORED"
)

// GapReasons returns the reasons of gaps.
func GapReasons() []string {
	return []string{ReasonBeganLate, ReasonCompacted, ReasonReplaced, ReasonRestored}
}

// Result is what became of a batch.
type Result struct {
	// Rows is how many rows were written.
	Rows int64
	// Lost is how many holds nobody knows the end of, Superseded how many rows an abandoned
	// history had.
	Lost, Superseded int64
}

// Write archives a batch. Where it fails it may have landed nevertheless: Load tells. It fails with
// ErrFenced where another process writes.
func (s *Store) Write(ctx context.Context, b Batch) (Result, error) {
	patience := s.statement
	if b.Gap != nil {
		patience = s.history
	}
	// A restatement takes as long as it takes: only a while in which nothing comes of it ends it.
	ctx, watched := watch(ctx, patience)
	defer watched.end()
	if b.Gap != nil {
		watched.perTrip = restatedPerTrip
	}
	if err := s.makeMonths(ctx, monthsOf(b)); err != nil {
		return Result{}, watched.explain(database.Plain(err))
	}
	result, err := s.writeWatched(ctx, watched, b)
	return result, watched.explain(err)
}

func (s *Store) writeWatched(ctx context.Context, watched *watched, b Batch) (Result, error) {
	tx, err := s.pool.BeginTx(ctx, months.Options)
	if err != nil {
		return Result{}, fmt.Errorf("begin: %w", database.Plain(err))
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }() // of no effect once committed
	watched.goesOn()
	result, err := s.write(ctx, watched, tx, b)
	if err != nil {
		return Result{}, fmt.Errorf("archive namespace %s up to %s: %w", b.Namespace, b.To, database.Plain(err))
	}
	if err := tx.Commit(ctx); err != nil {
		return Result{}, fmt.Errorf("commit: %w", database.Plain(err))
	}
	return result, nil
}

func (s *Store) write(ctx context.Context, watched *watched, tx pgx.Tx, b Batch) (Result, error) {
	if err := s.advance(ctx, tx, b.Namespace, b.From, b.To); err != nil {
		return Result{}, err
	}
	var result Result
	batch := &pgx.Batch{}
	if b.Begins != nil {
		queueEpoch(batch, b)
	}
	if b.Gap != nil {
		r, err := restate(ctx, watched, tx, b)
		if err != nil {
			return Result{}, err
		}
		result = r
	}
	batch.Queue(oncePlanned)
	ids := identifiers{}
	queueRows(batch, b, ids)
	queueIDs(batch, ids)
	queueCheckpoints(batch, b)
	if b.Gap != nil {
		queueGap(batch, b, result)
	}
	rows, err := send(ctx, watched, tx, batch)
	result.Rows += rows
	return result, err
}

const (
	// perTrip is how many statements one round trip takes: nothing is heard of the first before
	// the last has run. A restatement's have as many rows as a statement may have.
	perTrip         = 64
	restatedPerTrip = 4
)

// send runs all that is queued in few round trips, and returns how many rows that changed.
func send(ctx context.Context, watched *watched, tx pgx.Tx, batch *pgx.Batch) (rows int64, err error) {
	for queued := range slices.Chunk(batch.QueuedQueries, watched.perTrip) {
		n, err := trip(ctx, tx, &pgx.Batch{QueuedQueries: queued})
		rows += n
		if err != nil {
			return rows, err
		}
		watched.goesOn()
	}
	return rows, nil
}

func trip(ctx context.Context, tx pgx.Tx, batch *pgx.Batch) (rows int64, err error) {
	results := tx.SendBatch(ctx, batch)
	for range batch.Len() {
		tag, execErr := results.Exec()
		if execErr != nil {
			err = execErr
			break
		}
		rows += tag.RowsAffected()
	}
	return rows, errors.Join(err, results.Close())
}

func queueEpoch(batch *pgx.Batch, b Batch) {
	var page, record *int64
	if shared := b.Begins.Shared; shared != nil {
		p, r := int64(shared.Page), int64(shared.Record)
		page, record = &p, &r
	}
	batch.Queue(`INSERT INTO journals (namespace, epoch, journal_uid, namespace_uid, reason, left_page, left_record) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		b.Namespace, b.To.Epoch, b.To.Journal, b.Begins.NamespaceUID, b.Begins.Reason, page, record)
}

func queueIDs(batch *pgx.Batch, ids identifiers) {
	if len(ids) == 0 {
		return
	}
	var keys []pgtype.UUID
	var texts []string
	for u, text := range ids {
		keys, texts = append(keys, pgtype.UUID{Bytes: u, Valid: true}), append(texts, text)
	}
	batch.Queue(`INSERT INTO ids (id, text) SELECT * FROM unnest($1::uuid[], $2::text[]) ORDER BY 1 ON CONFLICT DO NOTHING`, keys, texts)
}

func queueCheckpoints(batch *pgx.Batch, b Batch) {
	if len(b.Checkpoints) == 0 {
		return
	}
	var pages, records []int64
	var digests []string
	for _, c := range b.Checkpoints {
		pages, records, digests = append(pages, int64(c.Page)), append(records, int64(c.Record)), append(digests, c.Digest)
	}
	batch.Queue(`
		INSERT INTO journal_pages (namespace, epoch, page, record, digest)
		SELECT $1, $2, `+unnested(3, "bigint bigint text")+`
		ON CONFLICT (namespace, epoch, page) DO UPDATE SET record = excluded.record, digest = excluded.digest, read_at = now()`,
		b.Namespace, b.To.Epoch, pages, records, digests)
}

func queueGap(batch *pgx.Batch, b Batch, result Result) {
	var page, record *int64
	if b.From.Epoch != 0 {
		p, r := int64(b.From.Page), int64(b.From.Record)
		page, record = &p, &r
	}
	batch.Queue(`
		INSERT INTO journal_gaps (namespace, epoch, reason, after_page, after_record, after_at, until_page, until_record, until_at, restated, lost, superseded)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		b.Namespace, b.To.Epoch, b.Gap.Reason, page, record, timeOf(b.From.Marks.At), int64(b.To.Page), int64(b.To.Record), timeOf(b.To.Marks.At),
		len(b.Rows.Reservations), result.Lost, result.Superseded)
}

// oncePlanned has PostgreSQL plan the check of a foreign key once, for all months. As it is, it plans
// each row's anew, since a plan for one month looks cheaper: that took three quarters of its CPU.
const oncePlanned = "SET LOCAL plan_cache_mode = force_generic_plan"
