package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/acme/inventory-service/internal/archive/database"
)

// minVersion is the oldest PostgreSQL that is known to do.
const minVersion = 150000

const (
	// statementTimeout is how long nothing may come of what takes a bounded number of rows, so
	// that a server which is frozen, or a lock that is never let go, is told.
	statementTimeout = time.Minute
	// historyTimeout is the same where one statement takes all that is archived of a namespace.
	historyTimeout = 30 * time.Minute
)

// Store is a pool of connections to one Inventory Database. It is safe for concurrent use.
type Store struct {
	pool   *pgxpool.Pool
	writer string
	months monthsMade
	// statement and history are how long nothing may come of a statement.
	statement, history time.Duration
}

// ConfigError says that the database cannot be used as it is, whatever is tried again.
type ConfigError struct{ Err error }

// Error says what to do.
func (e *ConfigError) Error() string { return e.Err.Error() }

// Unwrap returns the reason.
func (e *ConfigError) Unwrap() error { return e.Err }

// Open returns a pool, of which no connection has been made yet. writer names this process and no
// other, ever.
func Open(ctx context.Context, config *pgxpool.Config, writer string) (*Store, error) {
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("make the pool of connections: %w", database.Plain(err))
	}
	return &Store{pool: pool, writer: writer, statement: statementTimeout, history: historyTimeout}, nil
}

// Close ends all connections.
func (s *Store) Close() { s.pool.Close() }

// Pool is the pool itself, for readers.
func (s *Store) Pool() *pgxpool.Pool { return s.pool }

// CheckServer fails with a *ConfigError where the server is no PostgreSQL of at least 15, is a
// read-only replica, or lets this user make nothing in the schema.
func (s *Store) CheckServer(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.statement)
	defer cancel()
	var version, name, user, schema string
	var number int
	var replica, readOnly, may bool
	err := s.pool.QueryRow(ctx, `
		SELECT version(), current_setting('server_version_num')::int, current_database(), current_user,
			coalesce(current_schema(), ''), pg_is_in_recovery(), current_setting('default_transaction_read_only')::bool,
			coalesce(has_schema_privilege(current_schema(), 'CREATE'), false)`).
		Scan(&version, &number, &name, &user, &schema, &replica, &readOnly, &may)
	var refused *pgconn.PgError
	switch {
	case errors.As(err, &refused) && refused.Code == "42883":
		return &ConfigError{fmt.Errorf("the server is no PostgreSQL: %w", database.Plain(err))}
	case err != nil && refused == nil && s.speaksOtherwise(ctx):
		return &ConfigError{errors.New("the server is no PostgreSQL: it speaks another protocol; name host and port of PostgreSQL 15 or later")}
	case err != nil:
		return database.Plain(err)
	case !strings.HasPrefix(version, "PostgreSQL "), number < minVersion:
		return &ConfigError{fmt.Errorf("the server is %.40s: PostgreSQL 15 or later is needed", version)}
	case replica:
		return &ConfigError{errors.New("the server is a read-only replica: name the primary")}
	case readOnly:
		return &ConfigError{fmt.Errorf("user %s may only read database %s (default_transaction_read_only is on): give another user, or name the primary", user, name)}
	case !may:
		return &ConfigError{fmt.Errorf("user %s may make no tables in database %s: GRANT CREATE, USAGE ON SCHEMA %s TO %s, or give another user",
			user, name, orPublic(schema), user)}
	}
	return nil
}

func orPublic(schema string) string {
	if schema == "" {
		return "public"
	}
	return schema
}

// Adopt says which cluster the database belongs to. It fails with a *ConfigError where that is
// another one; the first to adopt it decides.
func (s *Store) Adopt(ctx context.Context, cluster string) error {
	ctx, cancel := context.WithTimeout(ctx, s.statement)
	defer cancel()
	var owner string
	_, err := s.pool.Exec(ctx, "INSERT INTO archive_origin (cluster_uid) VALUES ($1) ON CONFLICT DO NOTHING", cluster)
	if err == nil {
		err = s.pool.QueryRow(ctx, "SELECT cluster_uid FROM archive_origin").Scan(&owner)
	}
	switch {
	case err != nil:
		return fmt.Errorf("say which cluster the database belongs to: %w", database.Plain(err))
	case owner != cluster:
		return foreign(owner, cluster)
	}
	return nil
}

// Rejected tells whether an error says that trying again is of no use before somebody has
// changed something: credentials, rights, names, tables.
func Rejected(err error) bool {
	var config *ConfigError
	if errors.As(err, &config) {
		return true
	}
	var refused *pgconn.PgError
	if !errors.As(err, &refused) {
		return false
	}
	switch refused.Code {
	case "28000", "28P01", "3D000", "42501", "42P01", "42703", "25006", "3F000":
		return true
	default:
		return false
	}
}

// Missing tells whether an error says that tables or partitions are not there: somebody emptied
// the database.
func Missing(err error) bool {
	var refused *pgconn.PgError
	// undefined table, undefined schema, and a row that no partition takes
	return errors.As(err, &refused) && (refused.Code == "42P01" || refused.Code == "3F000" || refused.Code == "23514")
}

// CheckOwner fails with a *ConfigError where the database belongs to another cluster already. It
// changes nothing.
func (s *Store) CheckOwner(ctx context.Context, cluster string) error {
	ctx, cancel := context.WithTimeout(ctx, s.statement)
	defer cancel()
	var known bool
	if err := s.pool.QueryRow(ctx, "SELECT to_regclass('archive_origin') IS NOT NULL").Scan(&known); err != nil || !known {
		return database.Plain(err)
	}
	var owner string
	err := s.pool.QueryRow(ctx, "SELECT coalesce((SELECT cluster_uid FROM archive_origin), '')").Scan(&owner)
	if err != nil {
		return fmt.Errorf("read which cluster the database belongs to: %w", database.Plain(err))
	}
	if owner != "" && owner != cluster {
		return foreign(owner, cluster)
	}
	return nil
}

func foreign(owner, cluster string) error {
	return &ConfigError{fmt.Errorf("the database belongs to another cluster (its kube-system has uid %s, this one's %s): give each cluster its own database",
		owner, cluster)}
}
