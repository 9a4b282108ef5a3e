package argocd

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"github.com/acme/inventory-service/internal/controlplane/controlplanetest"
	"github.com/acme/inventory-service/test/engines"
	"github.com/acme/inventory-service/test/testbed"
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

// Applications keep of their own what argocd app set --sync-policy changes, and nothing else: the rest
// of the template has to reach those that are there.
func TestWhatApplicationsKeep(t *testing.T) {
	var set struct {
		Spec struct {
			IgnoreApplicationDifferences []map[string][]string `json:"ignoreApplicationDifferences"`
		} `json:"spec"`
	}
	read(t, filepath.Join(example, "argocd/apps/shops.yaml"), &set)
	want := []map[string][]string{{"jsonPointers": {"/spec/syncPolicy/automated"}}}
	if difference := cmp.Diff(want, set.Spec.IgnoreApplicationDifferences); difference != "" {
		t.Errorf("what is ignored (-want +got):\n%s", difference)
	}
}

// The policies as the API server has them are those that Git has.
func TestPoliciesAreInSync(t *testing.T) {
	w := testbed.NewWorld(t)
	policies := filepath.Join(example, "policies")
	engines.Kubectl(t, w.ControlPlane, "apply", "--server-side", "--field-manager", manager, "-k", policies)
	var target, live []*engines.Object
	for _, document := range strings.Split(engines.Kubectl(t, w.ControlPlane, "kustomize", policies), "\n---\n") {
		target = append(target, parse(t, document))
		last := target[len(target)-1]
		live = append(live, parse(t, engines.Kubectl(t, w.ControlPlane, "get", last.GetKind(), last.GetName(), "-o", "yaml", "--show-managed-fields")))
	}
	changed, err := newEngine(w).compare(target, live)
	if err != nil || len(changed) > 0 || len(target) != 4 {
		t.Errorf("of %d objects Argo CD would change %q, %v", len(target), changed, err)
	}
}

func parse(t *testing.T, text string) *engines.Object {
	t.Helper()
	o := &engines.Object{}
	if err := yaml.Unmarshal([]byte(text), &o.Object); err != nil {
		t.Fatal(err)
	}
	return o
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
