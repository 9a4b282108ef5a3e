package testbed

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/acme/inventory-service/internal/controlplane/controlplanetest"
)

// Operator is one running operator process.
type Operator struct {
	World   *World
	Bridge  string // URL
	Command *exec.Cmd
	log     *lockedBuffer
	Exited  chan struct{}
}

// Operate starts an operator and waits until it is ready to serve. It is
// stopped at the end of the test.
func (w *World) Operate(flags ...string) *Operator {
	w.Helper()
	o := w.Launch(w.Kubeconfig, flags...)
	o.AwaitReady()
	return o
}

// Launch starts an operator under a kubeconfig and does not wait.
func (w *World) Launch(kubeconfig string, flags ...string) *Operator {
	w.Helper()
	return w.LaunchAt(FreeAddress(w), kubeconfig, flags...)
}

// LaunchAt starts an operator with its bridge at an address. It works in the
// world's namespace alone.
func (w *World) LaunchAt(address, kubeconfig string, flags ...string) *Operator {
	w.Helper()
	arguments := append([]string{
		"--kubeconfig", kubeconfig, "--bridge-address", address, "--metrics-address", "0",
		"--default-namespace", w.Namespace, "--namespaces", w.Namespace,
		"--leader-election-namespace", "inventory-system", "--leader-election-id", w.Namespace,
	}, append(slices.Clone(w.BinaryFlags), flags...)...)
	o := &Operator{World: w, Bridge: "http://" + address, log: &lockedBuffer{}, Exited: make(chan struct{})}
	o.Command = exec.Command(w.Binary, arguments...)
	o.Command.Stdout, o.Command.Stderr = o.log, o.log
	w.Must(o.start())
	w.Cleanup(func() {
		o.Kill()
		if bytes.Contains(o.log.Bytes(), []byte("DATA RACE")) || w.Failed() {
			w.Errorf("the operator's log:\n%s", o.log.Bytes())
		}
	})
	return o
}

// start starts the process, to die with the tests. The kernel ties it to the
// thread that started it, so one goroutine keeps that thread and waits.
func (o *Operator) start() error {
	o.Command.SysProcAttr = dieWithParent()
	started := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		err := o.Command.Start()
		started <- err
		if err == nil {
			_ = o.Command.Wait()
			close(o.Exited)
		}
	}()
	return <-started
}

// AwaitReady waits until the operator serves.
func (o *Operator) AwaitReady() {
	o.World.Helper()
	deadline := time.Now().Add(Patience)
	asking := http.Client{Timeout: 5 * time.Second} // it listens before it serves
	for time.Now().Before(deadline) {
		response, err := asking.Get(o.Bridge + "/readyz")
		if err == nil {
			_ = response.Body.Close()
			if response.StatusCode == http.StatusOK && o.Runs() {
				return
			}
		}
		if !o.Runs() { // whoever answered
			o.World.Fatalf("the operator ended while starting:\n%s", o.log.Bytes())
		}
		time.Sleep(20 * time.Millisecond) // a poll of another process
	}
	o.World.Fatalf("the operator was not ready in time:\n%s", o.log.Bytes())
}

// Runs tells whether the operator has not ended.
func (o *Operator) Runs() bool {
	select {
	case <-o.Exited:
		return false
	default:
		return true
	}
}

// Kill ends the operator with SIGKILL and waits until it is gone.
func (o *Operator) Kill() {
	_ = o.Command.Process.Signal(syscall.SIGKILL)
	<-o.Exited
}

// Signal sends a signal to the operator.
func (o *Operator) Signal(sig syscall.Signal) {
	if err := o.Command.Process.Signal(sig); err != nil {
		o.World.Errorf("send %v to the operator: %v", sig, err)
	}
}

// Stop ends the operator as Kubernetes would, with SIGTERM.
func (o *Operator) Stop() {
	o.World.Helper()
	o.World.Must(o.Command.Process.Signal(syscall.SIGTERM))
	select {
	case <-o.Exited:
	case <-time.After(Patience):
		o.World.Fatal("the operator did not stop on SIGTERM")
	}
}

// FreeAddress is an address of this machine that nobody listens at.
func FreeAddress(w *World) string {
	w.Helper()
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(controlplanetest.FreePort(w)))
}

// lockedBuffer is a buffer that a process writes and a test reads.
type lockedBuffer struct {
	Mu     sync.Mutex
	Buffer bytes.Buffer
}

// Log is what the operator has logged so far.
func (o *Operator) Log() string { return string(o.log.Bytes()) }

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.Mu.Lock()
	defer b.Mu.Unlock()
	return b.Buffer.Write(p)
}

func (b *lockedBuffer) Bytes() []byte {
	b.Mu.Lock()
	defer b.Mu.Unlock()
	return bytes.Clone(b.Buffer.Bytes())
}

// AwaitNoLeader waits until an operator that runs says that nobody decides: to a command 503
// with Retry-After. It goes on serving queries.
func (o *Operator) AwaitNoLeader(ctx context.Context) {
	o.World.Helper()
	o.awaitAnswer(ctx, http.StatusServiceUnavailable)
}

// AwaitServing waits until an operator answers commands, be it by the one that leads.
func (o *Operator) AwaitServing(ctx context.Context) {
	o.World.Helper()
	o.awaitAnswer(ctx, http.StatusNotFound)
}

func (o *Operator) awaitAnswer(ctx context.Context, codes ...int) {
	o.World.Helper()
	ctx, cancel := context.WithTimeout(ctx, Patience)
	defer cancel()
	for {
		code, header := o.tryCommand(ctx)
		if code == http.StatusServiceUnavailable && header.Get("Retry-After") == "" {
			o.World.Error("a command was answered 503 without Retry-After")
		}
		if slices.Contains(codes, code) {
			break
		}
		select {
		case <-time.After(50 * time.Millisecond): // a poll of another process
		case <-ctx.Done():
			o.World.Errorf("an operator answered a command %d, want one of %v", code, codes)
			return
		}
	}
	if got := o.Get("/healthz"); got.Code != http.StatusOK || !o.Runs() {
		o.World.Errorf("/healthz is answered %d: %s", got.Code, got.Body)
	}
}

// tryCommand sends a command that would change nothing.
func (o *Operator) tryCommand(ctx context.Context) (code int, header http.Header) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, o.Bridge+"/reservations/nobody/release", nil)
	if err != nil {
		o.World.Error(err)
		return 0, nil
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, nil
	}
	_ = answer.Body.Close()
	return answer.StatusCode, answer.Header
}
