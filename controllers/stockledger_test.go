package controllers

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/stock"
)

// ledgerShows waits until the StockLedger is as it should be.
func (w *world) ledgerShows(what string, is func(l *v1.StockLedger) bool) *v1.StockLedger {
	w.t.Helper()
	var l *v1.StockLedger
	defer func() {
		if w.t.Failed() {
			w.t.Logf("it shows %+v", l.Status)
		}
	}()
	w.eventually("the StockLedger shows "+what, func() bool {
		l = w.ledger()
		return is(l)
	})
	return l
}

func ready(l *v1.StockLedger) bool { return readyOf(l).Status == metav1.ConditionTrue }

// The StockLedger is the namespace at a glance. Whatever somebody does to it, it comes back,
// and names the journal that it named.
func TestStockLedger(t *testing.T) {
	w := newWorld(t)
	p := w.leads()
	w.receive("mugs", "mug", 10)
	w.shows("mugs", "10 units", func(s *v1.StockItemStatus) bool { return s.Available == 10 })
	p.reserve("mug", 4)
	p.reserve("mug", 7)
	want := v1.LedgerTotals{Items: 1, OnHand: 10, Reserved: 4, Available: 6, Open: 1, Unshown: 1, Remembered: 2, Undelivered: 2}
	good := func(l *v1.StockLedger) bool {
		return ready(l) && l.Status.Totals == want && l.Status.Leader == p.name && l.Status.Journal != nil &&
			l.Status.Position != "" && !strings.Contains(l.Status.Position, ".999.")
	}
	shown := w.ledgerShows("what there is", good)
	if c := readyOf(shown); c.Reason != v1.ReasonLeading {
		t.Errorf("ready: %+v", c)
	}
	if len(shown.Status.Conditions) != 1 || shown.Status.RememberedSince != nil {
		t.Errorf("status: %+v", shown.Status)
	}

	for name, edit := range map[string]func(*v1.StockLedger) error{
		"deleted": func(l *v1.StockLedger) error { return w.Delete(t.Context(), l) },
		"erased": func(l *v1.StockLedger) error {
			l.Status = v1.StockLedgerStatus{}
			return w.Status().Update(t.Context(), l)
		},
		"other figures": func(l *v1.StockLedger) error {
			l.Status.Totals.OnHand, l.Status.Leader, l.Status.Conditions = 77, "me", nil
			return w.Status().Update(t.Context(), l)
		},
		"a position to come": func(l *v1.StockLedger) error {
			l.Status.Position = l.Status.Position[:9] + "999.1"
			return w.Status().Update(t.Context(), l)
		},
	} {
		w.eventually(name, func() bool { return edit(w.ledger()) == nil })
		again := w.ledgerShows("it again after: "+name, good)
		if diff := cmp.Diff(shown.Status.Journal, again.Status.Journal); diff != "" {
			t.Errorf("%s: the journal (-before +after):\n%s", name, diff)
		}
	}
}

// It is written about once a second, however much happens.
func TestStockLedgerPace(t *testing.T) {
	w := newWorld(t)
	p := w.leads()
	w.receive("mugs", "mug", 100_000)
	w.ledgerShows("the item", func(l *v1.StockLedger) bool { return l.Status.Totals.Items == 1 })
	before := w.ledger().Generation
	versions := map[string]bool{}
	began := time.Now()
	w.eventually("the StockLedger is written while carts come", func() bool {
		p.reserve("mug", 1)
		versions[w.ledger().ResourceVersion] = true
		return time.Since(began) > 3*time.Second && len(versions) > 1
	})
	if passed := time.Since(began); len(versions) > int(passed/time.Second)+3 {
		t.Errorf("it had %d versions in %s, of generation %d and %d", len(versions), passed, before, w.ledger().Generation)
	}
}

