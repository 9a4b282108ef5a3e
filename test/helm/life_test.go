package helm

import (
	"errors"
	"path/filepath"
	"testing"

	"helm.sh/helm/v4/pkg/action"
	"helm.sh/helm/v4/pkg/kube"
	appsv1 "k8s.io/api/apps/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/client-go/kubernetes"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"k8s.io/apimachinery/pkg/runtime"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/controlplane/controlplanetest"
)

// The chart is installed, upgraded, rolled back and removed. The stock outlives it.
func TestLife(t *testing.T) {
	cp := controlplanetest.Shared(t)
	kubeconfig := filepath.Join(t.TempDir(), "kubeconfig")
	must(t, cp.WriteKubeconfig(kubeconfig))
	flags := genericclioptions.NewConfigFlags(false)
	flags.KubeConfig = &kubeconfig
	of := namespace
	flags.Namespace = &of
	config := action.NewConfiguration()
	must(t, config.Init(flags, namespace, "secret"))
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

	install := action.NewInstall(config)
	install.ReleaseName, install.Namespace, install.CreateNamespace, install.WaitStrategy = name, namespace, true, kube.HookOnlyStrategy
	_, err = install.Run(load(t), values{"archive": values{"enabled": true}})
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
	must(t, c.Create(t.Context(), item))

	upgrade := action.NewUpgrade(config)
	upgrade.Namespace, upgrade.WaitStrategy = namespace, kube.HookOnlyStrategy
	_, err = upgrade.Run(name, load(t), values{"replicas": 3, "flowSchemas": values{"enabled": false}})
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
	must(t, rollback.Run(name))
	replicas(2)
	must(t, errors.Join(flowSchema(), archive()))

	uninstall := action.NewUninstall(config)
	uninstall.WaitStrategy = kube.HookOnlyStrategy
	_, err = uninstall.Run(name)
	must(t, err)
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
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
