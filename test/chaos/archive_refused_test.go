package chaos

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/postgres"
	"github.com/acme/inventory-service/internal/postgres/postgrestest"
	"github.com/acme/inventory-service/internal/reader"
	"github.com/acme/inventory-service/test/archived"
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
	web := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(web.Close)
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
		"no PostgreSQL": {url: func(string) string {
			return "postgres://ann:password-of-ann@" + web.Listener.Addr().String() + "/inventory"
		}, says: "is no PostgreSQL"},
		"no rights":    {superuser: true, prepare: "ALTER DATABASE %d OWNER TO postgres", says: "GRANT CREATE"},
		"read only":    {superuser: true, prepare: "ALTER DATABASE %d SET default_transaction_read_only = on", says: "may only read"},
		"older schema": {flags: []string{"--migrate=false"}, says: "archive migrate"},
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
			db := archived.Open(w, url)
			prepare := db
			if c.superuser {
				prepare = archived.Open(w, server.URL(postgres.Superuser, database))
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
			wantLine(t, a.Log(), c.says)
			if after := db.Count(tables); after != before {
				t.Errorf("there are %d tables, there were %d", after, before)
			}
			fault.Checked(1)
		})
	}
}

// wantLine checks that a process has said one thing in one line, and no password.
func wantLine(t *testing.T, log, says string) {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(log), "\n")
	if len(lines) != 1 || !strings.HasPrefix(lines[0], "inventory-operator: ") || !strings.Contains(lines[0], says) {
		t.Errorf("it does not say %q in one line:\n%s", says, log)
	}
	if strings.Contains(log, "password-of-") {
		t.Errorf("it tells the password: %s", log)
	}
}

// The tasks that end by themselves: what they say, and their exit codes, where they can do what
// they are to do and where they cannot.
func TestArchiveTasksRefuse(t *testing.T) {
	t.Parallel()
	a := beginArchiving(t)
	config := filepath.Join(t.TempDir(), "kubeconfig")
	a.Must(a.ControlPlane.ServiceAccountKubeconfig(t.Context(), "inventory-system", "inventory-archive", config))
	run := func(arguments ...string) (code int, out string) {
		t.Helper()
		command := exec.CommandContext(t.Context(), a.Binary, append([]string{"archive"}, arguments...)...)
		text, err := command.CombinedOutput()
		var ended *exec.ExitError
		if err != nil && !errors.As(err, &ended) {
			t.Fatal(err)
		}
		return command.ProcessState.ExitCode(), string(text)
	}
	refuses := func(says string, arguments ...string) {
		t.Helper()
		a.fault.Injected(1)
		code, out := run(arguments...)
		if code != 1 {
			a.fault.Violated("%v ends with code %d", arguments, code)
		}
		wantLine(t, out, says)
		a.fault.Checked(1)
	}
	does := func(says string, arguments ...string) {
		t.Helper()
		if code, out := run(arguments...); code != 0 || !strings.Contains(out, says) {
			t.Errorf("%v ends with code %d, and does not say %q: %s", arguments, code, says, out)
		}
	}
	const tables = "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"
	refuses("archive migrate", "retention", "--keep=3y", "--database-url", a.url)
	refuses("password authentication failed", "migrate", "--database-url", strings.Replace(a.url, "password-of-", "no-password-of-", 1))
	refuses("--keep", "retention", "--database-url", a.url)
	refuses("is no age", "retention", "--keep=3", "--database-url", a.url)
	refuses("no database is named", "migrate")
	refuses("unknown argument", "migrated", "--database-url", a.url)
	if n := a.db.Count(tables); n != 0 {
		a.fault.Violated("there are %d tables", n)
	}
	does("were applied now", "migrate", "--database-url", a.url)
	does("0 were applied now", "migrate", "--database-url", a.url)
	does("Dropped months: []", "retention", "--keep=3y", "--keep-actors=90d", "--database-url", a.url)
	before := a.db.Count(tables)
	_, err := a.db.Pool.Exec(t.Context(), "INSERT INTO archive_migrations (version_id, is_applied) VALUES (9999, true)")
	a.Must(err)
	refuses("later release", "migrate", "--database-url", a.url)
	refuses("later release", "retention", "--keep=3y", "--database-url", a.url)
	if after := a.db.Count(tables); after != before {
		a.fault.Violated("there are %d tables, there were %d", after, before)
	}
	_, err = a.db.Pool.Exec(t.Context(), "DELETE FROM archive_migrations WHERE version_id = 9999")
	a.Must(err)

	refuses("not found", "unregister", "--kubeconfig", config, "--namespaces", "nowhere")
	refuses("--reader-name", "unregister", "--kubeconfig", config, "--namespaces", a.Namespace, "--reader-name=")
	process := a.start()
	registered := func(is bool) func(*v1.StockLedger) bool {
		return func(l *v1.StockLedger) bool {
			_, found := reader.Find(l.Status.Readers, "archive")
			return found == is
		}
	}
	a.sell("one")
	a.AwaitLedger(registered(true))
	process.Stop()
	does("keeps nothing for archive any more", "unregister", "--kubeconfig", config, "--namespaces", a.Namespace)
	a.AwaitLedger(registered(false))
	does("keeps nothing for archive any more", "unregister", "--kubeconfig", config, "--namespaces", a.Namespace)
}
