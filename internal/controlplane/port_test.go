package controlplane

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// portsVariable makes this test binary take ports, tell which, and wait until its input ends.
const portsVariable = "CONTROLPLANE_TEST_PORTS"

// A range of ports that is small enough to be given out as a whole.
const firstOfFew, lastOfFew = 9000, 9003

func takePorts() {
	var taken []string
	for range lastOfFew - firstOfFew {
		if port, err := FreePortIn(firstOfFew, lastOfFew); err == nil {
			taken = append(taken, fmt.Sprint(port))
		}
	}
	fmt.Println(strings.Join(taken, " "))
	_, _ = fmt.Scanln()
	os.Exit(0)
}

// taker is a process that has taken what ports of the few it was given, until it is ended.
func taker(t *testing.T) (ports []string, end func()) {
	t.Helper()
	process := exec.CommandContext(t.Context(), os.Args[0])
	process.Env = append(os.Environ(), portsVariable+"=1")
	in, err := process.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := process.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(line), func() {
		t.Helper()
		if err := in.Close(); err != nil {
			t.Fatal(err)
		}
		if err := process.Wait(); err != nil {
			t.Fatal(err)
		}
	}
}

// A port is given out once, also while nobody listens on it and another process asks; one that has
// ended has none.
func TestPortsAreGivenOnce(t *testing.T) {
	var all []string
	for port := firstOfFew; port < lastOfFew; port++ {
		all = append(all, fmt.Sprint(port))
	}
	first, endFirst := taker(t)
	if slices.Sort(first); !slices.Equal(first, all) {
		t.Errorf("the first is given %v, want %v", first, all)
	}
	second, endSecond := taker(t)
	if len(second) > 0 {
		t.Errorf("two processes are given %v", second)
	}
	endSecond()
	endFirst()
	third, endThird := taker(t)
	if slices.Sort(third); !slices.Equal(third, all) {
		t.Errorf("once the first has ended, %v are given, want %v", third, all)
	}
	endThird()
}
