package tcpproxy

import (
	"fmt"
	"net"
	"sync"
	"time"
)

// dialTimeout bounds how long a client's connection waits for the server to accept
// one.
const dialTimeout = 5 * time.Second

// Proxy passes connections on to one server. Its methods may be called from any
// goroutine.
type Proxy struct {
	target   string
	marks    []string
	listener net.Listener
	running  sync.WaitGroup

	mu     sync.Mutex
	faults faults
	// changed is closed, and replaced, when the faults change.
	changed chan struct{}
	closed  bool
	links   map[*link]struct{}
}

// faults are what is done to all connections. The zero value does nothing.
type faults struct {
	frozen, cut bool
	// frozenMark freezes the connections that bear it; empty freezes none.
	frozenMark string
	delay      time.Duration
}

// Listen passes on what comes to a free port of 127.0.0.1, to the server at target
// (host:port). Close ends it. A connection bears a mark from when its client has
// sent these bytes, as they are, for FreezeMarked.
func Listen(target string, marks ...string) (*Proxy, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listening for %s: %w", target, err)
	}
	p := &Proxy{target: target, marks: marks, listener: listener, changed: make(chan struct{}), links: map[*link]struct{}{}}
	p.running.Go(p.accept)
	return p, nil
}

// Address is where clients connect to, as host:port.
func (p *Proxy) Address() string { return p.listener.Addr().String() }

// Freeze holds back all that is sent from now on, in both directions, until Thaw.
// Connections stay open and are accepted.
func (p *Proxy) Freeze() { p.set(func(f *faults) { f.frozen = true }) }

// FreezeMarked freezes the connections alone that bear one of the marks that
// Listen was given.
func (p *Proxy) FreezeMarked(mark string) { p.set(func(f *faults) { f.frozenMark = mark }) }

// Thaw passes on what Freeze and FreezeMarked held back, in its order, and all
// that comes.
func (p *Proxy) Thaw() { p.set(func(f *faults) { f.frozen, f.frozenMark = false, "" }) }

// Delay has everything that is sent from now on arrive so much later, in each
// direction. Zero ends that for what is sent later.
func (p *Proxy) Delay(d time.Duration) { p.set(func(f *faults) { f.delay = d }) }

// Cut breaks all connections, and new ones as soon as they are made, until Mend.
// What was held back is lost.
func (p *Proxy) Cut() {
	p.set(func(f *faults) { f.cut = true })
	p.breakAll()
}

// Mend ends Cut.
func (p *Proxy) Mend() { p.set(func(f *faults) { f.cut = false }) }

// Close breaks all connections and returns when nothing of the proxy is left. It
// may be called more than once.
func (p *Proxy) Close() {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	_ = p.listener.Close()
	p.breakAll()
	p.running.Wait()
}

func (p *Proxy) set(change func(*faults)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change(&p.faults)
	close(p.changed)
	p.changed = make(chan struct{})
}

// now is what is done to connections, and a channel that closes when that changes.
func (p *Proxy) now() (faults, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.faults, p.changed
}

func (p *Proxy) breakAll() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for l := range p.links {
		l.end()
	}
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return // closed
		}
		p.running.Go(func() { p.serve(client) })
	}
}

// serve passes one connection on until either side ends it.
func (p *Proxy) serve(client net.Conn) {
	server, err := net.DialTimeout("tcp", p.target, dialTimeout)
	if err != nil {
		_ = client.Close()
		return
	}
	l := &link{proxy: p, client: client, server: server, ended: make(chan struct{}), borne: map[string]bool{}}
	if !p.add(l) {
		l.end()
		return
	}
	l.pass()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.links, l)
}

// add keeps a connection to be broken later, or says that it is to be broken now.
func (p *Proxy) add(l *link) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || p.faults.cut {
		return false
	}
	p.links[l] = struct{}{}
	return true
}
