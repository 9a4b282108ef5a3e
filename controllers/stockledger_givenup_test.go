package controllers

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/namespaces"
)

// shardLabel is what the processes of a test share namespaces out by.
const shardLabel = "inventory.acme.com/shard"

// label gives the world's namespace to a shard, whose name is used by no other test.
func (w *world) label(shard string) {
	w.t.Helper()
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: w.namespace}}
	patch := fmt.Sprintf(`{"metadata":{"labels":{%q:%q}}}`, shardLabel, shard+"-"+w.namespace)
	if err := w.Patch(context.Background(), namespace, client.RawPatch(types.MergePatchType, []byte(patch))); err != nil {
		w.t.Fatal(err)
	}
}

// inShard has a process work in the namespaces of a shard.
func inShard(shard string) func(*process) {
	return func(p *process) {
		p.scope = namespaces.Scope{Selector: labels.SelectorFromSet(labels.Set{shardLabel: shard + "-" + p.w.namespace})}
	}
}

// edit changes the status of the StockLedger past all processes.
func (w *world) edit(edit func(s *v1.StockLedgerStatus)) {
	w.t.Helper()
	w.eventually("the StockLedger is edited", func() bool {
		l := w.ledger()
		edit(&l.Status)
		return w.Status().Update(context.Background(), l) == nil
	})
}

// contest has a status say that two deployments lead.
func contest(s *v1.StockLedgerStatus) {
	meta.SetStatusCondition(&s.Conditions, metav1.Condition{
		Type: v1.ConditionContested, Status: metav1.ConditionTrue, Reason: v1.ReasonAnotherDeploymentLeads,
	})
}

// leading is what the metric says of the world's namespace, empty where there is none.
func (w *world) leading() string {
	said := make(chan prometheus.Metric)
	go func() {
		defer close(said)
		observed.Collect(said)
	}()
	is := ""
	for m := range said {
		var d dto.Metric
		if err := m.Write(&d); err == nil && m.Desc() == journalLeading && d.Label[0].GetValue() == w.namespace {
			is += fmt.Sprint(d.Gauge.GetValue())
		}
	}
	return is
}

// A namespace that leaves the scope of the process that leads says so, and what to do, however far
// the process's cache is behind; one that comes back says nothing of it.
func TestGivenUpNamespace(t *testing.T) {
	w := newWorld(t)
	w.label("a")
	p := w.leads(inShard("a"))
	w.receive("mugs", "mug", 10)
	w.shows("mugs", "10 units", func(s *v1.StockItemStatus) bool { return s.Available == 10 })
	p.reserve("mug", 4)
	leads := func(l *v1.StockLedger) bool {
		return ready(l) && l.Status.Leader == p.name && l.Status.Totals.Reserved == 4
	}
	shown := w.ledgerShows("what is reserved", leads)
	thaw := p.freeze("stockledgers")
	w.edit(contest)

	// More often than anybody would try without taking turns.
	var refused atomic.Int32
	p.faults.refusing(http.StatusForbidden, metav1.StatusReasonForbidden, "not now", func(r *http.Request) bool {
		return on(http.MethodPut, "stockledgers/status")(r) && refused.Add(1) <= 10
	})
	w.label("nobody")
	given := w.ledgerShows("that it is given up", func(l *v1.StockLedger) bool { return readyOf(l).Reason == v1.ReasonGivenUp })
	says := readyOf(given)
	for _, want := range []string{p.name, shardLabel + "=a-", "--namespace-selector"} {
		if says.Status != metav1.ConditionFalse || !strings.Contains(says.Message, want) {
			t.Errorf("it says %+v: want %q in it", says, want)
		}
	}
	if c := meta.FindStatusCondition(given.Status.Conditions, v1.ConditionContested); c != nil || given.Status.Leader != "" {
		t.Errorf("%q leads a namespace that is given up, contested: %+v", given.Status.Leader, c)
	}
	if diff := cmp.Diff(shown.Status.Journal, given.Status.Journal); diff != "" || given.Status.Totals != shown.Status.Totals {
		t.Errorf("totals %+v, the journal (-before +after):\n%s", given.Status.Totals, diff)
	}
	w.told(given, "Normal", v1.ReasonGivenUp, says.Message)
	thaw()
	w.eventually("a metric says that nobody leads", func() bool { return w.leading() == "0" })

	w.label("a")
	again := w.ledgerShows("that it is taken up again", leads)
	if diff := cmp.Diff(shown.Status.Journal, again.Status.Journal); diff != "" || !p.reserve("mug", 6) {
		t.Errorf("six of ten units are not to be had, or the journal is another one (-before +after):\n%s", diff)
	}
	w.ledgerShows("what is reserved since", func(l *v1.StockLedger) bool { return ready(l) && l.Status.Totals.Reserved == 10 })
	if is := w.leading(); is != "1" {
		t.Errorf("of a namespace that was taken up again a metric says %q", is)
	}
	p.stop()
	if l := w.ledger(); l.Status.Leader != p.name || !ready(l) {
		t.Errorf("a process that stops gives up what its deployment works in: %+v", l.Status)
	}
}

