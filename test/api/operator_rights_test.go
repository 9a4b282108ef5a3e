package api

import (
	"slices"
	"testing"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/controlplane"
)

// The operator's ServiceAccount may do what it needs and no more: it deletes no page, no
// ledger and no StockItem, and writes no spec of these.
func TestOperatorRights(t *testing.T) {
	if err := controlplane.Apply(t.Context(), admin, "api-tests", configDir("default/namespace.yaml"),
		configDir("rbac/service_account.yaml"), configDir("rbac/role.yaml"), configDir("rbac/role_binding.yaml")); err != nil {
		t.Fatal(err)
	}
	const user = "system:serviceaccount:" + systemNamespace + ":" + operator
	namespace := newNamespace(t)
	awaitAllowed(t, namespace, user, access{verb: "list", group: v1.GroupVersion.Group, resource: pages.Resource})
	status := []string{"update"}
	checkRights(t, namespace, user, map[string][]string{
		"journalpages":        {"get", "list", "watch", "create", "update"},
		"reservations":        {"get", "list", "watch", "create", "patch", "delete"},
		"reservations/status": status,
		"stockitems":          readVerbs,
		"stockitems/status":   status,
		"stockledgers":        {"get", "list", "watch", "create"},
		"stockledgers/status": status,
	})
	for _, verb := range []string{"get", "list", "watch", "create", "update", "patch", "delete"} {
		want := slices.Contains(readVerbs, verb)
		if got := isAllowed(t, namespace, user, access{verb: verb, resource: "namespaces"}); got != want {
			t.Errorf("%s namespaces is allowed: %t, want %t", verb, got, want)
		}
		for _, review := range []access{{group: "authentication.k8s.io", resource: "tokenreviews"}, {group: "authorization.k8s.io", resource: "subjectaccessreviews"}} {
			review.verb = verb
			if got := isAllowed(t, namespace, user, review); got != (verb == "create") {
				t.Errorf("%s %s is allowed: %t", verb, review.resource, got)
			}
		}
		// Of ConfigMaps it reads those of a restore, by their names.
		if got := isAllowed(t, namespace, user, access{verb: verb, resource: "configmaps"}); got {
			t.Errorf("%s configmaps is allowed", verb)
		}
		want = verb == "create" || verb == "patch" // of a series
		if got := isAllowed(t, namespace, user, access{verb: verb, group: "events.k8s.io", resource: "events"}); got != want {
			t.Errorf("%s events is allowed: %t, want %t", verb, got, want)
		}
	}
}
