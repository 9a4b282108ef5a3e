package webhook

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/acme/inventory-service/api/events"
)

// crowd is a bridge whose journal answers nobody until it is told to.
type crowd struct {
	*memory
	bridge  http.Handler
	serving sync.WaitGroup
	mu      sync.Mutex
	answers map[string]answer
}

func newCrowd(t *testing.T, most, mostEach int) *crowd {
	t.Helper()
	m := newMemory(t, fixedNow)
	options := over(t, everywhere{Journal: m})
	options.MaxInFlight, options.MaxInFlightPerCaller = most, mostEach
	m.stall(true)
	return &crowd{memory: m, bridge: newBridge(t, options), answers: map[string]answer{}}
}

// comes sends a request of a caller, which waits for the journal.
func (c *crowd) comes(t *testing.T, caller, id string, r *http.Request) {
	t.Helper()
	r.RemoteAddr = net.JoinHostPort(caller, "1")
	before := c.waiting()
	c.serving.Go(func() {
		got := ask(t, c.bridge, r)
		c.mu.Lock()
		defer c.mu.Unlock()
		c.answers[id] = got
	})
	until(t, func() bool { return c.waiting() > before })
}

func (c *crowd) waiting() int {
	c.memory.mu.Lock()
	defer c.memory.mu.Unlock()
	return c.core.Waiting()
}

func from(caller string, r *http.Request) *http.Request {
	r.RemoteAddr = net.JoinHostPort(caller, "1")
	return r
}

const oneUnit = `{"cartId":"c","items":[{"productId":"p","quantity":1}]}`

// A crowd is told to come again at once, before it takes anything from those who wait; those
// are decided in the order in which they came, and then there is room again.
func TestCrowd(t *testing.T) {
	c := newCrowd(t, 8, 5)
	for i := range 5 {
		id := fmt.Sprint("a", i)
		c.comes(t, "10.0.0.1", id, eventRequest(t, modeBinary, "/", commandEvent(events.TypeReserve, id, oneUnit)))
	}
	told := ask(t, c.bridge, from("10.0.0.1", eventRequest(t, modeStructured, "/", commandEvent(events.TypeReserve, "a5", oneUnit)))).
		wantProblem(http.StatusTooManyRequests, tooManyRequests)
	if !strings.Contains(told.Detail, "of yours") {
		t.Errorf("told %q", told.Detail)
	}
	ask(t, c.bridge, from("10.0.0.1", request(t, http.MethodGet, "/stock/p", ""))).wantProblem(http.StatusTooManyRequests, tooManyRequests)
	for i := range 3 {
		id := fmt.Sprint("b", i)
		c.comes(t, "10.0.0.2", id, request(t, http.MethodPost, "/reservations", oneUnit))
	}
	for _, r := range []*http.Request{request(t, http.MethodPost, "/reservations", oneUnit), request(t, http.MethodGet, "/stock/p", "")} {
		ask(t, c.bridge, from("10.0.0.3", r)).wantProblem(http.StatusTooManyRequests, tooManyRequests)
	}
	ask(t, c.bridge, from("10.0.0.3", request(t, http.MethodGet, "/healthz", ""))).wantStatus(http.StatusOK)
	ask(t, c.bridge, from("10.0.0.3", request(t, http.MethodGet, "/readyz", ""))).wantStatus(http.StatusOK)
	if got := c.asks(); got != 8+3 { // what newMemory asks for, and what was let in
		t.Errorf("the journal was asked %d times", got)
	}

	c.stall(false)
	c.serving.Wait()
	for i := range 5 { // three units are left, and these came first
		want := events.TypeReserved
		if i >= 3 {
			want = events.TypeUnavailable
		}
		if got := c.answers[fmt.Sprint("a", i)].event(); got.Type() != want {
			t.Errorf("cart %d is %s", i, got.Type())
		}
	}
	for i := range 3 {
		c.answers[fmt.Sprint("b", i)].wantStatus(http.StatusConflict)
	}
	for range 20 {
		ask(t, c.bridge, from("10.0.0.1", request(t, http.MethodGet, "/stock/p", ""))).wantStatus(http.StatusOK)
	}
}

