package monitoring

import (
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	_ "github.com/acme/inventory-service/internal/archive" // registers what is described
	"github.com/acme/inventory-service/internal/controlplane"
	"github.com/acme/inventory-service/internal/controlplane/controlplanetest"
	"github.com/acme/inventory-service/internal/metric"
	_ "github.com/acme/inventory-service/internal/operator" // registers what is described
	"github.com/acme/inventory-service/test/testbed"
)

// watched is an operator whose metrics are protected.
type watched struct {
	*testbed.Operator
	// metrics is host and port.
	metrics string
}

func watch(w *testbed.World, flags ...string) watched {
	w.Helper()
	address := testbed.FreeAddress(w)
	o := watched{w.Operate(append([]string{"--metrics-address", address, "--metrics-secure"}, flags...)...), address}
	for deadline := time.Now().Add(testbed.Patience); ; time.Sleep(20 * time.Millisecond) { // a poll of another process
		if connection, err := net.Dial("tcp", address); err == nil {
			_ = connection.Close()
			return o
		} else if time.Now().After(deadline) {
			w.Fatalf("there are no metrics: %v", err)
		}
	}
}

// unverified takes the certificate that each replica makes for itself.
var unverified = &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{
	TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, //nolint:gosec // as the ServiceMonitor does
}}

// read asks for the metrics with a token, or without one.
func (o watched) read(token string) (code int, body string) {
	o.World.Helper()
	request, err := http.NewRequestWithContext(o.World.Context(), http.MethodGet, "https://"+o.metrics+"/metrics", nil)
	o.World.Must(err)
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := unverified.Do(request)
	o.World.Must(err)
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	o.World.Must(err)
	return response.StatusCode, string(text)
}

// tokenOf makes a ServiceAccount, with a role or without, and returns a token of it.
func tokenOf(t *testing.T, w *testbed.World, account, role string) string {
	t.Helper()
	clients, err := kubernetes.NewForConfig(w.ControlPlane.RESTConfig())
	w.Must(err)
	accounts := clients.CoreV1().ServiceAccounts(w.Namespace)
	_, err = accounts.Create(t.Context(), &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: account}}, metav1.CreateOptions{})
	w.Must(err)
	if role != "" {
		_, err = clients.RbacV1().ClusterRoleBindings().Create(t.Context(), &rbacv1.ClusterRoleBinding{
			ObjectMeta: metav1.ObjectMeta{Name: w.Namespace + "-" + account},
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: role},
			Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: w.Namespace, Name: account}},
		}, metav1.CreateOptions{})
		w.Must(err)
	}
	made, err := accounts.CreateToken(t.Context(), account, &authenticationv1.TokenRequest{}, metav1.CreateOptions{})
	w.Must(err)
	return made.Status.Token
}

// newWorld has what config/prometheus adds to a cluster, but for the kinds of the Prometheus
// operator.
func newWorld(t *testing.T) *testbed.World {
	t.Helper()
	w := testbed.NewWorld(t)
	w.Must(controlplane.Apply(t.Context(), w.ControlPlane.RESTConfig(), controlplanetest.FieldManager,
		"../../config/prometheus/metrics_reader_role.yaml"))
	return w
}

// What a replica serves is in the reference, or a library's.
func wantDescribed(t *testing.T, body string) {
	t.Helper()
	known := map[string]string{}
	for _, m := range metric.All() {
		known[m.Name] = string(m.Type)
	}
	served := 0
	for _, found := range regexp.MustCompile(`(?m)^# TYPE (inventory_\S+) (\S+)$`).FindAllStringSubmatch(body, -1) {
		served++
		if known[found[1]] != found[2] {
			t.Errorf("%s is a %s, and described as a %q: register it with package metric", found[1], found[2], known[found[1]])
		}
	}
	if served == 0 {
		t.Errorf("nothing of the service is served: %s", body)
	}
}

// Metrics are for those alone whom the API server lets read them.
func TestMetricsAreProtected(t *testing.T) {
	w := newWorld(t)
	o := watch(w)
	reader, stranger := tokenOf(t, w, "reader", "inventory-metrics-reader"), tokenOf(t, w, "stranger", "")
	for deadline := time.Now().Add(testbed.Patience); ; time.Sleep(50 * time.Millisecond) {
		code, body := o.read(reader)
		if code == http.StatusOK {
			wantDescribed(t, body)
			break
		}
		if time.Now().After(deadline) { // the authorizer learns of the binding by a watch
			t.Fatalf("the reader is answered %d: %s", code, body)
		}
	}
	for who, token := range map[string]string{"nobody": "", "an unknown": "nonsense", "a stranger": stranger} {
		if code, body := o.read(token); code < http.StatusBadRequest || strings.Contains(body, "inventory_") {
			t.Errorf("%s is answered %d: %s", who, code, body)
		}
	}
}
