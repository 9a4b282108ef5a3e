package flux

import (
	"os"
	"path/filepath"
	"testing"

	kustomizev1 "github.com/fluxcd/kustomize-controller/api/v1"
	"github.com/fluxcd/pkg/apis/kustomize"
	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/util/yaml"

	"github.com/acme/inventory-service/internal/controlplane/controlplanetest"
	"github.com/acme/inventory-service/test/engines"
)

// example is the repository that config/gitops shows, seen from where tests run.
const example = "../../../config/gitops"

// fluxVersion is the release of Flux's controllers whose schemas the example is checked by.
const fluxVersion = "v1.9.6"

// healthChecks are those of a shop of the example.
func healthChecks(t testing.TB, shop string) []kustomize.CustomHealthCheck {
	t.Helper()
	file, err := os.Open(filepath.Join(example, "flux/shops.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	documents := yaml.NewYAMLOrJSONDecoder(file, 4096)
	for {
		var k kustomizev1.Kustomization
		if err := documents.Decode(&k); err != nil {
			t.Fatalf("no Kustomization %s: %v", shop, err)
		}
		if k.Name == shop {
			return k.Spec.HealthCheckExprs
		}
	}
}

// The example is what Flux's own CRDs allow, without a field that they do not know, and every
// expression of it can be evaluated.
func TestManifests(t *testing.T) {
	cp := controlplanetest.Shared(t)
	engines.InstallSchemas(t, cp, "github.com/fluxcd/kustomize-controller", fluxVersion, "config/crd/bases/kustomize.toolkit.fluxcd.io_kustomizations.yaml")
	engines.InstallSchemas(t, cp, "github.com/fluxcd/source-controller", fluxVersion, "config/crd/bases/source.toolkit.fluxcd.io_gitrepositories.yaml")
	engines.Kubectl(t, cp, "create", "namespace", "flux-system")
	engines.Kubectl(t, cp, "apply", "--server-side", "--validate=strict", "-k", filepath.Join(example, "flux"))
	for _, shop := range []string{"shop", "outlet"} {
		if checks := healthChecks(t, shop); len(checks) != 2 {
			t.Errorf("%s has %d health checks", shop, len(checks))
		}
	}
	if diff := cmp.Diff(healthChecks(t, "shop"), healthChecks(t, "outlet")); diff != "" {
		t.Errorf("the shops are judged differently:\n%s", diff)
	}
}
