package api

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/acme/inventory-service/internal/controlplane"
)

const systemNamespace, operator = "inventory-system", "inventory-operator"

// config/default installs as its first line says, and installing it again
// changes nothing.
func TestInstall(t *testing.T) {
	kubectl := newKubectl(t)
	apply := func() {
		kubectl("apply", "--server-side", "--force-conflicts", "--validate=strict", "-k", configDir("default"))
	}
	apply()
	before := kubectl("get", "deployment,service,pdb,netpol,sa,role,rolebinding", "-n", systemNamespace, "-o", "json")
	apply()
	after := kubectl("get", "deployment,service,pdb,netpol,sa,role,rolebinding", "-n", systemNamespace, "-o", "json")
	if before != after {
		t.Errorf("applying config/default again changed something:\nbefore: %s\nafter: %s", before, after)
	}
	t.Run("a Pod of the Deployment is admitted", checkPodIsAdmitted)
}

// checkPodIsAdmitted makes a Pod from the Deployment's template in the namespace
// it is for, which admits restricted Pods only.
func checkPodIsAdmitted(t *testing.T) {
	deployment, err := core.AppsV1().Deployments(systemNamespace).Get(t.Context(), operator, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	template := deployment.Spec.Template
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "probe", Labels: template.Labels}, Spec: template.Spec}
	pods := core.CoreV1().Pods(systemNamespace)
	options := metav1.CreateOptions{DryRun: dryRun}
	if _, err := pods.Create(t.Context(), pod, options); err != nil {
		t.Errorf("refused: %v", err)
	}
	loose := pod.DeepCopy()
	loose.Spec.Containers[0].SecurityContext = nil
	if _, err := pods.Create(t.Context(), loose, options); !apierrors.IsForbidden(err) {
		t.Errorf("without its securityContext: got %v, want it forbidden", err)
	}
}

// The operator's ServiceAccount may do what electing a leader takes, in its own
// namespace and nowhere else.
func TestLeaderElectionRights(t *testing.T) {
	if err := controlplane.Apply(t.Context(), admin, "api-tests", configDir("default/namespace.yaml"),
		configDir("rbac/service_account.yaml"), configDir("rbac/leader_election_role.yaml"),
		configDir("rbac/leader_election_role_binding.yaml")); err != nil {
		t.Fatal(err)
	}
	elsewhere := newNamespace(t)
	const user = "system:serviceaccount:" + systemNamespace + ":" + operator
	rights := []access{
		{verb: "get", group: "coordination.k8s.io", resource: "leases"},
		{verb: "create", group: "coordination.k8s.io", resource: "leases"},
		{verb: "update", group: "coordination.k8s.io", resource: "leases"},
	}
	for _, right := range rights {
		awaitAllowed(t, systemNamespace, user, right)
		if isAllowed(t, elsewhere, user, right) {
			t.Errorf("%+v is allowed in another namespace", right)
		}
	}
	if secrets := (access{verb: "get", resource: "secrets"}); isAllowed(t, systemNamespace, user, secrets) {
		t.Error("the operator may read Secrets")
	}
}