// A batch takes as many places as it has events, and never more than there are.
func TestBatchesInFlight(t *testing.T) {
	texts := func(n int) (texts []string) {
		for i := range n {
			texts = append(texts, eventText(t, events.TypeReserve, strconv.Itoa(i), oneUnit))
		}
		return texts
	}
	c := newCrowd(t, 8, 5)
	c.comes(t, "10.0.0.1", "batch", batchRequest(t, texts(4)...))
	ask(t, c.bridge, from("10.0.0.1", batchRequest(t, texts(2)...))).wantProblem(http.StatusTooManyRequests, tooManyRequests)
	ask(t, c.bridge, from("10.0.0.2", batchRequest(t, texts(20)...))).wantProblem(http.StatusTooManyRequests, tooManyRequests)
	ask(t, c.bridge, from("10.0.0.1", request(t, http.MethodGet, "/stock/p", ""))).wantStatus(http.StatusOK)
	c.stall(false)
	c.serving.Wait()
	if got := c.answers["batch"].batch(); len(got) != 4 {
		t.Errorf("%d answers", len(got))
	}
	if got := ask(t, c.bridge, from("10.0.0.2", batchRequest(t, texts(20)...))).batch(); len(got) != 20 {
		t.Errorf("%d answers", len(got))
	}
}

// Retry-After says how long it takes until those have ended who are there, as of late.
func TestRetryAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d drain
		if got := d.estimate(100, time.Now()); got != mostRetryAfter {
			t.Errorf("where nothing ends, it is %s", got)
		}
		for range 500 { // 100 a second
			time.Sleep(10 * time.Millisecond)
			d.add(1, time.Now())
		}
		for requests, want := range map[int]time.Duration{1: time.Second, 90: time.Second, 290: 3 * time.Second, 790: 8 * time.Second, 5000: mostRetryAfter} {
			if got := d.estimate(requests, time.Now()); got != want {
				t.Errorf("for %d it is %s, want %s", requests, got, want)
			}
		}
		time.Sleep(time.Minute)
		if got := d.estimate(100, time.Now()); got != mostRetryAfter {
			t.Errorf("a minute after the last end it is %s", got)
		}
	})
}

// Long bodies take no more memory together than there is for them, however many come and
// however slowly: the others are told to come again.
func TestManyLongBodies(t *testing.T) {
	server := httptest.NewServer(newBridge(t, offline(t))) // it cuts nobody off who is slow
	defer server.Close()
	const callers, sent = 200, 900 << 10
	long := bytes.Repeat([]byte{' '}, sent)
	before := heap()
	ended := make(chan int, callers)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	come := func() (status int) {
		end := func() (n int, err error) { <-ctx.Done(); return 0, io.ErrUnexpectedEOF }
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, server.URL+"/reservations", io.MultiReader(bytes.NewReader(long), reader(end)))
		if err != nil {
			return 0
		}
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			return 0
		}
		_ = response.Body.Close()
		return response.StatusCode
	}
	for range callers {
		go func() {
			status := 0
			// Who is told before the end of its body, and still sends half a second later, finds
			// the connection reset and the answer lost: it comes again.
			for tries := 0; status == 0 && tries < 10 && ctx.Err() == nil; tries++ {
				status = come()
			}
			ended <- status
		}()
	}
	let := maxBodiesPerCaller / maxBody // those that are let in, all from this address
	for range callers - let {
		if got := await(t, ended); got != http.StatusTooManyRequests {
			t.Errorf("status %d", got)
		}
	}
	if grown := heap() - before; grown > maxBodies*3/2 { // the callers are in it, too
		t.Errorf("the heap has grown by %d KiB", grown>>10)
	}
	cancel()
	for range let {
		await(t, ended)
	}
}

type reader func() (int, error)

func (r reader) Read([]byte) (int, error) { return r() }

// heap is how much memory is in use.
func heap() int {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int(stats.HeapAlloc)
}
