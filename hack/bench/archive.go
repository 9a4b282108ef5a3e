package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/postgres"
)

// archiveForm is how the archive is measured; the zero value is not at all.
type archiveForm struct {
	// lasts is how long the bridge takes carts while the archive follows.
	lasts time.Duration
	// behind is how many carts it then has to catch up with.
	behind int
}

// archived is how the archive does beside a bridge that 64 clients keep busy.
type archived struct {
	Workload string `json:"workload"`
	Clients  int    `json:"clients"`
	// Seconds is how long that went on, Acknowledged how many carts had their outcome in it,
	// Archived how many of those were in the database when the last was answered.
	Seconds      float64 `json:"seconds"`
	Acknowledged int     `json:"acknowledged"`
	Archived     int     `json:"archived"`
	// Alone is the rate of the same clients without an archive, before.
	Alone float64 `json:"rate_alone"`
	// Rest is how long the archive then took for what was left, in seconds.
	Rest float64 `json:"rest_s"`
	// CPU is what the archive and PostgreSQL used for a thousand carts, in seconds.
	CPUArchive  float64 `json:"cpu_archive_s_per_1000"`
	CPUDatabase float64 `json:"cpu_database_s_per_1000"`
	// Behind is how many carts an archive that starts found, CatchUp how long it took to have
	// them all, from the start of the process, in seconds.
	Behind  int     `json:"behind"`
	CatchUp float64 `json:"catch_up_s"`
	// Gaps is how many times it could not read record by record, and restated instead: 0, or the
	// rest says nothing.
	Gaps int `json:"gaps"`
	// CatchUpCPUArchive and CatchUpCPUDatabase are what both used for a thousand of these, in seconds.
	CatchUpCPUArchive  float64 `json:"catch_up_cpu_archive_s_per_1000"`
	CatchUpCPUDatabase float64 `json:"catch_up_cpu_database_s_per_1000"`
	// BytesPerCart is by how much the database on disk has grown for each of these.
	BytesPerCart float64 `json:"bytes_per_cart"`
}

const archiveClients = 64

// archiving is an archive beside a bridge.
type archiving struct {
	*bench
	through  *bridged
	server   *postgres.Server
	database string
	sql      *pgx.Conn
	process  *process
}

// archives measures the archive with carts of three lines, as shops have them.
func (b *bench) archives(ctx context.Context, f archiveForm) (_ *archived, err error) {
	if f == (archiveForm{}) {
		return nil, nil
	}
	if _, missing := postgres.Installations(); missing != nil {
		fmt.Printf("no archive: %v\n", missing)
		return nil, nil
	}
	fmt.Printf("archive: %d clients for %s, then %d carts behind\n", archiveClients, f.lasts, f.behind)
	// None of these carts ends, so that the journal grows beyond what it keeps of finished ones and
	// for readers that are behind.
	operator := newOurs(b.lab, "--show=none", "--default-hold", "24h", "--journal-limit", "268435456")
	operator.called = "archive"
	a := &archiving{bench: b, through: newBridged("archive", operator), database: "bench_archive"}
	if err := a.through.start(ctx, shopDay, ""); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, a.stop(), a.through.stop()) }()
	if err := a.open(ctx); err != nil {
		return nil, err
	}
	result, err := a.beside(ctx, f)
	if err != nil {
		return nil, err
	}
	if err := a.behind(ctx, f, result); err != nil {
		return nil, err
	}
	fmt.Printf("  %d carts acknowledged in %.0f s (%.0f/s; %.0f/s without an archive), %d archived by then, the rest %.2f s later; %d behind caught up in %.1f s, with %.2f s of CPU for a thousand, %.2f of them PostgreSQL's, and %d gaps; %.0f bytes a cart\n",
		result.Acknowledged, result.Seconds, float64(result.Acknowledged)/result.Seconds, result.Alone, result.Archived, result.Rest, result.Behind, result.CatchUp,
		result.CatchUpCPUArchive+result.CatchUpCPUDatabase, result.CatchUpCPUDatabase, result.Gaps, result.BytesPerCart)
	return result, nil
}

// open makes the database and starts an archive.
func (a *archiving) open(ctx context.Context) error {
	var err error
	if a.server, err = a.lab.openDatabase(ctx); err != nil {
		return err
	}
	if err := a.server.CreateDatabase(ctx, a.database); err != nil {
		return err
	}
	url := a.server.URL(postgres.PlainRole, a.database)
	if err := os.WriteFile(a.urlFile(), []byte(url), 0o600); err != nil {
		return err
	}
	a.sql, err = pgx.Connect(ctx, url)
	return err
}

func (a *archiving) urlFile() string { return filepath.Join(a.lab.dir, "database.url") }

// begin starts an archive.
func (a *archiving) begin() (err error) {
	a.process, err = a.lab.launch("archive", a.lab.operator, "archive", "--kubeconfig", a.lab.adminConfig,
		"--database-url-file", a.urlFile(), "--namespaces", a.through.namespace, "--metrics-address", "0",
		"--leader-election-namespace", systemNamespace)
	return err
}

// end stops the archive.
func (a *archiving) end() error {
	if a.process == nil {
		return nil
	}
	err := a.process.stop()
	a.process = nil
	return err
}

func (a *archiving) stop() error {
	err := a.end()
	if a.sql != nil {
		err = errors.Join(err, a.sql.Close(context.Background()))
	}
	if a.server != nil {
		err = errors.Join(err, a.server.DropDatabase(context.Background(), a.database))
	}
	return err
}

