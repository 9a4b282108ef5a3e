package api

import (
	"net/http"
	"testing"
	"time"

	flowcontrolv1 "k8s.io/api/flowcontrol/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"github.com/acme/inventory-service/internal/controlplane"
)

// The operator's requests wait for nobody else's: they have a priority level of their
// own, for stock and for the lease. Those of others do not get into it.
func TestFlowSchema(t *testing.T) {
	if err := controlplane.Apply(t.Context(), admin, "api-tests", configDir("manager/flow_schema.yaml")); err != nil {
		t.Fatal(err)
	}
	schema, err := core.FlowcontrolV1().FlowSchemas().Get(t.Context(), operator, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	const stock, lease = "/apis/inventory.acme.com/v1/reservations", "/apis/coordination.k8s.io/v1/namespaces/" + systemNamespace + "/leases"
	deadline := time.Now().Add(30 * time.Second)
	for flowOf(t, operator, stock) != string(schema.UID) {
		if time.Now().After(deadline) {
			t.Fatal("the operator's requests go by another schema")
		}
		time.Sleep(50 * time.Millisecond) // the API server learns of schemas by a watch
	}
	if flowOf(t, operator, lease) != string(schema.UID) {
		t.Error("renewing the lease goes by another schema")
	}
	if flowOf(t, "somebody", stock) == string(schema.UID) {
		t.Error("another ServiceAccount goes by the operator's schema")
	}
	for _, c := range schema.Status.Conditions {
		if c.Type == flowcontrolv1.FlowSchemaConditionDangling && c.Status == flowcontrolv1.ConditionTrue {
			t.Errorf("the schema names a level that is not there: %s", c.Message)
		}
	}
}

// flowOf asks as a ServiceAccount of the operator's namespace, and returns the uid of
// the FlowSchema by which the API server took the request.
func flowOf(t *testing.T, account, path string) string {
	t.Helper()
	config := rest.CopyConfig(admin)
	config.Impersonate = rest.ImpersonationConfig{
		UserName: "system:serviceaccount:" + systemNamespace + ":" + account,
		Groups:   []string{"system:serviceaccounts", "system:serviceaccounts:" + systemNamespace, "system:authenticated"},
	}
	transport, err := rest.TransportFor(config)
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, admin.Host+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	return response.Header.Get(flowcontrolv1.ResponseHeaderMatchedFlowSchemaUID)
}
