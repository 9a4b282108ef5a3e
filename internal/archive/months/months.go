package months

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// Month is the first moment of a month, in UTC.
type Month time.Time

// Of returns the month that a time is in.
func Of(t time.Time) Month {
	t = t.UTC()
	return Month(time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC))
}

// Next is the month after.
func (m Month) Next() Month { return Month(time.Time(m).AddDate(0, 1, 0)) }

// Before tells whether this month is earlier.
func (m Month) Before(other Month) bool { return time.Time(m).Before(time.Time(other)) }

// String is such as 2026-11.
func (m Month) String() string { return time.Time(m).Format("2006-01") }

// suffix is what the names of partitions end with.
const suffix = "_2006_01"

// Table is one that is partitioned by month.
type Table struct {
	Name string
	// Column is the time by which it is partitioned.
	Column string
}

// tables are in the order in which foreign keys allow to make their partitions; they are
// dropped in the reverse one.
var tables = []Table{
	{"reservations", "created_at"},
	{"reservation_items", "created_at"},
	{"reservation_allocations", "created_at"},
	{"refusals", "created_at"},
	{"refusal_items", "created_at"},
	{"delivered_events", "created_at"},
	{"stock_movements", "at"},
}

// Tables returns the partitioned tables, those first that others refer to.
func Tables() []Table { return slices.Clone(tables) }

// Partition is the name of a table's partition of a month.
func (t Table) Partition(m Month) string { return t.Name + time.Time(m).Format(suffix) }

// Options are those of every transaction that writes here. A process that is frozen in the middle of one
// would keep its locks, and whoever takes over from it would wait until its connection is dead.
var Options = pgx.TxOptions{BeginQuery: "begin; set local idle_in_transaction_session_timeout = '20s'"}

// Make makes the partitions of a month that are not there yet. It belongs in a transaction of its
// own: for a moment nobody else may use the tables.
func Make(ctx context.Context, tx pgx.Tx, m Month) error {
	for _, t := range tables {
		statement := fmt.Sprintf("CREATE TABLE IF NOT EXISTS %s PARTITION OF %s FOR VALUES FROM ('%s') TO ('%s')",
			t.Partition(m), t.Name, bound(m), bound(m.Next()))
		if _, err := tx.Exec(ctx, statement); err != nil {
			return fmt.Errorf("make the partition %s: %w", t.Partition(m), err)
		}
	}
	return nil
}

func bound(m Month) string { return time.Time(m).Format(time.RFC3339) }

// queryer is a connection, a pool or a transaction.
type queryer interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// Existing returns the months of which all partitions are there, the oldest first.
func Existing(ctx context.Context, q queryer) ([]Month, error) {
	rows, err := q.Query(ctx, `
		SELECT right(child.relname, 7), count(*)
		FROM pg_inherits JOIN pg_class child ON child.oid = inhrelid JOIN pg_class parent ON parent.oid = inhparent
		WHERE parent.oid = ANY (SELECT to_regclass(name) FROM unnest($1::text[]) AS name)
		GROUP BY 1 ORDER BY 1`, names())
	if err != nil {
		return nil, fmt.Errorf("list the partitions: %w", err)
	}
	var months []Month
	var text string
	var count int
	_, err = pgx.ForEachRow(rows, []any{&text, &count}, func() error {
		at, err := time.Parse(suffix[1:], text)
		if err == nil && count == len(tables) {
			months = append(months, Month(at))
		}
		return nil // a partition of another name is somebody else's
	})
	if err != nil {
		return nil, fmt.Errorf("list the partitions: %w", err)
	}
	return months, nil
}

func names() []string {
	all := make([]string, 0, len(tables))
	for _, t := range tables {
		all = append(all, t.Name)
	}
	return all
}
