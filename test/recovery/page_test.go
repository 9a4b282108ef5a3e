package recovery

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/acme/inventory-service/test/docs"
	"github.com/acme/inventory-service/test/testbed"
)

// stockYAML is what Git has of the shop of the page.
const stockYAML = `apiVersion: inventory.acme.com/v1
kind: StockItem
metadata: {name: mug}
spec: {productID: mug, locationID: ams, received: 10}
`

// The commands of docs/disaster-recovery.md work as they are printed, on two API servers.
func TestPage(t *testing.T) {
	old, fresh := two(t)
	old.Namespace, fresh.Namespace = "shop", "shop"
	_, err := old.clients.CoreV1().Namespaces().Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "shop"}}, metav1.CreateOptions{})
	old.Must(err)
	o := old.Operate("--leader-elect=false")
	old.Stock("mug", "mug", "ams", 10)
	shipped := old.Ask(testbed.Reserve("shipped", testbed.PlainHTTP, testbed.Item("mug", 3)), o)
	old.Ask(testbed.Consume("c", testbed.PlainHTTP, shipped.Reservation), o)
	old.Ask(testbed.Reserve("held", testbed.PlainHTTP, testbed.Item("mug", 2)), o)
	fresh.Operate("--leader-elect=false")

	home, bin := t.TempDir(), t.TempDir()
	old.Must(os.WriteFile(filepath.Join(home, "stock.yaml"), []byte(stockYAML), 0o600))
	build := exec.CommandContext(t.Context(), "go", "build", "-buildvcs=false", "-o", filepath.Join(bin, "kubectl-inventory"), "../../cmd/kubectl-inventory")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the plugin: %v\n%s", err, out)
	}
	page, err := filepath.Abs(filepath.Join("..", "..", "docs"))
	old.Must(err)
	text, err := os.ReadFile(filepath.Join(page, "disaster-recovery.md"))
	old.Must(err)
	ctx, cancel := context.WithTimeout(t.Context(), 6*time.Minute)
	defer cancel()
	docs.Shell{Dir: home, Env: []string{
		"HOME=" + home, "LC_ALL=C", "OLD=" + old.kubeconfig, "NEW=" + fresh.kubeconfig, "DOCS=" + page,
		"PATH=" + bin + ":" + filepath.Dir(old.ControlPlane.Kubectl()) + ":" + os.Getenv("PATH"),
	}}.Run(ctx, t, docs.Steps(string(text)))
}
