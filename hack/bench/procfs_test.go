package main

import (
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestParseStat(t *testing.T) {
	const line = "12 (a) (b) S 7 12 12 0 -1 4194560 1 2 3 4 250 150 0 0 20 0 9 0 100 5000 10 18446744073709551615 1"
	got, ok := parseStat(line)
	want := procStat{pid: 12, parent: 7, program: "a) (b", usage: usage{cpuSeconds: 4, rssBytes: 10 * float64(os.Getpagesize())}}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(procStat{}, usage{})); diff != "" || !ok {
		t.Errorf("%v (-want +got):\n%s", ok, diff)
	}
	for _, text := range []string{"", "12 (a", "12 (a) S 7", "x (a) S 7 12 12 0 -1 4194560 1 2 3 4 250 150 0 0 20 0 9 0 100 5000 10 1 1"} {
		if _, ok := parseStat(text); ok {
			t.Errorf("%q was read", text)
		}
	}
}

// What a process counts of itself and what the system counts of it is the same.
func TestProcUsage(t *testing.T) {
	for deadline := time.Now().Add(50 * time.Millisecond); time.Now().Before(deadline); {
		_ = time.Now() // takes CPU time
	}
	got, err := procUsage(func(p procStat) bool { return p.pid == os.Getpid() })
	if err != nil || got.rssBytes == 0 || got.cpuSeconds > ownCPU()+0.02 || got.cpuSeconds < ownCPU()-0.1 {
		t.Errorf("%+v (%v), want about %v s of CPU", got, err, ownCPU())
	}
}
