package allocator

import (
	"fmt"
	"testing"

	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/test/fixture"
)

// Many callers who leave at once, as when an ingress goes, cost one look at the queue
// together and not one each: the replica answers nobody meanwhile.
func TestManyLeaveAtOnce(t *testing.T) {
	const callers = 5000
	r := New(fixture.Config("p1"), fixture.Policy())
	now := fixture.Start
	r.Step(now, Journal{journal.Elected{}}) // it has not read the journal yet
	var asked, left []Event
	for call := uint64(1); call <= callers; call++ {
		asked = append(asked, Asked{Call: call, Request: fixture.Reserve(stock.ID(fmt.Sprint("cart-", call)))})
		left = append(left, Dropped{Call: call})
	}
	r.Step(now, asked...)
	for _, event := range left {
		r.step(now, event)
		if len(r.queue) != callers {
			t.Fatalf("the queue was gone through for one of them: %d wait", len(r.queue))
		}
	}
	r.Step(now)
	if r.Waiting() != 0 || r.left != nil {
		t.Errorf("%d wait and %d are remembered as gone", r.Waiting(), len(r.left))
	}
}
