package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/acme/inventory-service/internal/controlplane/controlplanetest"
	"github.com/acme/inventory-service/test/docs"
)

// docsTimeout bounds a page of commands, and quietDay is longer than a page takes.
const (
	docsTimeout = 4 * time.Minute
	quietDay    = 80 * time.Second
)

// page is a page of the documentation, and what make run is given to run its commands beside it.
type page struct {
	path  string
	flags []string
	// archive runs PostgreSQL and the archive, too.
	archive bool
	// authentication is how the bridge knows who calls it; empty: it does not.
	authentication string
}

// pages are the pages whose commands run as they are printed, with the flags of the operator that
// each says to give.
var pages = []page{
	{path: "README.md"},
	{path: "docs/carts.md", flags: []string{"--ids=any"}},
	{path: "docs/kubectl.md"},
	{path: "docs/watching.md"},
	{path: "docs/outcomes.md"},
	{path: "docs/upgrade.md"},
	{path: "docs/install.md"},
	{path: "docs/tutorial.md"},
	{path: "docs/tenants.md", authentication: "tokenreview"},
	{path: "docs/shards.md"},
	{path: "docs/archive.md", archive: true},
	{path: "docs/sql-questions.md", archive: true},
}

// The commands of each page work as they are printed, beside make run.
func TestPages(t *testing.T) {
	needCommands(t)
	bin := binaries(t)
	for _, page := range pages {
		t.Run(page.path, func(t *testing.T) { testPage(t, bin, page) })
	}
}

// needCommands skips a test where a command that pages use is missing.
func needCommands(t *testing.T) {
	t.Helper()
	for _, name := range []string{"bash", "curl", "date", "jq", "make"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("no %s here", name)
		}
	}
}

// binaries is a directory with the operator and the plugin.
func binaries(t *testing.T) string {
	t.Helper()
	bin := t.TempDir()
	build := exec.CommandContext(t.Context(), "go", "build", "-buildvcs=false", "-o", bin, ".", "./cmd/kubectl-inventory")
	build.Dir = "../.."
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the operator and the plugin: %v\n%s", err, out)
	}
	return bin
}

// exceptions is how many blocks of a page do not run, because of what they take; each says so.
var exceptions = map[string]int{
	"README.md": 5, "docs/watching.md": 1, "docs/upgrade.md": 1, "docs/install.md": 4, "docs/reliability.md": 1, "docs/performance-notes.md": 1,
	"docs/archive.md": 3, "docs/eventcatalog.md": 1, "docs/image.md": 3,
}

// elsewhere are the pages that another test runs, for what they take.
var elsewhere = map[string]string{
	"docs/disaster-recovery.md": "test/recovery",
	"docs/gitops.md":            "test/engines/kubectl",
}

// Every block of commands in the documentation is run by TestPages or another test, or says why it is not.
func TestEveryBlockRuns(t *testing.T) {
	paths, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range append(paths, "../../README.md") {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		name, err := filepath.Rel("../..", path)
		if err != nil {
			t.Fatal(err)
		}
		run := slices.ContainsFunc(pages, func(p page) bool { return p.path == filepath.ToSlash(name) })
		run = run || elsewhere[filepath.ToSlash(name)] != ""
		if steps := docs.Steps(string(text)); len(steps) > 0 && !run {
			t.Errorf("%s:%d: TestPages does not run this page", name, steps[0].Line)
		}
		if not := docs.Exceptions(string(text)); len(not) != exceptions[filepath.ToSlash(name)] {
			t.Errorf("%s has %d blocks that are not run, want %d: %v", name, len(not), exceptions[filepath.ToSlash(name)], not)
		}
	}
}

