package node

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// restartAfter is how long a container that has ended stays down. A kubelet starts
// it at once the first time, and waits 10 s and more after that.
const restartAfter = time.Second

// Pod is one process that is started again whenever it ends, until it is stopped. Its
// methods may be called from any goroutine.
type Pod struct {
	Name, Namespace, Address string

	workload string // of which it is one
	hash     string // of the template
	labels   map[string]string
	command  *exec.Cmd // what to run; copied for each run
	probe    *probe
	mounts   []mount
	log      string // path
	changed  func() // called when it becomes ready, or no longer is
	grace    time.Duration

	stop chan struct{} // closed when it is to end
	gone chan struct{} // closed when it has

	mu       sync.Mutex
	stopping bool
	process  *os.Process // nil while none runs
	ready    bool
	restarts int
}

// start runs the Pod in a network of its own.
func (p *Pod) start(link string) error {
	p.stop, p.gone = make(chan struct{}), make(chan struct{})
	log, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	p.command.Stdout, p.command.Stderr = log, log
	entered := make(chan error, 1)
	plugged := make(chan struct{})
	go func() {
		// The network is that of a thread, which must not run anything else, and the
		// process dies with the thread that started it. So it is never unlocked.
		runtime.LockOSThread()
		defer close(p.gone)
		defer func() { _ = log.Close() }()
		err := enterSandbox(link, p.Address)
		if err == nil {
			err = mountAll(p.mounts)
		}
		entered <- err
		if err != nil {
			return
		}
		<-plugged
		p.run()
	}()
	if err := <-entered; err != nil {
		return err
	}
	defer close(plugged)
	return plugIn(link)
}

// run starts the process again and again.
func (p *Pod) run() {
	for {
		if err := p.runOnce(); err != nil {
			_, _ = fmt.Fprintf(p.command.Stderr, "-- %s: %v\n", p.Name, err)
		}
		select {
		case <-p.stop:
			return
		case <-time.After(restartAfter):
		}
		p.mu.Lock()
		p.restarts++
		p.mu.Unlock()
	}
}

func (p *Pod) runOnce() error {
	command := exec.Command(p.command.Path, p.command.Args[1:]...)
	command.Env, command.Dir = p.command.Env, p.command.Dir
	command.Stdout, command.Stderr = p.command.Stdout, p.command.Stderr
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	p.mu.Lock()
	if p.stopping {
		p.mu.Unlock()
		return nil
	}
	if err := command.Start(); err != nil {
		p.mu.Unlock()
		return err
	}
	p.process = command.Process
	p.mu.Unlock()

	probing, ended := context.WithCancel(context.Background())
	var watching sync.WaitGroup
	watching.Go(func() { p.probe.watch(probing, p.Address, p.setReady) })
	err := command.Wait()
	ended()
	watching.Wait()
	p.mu.Lock()
	p.process = nil
	p.mu.Unlock()
	p.setReady(false)
	return err
}

func (p *Pod) setReady(ready bool) {
	p.mu.Lock()
	differs := p.ready != ready
	p.ready = ready
	p.mu.Unlock()
	if differs {
		p.changed()
	}
}

// Ready tells whether the Pod serves.
func (p *Pod) Ready() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.ready
}

// Restarts is how often the Pod has been started again.
func (p *Pod) Restarts() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.restarts
}

// Signal sends a signal to the process, if one runs. SIGKILL and SIGTERM end it until
// it is started again.
func (p *Pod) Signal(signal syscall.Signal) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.process == nil {
		return nil
	}
	return p.process.Signal(signal)
}

// terminate asks the Pod to end for good, and kills it after its grace period.
func (p *Pod) terminate() {
	if !p.end(syscall.SIGTERM) {
		return
	}
	go func() {
		select {
		case <-p.gone:
		case <-time.After(p.grace):
			_ = p.Signal(syscall.SIGKILL)
		}
		p.changed()
	}()
}

// kill ends the Pod for good, at once, and waits until it is gone.
func (p *Pod) kill() {
	p.end(syscall.SIGKILL)
	_ = p.Signal(syscall.SIGKILL) // it may be terminating
	<-p.gone
}

// end has the Pod end for good. It returns false if that was asked for before.
func (p *Pod) end(by syscall.Signal) bool {
	p.mu.Lock()
	asked := p.stopping
	if !asked {
		p.stopping, p.ready = true, false
		close(p.stop)
	}
	p.mu.Unlock()
	if asked {
		return false
	}
	_ = p.Signal(by)
	return true
}

// ending tells whether the Pod was asked to end for good.
func (p *Pod) ending() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stopping
}

// Log returns what the Pod has printed in all of its runs.
func (p *Pod) Log() ([]byte, error) { return os.ReadFile(p.log) }
