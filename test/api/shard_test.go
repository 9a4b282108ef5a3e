package api

import (
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
)

// A deployment for a shard stands beside that of config/default: they have no object in common,
// and nothing of one refers to the other.
func TestShardStandsBesideDefault(t *testing.T) {
	text := newKubectl(t)("kustomize", configDir("shard"))
	if strings.Contains(text, "inventory-system") {
		t.Error("it refers to the namespace of config/default")
	}
	shard := decode(t, text)
	if len(shard) < 10 {
		t.Fatalf("it has %d objects", len(shard))
	}
	for _, o := range render(t) {
		for _, other := range shard {
			if o.GetKind() == other.GetKind() && o.GetName() == other.GetName() && o.GetNamespace() == other.GetNamespace() {
				t.Errorf("both have a %s %s", o.GetKind(), o.GetName())
			}
		}
	}
	account := rendered[corev1.ServiceAccount](t, shard, "ServiceAccount", "inventory-operator-a")
	tokens := rendered[rbacv1.Role](t, shard, "Role", "inventory-sink-token-a").Rules[0]
	if !slices.Equal(tokens.ResourceNames, []string{account.Name}) {
		t.Errorf("tokens may be made of %v, the account is %s", tokens.ResourceNames, account.Name)
	}
	args := rendered[appsv1.Deployment](t, shard, "Deployment", "inventory-operator-a").Spec.Template.Spec.Containers[0].Args
	if !slices.Contains(args, "--namespace-selector=inventory.acme.com/shard=a") {
		t.Errorf("the operator is started with %v", args)
	}
}