// Where nothing can be stored it says so, with what to do, and goes on by itself.
func TestStockLedgerUnwritable(t *testing.T) {
	for name, tc := range map[string]struct {
		code    int32
		reason  metav1.StatusReason
		message string
		want    []string
	}{
		"no rights": {
			http.StatusForbidden, metav1.StatusReasonForbidden, "journalpages is forbidden: User cannot update resource",
			[]string{"cannot update", "config/rbac"},
		},
		"a quota": {
			http.StatusForbidden, metav1.StatusReasonForbidden, "journalpages is forbidden: exceeded quota: few, requested: 1, used: 1",
			[]string{"exceeded quota: few", "ResourceQuota"},
		},
		"no space": {
			http.StatusInternalServerError, metav1.StatusReasonInternalError, "etcdserver: mvcc: database space exceeded",
			[]string{"database space exceeded", "NOSPACE"},
		},
		"a policy": {
			http.StatusUnprocessableEntity, metav1.StatusReasonInvalid, "ValidatingAdmissionPolicy 'strict' with binding 'b' denied request: no",
			[]string{"'strict'", "Exempt"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			p := w.leads()
			w.receive("mugs", "mug", 10)
			w.shows("mugs", "10 units", func(s *v1.StockItemStatus) bool { return s.Available == 10 })
			w.ledgerShows("that all is well", ready)
			p.faults.refusing(tc.code, tc.reason, tc.message, on(http.MethodPut, "journalpages"))
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
			defer cancel()
			waits := make(chan bool, 1)
			go func() {
				answer, err := p.runner().Ask(ctx, cartOf("mug", 1))
				waits <- err == nil && answer.Reservation.Phase == stock.PhaseReserved
			}()
			l := w.ledgerShows("that nothing can be stored", func(l *v1.StockLedger) bool { return readyOf(l).Reason == v1.ReasonUnwritable })
			for _, want := range tc.want {
				if c := readyOf(l); c.Status != metav1.ConditionFalse || !strings.Contains(c.Message, want) {
					t.Errorf("%+v: want %q in it", c, want)
				}
			}
			p.faults.mend()
			w.ledgerShows("that all is well again", ready)
			if !<-waits {
				t.Error("the cart that waited is refused")
			}
		})
	}
}

// Of damage it says which journal, how far it is known, and what to do. Until then nothing
// is decided.
func TestStockLedgerDamaged(t *testing.T) {
	w := newWorld(t)
	p := w.leads()
	w.receive("mugs", "mug", 10)
	w.shows("mugs", "10 units", func(s *v1.StockItemStatus) bool { return s.Available == 10 })
	p.reserve("mug", 4)
	w.ledgerShows("what is reserved", func(l *v1.StockLedger) bool { return l.Status.Totals.Reserved == 4 })
	standby := w.start()
	w.eventually("the standby follows", func() bool { return standby.runner() != nil && standby.runner().Position() == p.runner().Position() })
	if err := w.DeleteAllOf(t.Context(), &v1.JournalPage{}, client.InNamespace(w.namespace)); err != nil {
		t.Fatal(err)
	}
	l := w.ledgerShows("damage", func(l *v1.StockLedger) bool {
		return meta.IsStatusConditionTrue(l.Status.Conditions, v1.ConditionJournalDamaged) && readyOf(l).Reason == v1.ReasonDamaged
	})
	var damage journal.Damage
	w.eventually("the one that led knows of the damage", func() (known bool) { // the other one may have told it
		p.runner().Read(func(_ *stock.State, l *journal.Log) {
			if is := l.Damage(); is != nil {
				damage, known = *is, true
			}
		})
		return known
	})
	message := meta.FindStatusCondition(l.Status.Conditions, v1.ConditionJournalDamaged).Message
	for _, want := range []string{string(l.Status.Journal.UID), damage.Position.Digest, v1.RepairAnnotation + "="} {
		if !strings.Contains(message, want) {
			t.Errorf("%q is not in %s", want, message)
		}
	}
	w.told(l, "Warning", "JournalDamaged", message)
	if told, want := toldDamage(l).Journal, string(l.Status.Journal.UID); told != want {
		t.Errorf("what is told is read as journal %q, want %q", told, want)
	}
	if l.Status.Totals.Reserved != 4 {
		t.Errorf("totals are %+v", l.Status.Totals)
	}

	w.annotate(v1.RepairAnnotation, "please")
	w.ledgerShows("that the annotation is none", func(l *v1.StockLedger) bool { return strings.Contains(readyOf(l).Message, `"please"`) })
	w.annotate(v1.RepairAnnotation, damage.Request())
	w.ledgerShows("that it goes on", func(l *v1.StockLedger) bool {
		return ready(l) && meta.IsStatusConditionFalse(l.Status.Conditions, v1.ConditionJournalDamaged)
	})
	w.ledgerShows("what was reserved", func(l *v1.StockLedger) bool { return l.Status.Totals.Reserved == 4 })
	w.told(l, "Normal", "JournalRepaired", "the journal is whole")
}

