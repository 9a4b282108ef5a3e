package recovery

import (
	"fmt"
	"testing"

	"github.com/acme/inventory-service/api/events"
	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/plugin"
	"github.com/acme/inventory-service/internal/restore"
	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/test/testbed"
)

const (
	// crowd is how many carts the lost journal has: enough for a restore of several appends.
	crowd, clients = 900, 30
	// received is of each product in stock; of these each cart holds one and 3 mugs are shipped, so
	// that some are left.
	received = 2 * crowd
	left     = received - crowd - 3
)

// tableware is what each cart holds one of.
var tableware = func() (products []string) {
	for n := range 24 {
		products = append(products, fmt.Sprint("mug-", n))
	}
	return products
}()

// declareTableware makes the StockItems.
func (p *place) declareTableware() {
	p.Helper()
	for _, product := range tableware {
		p.Declare(product, product, "ams", received)
	}
}

// restoreSays is the append which says that a restore is at a stage.
func restoreSays(stage stock.RestoreStage) testbed.Point {
	return testbed.PageWrite(func(a *testbed.Append) bool { return saysRestore(a, stage) })
}

func saysRestore(a *testbed.Append, stage stock.RestoreStage) bool {
	return a.Has(func(r stock.Record) bool { said, is := r.(*stock.RestoreRecord); return is && said.Stage == stage })
}

// amidRestore is an append that takes in carts, and neither begins nor ends the restore.
var amidRestore = testbed.PageWrite(func(a *testbed.Append) bool {
	return a.Has(func(r stock.Record) bool { _, is := r.(*stock.Cart); return is }) &&
		!saysRestore(a, stock.RestoreBegun) && !saysRestore(a, stock.RestoreDone)
})

// A leader that dies in a restore, at its first write, amid it or at the last, leaves it to the next
// one, which brings it to its end without being asked again. Nothing is sold meanwhile.
func TestKilledInARestore(t *testing.T) {
	old := placeOf(testbed.NewWorld(t), t)
	operator := old.Operate("--leader-elect=false")
	old.declareTableware()
	testbed.Done(old.World, old.Gather(testbed.Load{
		Clients: clients, Carts: crowd / clients, Bridges: []string{operator.Bridge},
		Items: func(int, int) (one []events.Item) {
			for _, product := range tableware {
				one = append(one, testbed.Item(product, 1))
			}
			return one
		},
	}))
	shipped := old.Ask(testbed.Reserve("shipped", testbed.PlainHTTP, testbed.Item(tableware[0], 3)), operator)
	old.Ask(testbed.Consume("c", testbed.PlainHTTP, shipped.Reservation), operator)
	file := old.read(old.export(t))
	operator.Kill()

	for name, crash := range map[string]testbed.Crash{
		"at the first write, unanswered": {At: restoreSays(stock.RestoreBegun), How: testbed.KillUnanswered},
		"amid, before":                   {At: amidRestore, How: testbed.KillBefore},
		"amid, unanswered":               {At: amidRestore, How: testbed.KillUnanswered},
		"amid, answered":                 {At: amidRestore, How: testbed.KillAnswered},
		"at the last write, before":      {At: restoreSays(stock.RestoreDone), How: testbed.KillBefore},
		"at the last write, unanswered":  {At: restoreSays(stock.RestoreDone), How: testbed.KillUnanswered},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			placeOf(testbed.NewWorld(t), t).killedInARestore(file, crash)
		})
	}
}

func (p *place) killedInARestore(file *restore.File, crash testbed.Crash) {
	p.awaitRestore("true")
	k := testbed.NewKilling(p.World)
	o := k.Start()
	p.declareTableware()
	p.awaitReason(v1.ConditionLedgerReady, v1.ReasonAwaitingRestore)
	met := k.Arm(crash)
	p.carry(file)
	p.askRestore(file.Digest + "/1")
	testbed.AwaitClosed(p.World, met, "the write to break")
	testbed.AwaitClosed(p.World, o.Exited, "the operator's death")

	o = k.Start()
	p.awaitReason(v1.ConditionRestored, v1.ReasonRestored)
	p.AwaitItem(tableware[0], func(i *v1.StockItem) bool {
		return i.Status.Consumed == 3 && i.Status.Reserved == crowd && i.Status.Available == left
	})
	if told := p.Ask(testbed.Reserve("too-many", testbed.PlainHTTP, testbed.Item(tableware[0], left+1)), o); !told.Refused {
		p.Errorf("more than is left is sold: %+v", told)
	}
	if told := p.Ask(testbed.Reserve("the-rest", testbed.PlainHTTP, testbed.Item(tableware[0], left)), o); told.Refused {
		p.Errorf("what is left is not sold: %+v", told)
	}
	p.plugin(plugin.Done, "verify")
}
