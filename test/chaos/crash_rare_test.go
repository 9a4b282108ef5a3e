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

// rare are crashes at writes for which a story is too short.
var rare = map[string]func(*testing.T, testbed.Fault){
	"noting that the sink took it after all": crashWhenTakenAfterAll,
	"naming the order":                       crashWhenNamingTheOrder,
	"dropping an item":                       crashWhenDroppingAnItem,
	"showing the refusal":                    crashWhenShowingARefusal,
}

// crashWhenTakenAfterAll kills the operator as it notes that the sink took an
// event that it had refused.
func crashWhenTakenAfterAll(t *testing.T, how testbed.Fault) {
	report := faultreport.Begin(t, crashes)
	k := testbed.NewKilling(testbed.NewWorld(t))
	watched := k.Observe(map[string]int64{"mug amsterdam": 5, "plate amsterdam": 1})
	k.Declare("mug", "mug", "amsterdam", 5)
	k.Declare("plate", "plate", "amsterdam", 1)
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

// crashWhenNamingTheOrder kills the operator as it notes the order that a cart became,
// and as it drops a StockItem that somebody has deleted.
func crashWhenNamingTheOrder(t *testing.T, how testbed.Fault) {
	crashAlive(t, testbed.Crash{At: testbed.NameOrder, How: how}, func(k *testbed.Killing, reservation string) {
		k.AwaitPhase(reservation, v1.PhaseReserved)
		k.Patch(reservation, `{"spec":{"orderID":"order"}}`)
	})
}

func crashWhenDroppingAnItem(t *testing.T, how testbed.Fault) {
	crashAlive(t, testbed.Crash{At: testbed.DropItem, How: how}, func(k *testbed.Killing, _ string) {
		i := &v1.StockItem{}
		i.Namespace, i.Name = k.Namespace, "spare"
		k.Must(k.Client.Delete(k.Context(), i))
	})
}

func crashWhenShowingARefusal(t *testing.T, how testbed.Fault) {
	crashAlive(t, testbed.Crash{At: testbed.ShowRefused, How: how}, func(k *testbed.Killing, _ string) {
		k.Reservation("too-much", testbed.Line("mug", 9))
	})
}

// crashAlive kills an operator that has reserved a cart, at a write that follows from what
// somebody does then.
func crashAlive(t *testing.T, crash testbed.Crash, do func(k *testbed.Killing, reservation string)) {
	report := faultreport.Begin(t, crashes)
	k := testbed.NewKilling(testbed.NewWorld(t))
	watched := k.Observe(map[string]int64{"mug amsterdam": 5, "plate amsterdam": 1})
	k.Declare("mug", "mug", "amsterdam", 5)
	k.Declare("plate", "plate", "amsterdam", 1)
	k.Declare("spare", "spare", "amsterdam", 1)
	o := k.Start()
	o.AwaitReady()
	c := cart(testbed.BinaryMode, 3)("")
	told := k.Ask(c, o)
	k.Remember(c, told)
	k.Settle()
	met := k.Arm(crash)
	do(k, told.Reservation)
	testbed.AwaitClosed(k.World, met, "the write to break")
	testbed.AwaitClosed(k.World, o.Exited, "the operator's death")
	report.Injected(1)
	began := time.Now()
	o = k.Start()
	o.AwaitReady()
	k.Remember(c, k.Ask(c, o))
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
