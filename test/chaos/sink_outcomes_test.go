package chaos

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/acme/inventory-service/api/events"
	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/test/books"
	"github.com/acme/inventory-service/test/faultreport"
	"github.com/acme/inventory-service/test/testbed"
)

// TestOutcomesAgainstHostileSinks has outcomes delivered to sinks that fail in
// every way there is, while operators are killed in between. Every outcome arrives
// under one id with one content, or at the dead-letter sink where there is one, or
// shows that it cannot be delivered and holds nothing up.
func TestOutcomesAgainstHostileSinks(t *testing.T) {
	t.Parallel()
	fault := faultreport.Begin(t, "sink 5xx, accepted then timed out, publisher crash")
	outcomes := faultreport.Rounds(t, 200)
	seed := seedOf(t)
	for i, name := range []string{"dead-letter sink", "no dead-letter sink"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMailing(t, fault, seed+uint64(i)<<32, i == 0)
			m.decide(outcomes/2 + i*(outcomes%2))
			m.finish()
		})
	}
}

// mailing is a namespace whose outcomes go to hostile sinks.
type mailing struct {
	*testbed.World
	fault          *faultreport.Fault
	watched        *testbed.Observer
	random         *rand.Rand
	sink, deadSink *hostileSink // deadSink is nil where there is none
	operator       *testbed.Operator
	reservations   int
}

func newMailing(t *testing.T, fault *faultreport.Fault, seed uint64, deadLetters bool) *mailing {
	t.Helper()
	w := testbed.NewWorld(t)
	m := &mailing{World: w, fault: fault, watched: w.Observe(map[string]int64{"mug amsterdam": 1_000_000, "last amsterdam": 1}), random: rand.New(rand.NewPCG(seed, 0)), sink: newHostileSink(w, seed)}
	if deadLetters {
		m.deadSink = newHostileSink(w, seed+1)
	}
	m.Declare("mug", "mug", "amsterdam", 1_000_000)
	m.Declare("last", "last", "amsterdam", 1)
	m.start()
	return m
}

func (m *mailing) start() {
	m.Helper()
	flags := []string{"--leader-elect=false", "--sink", m.sink.url}
	if m.deadSink != nil {
		flags = append(flags, "--dead-letter-sink", m.deadSink.url)
	}
	m.operator = m.Launch(m.Kubeconfig, flags...)
}

// decide has so many carts decided, and kills the operator after every few, with
// some of them decided and some of those delivered.
func (m *mailing) decide(outcomes int) {
	m.Helper()
	for m.reservations < outcomes {
		batch := min(25, outcomes-m.reservations)
		for range batch {
			product := []string{"mug", "mug", "last"}[m.random.IntN(3)] // the last one is refused
			m.Reservation(fmt.Sprintf("cart-%d", m.reservations), testbed.Line(product, 1))
			m.reservations++
		}
		m.fault.Injected(batch)
		some := m.reservations - m.random.IntN(batch)
		m.watched.Await("outcomes", func() bool { return m.watched.Decided >= some })
		m.operator.Kill()
		if m.reservations >= outcomes {
			m.sink.slow.Store(3) // nobody is killed any more: these time out
		}
		m.start()
	}
}

// finish waits for all outcomes, heals the sink, and checks what arrived.
func (m *mailing) finish() {
	m.Helper()
	m.watched.Await("all outcomes", func() bool { return m.watched.Decided >= m.reservations })
	want := map[string]string{}
	doomed := map[string]bool{}
	for _, cart := range m.Journal().Carts() {
		r := books.Shown(m.Namespace, cart)
		event, ok := events.Outcome(r)
		if !ok {
			m.fault.Violated("%s has no outcome: %+v", r.Name, r.Status)
			continue
		}
		want[event.ID()] = string(event.Data())
		if m.sink.doomed(event.ID()) && (m.deadSink == nil || m.deadSink.doomed(event.ID())) {
			doomed[r.Name] = true
		}
	}
	m.awaitShown(doomed)
	m.watched.Await("all outcomes behind the mark", func() bool {
		return m.watched.Books.Marks.Published == m.watched.Books.Marks.Outcomes
	})
	m.Logf("%d outcomes, %d refused by all for good; the sink did %v", len(want), len(doomed), m.sink.moods)
	m.heal()
	m.Settle()
	m.compare(want)
	m.watched.Stop()
}

// awaitShown waits until those that are refused for good show it, and only they.
func (m *mailing) awaitShown(doomed map[string]bool) {
	m.Helper()
	for name := range doomed {
		m.fault.Checked(1)
		r := m.AwaitReservation(name, func(r *v1.Reservation) bool {
			return meta.IsStatusConditionFalse(r.Status.Conditions, v1.ConditionDelivered)
		})
		c := meta.FindStatusCondition(r.Status.Conditions, v1.ConditionDelivered)
		if c.Reason != "SinkAnswered403" && c.Reason != "SinkAnswered410" {
			m.fault.Violated("%s is not delivered for reason %s: %s", name, c.Reason, c.Message)
		}
	}
	for _, r := range m.Reservations() {
		if meta.IsStatusConditionFalse(r.Status.Conditions, v1.ConditionDelivered) && !doomed[r.Name] {
			m.fault.Violated("%s shows that it is not delivered: %+v", r.Name, r.Status.Conditions)
		}
	}
}

// heal has the sinks take everything. The next operator tries at once what the one
// before it would have tried in its time.
func (m *mailing) heal() {
	m.Helper()
	m.sink.healed.Store(true)
	if m.deadSink != nil {
		m.deadSink.healed.Store(true)
	}
	m.operator.Kill()
	m.start()
	for _, r := range m.Reservations() {
		m.AwaitReservation(r.Name, func(r *v1.Reservation) bool {
			return !meta.IsStatusConditionFalse(r.Status.Conditions, v1.ConditionDelivered)
		})
	}
	for _, r := range m.Reservations() {
		if meta.IsStatusConditionFalse(r.Status.Conditions, v1.ConditionDelivered) {
			m.fault.Violated("%s is delivered and shows %+v", r.Name, r.Status.Conditions)
		}
	}
}

// compare checks that every outcome arrived as it is, and nothing else.
func (m *mailing) compare(want map[string]string) {
	m.Helper()
	got := m.sink.contents()
	if m.deadSink != nil {
		dead := m.deadSink.contents()
		for id := range dead {
			if !m.sink.doomed(id) {
				m.fault.Violated("event %s went to the dead-letter sink and was not refused", id)
			}
		}
		maps.Copy(got, dead)
	}
	for id, payload := range want {
		m.fault.Checked(1)
		if content, arrived := got[id]; !arrived || !strings.HasSuffix(content, payload) {
			m.fault.Violated("outcome %s arrived as %q, want %q", id, content, payload)
		}
	}
	for id := range got {
		if _, is := want[id]; !is {
			m.fault.Violated("event %s is nobody's outcome: %s", id, got[id])
		}
	}
}
