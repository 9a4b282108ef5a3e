package chaos

import (
	"net/http"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/test/faultreport"
	"github.com/acme/inventory-service/test/testbed"
)

// crashWhenTakenAfterAll kills the operator as it notes that the sink took an
// event that it had refused.
func crashWhenTakenAfterAll(t *testing.T, how testbed.Fault) {
	report := faultreport.Begin(t, crashes)
	k := testbed.NewKilling(testbed.NewWorld(t))
	k.Declare("mug", "mug", "amsterdam", 5)
	k.Declare("plate", "plate", "amsterdam", 1)
	watched := k.Observe(map[string]int64{"mug amsterdam": 5, "plate amsterdam": 1})
	k.Sink.Feel(testbed.Failing(http.StatusBadRequest))
	o := k.Start()
	o.AwaitReady()
	c := cart(testbed.BinaryMode, 3)("")
	told := k.Ask(c, o)
	k.Remember(c, told)
	k.AwaitReservation(told.Reservation, deliveredIs(metav1.ConditionFalse))
	o.Kill()

	k.Sink.Feel(nil)
	met := k.Arm(testbed.Crash{At: testbed.Redelivered, How: how})
	o = k.Start()
	testbed.AwaitClosed(k.World, met, "the sink's change of mind to be noted")
	testbed.AwaitClosed(k.World, o.Exited, "the operator's death")
	report.Injected(1)
	began := time.Now()
	o = k.Start()
	o.AwaitReady()
	k.Remember(c, k.Ask(c, o))
	report.Recovered(time.Since(began), recovered)
	k.AwaitReservation(told.Reservation, deliveredIs(metav1.ConditionTrue))
	k.Settle()
	k.Sink.Check()
	watched.Stop()
	k.Proxy.AwaitRest(quiet)
	report.Checked(watched.Versions)
}

// crashWhenTouchingPending kills the operator as it rebuilds a ledger that was
// lost while a Reservation waited for its decision.
func crashWhenTouchingPending(t *testing.T, how testbed.Fault) {
	report := faultreport.Begin(t, crashes)
	k := testbed.NewKilling(testbed.NewWorld(t))
	k.Declare("mug", "mug", "amsterdam", 5)
	k.Declare("plate", "plate", "amsterdam", 1)
	watched := k.Observe(map[string]int64{"mug amsterdam": 5, "plate amsterdam": 1})
	name := pending(k)
	met := k.Arm(testbed.Crash{At: touchPending, How: how})
	o := k.Start()
	testbed.AwaitClosed(k.World, met, "the pending reservation to be touched")
	testbed.AwaitClosed(k.World, o.Exited, "the operator's death")
	report.Injected(1)
	began := time.Now()
	k.Start().AwaitReady()
	k.AwaitPhase(name, v1.PhaseReserved)
	report.Recovered(time.Since(began), recovered)
	k.Settle()
	k.Sink.Check()
	watched.Stop()
	k.Proxy.AwaitRest(quiet)
	report.Checked(watched.Versions)
}

// deliveredIs tells whether a Reservation has the condition Delivered.
func deliveredIs(status metav1.ConditionStatus) func(*v1.Reservation) bool {
	return func(r *v1.Reservation) bool {
		return meta.IsStatusConditionPresentAndEqual(r.Status.Conditions, v1.ConditionDelivered, status)
	}
}
