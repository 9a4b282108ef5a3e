package chaos

import (
	"context"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/test/faultreport"
	"github.com/acme/inventory-service/test/testbed"
)

// silence is for how long nothing may be asked about a namespace that is gone: more than
// any pause of somebody who tries again.
const silence = 8 * time.Second

// TestNamespaceGone deletes a namespace that operators work in, and makes it again under
// the same name. They forget it, ask nothing about it any more, and begin with nothing in
// the new one.
func TestNamespaceGone(t *testing.T) {
	t.Parallel()
	pages, ledger := client.Object(&v1.JournalPage{}), client.Object(&v1.StockLedger{})
	items, reservations := client.Object(&v1.StockItem{}), client.Object(&v1.Reservation{})
	for _, p := range []struct {
		name string
		// order is in which the kinds go; stopped has the operator stopped meanwhile.
		order   []client.Object
		stopped bool
	}{
		{"the journal first", []client.Object{pages, ledger, items, reservations}, false},
		{"the ledger first", []client.Object{ledger, reservations, items, pages}, false},
		{"the journal last, unseen", []client.Object{items, reservations, ledger, pages}, true},
		{"the journal first, unseen", []client.Object{pages, items, reservations, ledger}, true},
	} {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			fault := faultreport.Begin(t, "namespace deleted and made again")
			g := newGone(t, fault)
			old := g.trade("old")
			if p.stopped {
				g.o.Signal(syscall.SIGSTOP)
			}
			g.terminate(p.stopped)
			g.remove(p.order)
			if !p.stopped {
				g.quiet("gone")
				if metrics := g.o.Metrics(); strings.Contains(metrics, `namespace="`+g.Namespace+`"`) {
					fault.Violated("the metrics still show namespace %s", g.Namespace)
				}
				g.o.Get("/reservations/"+old).Want(t, http.StatusNotFound)
			}
			g.makeAgain()
			if p.stopped {
				g.o.Signal(syscall.SIGCONT)
			}
			fault.Injected(1)
			again := time.Now()
			g.trade("new")
			fault.Recovered(time.Since(again), 2*serverLimit)
			g.o.Get("/reservations/"+old).Want(t, http.StatusNotFound)
			if b := g.Journal(); b.Decided != 2 {
				fault.Violated("%d carts were decided in the new namespace, want 2", b.Decided)
			}
			fault.Checked(5)
			if !g.o.Runs() {
				fault.Violated("the operator ended by itself")
			}
		})
	}
}

// gone is a namespace that is deleted.
type gone struct {
	*testbed.World
	fault   *faultreport.Fault
	proxy   *testbed.Proxy
	o       *testbed.Operator
	cluster *kubernetes.Clientset
}

func newGone(t *testing.T, fault *faultreport.Fault) *gone {
	t.Helper()
	w := testbed.NewWorld(t)
	cluster, err := kubernetes.NewForConfig(w.ControlPlane.RESTConfig())
	w.Must(err)
	g := &gone{World: w, fault: fault, proxy: w.Proxied(), cluster: cluster}
	g.o = w.Launch(g.proxy.Kubeconfig, "--leader-elect=false", "--metrics-address", testbed.FreeAddress(w))
	g.o.AwaitReady()
	return g
}

// trade stocks five mugs and sells all of them: nothing of an earlier namespace counts. It
// returns a reservation.
func (g *gone) trade(name string) (reservation string) {
	g.Helper()
	g.Declare("mug", "mug", "amsterdam", 5)
	sold := g.Ask(testbed.Reserve(name+" cart", testbed.PlainHTTP, testbed.Item("mug", 5)), g.o)
	if sold.Refused {
		g.fault.Violated("five of five mugs were refused in the %s namespace: %s", name, sold.Text)
	}
	if !g.Ask(testbed.Reserve(name+" more", testbed.PlainHTTP, testbed.Item("mug", 1)), g.o).Refused {
		g.fault.Violated("six of five mugs were sold in the %s namespace", name)
	}
	g.Settle()
	return sold.Reservation
}

// terminate begins the deletion. Nothing is to be asked about a namespace that is
// terminating, and whoever commands something there is told so.
func (g *gone) terminate(unseen bool) {
	g.Helper()
	g.Must(g.cluster.CoreV1().Namespaces().Delete(g.Context(), g.Namespace, metav1.DeleteOptions{}))
	if unseen {
		return
	}
	g.quiet("terminating")
	answer := askStalled(g.Context(), g.o.Bridge, "late")
	g.fault.Checked(1)
	if answer.code != http.StatusNotFound {
		g.fault.Violated("a cart in a namespace that is terminating was answered %+v", *answer)
	}
}

// remove takes everything away, as the namespace controller of a cluster does, and then
// the namespace.
func (g *gone) remove(order []client.Object) {
	g.Helper()
	for _, kind := range order {
		g.Must(g.Client.DeleteAllOf(g.Context(), kind, client.InNamespace(g.Namespace)))
	}
	namespace, err := g.cluster.CoreV1().Namespaces().Get(g.Context(), g.Namespace, metav1.GetOptions{})
	g.Must(err)
	namespace.Spec.Finalizers = nil
	_, err = g.cluster.CoreV1().Namespaces().Finalize(g.Context(), namespace, metav1.UpdateOptions{})
	g.Must(err)
	ctx, cancel := context.WithTimeout(g.Context(), testbed.Patience)
	defer cancel()
	for !apierrors.IsNotFound(err) {
		_, err = g.cluster.CoreV1().Namespaces().Get(ctx, g.Namespace, metav1.GetOptions{})
		if ctx.Err() != nil {
			g.Fatalf("the namespace does not go: %v", err)
		}
	}
}

func (g *gone) makeAgain() {
	g.Helper()
	_, err := g.cluster.CoreV1().Namespaces().Create(g.Context(),
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: g.Namespace}}, metav1.CreateOptions{})
	g.Must(err)
}

// quiet waits until the operator has asked nothing about the namespace for a while.
func (g *gone) quiet(state string) {
	g.Helper()
	deadline := time.Now().Add(testbed.Patience)
	for {
		before := g.proxy.Requests()
		<-time.After(silence) // that nothing happens takes its time
		asked := g.proxy.Requests() - before
		g.fault.Checked(1)
		if asked == 0 {
			return
		}
		if time.Now().After(deadline) {
			g.fault.Violated("%d requests about a namespace that is %s within %v: %v", asked, state, silence, g.proxy.LastRequests())
			return
		}
	}
}
