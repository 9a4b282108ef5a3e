package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/cloudevents/sdk-go/v2/binding"
	cehttp "github.com/cloudevents/sdk-go/v2/protocol/http"
	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/acme/inventory-service/api/events"
	"github.com/acme/inventory-service/internal/archive/schema"
	"github.com/acme/inventory-service/internal/postgres"
	"github.com/acme/inventory-service/internal/postgres/postgrestest"
)

// The lines of the banner that are for pasting, pasted: a shell finds kubectl and
// the kubeconfig, and curl sends what the bridge understands.
func TestBannerCommandsWork(t *testing.T) {
	for _, name := range []string{"sh", "curl"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("no %s here", name)
		}
	}
	const product = `odd "product" 's $HOME/x`
	requests := make(chan request, 2)
	bridge := httptest.NewServer(recorder(t, requests))
	defer bridge.Close()

	dir := filepath.Join(t.TempDir(), "it's a $dir")
	writeKubectl(t, dir)
	o := options{assets: dir, authentication: "none", bridgePort: portOf(t, bridge.URL), metricsPort: 1, sinkPort: 2}
	export, commands := pasted(banner(o, filepath.Join(dir, "kubeconfig"), product))
	if len(commands) != 5 {
		t.Fatalf("%d commands, want 5: %q", len(commands), commands)
	}

	kubeconfig := filepath.Join(dir, "kubeconfig")
	if got, want := shell(t, export, commands[0]), "get inventory with "+kubeconfig+"\n"; got != want {
		t.Errorf("the first command ran kubectl %q, want %q", got, want)
	}
	shell(t, export, commands[1])
	want := request{path: "/", event: events.TypeReserve, data: events.ReserveInventory{
		CartID: tryCart, Items: []events.Item{{ProductID: product, Quantity: tryUnits}}}}
	if diff := cmp.Diff(want, <-requests, cmp.AllowUnexported(request{})); diff != "" {
		t.Errorf("the second command sent (-want +got):\n%s", diff)
	}
	if got, want := shell(t, export, commands[2]), "get rsv with "+kubeconfig+"\n"; got != want {
		t.Errorf("the third command ran kubectl %q, want %q", got, want)
	}
	shell(t, export, commands[3])
	if got := (<-requests).path; got != "/stock/"+product {
		t.Errorf("the fourth command asked for %q", got)
	}
	if got, want := shell(t, export, commands[4]), "get ledger,journalpages with "+kubeconfig+"\n"; got != want {
		t.Errorf("the fifth command ran kubectl %q, want %q", got, want)
	}
}

// The queries of the banner are for the tables that the archive makes, and find their database.
func TestBannerQueriesWork(t *testing.T) {
	for _, name := range []string{"sh", "psql"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("no %s here", name)
		}
	}
	server := postgrestest.Shared(t)
	if err := server.CreateDatabase(t.Context(), databaseName); err != nil {
		t.Fatal(err)
	}
	config, err := pgx.ParseConfig(server.URL(postgres.PlainRole, databaseName))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := schema.Migrate(t.Context(), config); err != nil {
		t.Fatal(err)
	}
	requests := make(chan request, 1)
	bridge := httptest.NewServer(recorder(t, requests))
	defer bridge.Close()
	o := options{authentication: "none", archive: true, databasePort: server.Port(), bridgePort: portOf(t, bridge.URL)}
	export, commands := pasted(banner(o, "kubeconfig", "mug"))
	shell(t, export, commands[len(commands)-1])
	if got := (<-requests).path; got != "/reservations" {
		t.Errorf("the last command asked the bridge for %q", got)
	}
	queries := 0
	for _, command := range commands {
		if strings.HasPrefix(command, "psql ") {
			queries++
			if got := shell(t, export, command); !strings.Contains(got, "(0 rows)") {
				t.Errorf("%s printed %q", command, got)
			}
		}
	}
	if queries != 2 {
		t.Errorf("%d queries, want 2", queries)
	}
}

// request is what the bridge was sent.
type request struct {
	path, event string
	data        events.ReserveInventory
}

// recorder is a bridge that passes on what it is sent.
func recorder(t *testing.T, requests chan<- request) http.Handler {
	return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		got := request{path: r.URL.Path}
		if r.Method == http.MethodPost {
			event, err := binding.ToEvent(r.Context(), cehttp.NewMessageFromHttpRequest(r))
			if err != nil {
				t.Errorf("no CloudEvent: %v", err)
			} else {
				got.event = event.Type()
				if err := json.Unmarshal(event.Data(), &got.data); err != nil {
					t.Errorf("its data: %v", err)
				}
			}
		}
		requests <- got
	})
}

// pasted takes the commands from a banner.
func pasted(banner string) (export string, commands []string) {
	for line := range strings.Lines(banner) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "export "):
			export = line
		case strings.HasPrefix(line, "kubectl "), strings.HasPrefix(line, "curl "), strings.HasPrefix(line, "psql "):
			commands = append(commands, line)
		}
	}
	return export, commands
}

// writeKubectl puts a kubectl into dir that says how it was called.
func writeKubectl(t *testing.T, dir string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	script := "#!/bin/sh\necho \"$* with $KUBECONFIG\"\n"
	if err := os.WriteFile(filepath.Join(dir, "kubectl"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
}

// shell runs lines as if they were pasted into a terminal.
func shell(t *testing.T, lines ...string) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), "sh", "-e", "-c", strings.Join(lines, "\n"))
	command.Env = append(os.Environ(), "NO_PROXY=127.0.0.1", "no_proxy=127.0.0.1")
	out, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%q: %v\n%s", lines, err, out)
	}
	return string(out)
}

func portOf(t *testing.T, address string) int {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	number, err := strconv.Atoi(u.Port())
	if err != nil {
		t.Fatal(err)
	}
	return number
}
