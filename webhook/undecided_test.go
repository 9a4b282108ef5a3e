package webhook

import (
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/acme/inventory-service/api/events"
	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/test/fixture"
)

var elected = allocator.Journal{Event: journal.Elected{}}

// Not decided in time: 503, over every protocol, whatever the caller would rather have;
// the command that comes again gets the outcome.
func TestUndecidedInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(t, fixedNow)
		// A delivery is declared and not shown yet: a cart that needs it waits.
		more := fixture.Item("item-of-p", fixture.Stocks("p", "here", 100), fixture.Revised(2, 2))
		if answer, err := m.Ask(t.Context(), stock.PutItem{Item: more}); err != nil || answer.Verdict != stock.Done {
			t.Fatal(fixture.Words(answer), err)
		}
		options := over(t, everywhere{Journal: m})
		options.Wait = 50 * time.Millisecond
		impatient := newBridge(t, options)
		const waits = `{"cartId":"c","items":[{"productId":"p","quantity":50}]}`
		command := commandEvent(events.TypeReserve, "k", waits)
		told := ask(t, impatient, eventRequest(t, modeBinary, "/", command)).wantProblem(http.StatusServiceUnavailable, tryLater)
		plain := request(t, http.MethodPost, "/reservations", waits, "Idempotency-Key", "k", "Prefer", "respond-async")
		told202 := ask(t, impatient, plain).wantProblem(http.StatusServiceUnavailable, tryLater)
		if told.ReservationID == "" || told202.ReservationID == "" {
			t.Errorf("does not tell which may have been made: %+v, %+v", told, told202)
		}
		if answer, err := m.Ask(t.Context(), stock.ShowItem{UID: more.UID, Generation: 2}); err != nil || answer.Verdict != stock.Done {
			t.Fatal(fixture.Words(answer), err)
		}
		reply := ask(t, newBridge(t, over(t, everywhere{Journal: m})), eventRequest(t, modeBinary, "/", command)).event()
		if reply.Subject() != told.ReservationID || reply.Type() != events.TypeReserved {
			t.Errorf("%s of %s after %+v", reply.Type(), reply.Subject(), told)
		}
	})
}

// A command that may have been forgotten is never decided again, and one that is
// remembered gets its outcome however old it is.
func TestOldCommand(t *testing.T) {
	at := now
	clock := func() time.Time { return at }
	m := newMemory(t, clock, func(p *stock.Policy) { p.Retention, p.Grace, p.CompactAbove = 1, 1, 1 })
	bridge := newBridge(t, over(t, everywhere{Journal: m}))
	reserve := func(id string, when time.Time) *http.Request {
		command := commandEvent(events.TypeReserve, id, `{"cartId":"c","items":[{"productId":"unheard","quantity":1}]}`)
		command.SetTime(when)
		return eventRequest(t, modeBinary, "/", command)
	}
	first := ask(t, bridge, reserve("old", at)).event()
	for n := uint64(2); find(m, first.Subject()) != nil; n++ {
		if n > 10_000 {
			t.Fatal("nothing is ever forgotten")
		}
		at = at.Add(time.Second)
		ask(t, bridge, reserve(fmt.Sprint("later-", n), at)).event()
		if answer, err := m.Ask(t.Context(), stock.Publish{Number: n}); err != nil {
			t.Fatal(fixture.Words(answer), err)
		}
	}
	ask(t, bridge, reserve("old", now)).wantProblem(http.StatusUnprocessableEntity, tooOld)
	ask(t, bridge, reserve("older", now.Add(-48*time.Hour))).wantProblem(http.StatusUnprocessableEntity, tooOld)
	ask(t, bridge, reserve("before 1970", time.Unix(-1, 0))).wantProblem(http.StatusUnprocessableEntity, tooOld)
	ask(t, bridge, reserve("new", at)).event()
	ask(t, bridge, reserve("ahead", at.Add(time.Hour))).event()
	last := ask(t, bridge, reserve("last", at.Add(time.Millisecond))).event()
	if again := ask(t, bridge, reserve("last", at.Add(time.Millisecond))).event(); again.String() != last.String() {
		t.Errorf("%s and %s", last, again)
	}
}
