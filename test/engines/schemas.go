package engines

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/acme/inventory-service/internal/controlplane"
)

// InstallSchemas applies files of a published Go module, such as an engine's CRDs, to a control
// plane.
func InstallSchemas(t *testing.T, cp *controlplane.ControlPlane, module, version string, files ...string) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "mod", "download", "-json", module+"@"+version).Output()
	if err != nil {
		t.Fatalf("download %s@%s: %v\n%s", module, version, err, out)
	}
	var downloaded struct{ Dir string }
	if err := json.Unmarshal(out, &downloaded); err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if err := controlplane.Apply(t.Context(), cp.RESTConfig(), "engine", filepath.Join(downloaded.Dir, file)); err != nil {
			t.Fatal(err)
		}
	}
}

// Kubectl runs kubectl as an administrator and returns what it prints.
func Kubectl(t testing.TB, cp *controlplane.ControlPlane, arguments ...string) string {
	t.Helper()
	kubeconfig := filepath.Join(t.TempDir(), "kubeconfig")
	if err := cp.WriteKubeconfig(kubeconfig); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), cp.Kubectl(), append([]string{"--kubeconfig", kubeconfig}, arguments...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("kubectl %v: %v\n%s", arguments, err, out)
	}
	return string(out)
}
