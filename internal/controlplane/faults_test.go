package controlplane

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/acme/inventory-service/internal/child"
)

// childVariable makes this test binary start a control plane on the directory it
// names, tell so, and wait to be killed.
const childVariable = "CONTROLPLANE_TEST_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childVariable); dir != "" {
		runChild(dir)
	}
	if os.Getenv(portsVariable) != "" {
		takePorts()
	}
	os.Exit(m.Run())
}

func runChild(dir string) {
	cp, err := Start(context.Background(), Options{Dir: dir, UnsafeNoFsync: true})
	if err != nil {
		fmt.Println("failed:", err)
		os.Exit(1)
	}
	fmt.Println("ready", cp.etcd.run.PID, cp.apiServer.run.PID)
	time.Sleep(10 * time.Minute)
	os.Exit(1)
}

// While a run lives, its directory is closed to others; when it is killed, its
// servers die with it and the directory is free.
func TestKilledParentLeavesNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a control plane: not with -short")
	}
	dir := t.TempDir()
	parent := exec.CommandContext(t.Context(), os.Args[0])
	parent.Env = append(os.Environ(), childVariable+"="+dir)
	parent.Stderr = os.Stderr
	out, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	var etcd, apiServer int
	if _, scanErr := fmt.Sscanf(line, "ready %d %d", &etcd, &apiServer); err != nil || scanErr != nil {
		t.Fatalf("the child says %q (%v, %v)", line, err, scanErr)
	}

	_, err = Start(t.Context(), Options{Dir: dir})
	want := fmt.Sprintf("%s is in use by a running control plane (pid %d): stop that one, or choose another directory", dir, parent.Process.Pid)
	if err == nil || err.Error() != want {
		t.Errorf("a directory in use:\n got %v\nwant %s", err, want)
	}

	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = parent.Wait()
	for _, pid := range []int{etcd, apiServer} {
		for deadline := time.Now().Add(time.Minute); child.CommandLine(pid) != nil; time.Sleep(10 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("%v outlives its parent", child.CommandLine(pid))
			}
		}
	}
	startForTest(t, Options{Dir: dir})
}

// What an earlier run left is ended, and a process that merely has the same pid, or
// the same name, is not.
func TestOrphans(t *testing.T) {
	dir := t.TempDir()
	fake := filepath.Join(t.TempDir(), etcdName)
	sleep, err := exec.LookPath("sh")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(sleep, fake); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		args []string
		ends bool
	}{
		"orphan":                {[]string{"--data-dir=" + dir + "/etcd"}, true},
		"of another directory":  {[]string{"--data-dir=" + dir + "2/etcd"}, false},
		"of the same name only": {nil, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			// The arguments after the script are the script's own; it reads until stdin closes.
			cmd := exec.CommandContext(t.Context(), fake, append([]string{"-c", "read line", fake}, test.args...)...)
			stdin, err := cmd.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			for deadline := time.Now().Add(time.Minute); len(child.CommandLine(cmd.Process.Pid)) == 0; time.Sleep(time.Millisecond) {
				if time.Now().After(deadline) { // the kernel shows it a moment after the start
					t.Fatal("the process shows no arguments")
				}
			}
			pidPath := filepath.Join(dir, etcdName+".pid")
			if err := os.WriteFile(pidPath, []byte(strconv.Itoa(cmd.Process.Pid)), 0o600); err != nil {
				t.Fatal(err)
			}
			d, err := openDirectory(dir)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = d.close() }()
			if _, err := os.Stat(pidPath); !errors.Is(err, os.ErrNotExist) {
				t.Error("the pid file is still there")
			}
			if test.ends {
				defer time.AfterFunc(10*time.Second, func() { _ = stdin.Close() }).Stop() // or it would live for ever
			} else {
				_ = stdin.Close()
			}
			err = cmd.Wait()
			var exit *exec.ExitError
			if killed := errors.As(err, &exit) && !exit.Exited(); killed != test.ends {
				t.Errorf("killed: %t, want %t (%v)", killed, test.ends, err)
			}
		})
	}
}

// A port in use is one line that names the port and what to change, and nothing is left.
func TestPortInUse(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a control plane: not with -short")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	port := l.Addr().(*net.TCPAddr).Port
	for name, options := range map[string]Options{
		"Options.APIServerPort (make run APISERVER_PORT=...)": {APIServerPort: port},
		"Options.EtcdPort (make run ETCD_PORT=...)":           {EtcdPort: port},
	} {
		options.Dir = t.TempDir()
		_, err := Start(t.Context(), options)
		want := fmt.Sprintf("port %d is in use: stop what listens there, or choose another with %s", port, name)
		if err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
		if _, err := os.Stat(filepath.Join(options.Dir, "run")); err == nil {
			t.Error("a failed start leaves its files")
		}
	}
}

// A server that does not come up says why.
func TestStartFailure(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a control plane: not with -short")
	}
	dir := t.TempDir()
	_, err := Start(t.Context(), Options{Dir: dir, ExtraAPIServerArgs: []string{"--no-such-flag"}})
	if err == nil || !strings.Contains(err.Error(), "unknown flag: --no-such-flag") {
		t.Errorf("got %v", err)
	}
	_, err = Start(t.Context(), Options{Dir: dir, StartTimeout: time.Nanosecond})
	if err == nil || !strings.Contains(err.Error(), "etcd did not become ready") {
		t.Errorf("got %v", err)
	}
	for _, name := range []string{etcdName, apiServerName} {
		if _, err := os.Stat(filepath.Join(dir, name+".pid")); err == nil {
			t.Errorf("%s is left behind", name)
		}
	}

	if _, err := Start(t.Context(), Options{Assets: dir}); err == nil || !strings.Contains(err.Error(), "make controlplane") {
		t.Errorf("without binaries: %v", err)
	}
}
