package chaos

import (
	"context"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/stock"
	"github.com/acme/inventory-service/test/faultreport"
	"github.com/acme/inventory-service/test/testbed"
)

const (
	damageFault = "journal deleted or edited by hand, and repaired"
	// repairedWithin is how soon after somebody has asked for a repair carts are decided.
	repairedWithin = 30 * time.Second
	// damageSeen is for how long nothing is to be decided after damage, as long as nobody asks.
	damageSeen = 3 * time.Second
)

// ruin is a namespace whose journal somebody damages by hand.
type ruin struct {
	*dynasty
	kubeconfig string
}

func newRuin(t *testing.T, fault *faultreport.Fault, flags ...string) *ruin {
	t.Helper()
	w := testbed.NewWorld(t)
	r := &ruin{dynasty: found(w, fault, flags...), kubeconfig: w.TempDir() + "/kubeconfig"}
	w.Must(w.ControlPlane.WriteKubeconfig(r.kubeconfig))
	r.reign(1)
	r.reserve()
	r.shoppers.awaitMore(20)
	return r
}

// kubectl does what a person at a terminal does.
func (r *ruin) kubectl(arguments ...string) {
	r.Helper()
	arguments = append([]string{"--kubeconfig", r.kubeconfig, "-n", r.Namespace}, arguments...)
	out, err := exec.CommandContext(r.Context(), r.ControlPlane.Kubectl(), arguments...).CombinedOutput()
	if err != nil {
		r.Fatalf("kubectl: %v\n%s", err, out)
	}
}

// deleteAll is the accident.
func (r *ruin) deleteAll() {
	r.Helper()
	r.kubectl("delete", "journalpages", "--all", "--wait=false")
	r.fault.Injected(1)
}

// awaitDamage waits until the ledger says that the journal is damaged, and returns what
// the annotation has to say. proven waits until all that was told is known.
func (r *ruin) awaitDamage(proven bool) (request string) {
	r.Helper()
	r.AwaitLedger(func(l *v1.StockLedger) bool {
		c := meta.FindStatusCondition(l.Status.Conditions, v1.ConditionJournalDamaged)
		if c == nil || c.Status != metav1.ConditionTrue {
			return false
		}
		var ok bool
		if request, ok = requestOf(c.Message); !ok {
			return false
		}
		return proven == !strings.HasSuffix(request, "accept-loss")
	})
	return request
}

// requestOf is what the message of a condition says that the annotation has to be.
func requestOf(message string) (request string, ok bool) {
	_, quoted, found := strings.Cut(message, v1.RepairAnnotation+"=")
	prefix, err := strconv.QuotedPrefix(quoted)
	if !found || err != nil {
		return "", false
	}
	request, err = strconv.Unquote(prefix)
	return request, err == nil
}

// standsStill checks that nothing is decided, and that operators live on and say so.
func (r *ruin) standsStill() {
	r.Helper()
	records := r.records()
	for _, o := range []*replica{r.leader, r.standby} {
		if o == nil {
			continue
		}
		r.fault.Checked(1)
		if answer := askStalled(r.Context(), o.Bridge, "never"+strconv.Itoa(o.Command.Process.Pid)); answer.err != nil || answer.code != 503 || answer.after == "" {
			r.fault.Violated("a command was answered %+v while the journal is damaged", *answer)
		}
	}
	<-time.After(damageSeen) // that nothing happens takes its time
	if now := r.records(); now != records {
		r.fault.Violated("%d records were written while the journal is damaged and nobody had asked for a repair", now-records)
	}
}

func (r *ruin) records() (count int) {
	r.Helper()
	r.watched.Await("the journal", func() bool { count = r.watched.Books.Records; return true })
	return count
}

// ask annotates the ledger.
func (r *ruin) ask(request string) {
	r.Helper()
	r.kubectl("annotate", "--overwrite", "stockledger", v1.LedgerName, v1.RepairAnnotation+"="+request)
}

