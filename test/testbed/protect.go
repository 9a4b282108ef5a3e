package testbed

import (
	"path/filepath"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/controlplane"
)

// protectLabel is where the policies of config/gitops/policies bind.
const protectLabel = "inventory.acme.com/protect-stock"

// ProtectStock has the policies of config/gitops/policies bind in the namespace of the world, and
// waits until they do.
func (w *World) ProtectStock() {
	w.Helper()
	root, err := ModuleRoot()
	w.Must(err)
	w.Must(controlplane.Apply(w.Context(), w.ControlPlane.RESTConfig(), "platform", filepath.Join(root, "config/gitops/policies")))
	clients, err := kubernetes.NewForConfig(w.ControlPlane.RESTConfig())
	w.Must(err)
	_, err = clients.CoreV1().Namespaces().Patch(w.Context(), w.Namespace, types.MergePatchType,
		[]byte(`{"metadata":{"labels":{"`+protectLabel+`":"true"}}}`), metav1.PatchOptions{})
	w.Must(err)
	w.awaitPolicies()
}

// awaitPolicies waits until the API server refuses by the policies, which it reads a moment
// after they are made.
func (w *World) awaitPolicies() {
	w.Helper()
	probe := w.Declare("probe", "probe", "", 2)
	err := w.TryReceive("probe", 1)
	for deadline := time.Now().Add(Patience); err == nil; err = w.TryReceive("probe", 1) {
		if time.Now().After(deadline) {
			w.Fatal("the policies never bind")
		}
		w.Receive("probe", 2)
	}
	if !strings.Contains(err.Error(), v1.LowerReceivedToAnnotation) {
		w.Fatalf("the policies are not what refuses: %v", err)
	}
	w.Must(w.Client.Delete(w.Context(), probe))
}
