package helm

import (
	"errors"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"helm.sh/helm/v4/pkg/action"
	chart "helm.sh/helm/v4/pkg/chart/v2"
	"helm.sh/helm/v4/pkg/kube"
	appsv1 "k8s.io/api/apps/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/client-go/kubernetes"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/controlplane"
	"github.com/acme/inventory-service/internal/controlplane/controlplanetest"
)

// configOf is Helm at work in a control plane.
func configOf(t *testing.T, cp *controlplane.ControlPlane) *action.Configuration {
	t.Helper()
	kubeconfig := filepath.Join(t.TempDir(), "kubeconfig")
	must(t, cp.WriteKubeconfig(kubeconfig))
	flags := genericclioptions.NewConfigFlags(false)
	flags.KubeConfig = &kubeconfig
	of := namespace
	flags.Namespace = &of
	config := action.NewConfiguration()
	must(t, config.Init(flags, namespace, "secret"))
	return config
}

func newInstall(config *action.Configuration, name string) *action.Install {
	install := action.NewInstall(config)
	install.ReleaseName, install.Namespace, install.CreateNamespace, install.WaitStrategy = name, namespace, true, kube.HookOnlyStrategy
	return install
}

func newUpgrade(config *action.Configuration) *action.Upgrade {
	upgrade := action.NewUpgrade(config)
	upgrade.Namespace, upgrade.WaitStrategy = namespace, kube.HookOnlyStrategy
	return upgrade
}

// The chart is installed, upgraded, rolled back and removed. The stock outlives it, and a release of
// another name takes it over only if it is told to.
func TestLife(t *testing.T) {
	cp := controlplanetest.Shared(t)
	config := configOf(t, cp)
	clients, err := kubernetes.NewForConfig(cp.RESTConfig())
	must(t, err)
	deployed := func() *appsv1.Deployment {
		t.Helper()
		d, err := clients.AppsV1().Deployments(namespace).Get(t.Context(), name, metav1.GetOptions{})
		must(t, err)
		return d
	}
	replicas := func(want int32) {
		t.Helper()
		if got := *deployed().Spec.Replicas; got != want {
			t.Errorf("%d replicas are asked for, want %d", got, want)
		}
	}

	_, err = newInstall(config, releaseName).Run(load(t), values{"archive": values{"enabled": true}})
	must(t, err)
	replicas(2)
	archive := func() error {
		_, err := clients.AppsV1().Deployments(namespace).Get(t.Context(), "inventory-archive", metav1.GetOptions{})
		return err
	}
	must(t, archive())
	scheme := runtime.NewScheme()
	must(t, v1.AddToScheme(scheme))
	c, err := client.New(cp.RESTConfig(), client.Options{Scheme: scheme})
	must(t, err)
	item := &v1.StockItem{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "mug"}, Spec: v1.StockItemSpec{ProductID: "p", Received: 3}}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) { // the API server serves a new kind a moment later
		if err = c.Create(t.Context(), item); err == nil || time.Now().After(deadline) {
			break
		}
	}
	must(t, err)

	_, err = newUpgrade(config).Run(releaseName, load(t), values{"replicas": 3, "flowSchemas": values{"enabled": false}})
	must(t, err)
	replicas(3)
	flowSchema := func() error {
		_, err := clients.FlowcontrolV1().FlowSchemas().Get(t.Context(), "inventory-journal", metav1.GetOptions{})
		return err
	}
	if err := flowSchema(); !apierrors.IsNotFound(err) {
		t.Errorf("the FlowSchema that the upgrade turns off: %v", err)
	}
	if err := archive(); !apierrors.IsNotFound(err) {
		t.Errorf("the archive that the upgrade turns off: %v", err)
	}

	rollback := action.NewRollback(config)
	rollback.WaitStrategy = kube.HookOnlyStrategy
	must(t, rollback.Run(releaseName))
	replicas(2)
	must(t, errors.Join(flowSchema(), archive()))

	uninstall(t, config, releaseName)
	if _, err := clients.AppsV1().Deployments(namespace).Get(t.Context(), name, metav1.GetOptions{}); err == nil && deployed().DeletionTimestamp == nil {
		t.Error("the Deployment is left")
	}
	if err := archive(); !apierrors.IsNotFound(err) {
		t.Errorf("the archive is left: %v", err)
	}
	must(t, c.Get(t.Context(), client.ObjectKeyFromObject(item), item))
	if item.Spec.Received != 3 {
		t.Errorf("the stock is %+v", item.Spec)
	}

	_, err = newInstall(config, "other").Run(load(t), nil)
	if err == nil || !strings.Contains(err.Error(), "invalid ownership metadata") {
		t.Errorf("another release installs over what is left: %v", err)
	}
	other := newInstall(config, "other")
	other.TakeOwnership = true
	_, err = other.Run(load(t), nil)
	must(t, err)
	uninstall(t, config, "other")
	must(t, c.Get(t.Context(), client.ObjectKeyFromObject(item), item))
}

func uninstall(t *testing.T, config *action.Configuration, name string) {
	t.Helper()
	uninstall := action.NewUninstall(config)
	uninstall.WaitStrategy = kube.HookOnlyStrategy
	_, err := uninstall.Run(name)
	must(t, err)
}