// repaired waits until carts are decided again, and checks that the ledger says so.
func (r *ruin) repaired(since time.Time) {
	r.Helper()
	bridges := r.bridges()
	r.fault.Recovered(r.probe(bridges...).Sub(since), repairedWithin)
	r.AwaitLedger(func(l *v1.StockLedger) bool {
		return testbed.LedgerReady(&l.Status) && !meta.IsStatusConditionTrue(l.Status.Conditions, v1.ConditionJournalDamaged)
	})
	r.shoppers.awaitMore(20)
}

// TestJournalDeleted deletes all pages under load. Nothing is decided until somebody asks
// for what the condition names; then nothing that was told is lost.
func TestJournalDeleted(t *testing.T) {
	t.Parallel()
	for _, p := range []struct {
		name string
		do   func(r *ruin)
	}{
		{"leader and standby saw it", func(r *ruin) {
			r.deleteAll()
			request := r.awaitDamage(true)
			r.standsStill()
			r.ask(request)
			r.repaired(time.Now())
		}},
		{"twice", func(r *ruin) {
			r.deleteAll()
			first := r.awaitDamage(true)
			r.ask(first)
			r.repaired(time.Now())
			r.deleteAll()
			second := r.awaitDamage(true)
			r.ask(first) // for the earlier damage
			r.standsStill()
			r.ask(second)
			r.repaired(time.Now())
		}},
		{"leader killed, standby saw it", func(r *ruin) {
			r.leader.Kill()
			r.crown()
			r.deleteAll()
			request := r.awaitDamage(true)
			r.ask(request)
			r.repaired(time.Now())
		}},
		{"with the ledger", func(r *ruin) {
			r.kubectl("delete", "stockledgers", "--all", "--wait=false")
			r.deleteAll()
			request := r.awaitDamage(true)
			r.standsStill()
			r.ask(request)
			r.repaired(time.Now())
		}},
		{"a process that was stopped meanwhile goes on", func(r *ruin) {
			r.standby.Signal(syscall.SIGSTOP)
			stopped := r.standby
			r.dismiss()
			r.deleteAll()
			request := r.awaitDamage(true)
			r.ask(request)
			r.repaired(time.Now())
			stopped.Signal(syscall.SIGCONT)
			r.appoint(stopped)
			r.shoppers.awaitMore(20)
			r.succeed(kill) // it leads with what the new journal says, or not at all
			r.crown()
			r.shoppers.awaitMore(10)
		}},
		{"malformed requests", func(r *ruin) {
			r.deleteAll()
			request := r.awaitDamage(true)
			fields := strings.Fields(request)
			r.ask("yes")
			r.ask(strings.Join(fields[:3], " "))
			r.ask(fields[0] + " 1 1 " + strings.Repeat("0", 64))
			r.standsStill()
			r.ask(request)
			r.repaired(time.Now())
		}},
	} {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			r := newRuin(t, faultreport.Begin(t, damageFault))
			p.do(r)
			r.end()
		})
	}
}

// TestTwoRepair lets two operators that both believe they lead repair the same damage.
func TestTwoRepair(t *testing.T) {
	t.Parallel()
	r := newRuin(t, faultreport.Begin(t, damageFault), "--leader-elect=false")
	r.deleteAll()
	request := r.awaitDamage(true)
	r.standsStill()
	r.ask(request)
	r.repaired(time.Now())
	r.leader.Kill() // or they never rest
	r.crown()
	r.end()
}

