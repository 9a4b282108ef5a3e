package child

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

func spawnShell(t *testing.T, script string) *Process {
	t.Helper()
	dir := t.TempDir()
	p, err := Start(exec.Command("/bin/sh", "-c", script), filepath.Join(dir, "log"), filepath.Join(dir, "pid"))
	if err != nil {
		t.Error(err)
		return nil
	}
	t.Cleanup(func() {
		if err := p.Kill(); err != nil {
			t.Error(err)
		}
	})
	return p
}

// A child lives as long as this process, not as the thread that asked for it: a
// goroutine that ends while it is locked to its thread takes the thread with it
// (but for the main thread, so there is more than one).
func TestChildOutlivesThread(t *testing.T) {
	var locked sync.WaitGroup
	locked.Add(2)
	started := make(chan *Process, 2)
	for range 2 {
		go func() {
			runtime.LockOSThread()
			locked.Done()
			locked.Wait()
			started <- spawnShell(t, "exec sleep 60")
		}()
	}
	for range 2 {
		p := <-started
		if p == nil {
			continue
		}
		select {
		case <-p.exited:
			t.Errorf("the child ended with a thread: %v", p.exitErr)
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// A child in a process group of its own does not get the terminal's Ctrl-C.
func TestChildHasItsOwnGroup(t *testing.T) {
	p := spawnShell(t, "exec sleep 60")
	if p == nil {
		return
	}
	if group, err := syscall.Getpgid(p.PID); err != nil || group != p.PID {
		t.Errorf("the child %d is in group %d (%v)", p.PID, group, err)
	}
}

// A child that will not end is killed after its grace, paused or not.
func TestTerminate(t *testing.T) {
	for name, pause := range map[string]bool{"running": false, "paused": true} {
		t.Run(name, func(t *testing.T) {
			p := spawnShell(t, `trap "" TERM; echo ready; while :; do sleep 0.1; done`)
			if p == nil {
				return
			}
			for deadline := time.Now().Add(time.Minute); !strings.Contains(p.LogTail(1), "ready"); time.Sleep(time.Millisecond) { // a poll of another process
				if time.Now().After(deadline) {
					t.Fatalf("it never says that it is ready:\n%s", p.LogTail(10))
				}
			}
			if pause {
				if err := p.Pause(); err != nil {
					t.Fatal(err)
				}
			}
			if err := p.Terminate(100 * time.Millisecond); err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(p.exitErr.Error(), "killed") {
				t.Errorf("it ended by %v", p.exitErr)
			}
			if !strings.Contains(p.Failure("ended").Error(), "sh ended; the end of "+p.logPath+":\n  ready") {
				t.Errorf("failure says %v", p.Failure("ended"))
			}
		})
	}
}

// The end of a log is its last lines, however long it is.
func TestTail(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	for name, tt := range map[string]struct{ text, want string }{
		"short":      {"a\nb\n", "  a\n  b"},
		"long":       {"a\nb\nc\nd\n", "  b\n  c\n  d"},
		"empty":      {"", "  "},
		"very large": {strings.Repeat("x", 1<<20) + "\nb\nc\nd\n", "  b\n  c\n  d"},
	} {
		if err := os.WriteFile(path, []byte(tt.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := (&Process{logPath: path}).LogTail(3); got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}
