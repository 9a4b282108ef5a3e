package journal_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/acme/inventory-service/internal/journal"
)

// chronicle is what all processes of a test have seen, judged as they see it.
type chronicle struct {
	sync.Mutex
	t testing.TB
	// records are those of the journal by page and index, as whoever applied them first
	// saw them; identity is the journal's.
	records  map[place]string
	identity journal.Identity
	// told is the highest number of each client that was told as landed.
	told map[string]int
	// trace is what happened, for a failure.
	trace []string
	start time.Time
}

type place struct {
	page  uint64
	index int
}

func newChronicle(t testing.TB) *chronicle {
	return &chronicle{t: t, records: map[place]string{}, told: map[string]int{}, start: time.Now()}
}

func (c *chronicle) note(format string, args ...any) {
	c.Lock()
	defer c.Unlock()
	c.trace = append(c.trace, fmt.Sprintf("%8.3f ", time.Since(c.start).Seconds())+fmt.Sprintf(format, args...))
}

func (c *chronicle) failf(format string, args ...any) {
	c.note("WRONG: "+format, args...)
	c.t.Errorf(format, args...)
}

// applied judges what a process applied.
func (c *chronicle) applied(name string, identity journal.Identity, a journal.Applied) {
	c.Lock()
	var wrong []string
	if c.identity == (journal.Identity{}) {
		c.identity = identity
	}
	if c.identity != identity {
		wrong = append(wrong, fmt.Sprintf("%s applied records of journal %v, others of %v", name, identity, c.identity))
	}
	first := a.Position.Index - len(a.Records)
	for i, record := range a.Records {
		at := place{a.Page, first + i}
		if known, ok := c.records[at]; ok && known != string(record) {
			wrong = append(wrong, fmt.Sprintf("%s applied %q at %v, others %q", name, record, at, known))
		}
		c.records[at] = string(record)
	}
	c.Unlock()
	for _, text := range wrong {
		c.failf("%s", text)
	}
}

// until waits for something to be so, with a bound.
func (c *chronicle) until(what string, so func() bool) {
	c.t.Helper()
	for deadline := time.Now().Add(patience); !so(); {
		if time.Now().After(deadline) {
			c.dump()
			c.t.Fatalf("it never came to this: %s", what)
		}
		<-time.After(10 * time.Millisecond)
	}
}

// dump prints the end of the trace.
func (c *chronicle) dump() {
	c.Lock()
	defer c.Unlock()
	c.t.Logf("journal %v, told %v, the last of %d steps:\n%s", c.identity, c.told, len(c.trace), strings.Join(c.trace[max(0, len(c.trace)-400):], "\n"))
}

// judge tells whether every number of each client is there once, in order.
func (c *chronicle) judge() {
	c.Lock()
	defer c.Unlock()
	places := make([]place, 0, len(c.records))
	for at := range c.records {
		places = append(places, at)
	}
	sortPlaces(places)
	there := map[string]int{}
	for _, at := range places {
		var client string
		var number int
		if n, _ := fmt.Sscanf(c.records[at], "number %s %d", &client, &number); n != 2 {
			continue
		}
		if number != there[client]+1 {
			c.t.Errorf("number %d of %s at %v comes after %d", number, client, at, there[client])
		}
		there[client] = number
	}
	for client, number := range c.told {
		if there[client] < number {
			c.t.Errorf("%s was told that %d landed, and the journal has %d", client, number, there[client])
		}
	}
}
