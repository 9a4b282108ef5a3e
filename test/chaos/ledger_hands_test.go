package chaos

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/test/testbed"
)

// hand is something that an administrator does to a ledger.
type hand struct {
	name string
	do   func(b *bookkeeping)
}

func byPatch(patch string) func(*bookkeeping) {
	return func(b *bookkeeping) { editLedger(b.World, patch) }
}

// hands are all survived: nothing is oversold, and decisions go on soon. Those that
// come first are what people and tools do most.
var hands = []hand{
	{"deleted", (*bookkeeping).deleteLedger},
	{"deleted while a fold is open", func(b *bookkeeping) { b.whileFolding((*bookkeeping).deleteLedger) }},
	{"holds removed", byPatch(`{"status":{"inFlight":null}}`)},
	{"fold removed while it is open", func(b *bookkeeping) { b.whileFolding(byPatch(`{"status":{"openFold":null}}`)) }},
	{"filled up by hand", (*bookkeeping).fill},
	{"filled up by wide carts", (*bookkeeping).widen},
	{"recovered cleared", byPatch(`{"status":{"recovered":false}}`)},
	{"epoch lowered", byPatch(`{"status":{"epoch":0}}`)},
	{"epoch raised", byPatch(`{"status":{"epoch":1000000}}`)},
	{"holder changed", byPatch(`{"status":{"holder":"somebody"}}`)},
	{"token changed", byPatch(`{"status":{"token":"somebody/1"}}`)},
	{"holder, epoch and token changed", byPatch(`{"status":{"holder":"somebody","epoch":2000000,"token":"somebody/2"}}`)},
	{"last fold lowered", byPatch(`{"status":{"lastFold":0}}`)},
	{"cursor garbage", byPatch(`{"status":{"cursor":"garbage"}}`)},
	{"cursor above everything", byPatch(`{"status":{"cursor":"18446744073709551615"}}`)},
	{"totals garbage", byPatch(`{"status":{"totals":{"reserved":-7,"onHand":9000000,"available":1,"inFlight":3,"backlog":77}}}`)},
	{"conditions removed", byPatch(`{"status":{"conditions":null}}`)},
	{"annotated", func(b *bookkeeping) {
		b.Must(b.Client.Patch(b.Context(), b.ledger(), mergePatch(`{"metadata":{"annotations":{"team":"warehouse"}}}`)))
	}},
	{"emptied", byPatch(`{"status":null}`)},
}

// chosen are the hands of a number of rounds: each once before any comes again.
func chosen(random *rand.Rand, rounds int) []hand {
	var order []hand
	for len(order) < rounds {
		for _, i := range random.Perm(len(hands)) {
			order = append(order, hands[i])
		}
	}
	return order[:rounds]
}

func (b *bookkeeping) ledger() *v1.StockLedger {
	l := &v1.StockLedger{}
	l.Namespace, l.Name = b.Namespace, v1.LedgerName
	return l
}

func (b *bookkeeping) deleteLedger() {
	b.Helper()
	b.Must(b.Client.Delete(b.Context(), b.ledger()))
}

// whileFolding does something in the gap between the write that opens a fold and
// the first one that follows from it. The cart is of what is never sold out.
func (b *bookkeeping) whileFolding(do func(*bookkeeping)) {
	b.Helper()
	cart := testbed.Reserve(fmt.Sprintf("folded-%d", b.random.Uint64()), testbed.BinaryMode, testbed.Item("bowl", 1))
	reservation := b.Ask(cart, b.operator).Reservation
	done := b.Proxy.Arm(testbed.ShowFold, func(p *testbed.Passage) {
		do(b)
		p.Deliver(p.Serve())
	})
	b.Patch(reservation, consuming)
	testbed.AwaitClosed(b.World, done, "a fold to be open")
}

// fill puts holds of nobody into the ledger until there is room for none. So large
// an edit takes its time and would never meet the version that it was made for: the
// operator's next write waits meanwhile.
func (b *bookkeeping) fill() {
	b.Helper()
	var holds []string
	for size := 0; size < allocator.MaxInFlightBytes; {
		name := fmt.Sprintf("nobody-%d-%s", len(holds), strings.Repeat("x", 200))
		hold := fmt.Sprintf(`{"uid":%q,"name":%q,"reservedAt":"2026-01-01T00:00:00.000000Z","expiresAt":"2036-01-01T00:00:00Z","allocations":[`+
			`{"locationID":"amsterdam","productID":"mug","quantity":1000}]}`, types.UID(fmt.Sprintf("nobody-%d", len(holds))), name)
		holds = append(holds, strconv.Quote(hold)) // an entry is a string
		size += len(hold)
	}
	done := b.Proxy.Arm(testbed.Batch, func(p *testbed.Passage) {
		editLedger(b.World, `{"status":{"inFlight":[`+strings.Join(holds, ",")+`]}}`)
		p.Deliver(p.Serve())
	})
	testbed.AwaitClosed(b.World, done, "a write of the ledger to wait for the edit")
}

// widen has more carts wait at once than the ledger can name: each takes one unit
// of 100 products with long names. All of them are decided.
func (b *bookkeeping) widen() {
	b.Helper()
	var lines []v1.ReservationItem
	for i := range v1.MaxItems {
		lines = append(lines, testbed.Line(wideProduct(i), 1))
	}
	const wide = 60 // of 20 kB each
	names := make([]string, wide)
	for i := range names {
		names[i] = fmt.Sprintf("wide-%d-%d", b.wide, i)
	}
	b.wide++
	all := make(chan struct{}) // the next decision waits for all of them
	b.Proxy.Arm(testbed.Batch, func(p *testbed.Passage) {
		select {
		case <-all:
		case <-time.After(decidesWithin / 3):
		}
		p.Deliver(p.Serve())
	})
	for _, name := range names {
		b.Reservation(name, lines...)
	}
	close(all)
	for _, name := range names {
		b.AwaitReservation(name, (*v1.Reservation).Decided)
	}
	for _, name := range names { // what they hold is small, and their objects are not
		r := &v1.Reservation{}
		r.Namespace, r.Name = b.Namespace, name
		b.Must(client.IgnoreNotFound(b.Client.Delete(b.Context(), r)))
	}
}

func wideProduct(i int) string { return fmt.Sprintf("wide-%02d-%s", i, strings.Repeat("w", 110)) }

// stockWide declares what wide carts are made of.
func (b *bookkeeping) stockWide() {
	b.Helper()
	for i := range v1.MaxItems {
		b.Declare(fmt.Sprintf("wide-%d", i), wideProduct(i), "amsterdam", 50)
	}
}

// decideAgain measures how long it takes until the next cart is decided.
func (b *bookkeeping) decideAgain(round int) time.Duration {
	b.Helper()
	began := time.Now()
	b.Ask(testbed.Reserve(fmt.Sprintf("next-%d", round), testbed.PlainHTTP, testbed.Item("bowl", 1)), b.operator)
	return time.Since(began)
}
