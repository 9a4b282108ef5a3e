package tcpproxy_test

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/acme/inventory-service/internal/controlplane/controlplanetest"
	"github.com/acme/inventory-service/internal/controlplane/tcpproxy"
)

// patience is how long what must come is waited for, and moment how long what must
// not come is.
const (
	patience = time.Minute
	moment   = 100 * time.Millisecond
)

// echo is a server that sends back what it gets, and the address of a proxy in
// front of it.
func echo(t *testing.T, marks ...string) *tcpproxy.Proxy {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				_, _ = io.Copy(connection, connection)
				_ = connection.Close()
			}()
		}
	}()
	p, err := tcpproxy.Listen(listener.Addr().String(), marks...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

type caller struct {
	*testing.T
	net.Conn
	lines *bufio.Reader
}

func dial(t *testing.T, p *tcpproxy.Proxy) *caller {
	t.Helper()
	connection, err := net.Dial("tcp", p.Address())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = connection.Close() })
	return &caller{T: t, Conn: connection, lines: bufio.NewReader(connection)}
}

func (c *caller) say(line string) {
	c.Helper()
	if _, err := io.WriteString(c, line+"\n"); err != nil {
		c.Fatal(err)
	}
}

// hear reads one line within a time.
func (c *caller) hear(within time.Duration) (string, error) {
	c.Helper()
	if err := c.SetReadDeadline(time.Now().Add(within)); err != nil {
		c.Fatal(err)
	}
	line, err := c.lines.ReadString('\n')
	return line, err
}

func (c *caller) want(line string) {
	c.Helper()
	if got, err := c.hear(patience); err != nil || got != line+"\n" {
		c.Fatalf("heard %q, %v, want %q", got, err, line)
	}
}

func (c *caller) wantNothing() {
	c.Helper()
	if got, err := c.hear(moment); !errors.Is(err, os.ErrDeadlineExceeded) {
		c.Fatalf("heard %q, %v, want nothing", got, err)
	}
}

func (c *caller) wantEnd() {
	c.Helper()
	if got, err := c.hear(patience); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		c.Fatalf("heard %q, %v, want the end", got, err)
	}
}

// Frozen, nothing passes, on old connections and new ones; thawed, everything does,
// in its order.
func TestFreeze(t *testing.T) {
	p := echo(t)
	old := dial(t, p)
	old.say("a")
	old.want("a")
	p.Freeze()
	fresh := dial(t, p)
	for _, c := range []*caller{old, fresh} {
		c.say("b")
		c.say("c")
		c.wantNothing()
	}
	p.Thaw()
	for _, c := range []*caller{old, fresh} {
		c.want("b")
		c.want("c")
	}
}

// Connections that bear a mark are frozen alone, from the bytes on that make it
// whole, however they come; another mark has no effect on them.
func TestFreezeMarked(t *testing.T) {
	p := echo(t, "/red/", "/blue/")
	red, blue, late := dial(t, p), dial(t, p), dial(t, p)
	red.say("a /re")
	red.want("a /re")
	blue.say("a /blue/ b")
	blue.want("a /blue/ b")
	red.say("/red/")
	red.want("/red/")
	p.FreezeMarked("/red/")
	for _, c := range []*caller{red, blue, late} {
		c.say("c")
	}
	blue.want("c")
	late.want("c")
	red.wantNothing()
	late.say("/red/")
	late.wantNothing()
	p.Thaw()
	red.want("c")
	late.want("/red/")
}

// A delay holds in each direction, keeps the order, and lets what is sent in a row
// arrive in a row.
func TestDelay(t *testing.T) {
	p := echo(t)
	c := dial(t, p)
	p.Delay(moment)
	began := time.Now()
	for _, line := range []string{"a", "b", "c"} {
		c.say(line)
	}
	for _, line := range []string{"a", "b", "c"} {
		c.want(line)
	}
	if took := time.Since(began); took < 2*moment {
		t.Errorf("there and back took %v, want at least %v", took, 2*moment)
	}
	p.Delay(0)
	c.say("d")
	c.want("d")
}

// Cut, connections end and no new one lives, even if frozen; mended, new ones do.
func TestCut(t *testing.T) {
	p := echo(t)
	c := dial(t, p)
	c.say("a")
	c.want("a")
	p.Freeze()
	c.say("b")
	p.Cut()
	c.wantEnd()
	dial(t, p).wantEnd()
	p.Mend()
	p.Thaw()
	c = dial(t, p)
	c.say("c")
	c.want("c")
}

// An end passes like what came before it, and a lot of bytes pass unchanged.
func TestEnd(t *testing.T) {
	p := echo(t)
	c := dial(t, p)
	sent := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
	go func() { _, _ = c.Write(sent) }()
	got := make([]byte, len(sent))
	if err := c.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(c.lines, got); err != nil || !bytes.Equal(got, sent) {
		t.Fatalf("%d bytes came back other than they were sent (%v)", len(sent), err)
	}
	p.Close()
	c.wantEnd()
	p.Close() // once more does nothing
	if _, err := net.Dial("tcp", p.Address()); err == nil {
		t.Error("a closed proxy takes connections")
	}
}

// A server that is away ends the connection, as it would without a proxy.
func TestNoServer(t *testing.T) {
	p, err := tcpproxy.Listen(net.JoinHostPort("127.0.0.1", strconv.Itoa(controlplanetest.FreePort(t))))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	dial(t, p).wantEnd()
}
