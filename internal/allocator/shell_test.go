package allocator

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/controlplane/controlplanetest"
	"github.com/acme/inventory-service/internal/lifecycle"
)

func TestMain(m *testing.M) { os.Exit(controlplanetest.Main(m, "../../config/crd")) }

// room is a shard over a namespace of a real API server.
type room struct {
	*shard
	t *testing.T
}

func openRoom(t *testing.T) room {
	t.Helper()
	cp := controlplanetest.Shared(t)
	scheme := runtime.NewScheme()
	if err := v1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	c, err := client.New(cp.RESTConfig(), client.Options{Scheme: scheme})
	if err != nil {
		t.Fatal(err)
	}
	a := New(Options{Client: c, Reader: c, Cache: c, Name: "test", Clock: clock.RealClock{}})
	return room{newShard(a, controlplanetest.Namespace(t, cp)), t}
}

// cart makes a Reservation, then changes its spec and its status.
func (r room) cart(name string, changes ...func(*v1.Reservation)) *v1.Reservation {
	r.t.Helper()
	o := &v1.Reservation{
		ObjectMeta: metav1.ObjectMeta{Namespace: r.namespace, Name: name},
		Spec: v1.ReservationSpec{
			CartID: "cart", Intent: v1.IntentHold, Items: []v1.ReservationItem{{ProductID: "p", Quantity: 2}},
		},
	}
	if err := r.Client.Create(r.t.Context(), o); err != nil {
		r.t.Fatal(err)
	}
	for _, change := range changes {
		change(o)
		status := o.Status.DeepCopy()
		if err := r.Client.Update(r.t.Context(), o); err != nil {
			r.t.Fatal(err)
		}
		o.Status = *status
		if err := r.Client.Status().Update(r.t.Context(), o); err != nil {
			r.t.Fatal(err)
		}
	}
	return o
}

func (r room) phase(name string) (v1.Phase, string) {
	r.t.Helper()
	var o v1.Reservation
	if err := r.Client.Get(r.t.Context(), client.ObjectKey{Namespace: r.namespace, Name: name}, &o); err != nil {
		r.t.Fatal(err)
	}
	return o.CurrentPhase(), o.Status.Fence
}

func holdFor(o *v1.Reservation) v1.InFlightHold {
	hold := holdOf(o.UID, 2, time.Now())
	hold.Name = o.Name
	return hold
}

func reserve(o *v1.Reservation) { lifecycle.Reserve(o, holdFor(o)) }
func refuse(o *v1.Reservation) {
	lifecycle.Refuse(o, time.Now(), []v1.UnavailableItem{{ProductID: "p", Requested: 2}})
}
func release(o *v1.Reservation) { o.Spec.Intent = v1.IntentRelease }

// claimed makes the ledger and takes it for this process.
func (r room) claimed(ctx context.Context) Claim {
	r.t.Helper()
	read, _ := r.createLedger(ctx, 1).(LedgerRead)
	write := WriteLedger{
		UID: read.Stored.UID, Version: read.Stored.Version,
		Status: v1.StockLedgerStatus{Holder: r.identity, Epoch: 1, Token: "t"},
	}
	if got, _ := r.writeLedger(ctx, write).(LedgerWritten); got.Result != Landed {
		r.t.Fatalf("the claim: %+v", got)
	}
	return Claim{UID: read.Stored.UID, Holder: r.identity, Epoch: 1}
}

