package recovery

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/client-go/kubernetes"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/controlplane"
	"github.com/acme/inventory-service/internal/plugin"
	"github.com/acme/inventory-service/internal/restore"
	"github.com/acme/inventory-service/test/testbed"
)

func TestMain(m *testing.M) { os.Exit(testbed.Main(m)) }

// place is a namespace of one of the API servers, and somebody who administers it.
type place struct {
	*testbed.World
	kubeconfig string
	clients    kubernetes.Interface
	// operator is the one that shop has started.
	operator *testbed.Operator
}

func placeOf(w *testbed.World, t *testing.T) *place {
	p := &place{World: w, kubeconfig: filepath.Join(t.TempDir(), "kubeconfig")}
	w.Must(w.ControlPlane.WriteKubeconfig(p.kubeconfig))
	var err error
	p.clients, err = kubernetes.NewForConfig(w.ControlPlane.RESTConfig())
	w.Must(err)
	return p
}

// two are places on two API servers: the second is a cluster that was just made.
func two(t *testing.T) (old, fresh *place) {
	return placeOf(testbed.NewWorld(t), t), placeOf(testbed.WorldOn(t, testbed.ControlPlane(t, controlplane.Options{})), t)
}

// plugin runs kubectl inventory and wants it to end with a code.
func (p *place) plugin(code plugin.Code, arguments ...string) string {
	p.Helper()
	var out bytes.Buffer
	streams := genericiooptions.IOStreams{In: strings.NewReader(""), Out: &out, ErrOut: &out}
	if got := plugin.Run(p.Context(), "test", append([]string{"--kubeconfig", p.kubeconfig, "-n", p.Namespace}, arguments...), streams); got != code {
		p.Fatalf("%q ends with %d, want %d: %s", arguments, got, code, out.String())
	}
	return out.String()
}

// export writes what a place has shipped and holds into a file.
func (p *place) export(t *testing.T) string {
	p.Helper()
	file := filepath.Join(t.TempDir(), "shipped.yaml")
	p.Must(os.WriteFile(file, []byte(p.plugin(plugin.Done, "export", "--shipped")), 0o600))
	return file
}

// read reads what export has written.
func (p *place) read(name string) *restore.File {
	p.Helper()
	text, err := os.ReadFile(name)
	p.Must(err)
	file, err := restore.Parse(text)
	p.Must(err)
	return file
}

// carry writes the ConfigMaps of a file.
func (p *place) carry(file *restore.File) {
	p.Helper()
	parts, err := file.Parts(p.Namespace)
	p.Must(err)
	for _, part := range parts {
		_, err := p.clients.CoreV1().ConfigMaps(p.Namespace).Create(p.Context(), part, metav1.CreateOptions{})
		p.Must(err)
	}
}

// askRestore annotates the StockLedger.
func (p *place) askRestore(request string) {
	p.Helper()
	text, err := json.Marshal(map[string]any{"metadata": map[string]any{"annotations": map[string]any{v1.RestoreAnnotation: request}}})
	p.Must(err)
	ledger := &v1.StockLedger{ObjectMeta: metav1.ObjectMeta{Namespace: p.Namespace, Name: v1.LedgerName}}
	p.Must(p.Client.Patch(p.Context(), ledger, client.RawPatch(types.MergePatchType, text)))
}

// awaitRestore annotates the Namespace, or takes the annotation off.
func (p *place) awaitRestore(value any) {
	p.Helper()
	text, err := json.Marshal(map[string]any{"metadata": map[string]any{"annotations": map[string]any{v1.AwaitRestoreAnnotation: value}}})
	p.Must(err)
	_, err = p.clients.CoreV1().Namespaces().Patch(p.Context(), p.Namespace, types.MergePatchType, text, metav1.PatchOptions{})
	p.Must(err)
}

// awaitReason waits until a condition of the StockLedger has a reason, and returns its message.
func (p *place) awaitReason(kind, reason string) string {
	p.Helper()
	ledger := p.AwaitLedger(func(l *v1.StockLedger) bool {
		c := meta.FindStatusCondition(l.Status.Conditions, kind)
		return c != nil && c.Reason == reason
	})
	return meta.FindStatusCondition(ledger.Status.Conditions, kind).Message
}

// refusesToSell checks that a cart is neither sold nor refused, and that the answer says why.
func (p *place) refusesToSell(o *testbed.Operator, id string) {
	p.Helper()
	body := fmt.Sprintf(`{"cartId":"cart-%s","items":[{"productId":"mug","quantity":1}]}`, id)
	got := o.Request("POST", "/reservations", []byte(body), "Content-Type", "application/json", "Idempotency-Key", id)
	if got.Code != 503 || !strings.Contains(string(got.Body), "kubectl inventory restore") {
		p.Errorf("a cart is answered %d: %s", got.Code, got.Body)
	}
}

func (p *place) configMaps() []corev1.ConfigMap {
	p.Helper()
	list, err := p.clients.CoreV1().ConfigMaps(p.Namespace).List(p.Context(), metav1.ListOptions{LabelSelector: "app.kubernetes.io/part-of=inventory-service"})
	p.Must(err)
	return list.Items
}
