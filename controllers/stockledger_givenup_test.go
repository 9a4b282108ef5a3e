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
	p := w.leads()
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
	taken := giveUp(func() { w.edit(func(s *v1.StockLedgerStatus) { s.Leader = "next" }) })
	if !ready(taken) || taken.Status.Leader != "next" {
		t.Errorf("the namespace of the next leader is given up: %+v", taken.Status)
	}
	w.edit(func(s *v1.StockLedgerStatus) { s.Leader = p.name })
	given := giveUp(func() { w.annotate("example.com/note", "to be looked at") })
	if readyOf(given).Reason != v1.ReasonGivenUp {
		t.Errorf("who annotates the StockLedger keeps it from saying that it is given up: %+v", given.Status)
	}
}