// awaitQuietDay waits, if need be, until midnight is over: the page counts by day.
func awaitQuietDay(t *testing.T) {
	t.Helper()
	now := time.Now().UTC()
	for _, zone := range []string{"UTC", "Europe/Amsterdam"} {
		location, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		year, month, day := now.In(location).Date()
		if left := time.Date(year, month, day+1, 0, 0, 0, 0, location).Sub(now); left < quietDay {
			<-time.After(left)
		}
	}
}

// testPage runs the commands of a page with the plugin of bin, beside make run.
func testPage(t *testing.T, bin string, p page) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", p.path))
	if err != nil {
		t.Fatal(err)
	}
	beside(t, bin, p, func(ctx context.Context, shell docs.Shell) { shell.Run(ctx, t, docs.Steps(string(text))) })
}

// beside has a shell used beside make run, as a page says to start it.
func beside(t *testing.T, bin string, p page, use func(context.Context, docs.Shell)) {
	t.Helper()
	o := testOptions(t, "")
	if p.archive {
		if _, err := exec.LookPath("psql"); err != nil {
			t.Skip("no psql here")
		}
		awaitQuietDay(t)
		o = archiveOptions(t, "")
	}
	o.flags, o.authentication = p.flags, "none"
	if p.authentication != "" {
		o.authentication = p.authentication
	}
	o.operator = filepath.Join(bin, "inventory-service")
	ctx, cancel := context.WithTimeout(t.Context(), docsTimeout)
	defer cancel()
	ready := make(chan struct{})
	out := &output{on: map[string]func(){"Try it in another terminal": func() { close(ready) }}}
	ended := make(chan error, 1)
	running, stop := context.WithCancelCause(t.Context())
	go func() { ended <- run(running, o, newProgress(out)) }()
	defer func() {
		stop(errAsked)
		if err := <-ended; err != nil {
			t.Errorf("make run: %v\n%s", err, out)
		}
	}()
	select {
	case <-ready:
		use(ctx, shellBeside(t, bin, o))
	case <-ctx.Done():
		t.Errorf("it was not ready in time:\n%s", out)
	}
}

// shellBeside is a shell at the root of a checkout, as the banner sets it up, in which the bridge is
// where pages say.
func shellBeside(t *testing.T, bin string, o options) docs.Shell {
	t.Helper()
	home := checkout(t, o)
	there := ""
	for printed, port := range map[int]int{8080: o.bridgePort, 8081: o.metricsPort} {
		there += fmt.Sprintf("connect-to = localhost:%d:%s\nconnect-to = 127.0.0.1:%[1]d:%[2]s\n", printed, loopback(port))
	}
	if err := os.WriteFile(filepath.Join(home, ".curlrc"), []byte(there), 0o600); err != nil {
		t.Fatal(err)
	}
	return docs.Shell{Dir: home, Env: append(append(os.Environ(), strings.Fields(databaseVariables(o))...),
		"HOME="+home, "CURL_HOME="+home, "KUBECONFIG="+filepath.Join(o.dir, "kubeconfig"), "GOFLAGS=-buildvcs=false",
		"GOPATH="+goEnv(t, "GOPATH"), "GOCACHE="+goEnv(t, "GOCACHE"), "GOMODCACHE="+goEnv(t, "GOMODCACHE"),
		"PATH="+filepath.Dir(controlplanetest.Shared(t).Kubectl())+":"+bin+":"+os.Getenv("PATH"),
	)}
}

// checkout is a directory with what a checkout has, but for what was built and kept there: .run
// is that of this test.
func checkout(t *testing.T, o options) string {
	t.Helper()
	dir := t.TempDir()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	links := map[string]string{".run": o.dir}
	for _, e := range entries {
		if name := e.Name(); name != "bin" && name != ".run" && name != ".git" {
			links[name] = filepath.Join(root, name)
		}
	}
	assets := filepath.Dir(controlplanetest.Shared(t).Kubectl())
	links[filepath.Join("bin", "k8s", filepath.Base(assets))] = assets
	for name, to := range links {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(to, path); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func goEnv(t *testing.T, name string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "env", name).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}
