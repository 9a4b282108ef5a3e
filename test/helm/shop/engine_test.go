package shop

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	"helm.sh/helm/v4/pkg/action"
	"helm.sh/helm/v4/pkg/chart/common"
	chart "helm.sh/helm/v4/pkg/chart/v2"
	"helm.sh/helm/v4/pkg/kube"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"sigs.k8s.io/yaml"

	"github.com/acme/inventory-service/test/engines"
	"github.com/acme/inventory-service/test/testbed"
)

// name is that of the release.
const name = "shop"

// release is the stock of one namespace as a release of Helm.
type release struct {
	config    *action.Configuration
	namespace string
	installed bool
	revision  int
}

func newRelease(w *testbed.World) *release {
	kubeconfig := filepath.Join(w.TempDir(), "kubeconfig")
	w.Must(w.ControlPlane.WriteKubeconfig(kubeconfig))
	flags := genericclioptions.NewConfigFlags(false)
	flags.KubeConfig, flags.Namespace = &kubeconfig, &w.Namespace
	r := &release{config: action.NewConfiguration(), namespace: w.Namespace}
	w.Must(r.config.Init(flags, w.Namespace, "secret"))
	return r
}

// Sync is helm upgrade --install, without --wait.
func (r *release) Sync(ctx context.Context, manifests []*engines.Object) error {
	return r.upgrade(ctx, manifests, func(*action.Upgrade) {})
}

// Force is helm upgrade --install --force-replace --server-side=false: Helm refuses the first
// without the second.
func (r *release) Force(ctx context.Context, manifests []*engines.Object) error {
	return r.upgrade(ctx, manifests, func(u *action.Upgrade) { u.ForceReplace, u.ServerSideApply = true, "false" })
}

// Wait is helm upgrade --wait.
func (r *release) Wait(ctx context.Context, manifests []*engines.Object) error {
	return r.upgrade(ctx, manifests, func(u *action.Upgrade) { u.WaitStrategy, u.Timeout = kube.StatusWatcherStrategy, testbed.Patience })
}

func (r *release) upgrade(ctx context.Context, manifests []*engines.Object, set func(*action.Upgrade)) error {
	r.revision++
	made, err := packed(manifests, r.revision)
	if err != nil {
		return err
	}
	if !r.installed {
		install := action.NewInstall(r.config)
		install.ReleaseName, install.Namespace, install.WaitStrategy = name, r.namespace, kube.HookOnlyStrategy
		_, err = install.RunWithContext(ctx, made, nil)
		r.installed = err == nil
		return err
	}
	upgrade := action.NewUpgrade(r.config)
	upgrade.Namespace, upgrade.WaitStrategy, upgrade.MaxHistory = r.namespace, kube.HookOnlyStrategy, 5
	set(upgrade)
	_, err = upgrade.RunWithContext(ctx, name, made, nil)
	return err
}

// packed are manifests as a chart.
func packed(manifests []*engines.Object, revision int) (*chart.Chart, error) {
	c := &chart.Chart{Metadata: &chart.Metadata{APIVersion: chart.APIVersionV2, Name: name, Version: fmt.Sprintf("0.0.%d", revision)}}
	for _, o := range manifests {
		text, err := yaml.Marshal(o.Object)
		if err != nil {
			return nil, err
		}
		file := fmt.Sprintf("templates/%s-%s.yaml", strings.ToLower(o.GetKind()), o.GetName())
		c.Templates = append(c.Templates, &common.File{Name: file, Data: text})
	}
	return c, nil
}

// Health is what --wait judges by: kstatus.
func (*release) Health(_ context.Context, live *engines.Object) (engines.Health, error) {
	got, err := status.Compute(live)
	if err != nil {
		return "", err
	}
	return map[status.Status]engines.Health{
		status.CurrentStatus: engines.Healthy, status.InProgressStatus: engines.Progressing, status.FailedStatus: engines.Degraded,
	}[got.Status], nil
}

// A shortfall is no failure to kstatus, but never ready either: --wait runs into its timeout.
func TestShop(t *testing.T) {
	engines.Play(t, engines.Player{
		New:         func(w *testbed.World) engines.Engine { return newRelease(w) },
		OfSuspended: engines.Healthy, OfShortfall: engines.Progressing, ReplacesInPlace: true, LeavesKubectlApply: true, LeavesNamespaces: true,
	})
}
