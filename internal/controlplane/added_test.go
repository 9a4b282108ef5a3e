package controlplane

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/acme/inventory-service/internal/controlplane/tcpproxy"
)

// Two API servers on one etcd know the same objects and take the same
// credentials; one of them dies, hangs and comes back without the other.
func TestAddAPIServer(t *testing.T) {
	dir := t.TempDir()
	cp := startForTest(t, Options{Dir: dir})
	createNamespace(t, cp, "widgets")
	added, err := cp.AddAPIServer(t.Context(), APIServerOptions{})
	if err != nil {
		t.Fatal(err)
	}
	second, err := kubernetes.NewForConfig(added.RESTConfig())
	if err != nil {
		t.Fatal(err)
	}
	see := func(ctx context.Context) error {
		_, err := second.CoreV1().Namespaces().Get(ctx, "widgets", metav1.GetOptions{})
		return err
	}
	if err := see(t.Context()); err != nil {
		t.Errorf("the added API server: %v", err)
	}

	if err := cp.KillAPIServer(); err != nil {
		t.Fatal(err)
	}
	if err := see(t.Context()); err != nil {
		t.Errorf("the added API server, without the first: %v", err)
	}
	if err := cp.StartAPIServer(t.Context()); err != nil {
		t.Fatal(err)
	}

	if err := added.Pause(); err != nil {
		t.Fatal(err)
	}
	wantNamespace(t, cp, "widgets")
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if see(ctx) == nil {
		t.Error("a paused API server answers")
	}
	if err := added.Resume(); err != nil {
		t.Fatal(err)
	}
	if err := added.Kill(); err != nil {
		t.Fatal(err)
	}
	if see(t.Context()) == nil {
		t.Error("a killed API server answers")
	}
	wantNamespace(t, cp, "widgets")
	if err := added.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := see(t.Context()); err != nil {
		t.Errorf("the added API server, started again: %v", err)
	}

	stop(t, cp)
	if see(t.Context()) == nil {
		t.Error("the added API server outlives Stop")
	}
	left, err := filepath.Glob(filepath.Join(dir, "*.pid"))
	if err != nil || len(left) > 0 {
		t.Errorf("Stop leaves %v (%v)", left, err)
	}
	if _, err := os.Stat(filepath.Join(dir, "kube-apiserver-2.log")); err != nil {
		t.Error(err)
	}
}

// An API server whose way to etcd is frozen learns nothing and shows nothing new;
// thawed it does.
func TestAPIServerBehindProxy(t *testing.T) {
	cp := startForTest(t, Options{})
	proxy, err := tcpproxy.Listen(localAddress(cp.etcd.port))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(proxy.Close)
	behind, err := cp.AddAPIServer(t.Context(), APIServerOptions{EtcdURL: "http://" + proxy.Address()})
	if err != nil {
		t.Fatal(err)
	}
	second, err := kubernetes.NewForConfig(behind.RESTConfig())
	if err != nil {
		t.Fatal(err)
	}
	proxy.Freeze()
	createNamespace(t, cp, "new")
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if _, err := second.CoreV1().Namespaces().Get(ctx, "new", metav1.GetOptions{}); err == nil {
		t.Error("the API server behind the frozen proxy knows what is new")
	}
	proxy.Thaw()
	if _, err := second.CoreV1().Namespaces().Get(t.Context(), "new", metav1.GetOptions{}); err != nil {
		t.Errorf("thawed: %v", err)
	}
	// It is stopped while the proxy still stands: neither waits for the other.
	if err := behind.Kill(); err != nil {
		t.Fatal(err)
	}
}
