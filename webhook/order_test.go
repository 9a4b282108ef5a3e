package webhook

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/acme/inventory-service/api/events"
	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/test/fixture"
)

// anAppend is how long a write of a dawdling journal takes.
const anAppend = 20 * time.Millisecond

// dawdler is a journal that answers releases after as long as a write takes, and some of them
// otherwise.
type dawdler struct {
	*memory
	// instead is what happens to the release of a reservation before it is decided: nil, or an error.
	instead func(id stock.ID) error

	mu sync.Mutex
	// now and most are how many are asked for at a time.
	now, most int
}

// newDawdler has a journal in which as many reservations belong to order "big".
func newDawdler(t *testing.T, reservations int) *dawdler {
	t.Helper()
	d := &dawdler{memory: newMemory(t, fixedNow), instead: func(stock.ID) error { return nil }}
	many := fixture.Item("item-of-many", fixture.Stocks("many", "here", int64(reservations)))
	if _, err := d.memory.Ask(t.Context(), stock.PutItem{Item: many}); err != nil {
		t.Fatal(err)
	}
	for i := range reservations {
		wanted := fixture.Reserve(bigID(i), fixture.Line("many", 1))
		wanted.Wanted.Order = "big"
		if answer, err := d.memory.Ask(t.Context(), wanted); err != nil || answer.Verdict != stock.Done {
			t.Fatal(fixture.Words(answer), err)
		}
	}
	return d
}

// bigID is the id of the reservation of a number.
func bigID(i int) stock.ID { return stock.ID(fmt.Sprintf("00000000-0000-4000-8000-%012d", i)) }

func (d *dawdler) Ask(ctx context.Context, request stock.Request) (stock.Answer, error) {
	if release, is := request.(stock.Release); is {
		d.count(1)
		defer d.count(-1)
		select {
		case <-time.After(anAppend):
		case <-ctx.Done():
			return stock.Answer{}, allocator.ErrNoAnswer
		}
		if err := d.instead(release.Reservation); err != nil {
			return stock.Answer{}, err
		}
	}
	return d.memory.Ask(ctx, request)
}

func (d *dawdler) count(more int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.now += more
	d.most = max(d.most, d.now)
}

func askBig(t *testing.T, bridge http.Handler) answer {
	t.Helper()
	return ask(t, bridge, request(t, http.MethodPost, "/orders/big/release", ""))
}

// The reservations of an order are asked for together, so that they share writes, but no more at a
// time than are bounded, nor than there is room for. They are told in their order.
func TestLargeOrder(t *testing.T) {
	const many = 2*orderAtOnce + 1
	for name, tc := range map[string]struct{ room, atOnce, writes int }{
		"room for all":   {0, orderAtOnce, 3},
		"room for three": {3, 3, many/3 + 1},
		"room for one":   {1, 1, many},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				defer time.Sleep(proofEvery) // until nothing is left to be proven
				d := newDawdler(t, many)
				options := over(t, everywhere{Journal: d})
				options.MaxInFlight = tc.room
				bridge := newBridge(t, options)
				var settled events.OrderSettled
				began := time.Now()
				askBig(t, bridge).wantStatus(http.StatusOK).into(&settled)
				if took := time.Since(began); took > time.Duration(tc.writes)*anAppend || d.most != tc.atOnce {
					t.Errorf("it takes %s, with %d at a time", took, d.most)
				}
				if len(settled.Reservations) != many {
					t.Fatalf("%d are told", len(settled.Reservations))
				}
				for i, r := range settled.Reservations {
					if r.ReservationID != string(bigID(i)) {
						t.Errorf("reservation %d is %s", i, r.ReservationID)
					}
				}
				askBig(t, bridge).wantStatus(http.StatusOK) // the room is given back
			})
		})
	}
}

// Where some of an order's reservations cannot be changed now, the first of them says why,
// whichever is answered first, and the rest is done when it is asked for again. A panic is that of
// its request alone.
func TestOrderInPart(t *testing.T) {
	for name, tc := range map[string]struct {
		instead func() error
		status  int
		kind    *kind
	}{
		"no answer": {func() error { return allocator.ErrNoAnswer }, http.StatusServiceUnavailable, tryLater},
		"deposed":   {func() error { return allocator.ErrDeposed }, http.StatusServiceUnavailable, tryLater},
		"panic":     {func() error { panic("broken") }, http.StatusInternalServerError, internal},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				defer time.Sleep(proofEvery) // until nothing is left to be proven
				d := newDawdler(t, 2*orderAtOnce)
				d.instead = func(id stock.ID) error {
					switch id {
					case bigID(3):
						time.Sleep(anAppend) // it is not the first that is answered
						return tc.instead()
					case bigID(5):
						return allocator.ErrUnwritable
					case bigID(7):
						return context.Canceled
					default:
						return nil
					}
				}
				bridge := newBridge(t, over(t, everywhere{Journal: d}))
				if p := askBig(t, bridge).wantProblem(tc.status, tc.kind); tc.kind == internal && p.Detail != "the bridge failed; its log says how" {
					t.Errorf("told %q", p.Detail)
				}
				d.instead = func(stock.ID) error { return nil }
				var settled events.OrderSettled
				askBig(t, bridge).wantStatus(http.StatusOK).into(&settled)
				if len(settled.Reservations) != 2*orderAtOnce {
					t.Errorf("%d are told", len(settled.Reservations))
				}
			})
		})
	}
}
