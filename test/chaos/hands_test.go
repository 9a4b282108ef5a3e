package chaos

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/acme/inventory-service/api/events"
	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/test/faultreport"
	"github.com/acme/inventory-service/test/testbed"
)

const (
	handsFault = "ledger and pages edited and deleted by hand"
	// decidesWithin is how soon carts are decided again after something was edited.
	decidesWithin = 15 * time.Second
	// editRooms is how many namespaces are edited at the same time.
	editRooms = 2
)

// TestJournalInOtherHands edits and deletes the ledger and pages by hand while carts are
// decided, released and consumed. Where that damages the journal, what the ledger asks for
// repairs it. Nothing is oversold in any record, decisions go on within 15 seconds, and all
// comes to rest with the sums right.
func TestJournalInOtherHands(t *testing.T) {
	t.Parallel()
	fault := faultreport.Begin(t, handsFault)
	rounds := faultreport.Rounds(t, 14)
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

// hand is something that an administrator does.
type hand struct {
	name string
	do   func(b *bookkeeping)
}

// hands are all survived: nothing is oversold, and decisions go on soon. Those that
// come first are what people and tools do most.
var hands = []hand{
	{"ledger deleted", func(b *bookkeeping) { b.Must(client.IgnoreNotFound(b.Client.Delete(b.Context(), b.ledger()))) }},
	{"ledger annotated", func(b *bookkeeping) {
		b.Must(b.Client.Patch(b.Context(), b.ledger(), mergePatch(`{"metadata":{"annotations":{"team":"warehouse"}}}`)))
	}},
	{"ledger's status emptied", byPatch(`{"status":null}`)},
	{"ledger names nobody", byPatch(`{"status":{"journal":null}}`)},
	{"ledger's position raised", byPatch(`{"status":{"position":"00000000.99999.1"}}`)},
	{"ledger's position garbage", byPatch(`{"status":{"position":"garbage"}}`)},
	{"ledger's leader changed", byPatch(`{"status":{"leader":"somebody"}}`)},
	{"ledger's conditions removed", byPatch(`{"status":{"conditions":null}}`)},
	{"ledger's totals garbage", byPatch(`{"status":{"totals":{"reserved":-7,"onHand":9000000,"available":1,"undelivered":77}}}`)},
	{"pages annotated", func(b *bookkeeping) { b.eachPage(func(p journal.Page) error { return b.annotate(p) }) }},
	{"pages edited", func(b *bookkeeping) { b.eachPage(b.edit) }},
	{"a free page deleted", func(b *bookkeeping) {
		b.deletePages(func(p journal.Page, head, _ uint64) bool { return p.Number < head })
	}},
	{"a page before the last deleted", func(b *bookkeeping) {
		b.deletePages(func(p journal.Page, head, tail uint64) bool { return p.Number >= head && p.Number < tail })
	}},
	{"the last page deleted", func(b *bookkeeping) {
		b.deletePages(func(p journal.Page, _, tail uint64) bool { return p.Number == tail })
	}},
	{"all pages deleted", func(b *bookkeeping) { b.deletePages(func(journal.Page, uint64, uint64) bool { return true }) }},
	{"ledger and all pages deleted", func(b *bookkeeping) {
		b.Must(client.IgnoreNotFound(b.Client.Delete(b.Context(), b.ledger())))
		b.deletePages(func(journal.Page, uint64, uint64) bool { return true })
	}},
	{"all pages and the ledger deleted", func(b *bookkeeping) {
		b.deletePages(func(journal.Page, uint64, uint64) bool { return true })
		b.Must(client.IgnoreNotFound(b.Client.Delete(b.Context(), b.ledger())))
	}},
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

// bookkeeping is a namespace whose journal is edited by hand under load.
type bookkeeping struct {
	*testbed.Killing
	fault    *faultreport.Fault
	watched  *testbed.Observer
	random   *rand.Rand
	operator *testbed.Operator
}

func newBookkeeping(t *testing.T, fault *faultreport.Fault, seed uint64) *bookkeeping {
	t.Helper()
	b := &bookkeeping{Killing: testbed.NewKilling(testbed.NewWorld(t)), fault: fault, random: rand.New(rand.NewPCG(seed, 1))}
	b.watched = b.Observe(nil) // what was received grows
	b.watched.LedgerEdited = true
	for product, received := range map[string]int64{"mug": 40, "plate": 40, "bowl": 1000} {
		b.Declare(product, product, "amsterdam", received)
	}
	b.operator = b.Start()
	b.operator.AwaitReady()
	return b
}

func (b *bookkeeping) ledger() *v1.StockLedger {
	l := &v1.StockLedger{}
	l.Namespace, l.Name = b.Namespace, v1.LedgerName
	return l
}

func byPatch(patch string) func(*bookkeeping) {
	return func(b *bookkeeping) {
		b.Must(b.Client.Status().Patch(b.Context(), b.ledger(), mergePatch(patch)))
	}
}

func (b *bookkeeping) eachPage(do func(p journal.Page) error) {
	b.Helper()
	for _, p := range b.Pages() {
		b.Must(client.IgnoreNotFound(do(p)))
	}
}

func pageObject(namespace, name string) *v1.JournalPage {
	return &v1.JournalPage{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}}
}

func (b *bookkeeping) annotate(p journal.Page) error {
	return b.Client.Patch(b.Context(), pageObject(b.Namespace, p.Name), mergePatch(`{"metadata":{"annotations":{"team":"warehouse"},"labels":{"team":"warehouse"}}}`))
}

// edit tries to change a page's content. The API server refuses that.
func (b *bookkeeping) edit(p journal.Page) error {
	if p.Blank() {
		return nil // what nobody has written has no token that protects it
	}
	for _, patch := range []string{`{"data":""}`, `{"records":0}`, `{"header":"{}"}`, `{"page":77}`, `{"token":"somebody/1"}`, `{"emptied":true}`} {
		before, after := pageObject(b.Namespace, p.Name), pageObject(b.Namespace, p.Name)
		if err := b.Client.Get(b.Context(), client.ObjectKeyFromObject(before), before); err != nil {
			return err
		}
		err := b.Client.Patch(b.Context(), after, mergePatch(patch))
		if err == nil && changedByHand(before, after) {
			b.fault.Violated("the API server let somebody change %s by %s", p.Name, patch)
		}
		if err != nil && !apierrors.IsInvalid(err) && !apierrors.IsNotFound(err) && !apierrors.IsConflict(err) {
			return err
		}
	}
	b.fault.Checked(1)
	return nil
}

// changedByHand tells an edit from a patch that says what the page says already, which makes no
// new version, and from a write of the operator's, which brings another token.
func changedByHand(before, after *v1.JournalPage) bool {
	return after.ResourceVersion != before.ResourceVersion && (after.Token == before.Token || after.Token == "somebody/1")
}

// deletePages deletes those that are chosen.
func (b *bookkeeping) deletePages(chosen func(p journal.Page, head, tail uint64) bool) {
	b.Helper()
	pages := b.Pages()
	var head, tail uint64
	for _, p := range pages {
		if p.Written() && p.Number > tail {
			head, tail = p.Header.Head, p.Number
		}
	}
	for _, p := range pages {
		if chosen(p, head, tail) {
			b.Must(client.IgnoreNotFound(b.Client.Delete(b.Context(), pageObject(b.Namespace, p.Name))))
		}
	}
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
	select {
	case <-ctx.Done():
	case <-time.After(50 * time.Millisecond): // as people do
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

// suffer has one hand laid on and waits until all is well again.
func (b *bookkeeping) suffer(round int, h hand) {
	b.Helper()
	b.AwaitLedger(func(l *v1.StockLedger) bool { return testbed.LedgerReady(&l.Status) && l.Status.Journal != nil })
	h.do(b)
	b.fault.Injected(1)
	began := time.Now()
	repairing, stop := context.WithCancel(b.Context())
	var repair sync.WaitGroup
	repair.Go(func() { repairWhatIsAsked(repairing, b.World) })
	b.Ask(testbed.Reserve(fmt.Sprintf("next-%d", round), testbed.PlainHTTP, testbed.Item("bowl", 1)), b.operator)
	took := time.Since(began)
	stop()
	repair.Wait()
	b.Logf("%s: decided again after %v", h.name, took.Round(time.Millisecond))
	b.fault.Recovered(took, decidesWithin)
}

// finish judges what is left.
func (b *bookkeeping) finish() {
	b.Helper()
	b.Settle()
	b.Sink.CheckAll(b.watched.Outcomes())
	b.watched.Stop()
	b.fault.Checked(b.watched.Versions + b.watched.Books.Records)
}