// beside measures the clients alone, and then beside an archive.
func (a *archiving) beside(ctx context.Context, f archiveForm) (*archived, error) {
	r := &archived{Workload: shopDay.name, Clients: archiveClients}
	alone, _, err := a.serve(ctx, f.lasts)
	if err != nil {
		return nil, err
	}
	r.Alone = float64(alone) / f.lasts.Seconds()
	if err := a.begin(); err != nil {
		return nil, err
	}
	if err := a.awaitUnits(ctx, alone); err != nil {
		return nil, err
	}
	before, err := a.usages()
	if err != nil {
		return nil, err
	}
	if r.Acknowledged, r.Seconds, err = a.serve(ctx, f.lasts); err != nil {
		return nil, err
	}
	there, err := a.units(ctx)
	if err != nil {
		return nil, err
	}
	r.Archived = there/shopDay.perCart - alone
	ended := time.Now()
	if err := a.awaitUnits(ctx, alone+r.Acknowledged); err != nil {
		return nil, err
	}
	r.Rest = time.Since(ended).Seconds()
	after, err := a.usages()
	if err != nil {
		return nil, err
	}
	thousands := float64(r.Acknowledged) / 1000
	r.CPUArchive, r.CPUDatabase = (after[0]-before[0])/thousands, (after[1]-before[1])/thousands
	return r, nil
}

// behind measures an archive that starts with carts to catch up with.
func (a *archiving) behind(ctx context.Context, f archiveForm, r *archived) error {
	before, err := a.units(ctx)
	if err != nil {
		return err
	}
	if err := a.end(); err != nil {
		return err
	}
	var size int64
	if size, err = a.size(ctx); err != nil {
		return err
	}
	carts := shopDay.carts(a.seed)
	batches := make(chan []v1.ReservationItem, archiveClients)
	go func() {
		defer close(batches)
		for range f.behind {
			batches <- carts.next()
		}
	}()
	err = inParallel(ctx, archiveClients, f.behind, func(int) error {
		_, reserved, err := a.through.reserve(ctx, uuid.NewString(), <-batches)
		if err == nil && !reserved {
			err = errors.New("a cart was not reserved")
		}
		return err
	})
	if err != nil {
		return err
	}
	database, err := serverUsage(a.server)
	if err != nil {
		return err
	}
	began := time.Now()
	if err := a.begin(); err != nil {
		return err
	}
	if err := a.awaitUnits(ctx, before/shopDay.perCart+f.behind); err != nil {
		return err
	}
	r.Behind, r.CatchUp = f.behind, time.Since(began).Seconds()
	used, err := a.usages()
	if err != nil {
		return err
	}
	thousands := float64(f.behind) / 1000
	r.CatchUpCPUArchive, r.CatchUpCPUDatabase = used[0]/thousands, (used[1]-database.cpuSeconds)/thousands
	grown, err := a.size(ctx)
	if err != nil {
		return err
	}
	r.BytesPerCart = float64(grown-size) / float64(f.behind)
	return a.sql.QueryRow(ctx, "SELECT count(*) FROM journal_gaps").Scan(&r.Gaps)
}

// serve lets the clients loose for a while, and returns how many carts were reserved and how long
// it took.
func (a *archiving) serve(ctx context.Context, lasts time.Duration) (int, float64, error) {
	began := time.Now()
	seen, err := load{clients: archiveClients, measure: lasts, seed: a.seed}.against(ctx, a.through, shopDay,
		func() error { return nil }, func() error { return nil })
	a.seed++
	return seen.answered, time.Since(began).Seconds(), err
}

// usages is the CPU time of the archive and of PostgreSQL so far, in seconds.
func (a *archiving) usages() ([2]float64, error) {
	pid := a.process.cmd.Process.Pid
	own, err := procUsage(func(p procStat) bool { return p.pid == pid })
	if err != nil {
		return [2]float64{}, err
	}
	database, err := serverUsage(a.server)
	return [2]float64{own.cpuSeconds, database.cpuSeconds}, err
}

// units is how many units the archive says are held: a row for each product tells, and with it
// how many carts there are, since none ends.
func (a *archiving) units(ctx context.Context) (units int, err error) {
	var known bool
	if err := a.sql.QueryRow(ctx, "SELECT to_regclass('stock') IS NOT NULL").Scan(&known); err != nil || !known {
		return 0, err
	}
	err = a.sql.QueryRow(ctx, "SELECT coalesce(sum(reserved), 0)::bigint FROM stock").Scan(&units)
	return units, err
}

// size is what the database has on disk, in bytes.
func (a *archiving) size(ctx context.Context) (bytes int64, err error) {
	err = a.sql.QueryRow(ctx, "SELECT pg_database_size(current_database())").Scan(&bytes)
	return bytes, err
}

// awaitUnits waits until the archive has so many carts.
func (a *archiving) awaitUnits(ctx context.Context, carts int) error {
	ctx, cancel := a.process.whileRunning(ctx)
	defer cancel()
	ctx, cancelPatience := context.WithTimeout(ctx, startPatience)
	defer cancelPatience()
	for {
		units, err := a.units(ctx)
		if err == nil && units == carts*shopDay.perCart {
			return nil
		}
		if err == nil && units > carts*shopDay.perCart {
			return fmt.Errorf("the archive has %d units of %d carts", units, carts)
		}
		if pause(ctx, 50*time.Millisecond) != nil {
			return fmt.Errorf("the archive has %d units of %d carts: %w, %w: see %s", units, carts, err, context.Cause(ctx), a.process.log)
		}
	}
}
