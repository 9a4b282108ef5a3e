package e2e

import (
	"bytes"
	"net"
	"net/http"
	"os/exec"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/acme/inventory-service/internal/controlplane/controlplanetest"
)

// operator is one running operator process.
type operator struct {
	w      *world
	bridge string // URL
	cmd    *exec.Cmd
	log    *lockedBuffer
	exited chan struct{}
}

// operate starts an operator and waits until it is ready to serve. It is
// stopped at the end of the test.
func (w *world) operate(flags ...string) *operator {
	w.Helper()
	o := w.launch(w.kubeconfig, flags...)
	o.awaitReady()
	return o
}

// launch starts an operator under a kubeconfig and does not wait.
func (w *world) launch(kubeconfig string, flags ...string) *operator {
	w.Helper()
	return w.launchAt(freeAddress(w), kubeconfig, flags...)
}

// launchAt starts an operator with its bridge at an address.
func (w *world) launchAt(address, kubeconfig string, flags ...string) *operator {
	w.Helper()
	arguments := append([]string{
		"--kubeconfig", kubeconfig,
		"--bridge-address", address, "--metrics-address", "0",
		"--default-namespace", w.namespace,
		"--leader-election-namespace", "inventory-system", "--leader-election-id", w.namespace,
	}, flags...)
	o := &operator{w: w, bridge: "http://" + address, log: &lockedBuffer{}, exited: make(chan struct{})}
	o.cmd = exec.Command(binary, arguments...)
	o.cmd.Stdout, o.cmd.Stderr = o.log, o.log
	w.must(o.cmd.Start())
	go func() {
		_ = o.cmd.Wait()
		close(o.exited)
	}()
	w.Cleanup(func() {
		o.kill()
		if bytes.Contains(o.log.Bytes(), []byte("DATA RACE")) || w.Failed() {
			w.Errorf("the operator's log:\n%s", o.log.Bytes())
		}
	})
	return o
}

func (o *operator) awaitReady() {
	o.w.Helper()
	deadline := time.Now().Add(patience)
	for time.Now().Before(deadline) {
		response, err := http.Get(o.bridge + "/readyz")
		if err == nil {
			_ = response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return
			}
		}
		select {
		case <-o.exited:
			o.w.Fatalf("the operator ended while starting:\n%s", o.log.Bytes())
		case <-time.After(20 * time.Millisecond): // a poll of another process
		}
	}
	o.w.Fatalf("the operator was not ready in time:\n%s", o.log.Bytes())
}

// kill ends the operator with SIGKILL and waits until it is gone.
func (o *operator) kill() {
	_ = o.cmd.Process.Signal(syscall.SIGKILL)
	<-o.exited
}

// signal sends a signal to the operator.
func (o *operator) signal(sig syscall.Signal) {
	if err := o.cmd.Process.Signal(sig); err != nil {
		o.w.Errorf("send %v to the operator: %v", sig, err)
	}
}

// stop ends the operator as Kubernetes would, with SIGTERM.
func (o *operator) stop() {
	o.w.Helper()
	o.w.must(o.cmd.Process.Signal(syscall.SIGTERM))
	select {
	case <-o.exited:
	case <-time.After(patience):
		o.w.Fatal("the operator did not stop on SIGTERM")
	}
}

func freeAddress(w *world) string {
	w.Helper()
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(controlplanetest.FreePort(w)))
}

// lockedBuffer is a buffer that a process writes and a test reads.
type lockedBuffer struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.Write(p)
}

func (b *lockedBuffer) Bytes() []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	return bytes.Clone(b.buffer.Bytes())
}
