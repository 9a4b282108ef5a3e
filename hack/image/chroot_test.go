package main

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/pem"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	kruntime "k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	inventory "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/controlplane"
	"github.com/acme/inventory-service/internal/controlplane/controlplanetest"
)

// unpackImage unpacks the layers of an image into a directory.
func unpackImage(t *testing.T, from v1.Image, root string) {
	t.Helper()
	packed := mutate.Extract(from)
	defer func() { _ = packed.Close() }()
	for files := tar.NewReader(packed); ; {
		header, err := files.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		to := filepath.Join(root, header.Name)
		if header.Typeflag == tar.TypeDir {
			err = os.MkdirAll(to, 0o755)
		} else {
			var content []byte
			if content, err = io.ReadAll(files); err == nil {
				err = os.WriteFile(to, content, header.FileInfo().Mode())
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// inRoot is a command that runs in an unpacked image as its user, and sees nothing else.
func inRoot(ctx context.Context, root string, arguments ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, "/"+entrypoint, arguments...)
	command.Path, command.Err = "/"+entrypoint, nil
	command.Dir = "/"
	command.Env = []string{"POD_NAME=operator"}
	command.SysProcAttr = &syscall.SysProcAttr{Chroot: root, Credential: &syscall.Credential{Uid: user, Gid: user}}
	return command
}

// unpacked is the image of this machine's platform, in a directory that its user may enter.
func unpacked(t *testing.T) string {
	t.Helper()
	if os.Getuid() != 0 || runtime.GOOS != "linux" {
		t.Skip("only root on Linux may run it in a root of its own")
	}
	index, _ := readLayout(t, madeImage(t))
	manifest, err := index.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	root, err := os.MkdirTemp("", "root") //nolint:usetesting // its user has to come through to it
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(root) })
	if err := os.Chmod(root, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, entry := range manifest.Manifests {
		if entry.Platform.Architecture != runtime.GOARCH {
			continue
		}
		one, err := index.Image(entry.Digest)
		if err != nil {
			t.Fatal(err)
		}
		unpackImage(t, one, root)
		return root
	}
	t.Skip("there is no image for this machine")
	return ""
}

func TestVersionInChroot(t *testing.T) {
	out, err := inRoot(t.Context(), unpacked(t), "--version").CombinedOutput()
	if err != nil || strings.TrimSpace(string(out)) != version {
		t.Errorf("the image says %q, %v", out, err)
	}
}

// The image alone serves, and delivers an outcome to a sink with TLS: one that the authorities in
// it know, or that the flag names; to another it delivers nothing.
func TestDeliversOverHTTPSInChroot(t *testing.T) {
	root := unpacked(t)
	cp := controlplanetest.Start(t, controlplane.Options{UnsafeNoFsync: true}, "../../config/crd")
	kubeconfig := filepath.Join(root, "kubeconfig")
	if err := cp.WriteKubeconfig(kubeconfig); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(kubeconfig, 0o644); err != nil {
		t.Fatal(err)
	}
	events := make(chan string, 16)
	sink := httptest.NewTLSServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { events <- r.Header.Get("Ce-Type") }))
	defer sink.Close()
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: sink.Certificate().Raw})
	write := func(path string, content []byte) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(root, path), content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("sink.pem", authority)
	namespace := controlplanetest.Namespace(t, cp)
	scheme := kruntime.NewScheme()
	if err := inventory.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	c, err := client.New(cp.RESTConfig(), client.Options{Scheme: scheme})
	if err != nil {
		t.Fatal(err)
	}
	item := &inventory.StockItem{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "mug"},
		Spec:       inventory.StockItemSpec{ProductID: "mug", LocationID: "amsterdam", Received: 10},
	}
	if err := c.Create(t.Context(), item); err != nil {
		t.Fatal(err)
	}
	arguments := []string{
		"--kubeconfig", "/kubeconfig", "--ids", "any", "--authentication", "none", "--metrics-address", "0", "--forward-address", "0",
		"--leader-elect=false", "--namespaces", namespace, "--default-namespace", namespace, "--sink", sink.URL,
	}
	runs := func(cart string, more ...string) (stop func()) {
		t.Helper()
		port := controlplanetest.FreePort(t)
		return serve(t, root, port, cart, append(more, arguments...)...)
	}
	delivered := func(how string) {
		t.Helper()
		select {
		case kind := <-events:
			if kind != "com.acme.inventory.reserved.v1" {
				t.Errorf("%s: the sink is sent %s", how, kind)
			}
		case <-time.After(30 * time.Second):
			t.Errorf("%s: nothing is delivered", how)
		}
	}

	stop := runs("unknown")
	select {
	case kind := <-events:
		t.Errorf("a sink that no authority vouches for is sent %s", kind)
	case <-time.After(3 * time.Second): // that nothing comes cannot be waited for
	}
	stop()
	stop = runs("by-flag", "--sink-ca-file", "/sink.pem")
	delivered("by the flag")
	delivered("by the flag, the outcome of before")
	stop()
	public, err := os.ReadFile(filepath.Join(root, "etc/ssl/certs/ca-certificates.crt"))
	if err != nil || bytes.Count(public, []byte("BEGIN CERTIFICATE")) < 50 {
		t.Fatalf("the image has %d authorities, %v", bytes.Count(public, []byte("BEGIN CERTIFICATE")), err)
	}
	write("etc/ssl/certs/ca-certificates.crt", append(public, authority...))
	stop = runs("by-image")
	delivered("by the authorities of the image")
	stop()
}