func (w *world) annotate(key, value string) {
	w.t.Helper()
	w.eventually("it is annotated", func() bool {
		l := w.ledger()
		l.Annotations = map[string]string{key: value}
		return w.Update(context.Background(), l) == nil
	})
}

// Of two processes that say what is damaged, the one that knows more prevails.
func TestDamageThatIsKnownFurther(t *testing.T) {
	digest := strings.Repeat("ab", 32)
	of := func(index int, proven bool) ledgerFacts {
		return ledgerFacts{damage: &journal.Damage{
			Reason: "no page of the journal is left", Journal: journal.Identity{Journal: "j", Namespace: "n"},
			Position: journal.Position{Page: 3, Index: index, Digest: digest}, Proven: proven,
		}}
	}
	less, more, proven := of(4, false), of(7, false), of(7, true)
	var s v1.StockLedgerStatus
	now := time.Unix(1000, 0)
	for _, step := range []struct{ says, want ledgerFacts }{
		{less, less}, {more, more}, {less, more}, {proven, proven}, {more, proven}, {proven, proven},
	} {
		step.says.show(&s, now)
		c := meta.FindStatusCondition(s.Conditions, v1.ConditionJournalDamaged)
		if c == nil || !strings.Contains(c.Message, step.want.damage.Request()+`"`) {
			t.Fatalf("it says %+v, want %s", c, step.want.damage.Request())
		}
	}
	whole := ledgerFacts{leading: true, stocked: true}
	whole.show(&s, now)
	if c := meta.FindStatusCondition(s.Conditions, v1.ConditionJournalDamaged); c.Status != metav1.ConditionFalse || c.Reason != v1.ReasonIntact {
		t.Errorf("afterwards it says %+v", c)
	}
}

// What a StockLedger says of itself, without an API server.
func TestLedgerReady(t *testing.T) {
	for name, tc := range map[string]struct {
		facts  ledgerFacts
		reason string
		says   string
	}{
		"leading":        {ledgerFacts{leading: true, stocked: true}, v1.ReasonLeading, "decided"},
		"reading":        {ledgerFacts{leading: true}, v1.ReasonReadingStock, "until all StockItems are read"},
		"reading fails":  {ledgerFacts{leading: true, reading: errors.New("a 503")}, v1.ReasonReadingStock, "a 503"},
		"full":           {ledgerFacts{leading: true, stocked: true, stored: 8, limit: 8}, v1.ReasonFull, "--journal-limit"},
		"taking over":    {ledgerFacts{stage: "following"}, v1.ReasonTakingOver, "following"},
		"unwritable":     {ledgerFacts{leading: true, trouble: errors.New("no")}, v1.ReasonUnwritable, "no. It is tried"},
		"unknown format": {ledgerFacts{foreign: true}, v1.ReasonUnknownFormat, "later one"},
		"damaged":        {ledgerFacts{damage: &journal.Damage{}, malformed: errors.New("is none")}, v1.ReasonDamaged, "is none"},
	} {
		c := tc.facts.ready()
		if c.Reason != tc.reason || !strings.Contains(c.Message, tc.says) || (c.Status == metav1.ConditionTrue) != (tc.reason == v1.ReasonLeading) {
			t.Errorf("%s: %+v", name, c)
		}
	}
}

