package e2e

import (
	"fmt"
	"net/http"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/acme/inventory-service/api/events"
	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/test/testbed"
)

// TestNamespaces: an operator with --namespaces works in those alone, each with
// its own stock and events, also in one that is made after its start.
func TestNamespaces(t *testing.T) {
	t.Parallel()
	first, second := testbed.NewWorld(t), testbed.NewWorld(t)
	foreign := testbed.NewWorld(t)
	later := *first
	later.Namespace = first.Namespace + "-later"
	sink := first.NewSink()
	o := first.Operate("--leader-elect=false", "--sink", sink.URL(),
		"--namespaces", first.Namespace+","+second.Namespace+","+later.Namespace)

	makeNamespace(t, first.ControlPlane.RESTConfig(), later.Namespace)
	for _, w := range []*testbed.World{first, second, &later} {
		w.Stock("mug", "mug", "amsterdam", 2)
		path := "/namespaces/" + w.Namespace + "/reservations"
		o.Post(path, `{"cartId":"fits","items":[{"productId":"mug","quantity":2}]}`).Want(t, http.StatusCreated)
		o.Post(path, `{"cartId":"does-not","items":[{"productId":"mug","quantity":1}]}`).Want(t, http.StatusConflict)
		w.Settle()
	}
	sink.Check()

	foreign.Declare("mug", "mug", "amsterdam", 2)
	foreign.Reservation("ignored", testbed.Line("mug", 1))
	cart := `{"cartId":"c","items":[{"productId":"mug","quantity":1}]}`
	o.Post("/namespaces/"+foreign.Namespace+"/reservations", cart).Want(t, http.StatusNotFound)
	o.Request(http.MethodPost, "/namespaces/"+foreign.Namespace, []byte(cart), "Content-Type", "application/json",
		"ce-specversion", "1.0", "ce-id", "1", "ce-source", "/checkout", "ce-type", events.TypeReserve).
		Want(t, http.StatusBadRequest)
	foreign.Operate("--leader-elect=false")
	foreign.AwaitPhase("ignored", v1.PhaseReserved)
	foreign.Settle()
	if terms := foreign.Journal().Terms; len(terms) != 1 {
		t.Errorf("operators led in a namespace that was not theirs: %v", terms)
	}
}

func makeNamespace(t *testing.T, config *rest.Config, name string) {
	t.Helper()
	clients, err := kubernetes.NewForConfig(config)
	if err == nil {
		_, err = clients.CoreV1().Namespaces().Create(t.Context(),
			&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}, metav1.CreateOptions{})
	}
	if err != nil {
		t.Fatal(fmt.Errorf("make namespace %s: %w", name, err))
	}
}
