package chaos

import (
	"net/http"
	"syscall"
	"testing"
	"time"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/test/faultreport"
	"github.com/acme/inventory-service/test/testbed"
)

// foundings are the writes by which a journal is founded.
var foundings = []step{
	{"creating the first page", testbed.CreatePage},
	{"creating the ledger", testbed.CreateLedger},
	{"naming the journal", testbed.NameLedger},
	{"the first term", testbed.FirstTerm},
}

// TestFoundingBroken loses, delays, doubles and falsifies each write of a founding, and
// stops the operator in the middle of it while another one founds the journal. (What
// becomes of one that dies there is played by TestCrash.)
func TestFoundingBroken(t *testing.T) {
	t.Parallel()
	for _, step := range foundings {
		for _, b := range breakages {
			if b.killed {
				continue
			}
			t.Run(step.name+"/"+b.name, func(t *testing.T) {
				t.Parallel()
				foundBroken(t, step, b)
			})
		}
		t.Run(step.name+"/stopped", func(t *testing.T) {
			t.Parallel()
			foundStopped(t, step)
		})
	}
}

// founder is a namespace in which nobody has decided yet.
type founder struct {
	*testbed.Killing
	fault   *faultreport.Fault
	watched *testbed.Observer
}

func newFounder(t *testing.T) *founder {
	t.Helper()
	f := &founder{Killing: testbed.NewKilling(testbed.NewWorld(t)), fault: faultreport.Begin(t, journalFault)}
	f.watched = f.Observe(map[string]int64{"mug amsterdam": 1})
	f.Declare("mug", "mug", "amsterdam", 1)
	return f
}

// sellOut sells the one mug, once.
func (f *founder) sellOut(since time.Time, operators ...*testbed.Operator) {
	f.Helper()
	first := operators[len(operators)-1]
	c := testbed.Reserve("cart", testbed.BinaryMode, testbed.Item("mug", 1))
	told := f.Ask(c, first)
	f.Remember(c, told)
	f.fault.Recovered(time.Since(since), 2*recovered)
	for _, o := range operators {
		f.Remember(c, f.Ask(c, o))
		if other := f.Ask(testbed.Reserve("other", testbed.PlainHTTP, testbed.Item("mug", 1)), o); told.Refused || !other.Refused {
			f.fault.Violated("the one mug was sold %s and %s", told.Text, other.Text)
		}
	}
}

func (f *founder) finish() {
	f.Helper()
	f.Settle()
	f.Sink.Check()
	f.watched.Stop()
	f.fault.Checked(f.watched.Versions)
}

func foundBroken(t *testing.T, step step, b breakage) {
	f := newFounder(t)
	late := make(chan *testbed.Passage, 1)
	met := f.Proxy.Arm(step.at, b.fault(late))
	began := time.Now()
	o := f.Start()
	o.AwaitReady()
	testbed.AwaitClosed(f.World, met, "the write to break")
	f.fault.Injected(1)
	f.sellOut(began, o)
	f.Settle()
	if b.late {
		// The first page may be a blank one of another name by then, which is made once more.
		code := (<-late).Serve().Code
		f.fault.Checked(1)
		if code != http.StatusConflict {
			f.fault.Violated("%s: the late write was answered %d, want a conflict", step.name, code)
		}
	}
	f.finish()
}

// foundStopped stops a founder in the middle, has another one found the journal and sell,
// and lets the first go on.
func foundStopped(t *testing.T, step step) {
	f := newFounder(t)
	stopped, thaw, code := make(chan time.Time, 1), make(chan struct{}), make(chan int, 1)
	met := f.Proxy.Arm(step.at, stopInMid(stopped, thaw, code))
	first := f.Start()
	var began time.Time
	select {
	case began = <-stopped:
	case <-time.After(testbed.Patience):
		t.Fatalf("nobody was ever %s", step.name)
	}
	f.fault.Injected(1)
	second := f.StartBeside()
	second.AwaitReady()
	f.sellOut(began, second)
	close(thaw)
	testbed.AwaitClosed(f.World, met, "the late write")
	f.fault.Checked(1)
	if got := <-code; got != http.StatusConflict {
		f.fault.Violated("%s: the late write was answered %d, want a conflict", step.name, got)
	}
	first.AwaitReady()
	f.sellOut(time.Now(), first, second)
	f.AwaitLedger(func(l *v1.StockLedger) bool { return l.Status.Journal != nil })
	second.Signal(syscall.SIGKILL) // or they never rest
	f.finish()
}
