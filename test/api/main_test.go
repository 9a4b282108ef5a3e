package api

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/controlplane"
)

// The kinds, by the names that the API server serves them under.
var (
	stockItems   = v1.GroupVersion.WithResource("stockitems")
	reservations = v1.GroupVersion.WithResource("reservations")
	ledgers      = v1.GroupVersion.WithResource("stockledgers")
	pages        = v1.GroupVersion.WithResource("journalpages")
)

// The control plane that all tests of the package share. Each test keeps to
// namespaces of its own.
var (
	plane  *controlplane.ControlPlane
	admin  *rest.Config
	core   *kubernetes.Clientset
	client *dynamic.DynamicClient
)

func TestMain(m *testing.M) {
	flag.Parse()
	if testing.Short() {
		fmt.Println("skipped: every test here needs a control plane, which -short does without")
		return
	}
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (_ int, err error) {
	ctx := context.Background()
	plane, err = controlplane.Start(ctx, controlplane.Options{UnsafeNoFsync: true})
	if err != nil {
		return 0, err
	}
	defer func() {
		if stopErr := plane.Stop(); err == nil {
			err = stopErr
		}
	}()
	admin = plane.RESTConfig()
	if core, err = kubernetes.NewForConfig(admin); err != nil {
		return 0, err
	}
	if client, err = dynamic.NewForConfig(admin); err != nil {
		return 0, err
	}
	if err := controlplane.Apply(ctx, admin, "api-tests", configDir("crd")); err != nil {
		return 0, err
	}
	return m.Run(), nil
}

// configDir is a directory below config.
func configDir(name string) string { return filepath.Join("..", "..", "config", name) }

// newNamespace makes a namespace for one test. It is left behind: nothing here
// would finish its deletion, and the control plane goes after the tests.
func newNamespace(t *testing.T) string {
	t.Helper()
	ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "api-"}}
	made, err := core.CoreV1().Namespaces().Create(t.Context(), ns, metav1.CreateOptions{})
	if err != nil {
		t.Fatalf("making a namespace: %v", err)
	}
	return made.Name
}
