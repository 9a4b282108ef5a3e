package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/acme/inventory-service/internal/controlplane/controlplanetest"
	"github.com/acme/inventory-service/internal/postgres/postgrestest"
)

// An operator that ends by itself ends the run, with the end of its log, and
// nothing is left running.
func TestOperatorThatDies(t *testing.T) {
	o := testOptions(t, `for i in $(seq 20); do echo "line $i"; done; exit 3`)
	out := &output{}
	err := run(t.Context(), o, newProgress(out))
	if err == nil {
		t.Fatalf("the run ended well:\n%s", out)
	}
	for _, want := range []string{"the operator ended by itself (exit status 3)", o.file(operatorLog), "\n  line 6\n", "\n  line 20"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not have %q:\n%v", want, err)
		}
	}
	if strings.Contains(err.Error(), "line 5\n") {
		t.Errorf("the error has more of the log than its end:\n%v", err)
	}
	checkNothingLeft(t, o)
}

// Somebody who asks for the end while things start gets it, in order, and it is
// no failure.
func TestStopWhileStarting(t *testing.T) {
	o := testOptions(t, `echo "$@" > "$0.started"; exec sleep 1000`)
	started := o.operator + ".started"
	if err := syscall.Mkfifo(started, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, ask := context.WithCancelCause(t.Context())
	var arguments []byte
	out := &output{on: map[string]func(){"waiting until it decides": func() {
		arguments, _ = os.ReadFile(started) // returns when the operator has written
		ask(errAsked)
	}}}
	if err := run(ctx, o, newProgress(out)); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var told []string
	for line := range strings.Lines(out.String()) {
		if _, what, ok := strings.Cut(line, "stopp"); ok {
			told = append(told, strings.Fields(what)[len(strings.Fields(what))-1])
		}
	}
	if want := []string{"operator", "sink", "etcd", "them)"}; !slices.Equal(told, want) {
		t.Errorf("stopped %v, want %v:\n%s", told, want, out)
	}
	if want := fmt.Sprintln(strings.Join(operatorArguments(o, credentialsIn(o)), " ")); string(arguments) != want {
		t.Errorf("the operator was started with %q, want %q", arguments, want)
	}
	checkNothingLeft(t, o)
}

// testOptions are for a run whose operator is a shell script.
func testOptions(t *testing.T, script string) options {
	t.Helper()
	assets := filepath.Dir(controlplanetest.Shared(t).Kubectl())
	dir := t.TempDir()
	o := options{
		dir: filepath.Join(dir, "run"), assets: assets, operator: filepath.Join(dir, "operator"),
		config: filepath.Join("..", "..", "config"),
	}
	for _, port := range []*int{&o.bridgePort, &o.metricsPort, &o.sinkPort, &o.apiServerPort, &o.etcdPort} {
		*port = controlplanetest.FreePort(t)
	}
	if err := os.WriteFile(o.operator, []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return o
}

// archiveOptions are those of testOptions, with PostgreSQL and an archive.
func archiveOptions(t *testing.T, script string) options {
	t.Helper()
	postgrestest.Need(t)
	o := testOptions(t, script)
	o.archive, o.databasePort = true, controlplanetest.FreePort(t)
	// Another user than root, whom PostgreSQL runs as then, has to come through, and the path of a
	// Unix socket is short.
	dir, err := os.MkdirTemp("", "run-") //nolint:usetesting // that of the test is closed to other users
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	o.dir = filepath.Join(dir, "run")
	return o
}

// checkNothingLeft fails if a port is still taken, or anything but data and logs
// is there.
func checkNothingLeft(t *testing.T, o options) {
	t.Helper()
	for _, p := range o.ports() {
		if connection, err := net.Dial("tcp", loopback(p.number)); err == nil {
			_ = connection.Close()
			t.Errorf("%s is still listened on", p.variable)
		}
	}
	entries, err := os.ReadDir(o.dir)
	if err != nil {
		t.Fatal(err)
	}
	kept := []string{"etcd", "etcd.log", "kube-apiserver.log", "lock", operatorLog, archiveLog, "postgres"}
	for _, entry := range entries {
		if !slices.Contains(kept, entry.Name()) {
			t.Errorf("%s was left behind", entry.Name())
		}
	}
}

// output collects what is told, and acts on some of it.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
	on   map[string]func()
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for part, act := range o.on {
		if strings.Contains(string(p), part) {
			act()
		}
	}
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}
