package forward

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/acme/inventory-service/internal/journal"
)

const (
	// dialTimeout bounds what it takes to find out that nobody is there any more.
	dialTimeout      = time.Second
	handshakeTimeout = 5 * time.Second
	// idleTimeout is shorter than the server's, which would else close connections that are
	// about to be used.
	idleTimeout = 90 * time.Second
	// idleConnections are kept: as many commands may be on their way at a time without a
	// handshake for each.
	idleConnections = 256
	// maxAnswer bounds an answer, in bytes: a batch of 100 consumes, each of a cart with as many
	// allocations as there can be, has less.
	maxAnswer = 32 << 20
	// maxLeaders is how many leaders have connections: they differ by namespace while one
	// takes over from another.
	maxLeaders = 4
)

var (
	// ErrNotLeading says that who was asked does not decide.
	ErrNotLeading = errors.New("it does not lead")
	// ErrNotSent says that nothing was sent: nobody was there, or somebody else.
	ErrNotSent = errors.New("nothing was sent")
)

// Client sends to leaders. The zero value is ready, and safe for concurrent use.
type Client struct {
	mu sync.Mutex
	// lines are the connections to each leader, the one that was used last at the end.
	lines []*line
}

// line has the connections to one leader. They are used for nobody else.
type line struct {
	to        journal.Leader
	transport *http.Transport
}

// Send sends a request and returns the answer. It fails with ErrNotLeading or ErrNotSent
// where nothing was decided by this, and with anything else where the request may have been
// carried out.
func (c *Client) Send(ctx context.Context, to journal.Leader, message Request) (*Answer, error) {
	if !strings.HasPrefix(to.URL, "https://") {
		return nil, fmt.Errorf("%w: %q is not where a leader is reached", ErrNotSent, to.URL)
	}
	request, err := http.NewRequestWithContext(ctx, message.Method, to.URL+message.URI, bytes.NewReader(message.Body))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotSent, err)
	}
	request.Header = message.Header.Clone()
	request.Header.Set("User-Agent", "") // none: it is no part of what travels
	response, err := c.transport(to).RoundTrip(request)
	if err != nil {
		return nil, sendError(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(http.MaxBytesReader(nil, response.Body, maxAnswer))
	if err != nil {
		return nil, fmt.Errorf("read the leader's answer: %w", err)
	}
	if response.Header.Get(HeaderNotLeading) != "" {
		return nil, ErrNotLeading
	}
	return &Answer{Status: response.StatusCode, Header: travelling(response.Header, answering), Body: body}, nil
}

// sendError tells what was never sent from what may have been.
func sendError(err error) error {
	var dial *net.OpError
	if errors.Is(err, errOtherKey) || errors.As(err, &dial) && dial.Op == "dial" {
		return fmt.Errorf("%w: %w", ErrNotSent, err)
	}
	return fmt.Errorf("forward to the leader: %w", err)
}

// transport has the connections to a leader. Those to one that had the same address are
// dropped, and so are those that were not used for longest.
func (c *Client) transport(to journal.Leader) *http.Transport {
	c.mu.Lock()
	defer c.mu.Unlock()
	if last := len(c.lines) - 1; last >= 0 && c.lines[last].is(to) {
		return c.lines[last].transport
	}
	used := &line{to: to}
	c.lines = slices.DeleteFunc(c.lines, func(l *line) bool {
		switch {
		case l.is(to):
			used = l
			return true
		case l.to.URL == to.URL:
			l.transport.CloseIdleConnections()
			return true
		}
		return false
	})
	if used.transport == nil {
		used.transport = newTransport(to.Key)
	}
	c.lines = append(c.lines, used)
	if len(c.lines) > maxLeaders {
		c.lines[0].transport.CloseIdleConnections()
		c.lines = c.lines[1:]
	}
	return used.transport
}

func (l *line) is(to journal.Leader) bool { return l.to.URL == to.URL && l.to.Key == to.Key }

// newTransport makes connections to who has a key, and to no proxy.
func newTransport(key string) *http.Transport {
	return &http.Transport{
		DialContext:     (&net.Dialer{Timeout: dialTimeout}).DialContext,
		TLSClientConfig: pinned(key), TLSHandshakeTimeout: handshakeTimeout,
		MaxIdleConnsPerHost: idleConnections, IdleConnTimeout: idleTimeout, DisableCompression: true,
	}
}
