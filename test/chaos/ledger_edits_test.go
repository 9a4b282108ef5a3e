package chaos

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/acme/inventory-service/api/events"
	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/test/faultreport"
	"github.com/acme/inventory-service/test/testbed"
)

const (
	ledgerFault = "ledger object deleted, filled up, edited by hand"
	// decidesWithin is how soon carts are decided again after a ledger was edited.
	decidesWithin = 15 * time.Second
	// editRooms is how many ledgers are edited at the same time.
	editRooms = 2
)

// TestLedgerInOtherHands deletes, fills and edits ledgers by hand while carts are
// decided, released and consumed. Nothing is oversold at any revision, decisions go
// on within 15 seconds, and all comes to rest with the sums right.
func TestLedgerInOtherHands(t *testing.T) {
	t.Parallel()
	fault := faultreport.Begin(t, ledgerFault)
	rounds := faultreport.Rounds(t, 10)
	order := chosen(rand.New(rand.NewPCG(seedOf(t), 0)), rounds)
	for room := range min(editRooms, rounds) {
		t.Run(fmt.Sprint("room ", room), func(t *testing.T) {
			t.Parallel()
			b := newBookkeeping(t, fault, uint64(room))
			stop := b.trade()
			for round := room; round < rounds; round += editRooms {
				b.suffer(round, order[round])
			}
			stop()
			b.finish()
		})
	}
}

// bookkeeping is a namespace whose ledger is edited by hand under load.
type bookkeeping struct {
	*testbed.Killing
	fault    *faultreport.Fault
	history  *history
	random   *rand.Rand
	operator *testbed.Operator
	wide     int
}

func newBookkeeping(t *testing.T, fault *faultreport.Fault, seed uint64) *bookkeeping {
	t.Helper()
	b := &bookkeeping{Killing: testbed.NewKilling(testbed.NewWorld(t)), fault: fault, random: rand.New(rand.NewPCG(seed, 1))}
	b.history = record(b.World)
	for product, received := range map[string]int64{"mug": 40, "plate": 40, "bowl": 1000} {
		b.Declare(product, product, "amsterdam", received)
	}
	b.operator = b.Start()
	b.stockWide()
	b.operator.AwaitReady()
	return b
}

// trade has clients reserve scarce units, and give back or ship them, until it is
// stopped.
func (b *bookkeeping) trade() (stop func()) {
	ctx, cancel := context.WithCancel(b.Context())
	var trading sync.WaitGroup
	for client := range 4 {
		trading.Go(func() {
			for cart := 0; ctx.Err() == nil; cart++ {
				b.deal(ctx, fmt.Sprintf("%d-%d", client, cart), cart)
			}
		})
	}
	return func() { cancel(); trading.Wait() }
}

// deal is one cart from its beginning to its end.
func (b *bookkeeping) deal(ctx context.Context, id string, cart int) {
	ask := func(c testbed.Command) *testbed.Told {
		answer, err := c.Repeat(ctx, func() string { return b.operator.Bridge })
		if err != nil {
			return nil // stopped
		}
		return answer
	}
	told := ask(testbed.Reserve(id, testbed.BinaryMode, events.Item{ProductID: "mug", Quantity: 4}, events.Item{ProductID: "plate", Quantity: 3}))
	switch {
	case told == nil:
	case told.Refused: // what was shipped never comes back
		b.restock("mug", 4)
		b.restock("plate", 3)
	case cart%8 == 0:
		ask(testbed.Consume("ship-"+id, testbed.PlainHTTP, told.Reservation))
	default:
		ask(testbed.Release("back-"+id, testbed.PlainHTTP, told.Reservation))
	}
}

// restock raises what was received. Somebody else may have done so meanwhile.
func (b *bookkeeping) restock(product string, units int64) {
	i := &v1.StockItem{}
	err := b.Client.Get(b.Context(), client.ObjectKey{Namespace: b.Namespace, Name: product}, i)
	if err == nil {
		i.Spec.Received += units
		err = b.Client.Update(b.Context(), i)
	}
	if err != nil && !apierrors.IsConflict(err) {
		b.Errorf("restock %s: %v", product, err)
	}
}

// suffer has one hand laid on the ledger and waits until all is well again.
func (b *bookkeeping) suffer(round int, h hand) {
	b.Helper()
	b.AwaitLedger(func(l *v1.StockLedger) bool { return l.Status.Recovered && testbed.LedgerReady(&l.Status) })
	h.do(b)
	b.fault.Injected(1)
	took := b.decideAgain(round)
	b.Logf("%s: decided again after %v", h.name, took.Round(time.Millisecond))
	b.fault.Recovered(took, decidesWithin)
}

// finish judges every revision and what is left.
func (b *bookkeeping) finish() {
	b.Helper()
	awaitRest(b.World, b.history)
	j := newJudge(b.fault)
	j.unjournaled = true
	j.hear(b.history.end())
	j.atRest()
	j.delivered(b.Sink)
}
