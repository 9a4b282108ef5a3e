package engines

import (
	"path/filepath"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/controlplane"
	"github.com/acme/inventory-service/test/testbed"
)

// The names that config/gitops/policies gives to what it asks for.
const (
	protectLabel   = "inventory.acme.com/protect-stock"
	loweredTo      = "inventory.acme.com/lower-received-to"
	deletePromised = "inventory.acme.com/delete-promised"
)

// What carts hold outlives the item, and is the item's again once Git has it back.
func pruned(s *stage) {
	o := s.operate()
	mug, teapot := item("mug", "mug", 10), item("teapot", "teapot", 24)
	s.sync(mug, teapot)
	s.served("mug", "teapot")
	s.hold(o, "cart", 4, 4)

	s.sync(teapot)
	s.gone("mug")
	s.AwaitLedger(func(l *v1.StockLedger) bool { return l.Status.Totals.WithoutItem == 4 && l.Status.Totals.Open == 1 })
	s.figures("teapot", 24, 0, 24)

	s.sync(mug, teapot)
	s.figures("mug", 10, 4, 6)
	s.served("mug")
	s.Settle()
}

// protect has the policies of config/gitops/policies bind in the namespace of the stage.
func (s *stage) protect() {
	s.Helper()
	root, err := testbed.ModuleRoot()
	s.Must(err)
	s.Must(controlplane.Apply(s.Context(), s.ControlPlane.RESTConfig(), "platform", filepath.Join(root, "config/gitops/policies")))
	clients, err := kubernetes.NewForConfig(s.ControlPlane.RESTConfig())
	s.Must(err)
	_, err = clients.CoreV1().Namespaces().Patch(s.Context(), s.Namespace, types.MergePatchType,
		[]byte(`{"metadata":{"labels":{"`+protectLabel+`":"true"}}}`), metav1.PatchOptions{})
	s.Must(err)
	s.awaitPolicies()
}

// awaitPolicies waits until the API server refuses by the policies, which it reads a moment
// after they are made.
func (s *stage) awaitPolicies() {
	s.Helper()
	probe := s.Declare("probe", "probe", "", 2)
	receive := func(units string) error {
		return s.Client.Patch(s.Context(), probe, client.RawPatch(types.MergePatchType, []byte(`{"spec":{"received":`+units+`}}`)))
	}
	err := receive("1")
	for ; err == nil; err = receive("1") {
		s.Must(receive("2"))
	}
	if !strings.Contains(err.Error(), loweredTo) {
		s.Fatalf("the policies are not what refuses: %v", err)
	}
	s.Must(s.Client.Delete(s.Context(), probe))
}

// The policy refuses to prune what carts hold, and the engine says so, until it is annotated.
func protected(s *stage) {
	s.protect()
	o := s.operate()
	mug, teapot := item("mug", "mug", 10), item("teapot", "teapot", 24)
	s.sync(mug, teapot)
	s.served("mug", "teapot")
	s.hold(o, "cart", 4, 4)

	if said := s.refused(teapot); !strings.Contains(said, deletePromised) {
		s.Errorf("the engine says %q, want what to do next", said)
	}
	s.figures("mug", 10, 4, 6)

	s.sync(annotated(mug, deletePromised, "true"), teapot)
	s.sync(teapot)
	s.gone("mug")
	s.AwaitLedger(func(l *v1.StockLedger) bool { return l.Status.Totals.WithoutItem == 4 })
}

// The policy refuses to lower what was received, but to what the annotation says.
func lowered(s *stage) {
	s.protect()
	s.operate()
	mug := item("mug", "mug", 10)
	s.sync(mug)
	s.served("mug")
	if said := s.refused(item("mug", "mug", 4)); !strings.Contains(said, loweredTo) {
		s.Errorf("the engine says %q, want what to do next", said)
	}
	s.figures("mug", 10, 0, 10)
	s.sync(annotated(item("mug", "mug", 4), loweredTo, "4"))
	s.figures("mug", 4, 0, 4)
	s.refused(annotated(item("mug", "mug", 1), loweredTo, "4")) // an old word allows nothing new
	s.figures("mug", 4, 0, 4)
}

// Which product an item is of is settled: a commit that changes it is refused, and what is there
// goes on. No engine deletes the item and makes it again, unless it is forced to.
func anotherProduct(s *stage) {
	o := s.operate()
	s.sync(item("mug", "mug", 10))
	s.served("mug")
	s.hold(o, "cart", 4, 4)
	before := s.footprints()
	if said := s.refused(item("mug", "teapot", 10)); !strings.Contains(said, "productID") {
		s.Errorf("the engine says %q, want it to name the field", said)
	}
	if was, is := before["mug"], s.footprints()["mug"]; is.UID != was.UID || is.Generation != was.Generation {
		s.Errorf("the item is another one: %+v, then %+v", was, is)
	}
	s.figures("mug", 10, 4, 6)
	s.sync(item("mug", "mug", 10))
	s.served("mug")
	s.Settle()
}

// An item is renamed: the new one says that it takes over, and the old one is pruned.
func renamed(s *stage) {
	o := s.operate()
	s.sync(item("mug", "mug", 10))
	s.served("mug")
	s.hold(o, "cart", 4, 4)

	s.sync(annotated(item("blue-mug", "mug", 10), v1.TakeOverAnnotation, "true"))
	s.gone("mug")
	s.figures("blue-mug", 10, 4, 6)
	s.served("blue-mug")
	s.Settle()
}

// Without that, the new one fails fast, and sells once it is said.
func renamedUnconfirmed(s *stage) {
	o := s.operate()
	s.sync(item("mug", "mug", 10))
	s.served("mug")
	s.hold(o, "cart", 4, 4)

	s.older("mug")
	s.sync(item("mug", "mug", 10), item("blue-mug", "mug", 10)) // an engine may prune before
	s.healthy(itemKind, "blue-mug", Degraded)
	s.sync(item("blue-mug", "mug", 10))
	s.gone("mug")
	s.healthy(itemKind, "blue-mug", Degraded)
	s.sync(annotated(item("blue-mug", "mug", 10), v1.TakeOverAnnotation, "true"))
	s.figures("blue-mug", 10, 4, 6)
	s.served("blue-mug")
	s.Settle()
}

// A second item of one product and location fails fast, and the first goes on.
func duplicate(s *stage) {
	o := s.operate()
	s.sync(item("mug", "mug", 10))
	s.served("mug")
	s.older("mug")
	s.sync(item("mug", "mug", 10), item("mug-again", "mug", 70))
	s.healthy(itemKind, "mug-again", Degraded)
	s.is(itemKind, "mug", Healthy)
	s.hold(o, "cart", 4, 4)
	s.figures("mug", 10, 4, 6)
	s.sync(item("mug", "mug", 10))
	s.gone("mug-again")
	s.Settle()
}

// older waits until whatever is made now is younger than an item: objects tell their age in whole
// seconds.
func (s *stage) older(name string) {
	s.Helper()
	made := s.live(itemKind, name).GetCreationTimestamp()
	select {
	case <-time.After(time.Until(made.Add(time.Second))):
	case <-s.Context().Done():
	}
}
