package webhook

import (
	"net/http"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/acme/inventory-service/api/events"
	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/controlplane/controlplanetest"
)

// Whoever reaches the bridge begins nothing in a namespace of others: it works in those that
// have a StockItem, a journal or the label.
func TestNamespacesOfOthers(t *testing.T) {
	cp := controlplanetest.Shared(t)
	p := newProcess(t, cp.RESTConfig())
	p.open(t, controlplanetest.Namespace(t, cp)) // once it runs
	p.set.Elect(true)
	kubectl, err := client.New(cp.RESTConfig(), client.Options{Scheme: newScheme(t)})
	if err != nil {
		t.Fatal(err)
	}
	namespace := controlplanetest.Namespace(t, cp)
	bridge := newBridge(t, p.options("kube-system"))
	refused := func(namespace, prefix string) {
		t.Helper()
		ask(t, bridge, request(t, http.MethodPost, prefix+"/reservations", cart)).wantProblem(http.StatusNotFound, notFound)
		ask(t, bridge, request(t, http.MethodPost, prefix+"/reservations/r/consume", "")).wantProblem(http.StatusNotFound, notFound)
		ask(t, bridge, request(t, http.MethodPost, prefix+"/reservations/r/release", "")).wantProblem(http.StatusNotFound, notFound)
		ask(t, bridge, request(t, http.MethodGet, prefix+"/stock/p", "")).wantProblem(http.StatusNotFound, notFound)
		ask(t, bridge, request(t, http.MethodGet, prefix+"/reservations/r", "")).wantProblem(http.StatusNotFound, notFound)
		event := commandEvent(events.TypeReserve, "k", cart)
		ask(t, bridge, eventRequest(t, modeBinary, prefix+"/", event)).wantProblem(http.StatusUnprocessableEntity, notFound)
		if _, begun := p.set.Find(namespace); begun {
			t.Errorf("it works in namespace %s", namespace)
		}
		for _, list := range []client.ObjectList{&v1.JournalPageList{}, &v1.StockLedgerList{}, &v1.ReservationList{}} {
			if err := kubectl.List(t.Context(), list, client.InNamespace(namespace)); err != nil {
				t.Fatal(err)
			}
			if objects := meta.LenList(list); objects > 0 {
				t.Errorf("namespace %s has %d objects of %T", namespace, objects, list)
			}
		}
	}
	refused("kube-system", "")
	refused(namespace, "/namespaces/"+namespace)
	ask(t, bridge, request(t, http.MethodPost, "/namespaces/nowhere/reservations", cart)).wantProblem(http.StatusNotFound, notFound)

	labelled := &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{Name: namespace}}
	labelled.SetGroupVersionKind(schema.GroupVersionKind{Version: "v1", Kind: "Namespace"})
	if err := kubectl.Patch(t.Context(), labelled, client.RawPatch(types.MergePatchType, []byte(`{"metadata":{"labels":{"`+v1.ServeLabel+`":"true"}}}`))); err != nil {
		t.Fatal(err)
	}
	ask(t, bridge, request(t, http.MethodPost, "/namespaces/"+namespace+"/reservations", cart)).wantStatus(http.StatusConflict)

	stocked := controlplanetest.Namespace(t, cp)
	item := &v1.StockItem{
		ObjectMeta: metav1.ObjectMeta{Namespace: stocked, Name: "item"},
		Spec:       v1.StockItemSpec{ProductID: "other", LocationID: "north", Received: 1},
	}
	if err := kubectl.Create(t.Context(), item); err != nil {
		t.Fatal(err)
	}
	ask(t, bridge, request(t, http.MethodPost, "/namespaces/"+stocked+"/reservations", cart)).wantStatus(http.StatusConflict)

	// The journal stays, also without the StockItem.
	if err := kubectl.Delete(t.Context(), item); err != nil {
		t.Fatal(err)
	}
	ask(t, newBridge(t, p.options(stocked)), request(t, http.MethodPost, "/reservations", cart)).wantStatus(http.StatusConflict)
}
