package kubectl

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/acme/inventory-service/test/docs"
	"github.com/acme/inventory-service/test/testbed"
)

// The how-to is followed word by word.
func TestHowTo(t *testing.T) {
	w := testbed.NewWorld(t)
	w.Operate("--leader-elect=false", "--namespaces", "shop,outlet", "--default-namespace", "shop")
	root, err := testbed.ModuleRoot()
	w.Must(err)
	text, err := os.ReadFile(filepath.Join(root, "docs/gitops.md"))
	w.Must(err)
	home := t.TempDir()
	kubeconfig := filepath.Join(home, "kubeconfig")
	w.Must(w.ControlPlane.WriteKubeconfig(kubeconfig))
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	docs.Shell{Dir: root, Env: []string{
		"HOME=" + home, "TMPDIR=" + home, "KUBECONFIG=" + kubeconfig,
		"PATH=" + filepath.Dir(w.ControlPlane.Kubectl()) + ":" + os.Getenv("PATH"),
	}}.Run(ctx, t, docs.Steps(string(text)))
}
