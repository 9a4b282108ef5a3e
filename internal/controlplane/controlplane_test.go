package controlplane

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
)

func startForTest(t *testing.T, options Options) *ControlPlane {
	t.Helper()
	if testing.Short() {
		t.Skip("needs a control plane: not with -short")
	}
	options.UnsafeNoFsync = true
	begin := time.Now()
	cp, err := Start(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("ready after %v", time.Since(begin).Round(time.Millisecond))
	t.Cleanup(func() { stop(t, cp) })
	return cp
}

func stop(t *testing.T, cp *ControlPlane) {
	t.Helper()
	if err := cp.Stop(); err != nil {
		t.Error(err)
	}
}

func client(t *testing.T, cp *ControlPlane) *kubernetes.Clientset {
	t.Helper()
	c, err := kubernetes.NewForConfig(cp.RESTConfig())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func createNamespace(t *testing.T, cp *ControlPlane, name string) {
	t.Helper()
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
	if _, err := client(t, cp).CoreV1().Namespaces().Create(t.Context(), namespace, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
}

func wantNamespace(t *testing.T, cp *ControlPlane, name string) {
	t.Helper()
	if _, err := client(t, cp).CoreV1().Namespaces().Get(t.Context(), name, metav1.GetOptions{}); err != nil {
		t.Errorf("namespace %s: %v", name, err)
	}
}

// A kept directory keeps the data, and nothing else of a run.
func TestDataOutliveStop(t *testing.T) {
	dir := t.TempDir()
	cp := startForTest(t, Options{Dir: dir})
	createNamespace(t, cp, "kept")
	first := cp.RESTConfig()
	begin := time.Now()
	stop(t, cp)
	t.Logf("stopped after %v", time.Since(begin).Round(time.Millisecond))
	for _, gone := range []string{"run", "etcd.pid", "kube-apiserver.pid"} {
		if _, err := os.Stat(filepath.Join(dir, gone)); err == nil {
			t.Errorf("Stop leaves %s", gone)
		}
	}

	cp = startForTest(t, Options{Dir: dir})
	wantNamespace(t, cp, "kept")
	if again := cp.RESTConfig(); again.BearerToken == first.BearerToken || string(again.CAData) == string(first.CAData) {
		t.Error("the second run has credentials of the first")
	}
}

// Both servers come back on the same ports, with the same data and credentials.
func TestServersComeBack(t *testing.T) {
	cp := startForTest(t, Options{})
	createNamespace(t, cp, "before")

	if err := cp.KillAPIServer(); err != nil {
		t.Fatal(err)
	}
	if _, err := client(t, cp).Discovery().ServerVersion(); err == nil {
		t.Error("a killed API server answers")
	}
	if err := cp.KillEtcd(); err != nil {
		t.Fatal(err)
	}
	if err := cp.PauseEtcd(); err == nil {
		t.Error("a killed etcd was paused")
	}
	if err := cp.StartEtcd(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := cp.StartAPIServer(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantNamespace(t, cp, "before")
	if err := cp.StartAPIServer(t.Context()); err == nil {
		t.Error("two API servers on one port")
	}
	select {
	case err := <-cp.Died():
		t.Errorf("a death on purpose is told: %v", err)
	default:
	}

	// A paused server holds requests up, a resumed one answers them.
	if err := cp.PauseAPIServer(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if _, err := client(t, cp).CoreV1().Namespaces().Get(ctx, "before", metav1.GetOptions{}); err == nil {
		t.Error("a paused API server answers")
	}
	if err := cp.ResumeAPIServer(); err != nil {
		t.Fatal(err)
	}
	wantNamespace(t, cp, "before")

	// A death that nobody wanted is told.
	process, err := os.FindProcess(cp.etcd.run.PID)
	if err != nil {
		t.Fatal(err)
	}
	if err := process.Kill(); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-cp.Died():
		if !strings.Contains(err.Error(), "etcd ended by itself (signal: killed)") {
			t.Errorf("told: %v", err)
		}
	case <-time.After(time.Minute):
		t.Error("etcd's death is not told")
	}
}

// The API server serves what a cluster does: manifests, RBAC, ServiceAccount tokens.
func TestApplyAndServiceAccount(t *testing.T) {
	cp := startForTest(t, Options{})
	ctx := t.Context()
	for range 2 { // the second time changes nothing
		if err := Apply(ctx, cp.RESTConfig(), "test", "testdata/manifests"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := client(t, cp).CoreV1().ConfigMaps("default").Get(ctx, "listed", metav1.GetOptions{}); err != nil {
		t.Error(err)
	}

	path := filepath.Join(t.TempDir(), "reader.kubeconfig")
	if err := cp.serviceAccountKubeconfig(ctx, "widgets", "nobody", path, time.Hour); err == nil ||
		!strings.Contains(err.Error(), "apply the manifest that makes it first") {
		t.Errorf("a ServiceAccount that is not there: %v", err)
	}
	if err := cp.serviceAccountKubeconfig(ctx, "widgets", "reader", path, time.Second); err != nil {
		t.Fatal(err)
	}
	config, err := clientcmd.BuildConfigFromFlags("", path)
	if err != nil {
		t.Fatal(err)
	}
	reader, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	who, err := reader.AuthenticationV1().SelfSubjectReviews().Create(ctx, &authenticationv1.SelfSubjectReview{}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if got := who.Status.UserInfo.Username; got != "system:serviceaccount:widgets:reader" {
		t.Errorf("the kubeconfig's user is %s", got)
	}

	// It may do what its role says and no more. The authorizer learns of the role by a watch.
	kubectl := func(args string) ([]byte, error) {
		return exec.CommandContext(ctx, cp.Kubectl(), append([]string{"--kubeconfig", path}, strings.Fields(args)...)...).CombinedOutput()
	}
	for deadline := time.Now().Add(time.Minute); ; {
		out, err := kubectl("get widget first")
		if err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("kubectl get widget first: %v: %s", err, out)
		}
	}
	for _, args := range []string{"get widgets", "get namespaces"} {
		if out, err := kubectl(args); err == nil {
			t.Errorf("kubectl %s: %s", args, out)
		}
	}

	// The token is renewed, even though the API server is away for a while.
	if err := cp.KillAPIServer(); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(path + ".token")
	if err != nil {
		t.Fatal(err)
	}
	if err := cp.StartAPIServer(ctx); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		if now, err := os.ReadFile(path + ".token"); err != nil {
			t.Fatal(err)
		} else if string(now) != string(before) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the token is not renewed")
		}
	}
}

// The admin's kubeconfig works with kubectl, and only its owner can read it.
func TestAdminKubeconfig(t *testing.T) {
	cp := startForTest(t, Options{})
	path := filepath.Join(t.TempDir(), "kubeconfig")
	for range 2 { // it replaces what is there
		if err := cp.WriteKubeconfig(path); err != nil {
			t.Fatal(err)
		}
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the kubeconfig's mode is %v", info.Mode())
	}
	out, err := exec.CommandContext(t.Context(), cp.Kubectl(), "--kubeconfig", path, "get", "ns", "-o", "name").CombinedOutput()
	if err != nil || !strings.Contains(string(out), "namespace/default\n") {
		t.Errorf("kubectl get ns: %v: %s", err, out)
	}
}
