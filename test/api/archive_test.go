package api

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	networkingv1 "k8s.io/api/networking/v1"
)

// With the component of the archive, beside all others that config/default names, the bridge looks in
// the database of the Secret, and reaches it; the operator starts without the Secret, too.
func TestArchiveComponent(t *testing.T) {
	dir := t.TempDir()
	from := func(name string) string {
		path, err := filepath.Abs(configDir(name))
		if err == nil {
			path, err = filepath.Rel(dir, path)
		}
		if err != nil {
			t.Fatal(err)
		}
		return path
	}
	text := "resources: [" + from("default") + "]\ncomponents: [" + from("tls") + ", " + from("archive/bridge") + "]\n"
	if err := os.WriteFile(filepath.Join(dir, "kustomization.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	objects := decode(t, newKubectl(t)("kustomize", dir))
	pod := rendered[appsv1.Deployment](t, objects, "Deployment", operator).Spec.Template.Spec
	if args := pod.Containers[0].Args; !slices.Contains(args, "--archive-url-file=/etc/inventory/database/url") {
		t.Errorf("the operator is started with %v", args)
	}
	optional := false
	for _, volume := range pod.Volumes {
		if volume.Secret != nil && volume.Secret.SecretName == "inventory-database" {
			optional = volume.Secret.Optional != nil && *volume.Secret.Optional
		}
	}
	if !optional {
		t.Errorf("the operator does not start without the Secret: %v", pod.Volumes)
	}
	policy := rendered[networkingv1.NetworkPolicy](t, objects, "NetworkPolicy", "inventory-operator-database")
	if len(policy.Spec.Egress) != 1 || policy.Spec.Egress[0].Ports[0].Port.IntValue() != 5432 {
		t.Errorf("the database is not reached: %v", policy.Spec)
	}
}
