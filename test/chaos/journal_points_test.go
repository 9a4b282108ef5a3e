package chaos

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"sync"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/test/faultreport"
	"github.com/acme/inventory-service/test/testbed"
)

// journalFault is the fault's name in the report.
const journalFault = "journal writes crashed, frozen, lost, late, doubled"

// journalPoints are the kinds of journal writes of a namespace that is founded.
var journalPoints = []struct {
	name string
	at   testbed.Point
	// provoke makes the write come, beyond what grinding does.
	provoke func(m *mill)
}{
	{name: "creating a page", at: testbed.CreatePage, provoke: (*mill).growLong},
	{name: "appending", at: testbed.AnyAppend},
	{name: "filling a page", at: testbed.Fill},
	{name: "writing a page over", at: testbed.TurnOver},
	{name: "taking over", at: testbed.Term, provoke: (*mill).touchPages},
	{name: "restating and moving the head", at: testbed.Restate},
}

// breakage is what becomes of a write while its operator lives, or dies.
type breakage struct {
	name   string
	fault  func(late chan *testbed.Passage) testbed.Fault
	killed bool
	// late says that the write is served again when all is over.
	late bool
	// long says that it is played in the long form alone.
	long bool
}

func always(f testbed.Fault) func(chan *testbed.Passage) testbed.Fault {
	return func(chan *testbed.Passage) testbed.Fault { return f }
}

func keeping(f func(chan<- *testbed.Passage) testbed.Fault) func(chan *testbed.Passage) testbed.Fault {
	return func(late chan *testbed.Passage) testbed.Fault { return f(late) }
}

// breakages are what may become of a write.
var breakages = []breakage{
	{name: "killed before", fault: always(testbed.KillBefore), killed: true},
	{name: "killed unanswered", fault: always(testbed.KillUnanswered), killed: true},
	{name: "killed answered", fault: always(testbed.KillAnswered), killed: true, long: true},
	{name: "killed, served in the end", fault: keeping(testbed.KillWithheld), killed: true, late: true, long: true},
	{name: "request lost", fault: always(testbed.LoseRequest), long: true},
	{name: "answer lost", fault: always(testbed.LoseAnswer)},
	{name: "client left, served in the end", fault: keeping(testbed.Withhold), late: true},
	{name: "doubled", fault: always(testbed.Double)},
	{name: "429 and served", fault: always(testbed.ServeAndAnswer(http.StatusTooManyRequests))},
	{name: "504 and served", fault: always(testbed.ServeAndAnswer(http.StatusGatewayTimeout)), long: true},
	{name: "409 and not served", fault: always(testbed.Answer(http.StatusConflict)), long: true},
	{name: "500 and not served", fault: always(testbed.Answer(http.StatusInternalServerError)), long: true},
}

// TestJournalBroken kills the operator at each kind of journal write, and loses, delays,
// doubles and falsifies what becomes of it, while pages turn.
func TestJournalBroken(t *testing.T) {
	t.Parallel()
	for _, p := range journalPoints {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			fault := faultreport.Begin(t, journalFault)
			m := newMill(t)
			m.begin().AwaitReady()
			m.fill()
			m.turn(1) // from here on pages are restated and written over
			for _, b := range breakages {
				if b.long && os.Getenv("JOURNAL") != "long" {
					continue
				}
				m.suffer(fault, p.name, p.at, p.provoke, b)
			}
			fault.Checked(m.finish())
		})
	}
}

// suffer has one write break while pages turn.
func (m *mill) suffer(fault *faultreport.Fault, point string, at testbed.Point, provoke func(*mill), b breakage) {
	m.Helper()
	late := make(chan *testbed.Passage, 1)
	met := m.Proxy.Arm(at, b.fault(late))
	restarted := make(chan time.Time, 1)
	go func() { // those who wait need the next operator
		<-met
		began := time.Now()
		if b.killed {
			m.begin()
		}
		restarted <- began
	}()
	m.grindOn(fmt.Sprintf("the write is %s while %s", b.name, point), met, provoke)
	fault.Injected(1)
	began := <-restarted
	took := m.probe(began)
	m.Logf("%s, %s: decided again after %v", point, b.name, took.Round(time.Millisecond))
	fault.Recovered(took, recovered)
	if b.late {
		m.serveLate(fault, point, <-late)
	}
}

