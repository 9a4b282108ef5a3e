package e2e

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/acme/inventory-service/test/testbed"
)

// An operator without its roles ends with one line that names the command to run.
func TestOperatorWithoutRoles(t *testing.T) {
	w := testbed.NewWorld(t)
	clients, err := kubernetes.NewForConfig(w.ControlPlane.RESTConfig())
	if err != nil {
		t.Fatal(err)
	}
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "nobody"}}
	if _, err := clients.CoreV1().ServiceAccounts(w.Namespace).Create(t.Context(), account, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	kubeconfig := filepath.Join(t.TempDir(), "kubeconfig")
	if err := w.ControlPlane.ServiceAccountKubeconfig(t.Context(), w.Namespace, "nobody", kubeconfig); err != nil {
		t.Fatal(err)
	}
	o := w.Launch(kubeconfig)
	select {
	case <-o.Exited:
	case <-time.After(time.Minute):
		t.Fatal("it goes on")
	}
	lines := strings.Split(strings.TrimSpace(o.Log()), "\n")
	if last := lines[len(lines)-1]; !strings.HasSuffix(last, "kubectl apply -k config/rbac") || len(lines) > 3 {
		t.Errorf("it says %q", lines)
	}
}
