package schema

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"github.com/acme/inventory-service/internal/archive/schema/migrations"
)

// The tables of the migrations themselves.
const (
	versionTable = "archive_migrations"
	lockTable    = "archive_migrations_lock"
)

const (
	// lockLease is how long the lock of a process that died holds, lockTries how often, at
	// lockPause, another one tries to get it.
	lockLease = 30 * time.Second
	lockPause = time.Second
	lockTries = 90
)

// ErrOlder says that the database lacks migrations of this release, ErrNewer that a later
// release has migrated it.
var (
	ErrOlder = errors.New("the database has the schema of an earlier release")
	ErrNewer = errors.New("the database has the schema of a later release")
)

// Migrate brings the database's tables to those of this release, and returns how many migrations
// that took. It fails with ErrNewer, and changes nothing, where they are of a later one.
func Migrate(ctx context.Context, config *pgx.ConnConfig) (applied int, err error) {
	db := stdlib.OpenDB(*config)
	defer func() { err = errors.Join(err, db.Close()) }()
	version, err := stored(ctx, db)
	switch latest := Latest(); {
	case err != nil:
		return 0, err
	case version > latest:
		return 0, newer(version)
	case version == latest:
		return 0, nil
	}
	provider, err := newProvider(db)
	if err != nil {
		return 0, err
	}
	results, err := provider.Up(ctx)
	if err != nil {
		return 0, fmt.Errorf("migrate the schema: %w", err)
	}
	return len(results), nil
}

// Check fails with ErrOlder or ErrNewer where the database's tables are not those of this
// release. It changes nothing.
func Check(ctx context.Context, config *pgx.ConnConfig) (err error) {
	db := stdlib.OpenDB(*config)
	defer func() { err = errors.Join(err, db.Close()) }()
	version, err := stored(ctx, db)
	if err != nil {
		return err
	}
	return Fits(version)
}

// Fits fails with ErrOlder or ErrNewer where a database whose newest migration has this number has
// other tables than those of this release.
func Fits(version int64) error {
	switch latest := Latest(); {
	case version < latest:
		return fmt.Errorf("%w: it is at migration %d and this release needs %d: run inventory-operator archive migrate, "+
			"or start it without --migrate=false", ErrOlder, version, latest)
	case version > latest:
		return newer(version)
	}
	return nil
}

func newer(version int64) error {
	return fmt.Errorf("%w: it is at migration %d and this release knows %d: run the release that migrated it, or a later one",
		ErrNewer, version, Latest())
}

// stored is the newest migration that the database has, 0 where it has none. It changes nothing.
func stored(ctx context.Context, db *sql.DB) (version int64, err error) {
	var known bool
	if err := db.QueryRowContext(ctx, "SELECT to_regclass('"+versionTable+"') IS NOT NULL").Scan(&known); err != nil {
		return 0, fmt.Errorf("read which schema the database has: %w", err)
	}
	if !known {
		return 0, nil
	}
	err = db.QueryRowContext(ctx, "SELECT coalesce(max(version_id), 0) FROM "+versionTable+" WHERE is_applied").Scan(&version)
	if err != nil {
		return 0, fmt.Errorf("read which schema the database has: %w", err)
	}
	return version, nil
}

// newProvider returns what runs the migrations, one process at a time.
func newProvider(db *sql.DB) (*goose.Provider, error) {
	locker, err := lock.NewPostgresTableLocker(
		lock.WithTableName(lockTable), lock.WithTableLeaseDuration(lockLease), lock.WithTableHeartbeatInterval(lockLease/6),
		lock.WithTableLockTimeout(lockPause, lockTries), lock.WithTableLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		return nil, fmt.Errorf("make the lock of the schema: %w", err)
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, db, migrations.Files, goose.WithTableName(versionTable),
		goose.WithLocker(locker), goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()))
	if err != nil {
		return nil, fmt.Errorf("read the migrations: %w", err)
	}
	return provider, nil
}

// Latest is the number of the newest migration of this release.
func Latest() int64 {
	entries, err := fs.ReadDir(migrations.Files, ".")
	if err != nil {
		panic(err) // it is embedded
	}
	var latest int64
	for _, entry := range entries {
		if number, err := goose.NumericComponent(entry.Name()); err == nil {
			latest = max(latest, number)
		}
	}
	return latest
}
