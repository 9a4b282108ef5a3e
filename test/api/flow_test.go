package api

import (
	"net/http"
	"strings"
	"testing"
	"time"

	flowcontrolv1 "k8s.io/api/flowcontrol/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"

	"github.com/acme/inventory-service/internal/controlplane"
)

// flow is what a request goes by.
type flow struct{ schema, level types.UID }

// The operator's requests wait for nobody else's: they have priority levels of their own,
// and what deciding takes does not wait for views. Those of others do not get into them.
func TestFlowSchemas(t *testing.T) {
	if err := controlplane.Apply(t.Context(), admin, "api-tests", configDir("manager/flow_schema.yaml")); err != nil {
		t.Fatal(err)
	}
	ours := "/apis/inventory.acme.com/v1/namespaces/" + newNamespace(t)
	for name, requests := range map[string][]string{
		"inventory-journal": {
			"GET /apis/inventory.acme.com/v1/journalpages", "POST " + ours + "/journalpages", "PUT " + ours + "/journalpages/journal-0",
			"GET " + ours + "/stockledgers/default", "PUT " + ours + "/stockledgers/default/status",
			"GET /api/v1/namespaces", "GET /api/v1/namespaces/default",
			"PUT /apis/coordination.k8s.io/v1/namespaces/" + systemNamespace + "/leases/inventory-operator",
		},
		"inventory-stock": {
			"GET /apis/inventory.acme.com/v1/stockitems", "PUT " + ours + "/stockitems/mug/status",
			"GET " + ours + "/reservations", "GET " + ours + "/reservations/cart",
			"POST /apis/authentication.k8s.io/v1/tokenreviews", "POST /apis/authorization.k8s.io/v1/subjectaccessreviews",
		},
		"inventory-views": {
			"POST " + ours + "/reservations", "PUT " + ours + "/reservations/cart/status", "PATCH " + ours + "/reservations/cart",
			"DELETE " + ours + "/reservations/cart",
		},
	} {
		want := flowNamed(t, name)
		for _, request := range requests {
			awaitFlow(t, request, want)
			if got := flowOf(t, "somebody", request); got.schema == want.schema || got.level == want.level {
				t.Errorf("%s of another ServiceAccount goes by %s", request, name)
			}
		}
	}
}

// awaitFlow waits until the operator's request goes that way: the API server learns of
// schemas by a watch.
func awaitFlow(t *testing.T, request string, want flow) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		got := flowOf(t, operator, request)
		if got == want {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s goes by %+v, want %+v", request, got, want)
		}
	}
}

// flowNamed is a FlowSchema and the level of the same name.
func flowNamed(t *testing.T, name string) flow {
	t.Helper()
	schema, err := core.FlowcontrolV1().FlowSchemas().Get(t.Context(), name, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	level, err := core.FlowcontrolV1().PriorityLevelConfigurations().Get(t.Context(), name, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return flow{schema.UID, level.UID}
}

// flowOf makes a request as a ServiceAccount of the operator's namespace, and returns by
// what the API server took it.
func flowOf(t *testing.T, account, request string) flow {
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
	method, path, _ := strings.Cut(request, " ")
	sent, err := http.NewRequestWithContext(t.Context(), method, admin.Host+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := (&http.Client{Transport: transport}).Do(sent)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	return flow{
		types.UID(response.Header.Get(flowcontrolv1.ResponseHeaderMatchedFlowSchemaUID)),
		types.UID(response.Header.Get(flowcontrolv1.ResponseHeaderMatchedPriorityLevelConfigurationUID)),
	}
}
