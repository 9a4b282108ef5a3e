package chaos

import (
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/acme/inventory-service/api/events"
	"github.com/acme/inventory-service/test/testbed"
)

// mill is a namespace whose pages turn fast: unit after unit of a few very wide carts is
// shipped, and each change states all of a cart's places anew.
type mill struct {
	*testbed.Killing
	watched *testbed.Observer
	// bridge is that of the operator which is asked.
	bridge atomic.Pointer[string]
	// carts are the reservations that are ground, and shipped how many units of each.
	carts   []string
	shipped []int64
	probes  int
	told    map[string]bool // of light carts, whether they were refused, by reservation
	// grown counts the wide carts that make the journal longer.
	grown atomic.Int64
}

const (
	// grist is how many carts are ground at a time, lines how many each has, and plentiful
	// how many units of each line it holds.
	grist, lines, plentiful = 12, 30, 1 << 20
	// millsAtOnce is how many mills there are at a time: they leave the machine no rest.
	millsAtOnce = 2
	// bandwidth is no bound, compactAbove as little as can be.
	bandwidth, compactAbove = "1000000000", "16384"
)

// mills has room for those that run.
var mills = make(chan struct{}, millsAtOnce)

// newMill declares what is ground. No operator runs yet.
func newMill(t *testing.T) *mill {
	t.Helper()
	mills <- struct{}{}
	t.Cleanup(func() { <-mills })
	m := &mill{Killing: testbed.NewKilling(testbed.NewWorld(t)), shipped: make([]int64, grist), told: map[string]bool{}}
	m.watched = m.Observe(map[string]int64{})
	m.Declare("mug", "mug", "amsterdam", 100_000)
	for i := range lines {
		m.Declare(fmt.Sprintf("grain-%d", i), grain(i), "amsterdam", plentiful*plentiful)
	}
	return m
}

// grain is the long name of a product that no compression makes short.
func grain(i int) string {
	source := rand.NewChaCha8([32]byte{byte(i), 7})
	text := make([]byte, 55)
	_, _ = source.Read(text) // it never fails
	return hex.EncodeToString(text)
}

// fast are the flags under which pages turn fast.
func fast() []string {
	return []string{"--journal-bandwidth", bandwidth, "--journal-compact-above", compactAbove}
}

// begin starts the operator that is asked, and broken.
func (m *mill) begin(flags ...string) *testbed.Operator {
	m.Helper()
	o := m.Start(append(fast(), flags...)...)
	m.ask(o)
	return o
}

// ask has an operator asked from now on.
func (m *mill) ask(o *testbed.Operator) { m.bridge.Store(&o.Bridge) }

func (m *mill) next() string { return *m.bridge.Load() }

// fill reserves the carts that are ground.
func (m *mill) fill() {
	m.Helper()
	for i := range grist {
		c := testbed.Reserve(fmt.Sprintf("wide-%d", i), testbed.BinaryMode, wide(plentiful)...)
		told, err := m.insist(c)
		m.Must(err)
		m.carts = append(m.carts, told.Reservation)
	}
}

// wide are the lines of a cart that is ground.
func wide(units int64) (items []events.Item) {
	for i := range lines {
		items = append(items, testbed.Item(grain(i), units))
	}
	return items
}

func (m *mill) insist(c testbed.Command) (*testbed.Told, error) {
	told, _, err := insist(m.World, c, func() []string { return []string{m.next()} }, 0, testbed.Patience)
	return told, err
}

// grind ships units of all carts until it is enough. It goes on whatever breaks.
func (m *mill) grind(what string, enough func() bool) {
	m.Helper()
	deadline := time.Now().Add(3 * testbed.Patience)
	var group sync.WaitGroup
	var failed atomic.Pointer[error]
	for i := range m.carts {
		group.Go(func() {
			for !enough() && failed.Load() == nil {
				if time.Now().After(deadline) {
					err := errors.New("there was no end of grinding until " + what)
					failed.Store(&err)
					return
				}
				m.shipped[i]++
				part := events.PartialItem{ProductID: grain(0), LocationID: "amsterdam", Quantity: m.shipped[i]}
				if _, err := m.insist(testbed.Command{
					ID: fmt.Sprintf("grind-%d-%d", i, m.shipped[i]), Transport: testbed.PlainHTTP,
					Payload: events.ConsumeInventory{ReservationID: m.carts[i], Items: []events.PartialItem{part}},
				}); err != nil {
					failed.Store(&err)
				}
			}
		})
	}
	group.Wait()
	if err := failed.Load(); err != nil {
		m.Fatal(*err)
	}
}

// turn has so many pages written over.
func (m *mill) turn(pages int) {
	m.Helper()
	until := m.turned() + pages
	m.grind(fmt.Sprintf("%d pages were written over", until), func() bool { return m.turned() >= until })
}

func (m *mill) turned() (count int) {
	_ = m.watched.AwaitIn(m.Context(), func() bool { count = m.watched.Books.Turned; return true })
	return count
}

// probe has a light cart decided, and tells how long that took since a moment.
func (m *mill) probe(since time.Time) time.Duration {
	m.Helper()
	m.probes++
	c := testbed.Reserve(fmt.Sprintf("light-%d", m.probes), testbed.PlainHTTP, testbed.Item("mug", 1))
	told, err := m.insist(c)
	m.Must(err)
	took := time.Since(since)
	m.Remember(c, told)
	again, err := m.insist(c)
	m.Must(err)
	m.Remember(c, again)
	m.told[told.Reservation] = told.Refused
	return took
}

// finish checks that what was told is what the journal says, and that all comes to rest.
func (m *mill) finish() (checks int) {
	m.Helper()
	m.Settle()
	m.watched.CatchUp()
	m.watched.Await("nothing", func() bool {
		for name, refused := range m.told {
			if r, ok := m.watched.Books.Cart(name); !ok || (len(r.Short) > 0) != refused {
				m.Errorf("reservation %s was told refused=%v, and the journal has %+v (%v)", name, refused, r, ok)
			}
		}
		for i, name := range m.carts {
			r, ok := m.watched.Books.Cart(name)
			if !ok || r.Allocations[0].Consumed != m.shipped[i] {
				m.Errorf("%d units of %s were shipped, and the journal has %+v (%v)", m.shipped[i], name, r, ok)
			}
		}
		return true
	})
	m.Sink.CheckAll(m.watched.Outcomes())
	m.watched.Stop()
	m.Logf("%d records, %d pages written over, the head is page %d of %d; %d revisions, %d compared with the journal",
		m.watched.Books.Records, m.watched.Books.Turned, m.watched.Books.Head, m.watched.Books.At.Page, m.watched.Versions, m.watched.Compared)
	return m.watched.Versions + m.watched.Books.Records
}