// audits are what a test says was found.
type audits struct {
	status     v1.AuditStatus
	consistent metav1.Condition
	requested  chan string
}

func (a *audits) Audit(string) (v1.AuditStatus, metav1.Condition, bool) {
	return a.status, a.consistent, a.consistent.Status != ""
}

func (a *audits) Request(_, value string) {
	select {
	case a.requested <- value:
	default:
	}
}

// Somebody asks for an audit by an annotation, and what was found is shown.
func TestStockLedgerAudit(t *testing.T) {
	w := newWorld(t)
	found := &audits{requested: make(chan string, 1)}
	p := w.leads(func(p *process) { p.audits = found })
	w.ledgerShows("that all is well", ready)
	w.ledgerShows("that no audit has ended", func(l *v1.StockLedger) bool {
		c := meta.FindStatusCondition(l.Status.Conditions, v1.ConditionConsistent)
		return c != nil && c.Status == metav1.ConditionUnknown && c.Reason == v1.ReasonNotAudited
	})
	w.annotate(v1.AuditRequestedAnnotation, "now")
	select {
	case value := <-found.requested:
		if value != "now" {
			t.Errorf("%q was requested", value)
		}
	case <-time.After(time.Minute):
		t.Fatal("nothing was requested")
	}
	facts := p.ledgers.look(w.namespace, p.runner(), ledgerAsks{})
	facts.audited = true
	facts.audit = v1.AuditStatus{LastHandledRequest: "now"}
	facts.consistent = metav1.Condition{Type: v1.ConditionConsistent, Status: metav1.ConditionTrue, Reason: v1.ReasonFiguresAgree}
	s := v1.StockLedgerStatus{Journal: &v1.JournalIdentity{UID: "j"}, Audit: &v1.AuditStatus{LastDifference: &v1.AuditDifference{Summary: "then"}}}
	facts.show(&s, time.Now())
	if s.Audit.LastHandledRequest != "now" || s.Audit.LastDifference == nil || s.Journal == nil || !meta.IsStatusConditionTrue(s.Conditions, v1.ConditionConsistent) {
		t.Errorf("status is %+v", s)
	}
}

// deliveries say of every namespace the same.
type deliveries struct {
	mu   sync.Mutex
	said metav1.Condition
}

func (d *deliveries) say(c metav1.Condition) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.said = c
}

func (d *deliveries) Delivering(string) (metav1.Condition, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.said, true
}

// The StockLedger says whether the sink takes outcomes, and nothing of it without a sink.
func TestLedgerSaysWhetherOutcomesAreDelivered(t *testing.T) {
	w := newWorld(t)
	d := &deliveries{said: metav1.Condition{
		Type: v1.ConditionDelivering, Status: metav1.ConditionFalse, Reason: v1.ReasonSinkFails, Message: "it answered 503",
	}}
	p := w.leads(func(p *process) { p.sent = d })
	w.ledgerShows("that the sink fails", func(l *v1.StockLedger) bool {
		c := meta.FindStatusCondition(l.Status.Conditions, v1.ConditionDelivering)
		return c != nil && c.Reason == v1.ReasonSinkFails && c.Message == "it answered 503" && !c.LastTransitionTime.IsZero()
	})
	d.say(metav1.Condition{})
	p.ledgers.Changed(w.namespace)
	w.ledgerShows("nothing of a sink", func(l *v1.StockLedger) bool {
		return meta.FindStatusCondition(l.Status.Conditions, v1.ConditionDelivering) == nil
	})
}
