// Package controlplanetest gives tests a control plane. A package whose tests need
// one calls Main from its TestMain, and Shared and Namespace from its tests:
//
//	func TestMain(m *testing.M) { os.Exit(controlplanetest.Main(m, "../config/crd")) }
//
// Tests that break the control plane on purpose take one of their own, from Start.
// With -short all tests that ask for a control plane are skipped.
package controlplanetest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/acme/inventory-service/internal/controlplane"
)

// FieldManager is who applies the manifests of tests.
const FieldManager = "test"

// shared is the control plane of the test binary, started when first asked for.
var shared struct {
	sync.Mutex
	started   bool
	manifests []string
	cp        *controlplane.ControlPlane
	err       error
}

// Main runs the tests of a package, then stops the shared control plane if there
// is one, and returns the exit code. The manifests (files or directories) are
// applied to the shared control plane when it is started.
func Main(m *testing.M, manifests ...string) int {
	shared.manifests = manifests
	code := m.Run()
	shared.Lock()
	defer shared.Unlock()
	if shared.cp != nil {
		if err := shared.cp.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return max(code, 1)
		}
	}
	return code
}

// Shared returns the control plane that all tests of the package share. Tests keep
// apart by namespaces.
func Shared(tb testing.TB) *controlplane.ControlPlane {
	tb.Helper()
	skipShort(tb)
	shared.Lock()
	defer shared.Unlock()
	if !shared.started {
		shared.started = true
		shared.cp, shared.err = start(controlplane.Options{UnsafeNoFsync: true}, shared.manifests)
	}
	if shared.err != nil {
		tb.Fatal(shared.err)
	}
	return shared.cp
}

// Start starts a control plane for one test and stops it when the test ends. The
// manifests (files or directories) are applied to it.
func Start(tb testing.TB, options controlplane.Options, manifests ...string) *controlplane.ControlPlane {
	tb.Helper()
	skipShort(tb)
	cp, err := start(options, manifests)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := cp.Stop(); err != nil {
			tb.Error(err)
		}
	})
	return cp
}

// Namespace makes a namespace for one test and returns its name. It is not deleted:
// without a controller manager it would never go.
func Namespace(tb testing.TB, cp *controlplane.ControlPlane) string {
	tb.Helper()
	client, err := kubernetes.NewForConfig(cp.RESTConfig())
	if err != nil {
		tb.Fatal(err)
	}
	namespace, err := client.CoreV1().Namespaces().Create(tb.Context(),
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "test-"}}, metav1.CreateOptions{})
	if err != nil {
		tb.Fatal(err)
	}
	return namespace.Name
}

func start(options controlplane.Options, manifests []string) (*controlplane.ControlPlane, error) {
	ctx := context.Background()
	cp, err := controlplane.Start(ctx, options)
	if err != nil {
		return nil, err
	}
	if len(manifests) > 0 {
		if err := controlplane.Apply(ctx, cp.RESTConfig(), FieldManager, manifests...); err != nil {
			return nil, errors.Join(err, cp.Stop())
		}
	}
	return cp, nil
}

func skipShort(tb testing.TB) {
	tb.Helper()
	if testing.Short() {
		tb.Skip("needs a control plane: not with -short")
	}
}
