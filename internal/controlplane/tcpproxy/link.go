package tcpproxy

import (
	"bytes"
	"net"
	"slices"
	"sync"
	"time"
)

// chunkBytes is the most that is read at once.
const chunkBytes = 32 << 10

// link is a client's connection and the one to the server that belongs to it.
type link struct {
	proxy          *Proxy
	client, server net.Conn

	once  sync.Once
	ended chan struct{}

	mu sync.Mutex
	// borne are the marks that the client has sent, and last the end of what it
	// sent, where a mark may have begun.
	borne map[string]bool
	last  []byte
}

// look finds marks in what the client sends.
func (l *link) look(sent []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	text := slices.Concat(l.last, sent)
	longest := 0
	for _, mark := range l.proxy.marks {
		longest = max(longest, len(mark))
		if bytes.Contains(text, []byte(mark)) {
			l.borne[mark] = true
		}
	}
	l.last = bytes.Clone(text[max(0, len(text)-longest):])
}

// frozen tells whether nothing may pass.
func (l *link) frozen(now faults) bool {
	if now.frozenMark == "" {
		return now.frozen
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return now.frozen || l.borne[now.frozenMark]
}

// end breaks both connections at once.
func (l *link) end() {
	l.once.Do(func() {
		close(l.ended)
		_ = l.client.Close()
		_ = l.server.Close()
	})
}

// pass passes bytes on in both directions until one side ends. Neither side of
// what this proxy is for closes half of a connection, so the end of one direction
// is the end of both.
func (l *link) pass() {
	var directions sync.WaitGroup
	for _, d := range []*direction{
		{link: l, from: l.client, to: l.server, more: make(chan struct{}, 1)},
		{link: l, from: l.server, to: l.client, more: make(chan struct{}, 1)},
	} {
		directions.Go(d.read)
		directions.Go(d.write)
	}
	directions.Wait()
}

// direction is one way of a link: what was read waits in a queue until it may go.
type direction struct {
	link     *link
	from, to net.Conn

	mu    sync.Mutex
	queue []chunk
	// more has an element when the queue may have grown.
	more chan struct{}
}

// chunk is what was read at once. A chunk without bytes is the end.
type chunk struct {
	bytes []byte
	due   time.Time
}

func (d *direction) read() {
	for {
		buffer := make([]byte, chunkBytes)
		n, err := d.from.Read(buffer)
		now, _ := d.link.proxy.now()
		due := time.Now().Add(now.delay)
		if n > 0 {
			if d.from == d.link.client {
				d.link.look(buffer[:n])
			}
			d.push(chunk{bytes: buffer[:n], due: due})
		}
		if err != nil {
			d.push(chunk{due: due}) // the end goes the way of what came before it
			return
		}
	}
}

func (d *direction) push(c chunk) {
	d.mu.Lock()
	d.queue = append(d.queue, c)
	d.mu.Unlock()
	select {
	case d.more <- struct{}{}:
	default: // it is told already
	}
}

// pop takes the first chunk, waiting for one. It is false when the link has ended.
func (d *direction) pop() (chunk, bool) {
	for {
		d.mu.Lock()
		if len(d.queue) > 0 {
			first := d.queue[0]
			d.queue = d.queue[1:]
			d.mu.Unlock()
			return first, true
		}
		d.mu.Unlock()
		select {
		case <-d.more:
		case <-d.link.ended:
			return chunk{}, false
		}
	}
}

func (d *direction) write() {
	defer d.link.end()
	for {
		c, ok := d.pop()
		if !ok || !d.await(c) || len(c.bytes) == 0 {
			return
		}
		if _, err := d.to.Write(c.bytes); err != nil {
			return
		}
	}
}

// await waits until a chunk may go. It is false when the link has ended.
func (d *direction) await(c chunk) bool {
	for {
		now, changed := d.link.proxy.now()
		frozen, wait := d.link.frozen(now), time.Until(c.due)
		if !frozen && wait <= 0 {
			return true
		}
		var due <-chan time.Time
		if !frozen {
			due = time.After(wait)
		}
		select {
		case <-due:
		case <-changed:
		case <-d.link.ended:
			return false
		}
	}
}
