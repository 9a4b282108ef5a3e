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
	// awaited is what somebody waits for, and come is closed then; both are nil where nobody does.
	awaited func() bool
	come    chan struct{}
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
	c.tellAwaited()
}

// awaitNone returns when no connection is open, or when the context ends.
func (c *connections) awaitNone(ctx context.Context) {
	c.await(ctx, func() bool { return len(c.open) == 0 })
}

// awaitUnused returns when every open connection is idle, or when the context ends. A new
// connection counts as used, for its first request is on its way.
func (c *connections) awaitUnused(ctx context.Context) {
	c.await(ctx, func() bool { return len(c.open) == c.idle.Len() })
}

// await returns when something is so, or when the context ends. One may wait at a time.
func (c *connections) await(ctx context.Context, is func() bool) {
	come := make(chan struct{})
	c.mu.Lock()
	c.awaited, c.come = is, come
	c.tellAwaited()
	c.mu.Unlock()
	select {
	case <-come:
	case <-ctx.Done():
	}
}

func (c *connections) tellAwaited() {
	if c.awaited != nil && c.awaited() {
		close(c.come)
		c.awaited, c.come = nil, nil
	}
}

// makeRoom closes the connection that matters least. The server then says that it is closed, and
// until then it counts: where as many do not let go as may be open, the newest gets no room.
func (c *connections) makeRoom(newest net.Conn) {
	connectionsClosed.Inc()
	if longest := c.idle.Front(); longest != nil && len(c.open) <= 2*c.most {
		conn := c.idle.Remove(longest).(net.Conn)
		c.open[conn] = nil
		hangUp(conn)
		return
	}
	_ = newest.Close() // it has shaken no hands yet: there is nobody to say farewell to
}

// hangUp closes a connection and waits for nobody: TLS says farewell first, which takes seconds
// where its peer does not read.
func hangUp(conn net.Conn) {
	if _, farewell := conn.(interface{ NetConn() net.Conn }); farewell {
		go func() { _ = conn.Close() }()
		return
	}
	_ = conn.Close()
}
