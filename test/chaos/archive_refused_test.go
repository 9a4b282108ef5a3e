package chaos

import (
	"strings"
	"testing"
	"time"

	"github.com/acme/inventory-service/internal/postgres"
	"github.com/acme/inventory-service/internal/postgres/postgrestest"
	"github.com/acme/inventory-service/test/faultreport"
	"github.com/acme/inventory-service/test/testbed"
)

// A database that cannot be used is told in one line that says what to do, with exit code 1, and
// nothing in it is changed.
func TestArchiveRefuses(t *testing.T) {
	t.Parallel()
	fault := faultreport.Begin(t, archiveFault)
	w := testbed.NewWorld(t)
	server := postgrestest.Shared(t)
	const tables = "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relname <> 'other'"
	for name, c := range map[string]struct {
		flags     []string
		prepare   string // run in the database before, by its owner or else the superuser
		superuser bool
		url       func(url string) string
		says      string
	}{
		"wrong password":   {url: func(u string) string { return strings.Replace(u, "password-of-", "no-password-of-", 1) }, says: "password authentication failed"},
		"no such database": {url: func(u string) string { return strings.Replace(u, "/test_", "/none_", 1) }, says: "CREATE DATABASE"},
		"no rights":        {superuser: true, prepare: "ALTER DATABASE %d OWNER TO postgres", says: "GRANT CREATE"},
		"read only":        {superuser: true, prepare: "ALTER DATABASE %d SET default_transaction_read_only = on", says: "may only read"},
		"older schema":     {flags: []string{"--migrate=false"}, says: "archive migrate"},
		"newer schema": {
			prepare: "CREATE TABLE archive_migrations (version_id bigint, is_applied boolean); INSERT INTO archive_migrations VALUES (9999, true)",
			says:    "later release",
		},
		"another cluster": {
			prepare: "CREATE TABLE archive_origin (cluster_uid text); INSERT INTO archive_origin VALUES ('another')",
			says:    "belongs to another cluster",
		},
	} {
		t.Run(name, func(t *testing.T) {
			database := postgrestest.DatabaseOn(t, server)
			url := server.URL(postgres.PlainRole, database)
			db := testbed.OpenArchive(w, url)
			prepare := db
			if c.superuser {
				prepare = testbed.OpenArchive(w, server.URL(postgres.Superuser, database))
			}
			if c.prepare != "" {
				_, err := prepare.Pool.Exec(t.Context(), strings.ReplaceAll(c.prepare, "%d", database))
				w.Must(err)
			}
			before := db.Count(tables)
			if c.url != nil {
				url = c.url(url)
			}
			a := w.Archive(url, c.flags...)
			select {
			case <-a.Exited:
			case <-time.After(testbed.Patience):
				t.Fatalf("it goes on: %s", a.Log())
			}
			fault.Injected(1)
			if code := a.Command.ProcessState.ExitCode(); code != 1 {
				t.Errorf("it ends with code %d", code)
			}
			lines := strings.Split(strings.TrimSpace(a.Log()), "\n")
			if last := lines[len(lines)-1]; len(lines) != 1 || !strings.HasPrefix(last, "inventory-operator: ") || !strings.Contains(last, c.says) {
				t.Errorf("it does not say %q in one line:\n%s", c.says, a.Log())
			}
			if strings.Contains(a.Log(), "password-of-") {
				t.Errorf("it tells the password: %s", a.Log())
			}
			if after := db.Count(tables); after != before {
				t.Errorf("there are %d tables, there were %d", after, before)
			}
			fault.Checked(1)
		})
	}
}