// TestRepairKilled kills the operator that repairs at each step, before it is served and
// after it. Another one that knows as much completes it.
func TestRepairKilled(t *testing.T) {
	t.Parallel()
	for _, step := range []struct {
		name string
		at   testbed.Point
	}{
		{"creating a page", testbed.CreatePage},
		{"restating", testbed.AnyAppend},
		{"founding anew", testbed.PageWrite(func(a *testbed.Append) bool {
			return a.Has(func(r stock.Record) bool { _, is := r.(*stock.Founded); return is })
		})},
		{"naming the new journal", testbed.NameLedger},
		{"the first term", testbed.Term},
	} {
		for _, death := range deaths[:2] {
			t.Run(fmt.Sprintf("%s/%s", step.name, death.name), func(t *testing.T) {
				t.Parallel()
				r := newRuin(t, faultreport.Begin(t, damageFault))
				r.deleteAll()
				request := r.awaitDamage(true)
				met := r.leader.front.Arm(step.at, death.how)
				asked := time.Now()
				r.ask(request)
				testbed.AwaitClosed(r.World, met, "the one that repairs "+step.name)
				testbed.AwaitClosed(r.World, r.leader.Exited, "its death")
				r.fault.Injected(1)
				r.crown()
				r.repaired(asked)
				r.end()
			})
		}
	}
}

// TestEndNotProven deletes the pages while no operator runs: what was told is lost if
// somebody says so, and nothing is decided before.
func TestEndNotProven(t *testing.T) {
	t.Parallel()
	w := testbed.NewWorld(t)
	fault := faultreport.Begin(t, damageFault)
	r := &ruin{dynasty: found(w, fault), kubeconfig: w.TempDir() + "/kubeconfig"}
	w.Must(w.ControlPlane.WriteKubeconfig(r.kubeconfig))
	r.leader = r.enlist()
	r.leader.AwaitReady()
	before := w.Ask(testbed.Reserve("before", testbed.PlainHTTP, testbed.Item("mug", 1)), r.leader.Operator)
	w.Settle()
	r.leader.Kill()
	r.deleteAll()
	r.leader = r.enlist()
	r.leader.AwaitReady()
	request := r.awaitDamage(false)
	r.standsStill()
	r.ask(strings.TrimSuffix(request, " accept-loss"))
	r.standsStill()
	r.watched.Await("the journal", func() bool { r.watched.Books.Lossy = true; return true })
	asked := time.Now()
	r.ask(request)
	t.Cleanup(func() {
		l := &v1.StockLedger{}
		_ = w.Client.Get(context.Background(), client.ObjectKey{Namespace: w.Namespace, Name: v1.LedgerName}, l)
		t.Logf("asked for %q; the ledger: %+v %+v", request, l.Annotations, l.Status)
	})
	after := w.Ask(testbed.Reserve("after", testbed.PlainHTTP, testbed.Item("mug", scarceUnits-1)), r.leader.Operator)
	fault.Recovered(time.Since(asked), repairedWithin)
	if before.Refused || after.Refused {
		t.Errorf("told before: %s, and after: %s", before.Text, after.Text)
	}
	r.AwaitLedger(func(l *v1.StockLedger) bool { return testbed.LedgerReady(&l.Status) })
}

// repairWhatIsAsked annotates the ledger as its condition says, as soon as it does and
// whenever it says something else.
func repairWhatIsAsked(ctx context.Context, w *testbed.World) {
	asked := ""
	for ctx.Err() == nil {
		l := &v1.StockLedger{ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace, Name: v1.LedgerName}}
		if err := w.Client.Get(ctx, client.ObjectKeyFromObject(l), l); err == nil {
			if c := meta.FindStatusCondition(l.Status.Conditions, v1.ConditionJournalDamaged); c != nil && c.Status == metav1.ConditionTrue {
				request, ok := requestOf(c.Message)
				if ok && request != asked {
					asked = request
					patch := fmt.Sprintf(`{"metadata":{"annotations":{%q:%q}}}`, v1.RepairAnnotation, request)
					if err := w.Client.Patch(ctx, l, mergePatch(patch)); err != nil && ctx.Err() == nil {
						w.Logf("ask for a repair: %v", err)
						asked = ""
					}
				}
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(100 * time.Millisecond): // as somebody who looks again and again
		}
	}
}
