package archive_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/acme/inventory-service/internal/postgres"
	"github.com/acme/inventory-service/internal/postgres/postgrestest"
)

// The disk of the database is full, really: its tablespace is a file system of a few megabytes.
// The archive says so once, loses nothing, and goes on by itself once there is room.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	server := postgrestest.Start(t, postgres.Options{UnsafeNoFsync: true})
	disk := smallDisk(t, server)
	const database = "small"
	for _, statement := range []string{
		"CREATE TABLESPACE small OWNER " + postgres.PlainRole + " LOCATION '" + disk + "'",
		"CREATE DATABASE " + database + " OWNER " + postgres.PlainRole + " TABLESPACE small",
	} {
		if err := server.Do(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	w := newWorld(t, remember, server.URL(postgres.PlainRole, database))
	p := w.archive(w.url)
	ids := w.reserve(5, 1)
	w.caughtUp()
	filler := filepath.Join(filepath.Dir(disk), "filler")
	fill(t, filler)
	// There is some room left in the pages of tables.
	for told := false; !told; told = strings.Contains(p.log.String(), "No space left on device") {
		if len(ids) > 20_000 {
			t.Fatalf("the disk is not full: %s", p.log)
		}
		ids = append(ids, w.reserve(200, 1)...)
	}
	w.consume(ids[0])
	w.release(ids[1])
	w.must(os.Remove(filler))
	w.caughtUp()
	w.sees(false, ids[:3]...)
	w.want(map[string]int64{
		"SELECT count(*) FROM reservations WHERE namespace = $1": int64(len(ids)),
		"SELECT count(*) FROM journal_gaps WHERE namespace = $1": 0,
	})
	// Rows are seen before the archive has noted that they are written.
	w.await("it is told that the archive goes on", func() bool { return strings.Contains(p.log.String(), "The archive goes on") })
	log := p.log.String()
	if n := strings.Count(log, "it goes on once there is room"); n != 1 {
		t.Errorf("that the disk is full is told %d times:\n%s", n, log)
	}
}

// smallDisk mounts a file system of its own for a tablespace.
func smallDisk(t *testing.T, server *postgres.Server) string {
	t.Helper()
	// Beside its data, where PostgreSQL's user may go.
	mount := filepath.Join(server.Dir(), "disk")
	if err := os.Mkdir(mount, 0o755); err != nil {
		t.Fatal(err)
	}
	switch err := syscall.Mount("tmpfs", mount, "tmpfs", 0, "size=24m,mode=755"); {
	case errors.Is(err, syscall.EPERM), errors.Is(err, syscall.ENOSYS), errors.Is(err, syscall.ENODEV):
		t.Skipf("a disk that is full takes the right to mount one: %v", err)
	case err != nil:
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(mount, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	space := filepath.Join(mount, "space")
	if err := os.Mkdir(space, 0o700); err != nil {
		t.Fatal(err)
	}
	var owner syscall.Stat_t
	if err := syscall.Stat(filepath.Join(server.Dir(), "data"), &owner); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(space, int(owner.Uid), int(owner.Gid)); err != nil {
		t.Fatal(err)
	}
	return space
}

// fill writes until nothing more fits.
func fill(t *testing.T, name string) {
	t.Helper()
	file, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	for chunk := make([]byte, 1<<20); len(chunk) > 0; {
		if _, err := file.Write(chunk); errors.Is(err, syscall.ENOSPC) {
			chunk = chunk[:len(chunk)/2]
		} else if err != nil {
			t.Fatal(err)
		}
	}
}
