package main

import (
	"os"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/controlplane"
	"github.com/acme/inventory-service/internal/controlplane/controlplanetest"
	"github.com/acme/inventory-service/internal/postgres/postgrestest"
)

func TestMain(m *testing.M) {
	os.Exit(postgrestest.Main(func() int { return controlplanetest.Main(m) }))
}

// The first run brings the samples. What a newcomer does to them afterwards
// stays done.
func TestInstallBringsSamplesOnce(t *testing.T) {
	admin := controlplanetest.Shared(t).RESTConfig()
	o := options{config: "../../config"}
	if _, err := install(t.Context(), o, admin); err != nil {
		t.Fatal(err)
	}
	client, err := dynamic.NewForConfig(admin)
	if err != nil {
		t.Fatal(err)
	}
	stock := client.Resource(v1.GroupVersion.WithResource("stockitems")).Namespace(shopNamespace)
	list, err := stock.List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if len(list.Items) != 12 {
		t.Errorf("%d sample StockItems, want a dozen", len(list.Items))
	}

	changed, deleted := list.Items[0].GetName(), list.Items[1].GetName()
	delivery := []byte(`{"spec":{"received":123456}}`)
	if _, err := stock.Patch(t.Context(), changed, types.MergePatchType, delivery, metav1.PatchOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := stock.Delete(t.Context(), deleted, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	before, err := stock.List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}

	if _, err := install(t.Context(), o, admin); err != nil {
		t.Fatal(err)
	}
	after, err := stock.List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if len(after.Items) != len(before.Items) {
		t.Fatalf("%d StockItems after the second run, %d before it", len(after.Items), len(before.Items))
	}
	for i := range after.Items {
		if got, was := after.Items[i].GetResourceVersion(), before.Items[i].GetResourceVersion(); got != was {
			t.Errorf("%s was written again", after.Items[i].GetName())
		}
	}
}

// A first run that is killed before it is through leaves the rest to the next.
func TestInstallGoesOn(t *testing.T) {
	admin := controlplanetest.Start(t, controlplane.Options{UnsafeNoFsync: true}, "../../config/samples/namespace.yaml").RESTConfig()
	if _, err := install(t.Context(), options{config: "../../config"}, admin); err != nil {
		t.Fatal(err)
	}
	client, err := newShop(admin)
	if err != nil {
		t.Fatal(err)
	}
	var list v1.StockItemList
	if err := client.list(t.Context(), "stockitems", &list); err != nil {
		t.Fatal(err)
	}
	if len(list.Items) == 0 {
		t.Error("the namespace was there, and its stock was left out")
	}
}