// meanwhile lets something happen after the first read.
type meanwhile struct {
	client.Reader
	happens func()
}

func (m *meanwhile) Get(ctx context.Context, key client.ObjectKey, object client.Object, options ...client.GetOption) error {
	err := m.Reader.Get(ctx, key, object, options...)
	if happens := m.happens; happens != nil {
		m.happens = nil
		happens()
	}
	return err
}

// Who has taken a namespace up from one that gives it up has the last word. Anybody else who writes
// at that moment has not.
func TestGivenUpMeanwhile(t *testing.T) {
	w := newWorld(t)
	p := w.leads(ofDeployment("a/operator"))
	w.ledgerShows("that carts are decided", func(l *v1.StockLedger) bool { return ready(l) && l.Status.Leader == p.name })
	p.stop()
	reader, why := p.ledgers.APIReader, &namespaces.OutsideError{Namespace: w.namespace}
	giveUp := func(happens func()) *v1.StockLedger {
		t.Helper()
		p.ledgers.APIReader = &meanwhile{reader, happens}
		if err := p.ledgers.giveUp(t.Context(), w.namespace, why); !apierrors.IsConflict(err) {
			t.Errorf("beside another write it is %v", err)
		}
		if err := p.ledgers.giveUp(t.Context(), w.namespace, why); err != nil {
			t.Error(err)
		}
		return w.ledger()
	}
	taken := giveUp(func() { w.edit(func(s *v1.StockLedgerStatus) { s.Leader, s.Lease = "next", "b/operator" }) })
	if !ready(taken) || taken.Status.Leader != "next" {
		t.Errorf("the namespace of the next leader is given up: %+v", taken.Status)
	}
	w.edit(func(s *v1.StockLedgerStatus) { s.Leader, s.Lease = "before", "a/operator" })
	taken = giveUp(func() { w.edit(func(s *v1.StockLedgerStatus) { s.Leader, s.Lease = "next", "b/operator" }) })
	if !ready(taken) || taken.Status.Leader != "next" {
		t.Errorf("a namespace that another deployment takes up from a replica that is gone is given up: %+v", taken.Status)
	}
	w.edit(func(s *v1.StockLedgerStatus) { s.Leader, s.Lease = p.name, "a/operator" })
	given := giveUp(func() { w.annotate("example.com/note", "to be looked at") })
	if readyOf(given).Reason != v1.ReasonGivenUp {
		t.Errorf("who annotates the StockLedger keeps it from saying that it is given up: %+v", given.Status)
	}
}

// ofDeployment has a process share a lease with others.
func ofDeployment(lease string) func(*process) { return func(p *process) { p.lease = lease } }

