package argocd

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"github.com/acme/inventory-service/internal/controlplane/controlplanetest"
	"github.com/acme/inventory-service/test/engines"
)

// example is the repository that config/gitops shows, seen from where tests run.
const example = "../../../config/gitops"

// argoVersion is the release whose schemas the example is checked by.
const argoVersion = "v3.5.7"

// The example is what Argo CD's own CRDs allow, without a field that they do not know.
func TestManifests(t *testing.T) {
	cp := controlplanetest.Shared(t)
	engines.InstallSchemas(t, cp, "github.com/argoproj/argo-cd/v3", argoVersion,
		"manifests/crds/application-crd.yaml", "manifests/crds/applicationset-crd.yaml", "manifests/crds/appproject-crd.yaml")
	engines.Kubectl(t, cp, "create", "namespace", "argocd")
	engines.Kubectl(t, cp, "apply", "--server-side", "--validate=strict", "-k", filepath.Join(example, "argocd/apps"))
}

// The component puts each script under the name by which Argo CD looks for it.
func TestComponent(t *testing.T) {
	cp := controlplanetest.Shared(t)
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	from, err := filepath.Abs(filepath.Join(example, "argocd"))
	if err != nil {
		t.Fatal(err)
	}
	if from, err = filepath.Rel(dir, from); err != nil {
		t.Fatal(err)
	}
	write("argocd-cm.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: argocd-cm}\ndata: {admin.enabled: \"false\"}\n")
	write("kustomization.yaml", "resources: [argocd-cm.yaml]\ncomponents: ["+from+"]\n")
	var built corev1.ConfigMap
	if err := yaml.Unmarshal([]byte(engines.Kubectl(t, cp, "kustomize", dir)), &built); err != nil {
		t.Fatal(err)
	}
	if built.Name != "argocd-cm" || built.Data["admin.enabled"] != "false" || len(built.Data) != 4 {
		t.Errorf("the component makes %s: %v", built.Name, built.Data)
	}
	for _, kind := range []string{"StockItem", "Reservation", "StockLedger"} {
		script, err := os.ReadFile(filepath.Join(scripts, "inventory.acme.com", kind, "health.lua"))
		if err != nil {
			t.Fatal(err)
		}
		if got := built.Data["resource.customizations.health.inventory.acme.com_"+kind]; strings.TrimSpace(got) != strings.TrimSpace(string(script)) {
			t.Errorf("the script of %s is %q", kind, got)
		}
	}
}