// serveLate lets a withheld write arrive after others have been made. A page that nobody
// has made meanwhile may be made: it is blank.
func (m *mill) serveLate(fault *faultreport.Fault, point string, withheld *testbed.Passage) {
	m.Helper()
	code := withheld.Serve().Code
	fault.Checked(1)
	if code != http.StatusConflict && (point != "creating a page" || code != http.StatusCreated) {
		fault.Violated("%s: the late write was answered %d, want a conflict", point, code)
	}
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// touchPages annotates the pages as somebody might: whoever leads has to claim again.
func (m *mill) touchPages() {
	m.Helper()
	for _, p := range m.Pages() {
		page := &v1.JournalPage{ObjectMeta: metav1.ObjectMeta{Namespace: m.Namespace, Name: p.Name}}
		patch := fmt.Appendf(nil, `{"metadata":{"annotations":{"touched":"%d"}}}`, p.Version)
		m.Must(client.IgnoreNotFound(m.Client.Patch(m.Context(), page, client.RawPatch("application/merge-patch+json", patch))))
	}
}

// growLong makes the journal longer than it ever was, so that pages are missing: what
// counts is what more wide carts hold.
func (m *mill) growLong() {
	m.Helper()
	var group sync.WaitGroup
	for range grist {
		number := m.grown.Add(1)
		group.Go(func() {
			ctx, cancel := context.WithTimeout(m.Context(), attemptTimeout)
			defer cancel()
			c := testbed.Reserve(fmt.Sprintf("more-%d", number), testbed.BinaryMode, wide(1)...)
			if _, err := c.Send(ctx, m.next()); err != nil {
				m.Logf("a cart was not decided at once: %v", err) // what is broken may be its page
			}
		})
	}
	group.Wait()
}

// grindOn grinds until something has happened that is provoked again and again.
func (m *mill) grindOn(what string, happened <-chan struct{}, provoke func(*mill)) {
	m.Helper()
	var provoking sync.WaitGroup
	if provoke != nil {
		provoking.Go(func() {
			for !isClosed(happened) && m.Context().Err() == nil && !m.Failed() {
				provoke(m)
				select {
				case <-happened:
				case <-time.After(500 * time.Millisecond): // as often as somebody does so
				}
			}
		})
	}
	m.grind(what, func() bool { return isClosed(happened) })
	provoking.Wait()
}

// TestJournalFrozen stops an operator in the middle of each kind of journal write until
// another one has turned all pages over, and lets it go on: its write comes too late.
func TestJournalFrozen(t *testing.T) {
	t.Parallel()
	for _, p := range journalPoints {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			fault := faultreport.Begin(t, journalFault)
			m := newMill(t)
			o := m.begin()
			o.AwaitReady()
			m.fill()
			m.turn(1)
			for _, long := range []bool{false, true} {
				o = m.freeze(fault, o, p.name, p.at, p.provoke, long)
			}
			fault.Checked(m.finish())
		})
	}
}

// freeze stops an operator in the middle of a write, has another one decide, for a full
// turn of the pages where that is to take long, and lets the first go on. It returns the
// other one.
func (m *mill) freeze(fault *faultreport.Fault, o *testbed.Operator, point string, at testbed.Point, provoke func(*mill), long bool) *testbed.Operator {
	m.Helper()
	stopped, thaw, code := make(chan time.Time, 1), make(chan struct{}), make(chan int, 1)
	met := m.Proxy.Arm(at, stopInMid(stopped, thaw, code))
	var other *testbed.Operator
	var began time.Time
	taken := make(chan struct{})
	go func() { // those who wait need the other operator
		defer close(taken)
		select {
		case began = <-stopped:
			other = m.StartBeside(fast()...)
			m.ask(other)
		case <-m.Context().Done():
		}
	}()
	m.grindOn("an operator is stopped while "+point, taken, provoke)
	took := m.probe(began)
	fault.Injected(1)
	fault.Recovered(took, recovered)
	if long {
		m.turn(len(m.Pages()) + 1)
	}
	close(thaw)
	testbed.AwaitClosed(m.World, met, "the late write")
	fault.Checked(1)
	if got := <-code; got != http.StatusConflict && (point != "creating a page" || got != http.StatusCreated) {
		fault.Violated("%s: the late write was answered %d, want a conflict", point, got)
	}
	m.probe(time.Now()) // both believe they lead
	if !o.Runs() {
		fault.Violated("the operator that was stopped ended by itself")
	}
	o.Kill()
	m.Logf("stopped while %s, all pages turned: %v", point, long)
	return other
}
