package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/acme/inventory-service/internal/controlplane/controlplanetest"
	"github.com/acme/inventory-service/test/docs"
)

// docsTimeout bounds a page of commands.
const docsTimeout = 3 * time.Minute

// The commands of docs/carts.md work as they are printed, beside what it says to run.
func TestCartsPage(t *testing.T) { testPage(t, "carts.md", "--ids=any") }

// The tutorial works as it is printed.
func TestTutorial(t *testing.T) { testPage(t, "tutorial.md") }

// testPage runs the commands of a page of docs beside make run with flags of the operator.
func testPage(t *testing.T, page string, flags ...string) {
	t.Helper()
	for _, name := range []string{"bash", "curl", "date"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("no %s here", name)
		}
	}
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", page))
	if err != nil {
		t.Fatal(err)
	}
	o := testOptions(t, "")
	o.flags, o.authentication = flags, "none"
	o.operator = filepath.Join(t.TempDir(), "inventory-operator")
	build := exec.CommandContext(t.Context(), "go", "build", "-buildvcs=false", "-o", o.operator, "../..")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the operator: %v\n%s", err, out)
	}
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
		shellBeside(t, o).Run(ctx, t, docs.Steps(string(text)))
	case <-ctx.Done():
		t.Errorf("it was not ready in time:\n%s", out)
	}
}

// shellBeside is a shell as the banner sets it up, in which the bridge is where pages say.
func shellBeside(t *testing.T, o options) docs.Shell {
	t.Helper()
	home := t.TempDir()
	there := fmt.Sprintf("connect-to = localhost:8080:%s\nconnect-to = 127.0.0.1:8080:%[1]s\n", loopback(o.bridgePort))
	if err := os.WriteFile(filepath.Join(home, ".curlrc"), []byte(there), 0o600); err != nil {
		t.Fatal(err)
	}
	return docs.Shell{Dir: home, Env: []string{
		"HOME=" + home, "CURL_HOME=" + home, "KUBECONFIG=" + filepath.Join(o.dir, "kubeconfig"),
		"PATH=" + filepath.Dir(controlplanetest.Shared(t).Kubectl()) + ":" + os.Getenv("PATH"),
	}}
}