// What is Pending becomes what the journal says, what is decided stays, and a
// successor of the same name is not touched.
func TestRollForward(t *testing.T) {
	r := openRoom(t)
	claim := r.claimed(t.Context())
	var holds []v1.InFlightHold
	for _, o := range []*v1.Reservation{
		r.cart("pending"), r.cart("withdrawn", release), r.cart("reserved", reserve), r.cart("refused", refuse),
	} {
		holds = append(holds, holdFor(o))
	}
	replaced := r.cart("replaced")
	holds = append(holds, holdFor(replaced), v1.InFlightHold{UID: "gone", Name: "gone"})
	if err := r.Client.Delete(t.Context(), replaced); err != nil {
		t.Fatal(err)
	}
	r.cart("replaced")

	got := r.rollForward(t.Context(), RollForward{Term: 4, Holds: holds, Claim: claim})
	if diff := cmp.Diff(Event(RolledForward{Term: 4}), got); diff != "" {
		t.Fatalf("answer (-want +got):\n%s", diff)
	}
	for name, want := range map[string]v1.Phase{
		"pending": v1.PhaseReserved, "withdrawn": v1.PhaseReleased, "reserved": v1.PhaseReserved,
		"refused": v1.PhaseUnavailable, "replaced": v1.PhasePending,
	} {
		if phase, _ := r.phase(name); phase != want {
			t.Errorf("%s is %s, want %s", name, phase, want)
		}
	}
	if got := r.state.Stock().Totals().Reserved; got != 4 {
		t.Errorf("%d units are known to be reserved, want those of pending and reserved", got)
	}
}

// Nothing is written on behalf of a ledger that is somebody else's by now.
func TestRollForwardWithoutTheLedger(t *testing.T) {
	claims := map[string]func(c *Claim){
		"another holder": func(c *Claim) { c.Holder = "other" },
		"another epoch":  func(c *Claim) { c.Epoch = 2 },
		"another ledger": func(c *Claim) { c.UID = "other" },
	}
	for name, change := range claims {
		t.Run(name, func(t *testing.T) {
			r := openRoom(t)
			claim := r.claimed(t.Context())
			change(&claim)
			holds := []v1.InFlightHold{holdFor(r.cart("pending"))}
			got := r.rollForward(t.Context(), RollForward{Term: 4, Holds: holds, Claim: claim})
			if diff := cmp.Diff(Event(TakenOver{Term: 4}), got); diff != "" {
				t.Errorf("answer (-want +got):\n%s", diff)
			}
			if phase, _ := r.phase("pending"); phase != v1.PhasePending {
				t.Errorf("it is %s", phase)
			}
		})
	}
}

// Catching up sees what no watch has told, and a rebuild moves every open
// Reservation so that writes of before meet a conflict.
func TestCatchUp(t *testing.T) {
	for name, rebuild := range map[string]bool{"catch up": false, "rebuild": true} {
		t.Run(name, func(t *testing.T) {
			r := openRoom(t)
			before := r.cart("pending")
			held := r.cart("reserved", reserve)
			r.cart("refused", refuse)
			item := &v1.StockItem{
				ObjectMeta: metav1.ObjectMeta{Namespace: r.namespace, Name: "item"},
				Spec:       v1.StockItemSpec{ProductID: "p", LocationID: "a", Received: 9},
			}
			if err := r.Client.Create(t.Context(), item); err != nil {
				t.Fatal(err)
			}
			got, _ := r.catchUp(t.Context(), CatchUp{Term: 4, Rebuild: rebuild, Fence: "fence"}).(CaughtUp)
			if diff := cmp.Diff(uidSet(held.UID), got.Holds); diff != "" {
				t.Errorf("holds (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(uidSet(item.UID), got.Items); diff != "" {
				t.Errorf("items (-want +got):\n%s", diff)
			}
			if got.HoldsVersion < versionOf(held.ResourceVersion) || got.ItemsVersion < versionOf(item.ResourceVersion) {
				t.Errorf("complete at %d and %d, made at %s and %s", got.HoldsVersion, got.ItemsVersion, held.ResourceVersion, item.ResourceVersion)
			}
			if totals := r.state.Stock().Totals(); totals.OnHand != 9 || totals.Reserved != 2 {
				t.Errorf("known are %+v", totals)
			}
			for name, touched := range map[string]bool{"pending": rebuild, "reserved": rebuild, "refused": false} {
				if _, fence := r.phase(name); (fence == "fence") != touched {
					t.Errorf("%s has fence %q, want touched %t", name, fence, touched)
				}
			}
			lifecycle.Reserve(before, holdFor(before)) // a write on behalf of the lost ledger
			if err := r.Client.Status().Update(t.Context(), before); (err != nil) != rebuild {
				t.Errorf("a write from before: %v", err)
			}
		})
	}
}
