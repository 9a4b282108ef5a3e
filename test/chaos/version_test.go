package chaos

import (
	"fmt"
	"testing"

	cloudevents "github.com/cloudevents/sdk-go/v2"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/test/earlier"
	"github.com/acme/inventory-service/test/faultreport"
	"github.com/acme/inventory-service/test/testbed"
)

// versions are the two that take turns: the earlier one, and that of this checkout.
type versions struct{ old, now version }

type version struct {
	name, binary string
	flags        []string
}

func versionsOf(w *testbed.World) versions {
	w.Helper()
	return versions{
		old: version{name: "the earlier version", binary: earlier.Operator(w)},
		now: version{name: "this version", binary: w.Binary, flags: w.BinaryFlags},
	}
}

// use says which version is launched from now on.
func (v version) use(w *testbed.World) { w.Binary, w.BinaryFlags = v.binary, v.flags }

// TestVersionsTakeTurns lets the earlier version and this one lead in turn, forward, back and
// forward again, while clients shop at both: whichever leads, the other follows and forwards.
// The API and the rights are those of this checkout all the time, as the guide to an upgrade
// says. At the end each of them audits what both have written.
func TestVersionsTakeTurns(t *testing.T) {
	rounds := faultreport.Rounds(t, 3)
	fault := faultreport.Begin(t, "earlier and this version in turn")
	spread(t, rounds, 10, 1, func(t *testing.T, first, rounds int) {
		w := testbed.NewWorld(t)
		v := versionsOf(w)
		d := found(w, fault)
		d.sink.Compared = everyVersionTells
		v.old.use(w)
		d.reign(uint64(first + 1))
		for round := range rounds {
			next := v.now
			if round%2 == 1 {
				next = v.old
			}
			next.use(w)
			d.reserve()
			d.shoppers.awaitMore(20)
			fault.Injected(1)
			fault.Recovered(d.succeed(terminate), handOverLimit)
			d.Logf("%s leads", next.name)
			d.crown()
			d.shoppers.awaitMore(10)
		}
		d.shoppers.stop()
		d.Settle()
		for _, last := range []version{v.old, v.now} {
			last.use(w)
			d.reserve()
			d.succeed(terminate)
			d.crown()
			audited(w, fault, last.name)
		}
		d.end()
	})
}

// everyVersionTells is what both versions tell of an outcome. This one tells more: until when a
// cart is held, and as extensions which command it was. An outcome whose delivery one version
// has not noted when the other takes over comes twice, under one id.
func everyVersionTells(event cloudevents.Event) cloudevents.Event {
	for name := range event.Extensions() {
		event.SetExtension(name, nil)
	}
	data := map[string]any{}
	if err := event.DataAs(&data); err != nil {
		return event
	}
	delete(data, "expiresAt")
	if err := event.SetData(cloudevents.ApplicationJSON, data); err != nil {
		panic(err) // it was JSON
	}
	return event
}

// audited has whoever leads audit the namespace, which has to be consistent.
func audited(w *testbed.World, fault *faultreport.Fault, by string) {
	w.Helper()
	asked := "by " + by
	l := &v1.StockLedger{ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace, Name: v1.LedgerName}}
	patch := fmt.Appendf(nil, `{"metadata":{"annotations":{%q:%q}}}`, v1.AuditRequestedAnnotation, asked)
	w.Must(w.Client.Patch(w.Context(), l, client.RawPatch("application/merge-patch+json", patch)))
	done := w.AwaitLedger(func(l *v1.StockLedger) bool {
		return l.Status.Audit != nil && l.Status.Audit.LastHandledRequest == asked
	})
	fault.Checked(1)
	if !meta.IsStatusConditionTrue(done.Status.Conditions, v1.ConditionConsistent) || done.Status.Audit.LastDifference != nil {
		fault.Violated("an audit by %s found %+v: %+v", by, done.Status.Conditions, done.Status.Audit)
	}
}
