package chaos

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"testing"
	"time"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/test/faultreport"
	"github.com/acme/inventory-service/test/testbed"
)

// TestPagesRewritten has a stranger's admission webhook change pages as they are written:
// the proxy stands for it. Labels do no harm. A changed content is told apart: nothing is
// told that the stored page does not say, and it goes on when that has ended, by itself or
// as the ledger says.
func TestPagesRewritten(t *testing.T) {
	t.Parallel()
	for _, p := range []struct {
		name    string
		rewrite func(page *v1.JournalPage)
		// harmless says that decisions go on all the time.
		harmless bool
	}{
		{"labels added", func(page *v1.JournalPage) {
			if page.Labels == nil {
				page.Labels = map[string]string{}
			}
			page.Labels["seen-by"] = "a-webhook"
		}, true},
		{"leader changed", func(page *v1.JournalPage) { page.Leader = "somebody" }, true},
		{"time changed", func(page *v1.JournalPage) { page.Written = "2030-01-01T00:00:00.000000Z" }, true},
		{"records cut off", func(page *v1.JournalPage) { page.Data, page.Records, page.Bytes = "", 0, 0 }, false},
		{"header changed", func(page *v1.JournalPage) { page.Header = "{}" }, false},
		{"token changed", func(page *v1.JournalPage) { page.Token = "somebody/1" }, false},
	} {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			fault := faultreport.Begin(t, "pages rewritten by a webhook")
			r := &rewritten{Killing: testbed.NewKilling(testbed.NewWorld(t)), fault: fault}
			r.watched = r.Observe(map[string]int64{"mug amsterdam": 100})
			r.Declare("mug", "mug", "amsterdam", 100)
			r.o = r.Start()
			r.o.AwaitReady()
			r.reserve("before")
			r.Settle()
			r.begin(p.rewrite)
			if p.harmless {
				r.reserve("meanwhile")
				r.end()
			} else {
				r.reserveNothing("meanwhile")
				r.end()
				r.mend()
			}
			r.reserve("after")
			r.reserve("before")
			r.reserve("meanwhile")
			r.Settle()
			r.Sink.Check()
			r.watched.Stop()
			fault.Checked(r.watched.Versions)
		})
	}
}

// rewritten is a namespace whose pages somebody changes on their way.
type rewritten struct {
	*testbed.Killing
	fault   *faultreport.Fault
	watched *testbed.Observer
	o       *testbed.Operator
	// end ends what begin has begun.
	end func()
}

// begin has every page changed from now on.
func (r *rewritten) begin(rewrite func(*v1.JournalPage)) {
	at := testbed.Point{Method: http.MethodPut, Resource: "journalpages"}
	r.end = r.Proxy.ArmAlways(at, func(p *testbed.Passage) {
		p.Change(func(body []byte) []byte {
			var page v1.JournalPage
			if err := json.Unmarshal(body, &page); err != nil {
				r.Errorf("read a page: %v", err)
				return body
			}
			rewrite(&page)
			changed, err := json.Marshal(&page)
			if err != nil {
				r.Errorf("write a page: %v", err)
				return body
			}
			return changed
		})
		r.fault.Injected(1)
		p.Deliver(p.Serve())
	})
}

// reserve has a cart decided. It is the same answer each time.
func (r *rewritten) reserve(id string) {
	r.Helper()
	c := testbed.Reserve(id, testbed.PlainHTTP, testbed.Item("mug", 1))
	told := r.Ask(c, r.o)
	r.Remember(c, told)
	r.fault.Checked(1)
	if told.Refused {
		r.fault.Violated("the cart %s was refused: %s", id, told.Text)
	}
}

// reserveNothing checks that a cart is told nothing that is not stored.
func (r *rewritten) reserveNothing(id string) {
	r.Helper()
	answer := askStalled(r.Context(), r.o.Bridge, id)
	r.fault.Checked(1)
	if answer.err != nil || answer.code != http.StatusServiceUnavailable || answer.after == "" {
		r.fault.Violated("a cart whose page was rewritten was answered %+v", *answer)
	}
}

// mend waits until all is well, by itself or by what the ledger asks for.
func (r *rewritten) mend() {
	r.Helper()
	began := time.Now()
	repairing, stop := context.WithCancel(r.Context())
	var repair sync.WaitGroup
	repair.Go(func() { repairWhatIsAsked(repairing, r.World) })
	r.reserve("mended")
	r.fault.Recovered(time.Since(began), repairedWithin)
	stop()
	repair.Wait()
}
