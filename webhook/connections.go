package webhook

import (
	"container/list"
	"context"
	"net"
	"net/http"
	"sync"
)

// maxConnections bounds the connections of a server: each takes memory, also where nothing is
// asked.
const maxConnections = 2 * DefaultMaxInFlight

// connections bounds those of a server. At the bound, the one that nobody has used for longest
// makes room for a new one; where all are in use, the new one is closed.
type connections struct {
	most int

	mu sync.Mutex
	// open are all, with their place among the idle ones while nobody uses them; idle has the
	// one that has been so for longest in front.
	open map[net.Conn]*list.Element
	idle *list.List
	// unused is closed when nobody uses any; nil where nobody waits for that.
	unused chan struct{}
}

func newConnections(most int) *connections {
	return &connections{most: most, open: map[net.Conn]*list.Element{}, idle: list.New()}
}

// changed is for http.Server.ConnState.
func (c *connections) changed(conn net.Conn, state http.ConnState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if place := c.open[conn]; place != nil {
		c.idle.Remove(place)
	}
	switch state {
	case http.StateNew:
		c.open[conn] = nil
		if len(c.open) > c.most {
			c.makeRoom(conn)
		}
	case http.StateIdle:
		c.open[conn] = c.idle.PushBack(conn)
	case http.StateActive:
		c.open[conn] = nil
	default: // closed, or taken over
		delete(c.open, conn)
	}
	c.tellUnused()
}

// awaitUnused returns when every open connection is idle, or when the context ends. A new
// connection counts as used, for its first request is on its way.
func (c *connections) awaitUnused(ctx context.Context) {
	unused := make(chan struct{})
	c.mu.Lock()
	c.unused = unused
	c.tellUnused()
	c.mu.Unlock()
	select {
	case <-unused:
	case <-ctx.Done():
	}
}

func (c *connections) tellUnused() {
	if c.unused != nil && len(c.open) == c.idle.Len() {
		close(c.unused)
		c.unused = nil
	}
}

// makeRoom closes the connection that matters least. The server then says that it is closed.
func (c *connections) makeRoom(newest net.Conn) {
	connectionsClosed.Inc()
	if longest := c.idle.Front(); longest != nil {
		conn := c.idle.Remove(longest).(net.Conn)
		c.open[conn] = nil
		_ = conn.Close()
		return
	}
	_ = newest.Close()
}
