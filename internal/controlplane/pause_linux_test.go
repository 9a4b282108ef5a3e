package controlplane

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// The kernel stops the threads of a process one after the other, some after the
// call that asked for it has returned. A server that Pause calls paused has none
// left that could answer.
func TestPausedMeansEveryThread(t *testing.T) {
	cp := startForTest(t, Options{})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for range 4 {
		kube := client(t, cp)
		go func() {
			for ctx.Err() == nil {
				_, _ = kube.CoreV1().Namespaces().List(ctx, metav1.ListOptions{})
			}
		}()
	}
	for range 200 {
		if err := cp.PauseAPIServer(); err != nil {
			t.Fatal(err)
		}
		running := runningThreads(t, cp.apiServer.run.PID)
		if err := cp.ResumeAPIServer(); err != nil {
			t.Fatal(err)
		}
		if running > 0 {
			t.Fatalf("%d threads of a paused API server run", running)
		}
	}
}

// runningThreads counts the threads of a process that are not stopped.
func runningThreads(t *testing.T, pid int) int {
	t.Helper()
	threads, err := filepath.Glob(filepath.Join("/proc", strconv.Itoa(pid), "task", "*", "stat"))
	if err != nil || len(threads) == 0 {
		t.Fatalf("threads of %d: %v, %v", pid, threads, err)
	}
	running := 0
	for _, path := range threads {
		stat, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		// The state follows the program's name, which is in parentheses.
		_, state, _ := strings.Cut(string(stat), ") ")
		if !strings.HasPrefix(state, "T") {
			running++
		}
	}
	return running
}