// lookAtLedger has a process look at the StockLedger now, once its caches show what is stored and
// it knows that the namespace is not its own.
func (p *process) lookAtLedger() ctrl.Result {
	p.w.t.Helper()
	key := client.ObjectKey{Namespace: p.w.namespace, Name: v1.LedgerName}
	p.w.eventually("the caches of "+p.name+" show what is stored", func() bool {
		var cached v1.StockLedger
		err := p.ledgers.Get(p.w.t.Context(), key, &cached)
		return err == nil && cached.ResourceVersion == p.w.ledger().ResourceVersion && p.set.Outside(p.w.namespace) != nil
	})
	result, err := p.ledgers.Reconcile(p.w.t.Context(), ctrl.Request{NamespacedName: key})
	if err != nil {
		p.w.t.Error(err)
	}
	return result
}

// A namespace may leave the scope of a deployment while nothing of that runs, or whoever led there
// may be killed before it has said so. The next leader of the deployment says it, and no follower.
func TestGivenUpByTheNextLeader(t *testing.T) {
	w := newWorld(t)
	w.label("a")
	p := w.leads(inShard("a"), ofDeployment("a/operator"))
	w.ledgerShows("who leads", func(l *v1.StockLedger) bool {
		return ready(l) && l.Status.Leader == p.name && l.Status.Lease == "a/operator"
	})
	p.stop()
	w.label("nobody")
	next := w.start(inShard("a"), ofDeployment("a/operator"))
	if later := next.lookAtLedger(); later.RequeueAfter == 0 || w.ledger().Status.Leader != p.name {
		t.Errorf("a follower has it looked at again after %v, and then %q leads", later.RequeueAfter, w.ledger().Status.Leader)
	}
	next.set.Elect(true)
	given := w.ledgerShows("that it is given up", func(l *v1.StockLedger) bool { return readyOf(l).Reason == v1.ReasonGivenUp })
	if s := given.Status; s.Leader != "" || s.Lease != "" || !strings.Contains(readyOf(given).Message, p.name) {
		t.Errorf("%q of %q leads a namespace that is given up: %s", s.Leader, s.Lease, readyOf(given).Message)
	}
	w.told(given, "Normal", v1.ReasonGivenUp, readyOf(given).Message)
	w.eventually("a metric says that nobody leads", func() bool { return w.leading() == "0" })
	if later := next.lookAtLedger(); later.RequeueAfter != 0 {
		t.Errorf("what is given up is looked at again after %v", later.RequeueAfter)
	}
	w.label("a")
	w.ledgerShows("that it is taken up", func(l *v1.StockLedger) bool {
		return ready(l) && l.Status.Leader == next.name && l.Status.Lease == "a/operator"
	})
}

// What another deployment leads is not for this one to give up, nor what was led by a process that
// shares no lease: who that was is not known.
func TestNotGivenUpByOthers(t *testing.T) {
	for _, tc := range []struct{ mine, theirs string }{{"a/operator", "b/operator"}, {"a/operator", ""}, {"", ""}, {"", "b/operator"}} {
		t.Run(tc.mine+" beside "+tc.theirs, func(t *testing.T) {
			w := newWorld(t)
			w.label("b")
			other := w.leads(inShard("b"), ofDeployment(tc.theirs))
			led := func(l *v1.StockLedger) bool {
				return ready(l) && l.Status.Leader == other.name && l.Status.Lease == tc.theirs
			}
			w.ledgerShows("who leads", led)
			other.stop() // so that nobody says it again
			p := w.start(inShard("a"), ofDeployment(tc.mine))
			p.set.Elect(true)
			if later := p.lookAtLedger(); later.RequeueAfter != 0 || !led(w.ledger()) {
				t.Errorf("it is looked at again after %v, and says %+v", later.RequeueAfter, w.ledger().Status)
			}
		})
	}
}