// What kustomize installed, the chart takes over with the two flags of docs/install.md.
func TestFromKustomize(t *testing.T) {
	cp := controlplanetest.Start(t, controlplane.Options{UnsafeNoFsync: true})
	config := configOf(t, cp)
	kubeconfig := filepath.Join(t.TempDir(), "kubeconfig")
	must(t, cp.WriteKubeconfig(kubeconfig))
	out, err := exec.CommandContext(t.Context(), cp.Kubectl(), "--kubeconfig", kubeconfig, "apply", "--server-side", "-k", "../../config/default").CombinedOutput()
	if err != nil {
		t.Fatalf("kubectl apply: %v\n%s", err, out)
	}
	for _, test := range []struct {
		take, force bool
		says        string
	}{
		{false, false, "invalid ownership metadata"},
		{true, false, "conflict"},
		{true, true, ""},
	} {
		install := newInstall(config, releaseName)
		install.TakeOwnership, install.ForceConflicts = test.take, test.force
		install.Replace = true // the release that failed before
		_, err := install.Run(load(t), nil)
		if test.says == "" && err != nil || test.says != "" && (err == nil || !strings.Contains(err.Error(), test.says)) {
			t.Errorf("--take-ownership=%t --force-conflicts=%t: %v, want %q", test.take, test.force, err, test.says)
		}
	}
}

// The newer chart's CRDs have a field more. Whoever goes back as docs/upgrade.md says keeps them, and
// with them what objects say there. helm rollback brings the earlier ones back, which is why that
// page forbids it.
func TestEarlierCRDs(t *testing.T) {
	cp := controlplanetest.Start(t, controlplane.Options{UnsafeNoFsync: true})
	config := configOf(t, cp)
	scheme := runtime.NewScheme()
	must(t, v1.AddToScheme(scheme))
	must(t, apiextensionsv1.AddToScheme(scheme))
	c, err := client.New(cp.RESTConfig(), client.Options{Scheme: scheme})
	must(t, err)
	knowsTracking := func() bool {
		t.Helper()
		crd := &apiextensionsv1.CustomResourceDefinition{}
		must(t, c.Get(t.Context(), client.ObjectKey{Name: "stockitems.inventory.acme.com"}, crd))
		_, knows := crd.Spec.Versions[0].Schema.OpenAPIV3Schema.Properties["spec"].Properties["tracking"]
		return knows
	}
	upgrade := func(to *chart.Chart, v values) {
		t.Helper()
		_, err := newUpgrade(config).Run(releaseName, to, v)
		must(t, err)
	}

	_, err = newInstall(config, releaseName).Run(withoutTracking(t), nil)
	must(t, err)
	upgrade(load(t), nil)
	item := &v1.StockItem{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "song"}, Spec: v1.StockItemSpec{ProductID: "p", Tracking: v1.TrackingUnlimited}}
	deadline := time.Now().Add(time.Minute)
	for err = c.Create(t.Context(), item); err == nil && item.Spec.Tracking == ""; err = c.Create(t.Context(), item) { // the API server serves the newer CRD a moment later
		if time.Now().After(deadline) {
			t.Fatal("the newer CRD is never served")
		}
		must(t, c.Delete(t.Context(), item))
		item.ResourceVersion, item.Spec.Tracking = "", v1.TrackingUnlimited
	}
	must(t, err)
	kept := func() {
		t.Helper()
		must(t, c.Patch(t.Context(), item, client.RawPatch(types.MergePatchType, []byte(`{"metadata":{"annotations":{"written":"`+time.Now().String()+`"}}}`))))
		if !knowsTracking() || item.Spec.Tracking != v1.TrackingUnlimited {
			t.Errorf("tracking is lost: the CRD has it: %t, the item says %q", knowsTracking(), item.Spec.Tracking)
		}
	}
	kept()
	upgrade(withoutTracking(t), values{"crds": values{"enabled": false}})
	kept()
	upgrade(load(t), values{"crds": values{"enabled": true}})
	kept()
	upgrade(load(t), values{"image": values{"tag": "0.0.9"}})
	kept()

	rollback := action.NewRollback(config)
	rollback.WaitStrategy, rollback.Version = kube.HookOnlyStrategy, 1
	must(t, rollback.Run(releaseName))
	if knowsTracking() {
		t.Error("helm rollback leaves the CRDs alone: docs/upgrade.md need not forbid it")
	}
}

// withoutTracking is the chart as it would be without a field of StockItems.
func withoutTracking(t *testing.T) *chart.Chart {
	t.Helper()
	c := load(t)
	for _, file := range c.Templates {
		if !strings.HasSuffix(file.Name, "customresourcedefinition-stockitems.inventory.acme.com.yaml") {
			continue
		}
		cut := regexp.MustCompile(`(?m)^ {14}tracking:\n(?: {16}.*\n)+`).ReplaceAll(file.Data, nil)
		if len(cut) == len(file.Data) {
			t.Fatal("StockItems have no such field")
		}
		file.Data = cut
	}
	return c
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
