package knative

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/acme/inventory-service/internal/controlplane"
	"github.com/acme/inventory-service/test/knative/node"
)

// root is the checkout, seen from where tests run.
const root = "../.."

// patience bounds the wait for what must come. It is never slept for.
const patience = 3 * time.Minute

// cluster is what all tests share.
var cluster *world

// world is a control plane with Knative, and the node that runs it.
type world struct {
	controlPlane *controlplane.ControlPlane
	node         *node.Node
	kubeconfig   string
}

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	inside, code, err := node.Enter()
	if err == nil && inside {
		code, err = runInside(m)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

func runInside(m *testing.M) (code int, err error) {
	dir, err := os.MkdirTemp("", "inventory-knative-")
	if err != nil {
		return 1, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	ctx, cancel := context.WithTimeout(context.Background(), 2*patience)
	defer cancel()
	cp, err := controlplane.Start(ctx, controlplane.Options{
		// Where Knative finds the keys of tokens.
		ExtraAPIServerArgs: []string{"--service-account-jwks-uri=https://kubernetes.default.svc/openid/v1/jwks"},
	})
	if err != nil {
		return 1, err
	}
	defer func() { _ = cp.Stop() }()
	cluster = &world{controlPlane: cp, kubeconfig: filepath.Join(dir, "kubeconfig")}
	if err := cp.WriteKubeconfig(cluster.kubeconfig); err != nil {
		return 1, err
	}
	if err := cluster.start(ctx, dir); err != nil {
		return 1, err
	}
	defer func() { _ = cluster.node.Stop() }()
	return m.Run(), nil
}

// start starts Knative and waits until all of it is ready.
func (w *world) start(ctx context.Context, dir string) error {
	knative, err := knativeDir()
	if err != nil {
		return err
	}
	programs, err := programsIn(knative)
	if err != nil {
		return err
	}
	if w.node, err = node.Start(ctx, node.Options{ControlPlane: w.controlPlane, Programs: programs, Dir: dir}); err != nil {
		return err
	}
	manifests := filepath.Join(knative, "manifests")
	var paths []string
	for _, path := range []string{
		"core", "core/resources", "core/roles", "core/configmaps", "core/deployments", "core/webhooks",
		"brokers/mt-channel-broker/roles", "brokers/mt-channel-broker/deployments",
		"channels/in-memory-channel", "channels/in-memory-channel/configmaps", "channels/in-memory-channel/resources",
		"channels/in-memory-channel/roles", "channels/in-memory-channel/deployments", "channels/in-memory-channel/webhooks",
	} {
		paths = append(paths, filepath.Join(manifests, path))
	}
	if err := controlplane.Apply(ctx, w.controlPlane.RESTConfig(), "tests", paths...); err != nil {
		return err
	}
	out, err := w.kubectl("wait", "deployment", "--for=condition=Available", "--timeout="+patience.String(), "-n", "knative-eventing",
		"eventing-controller", "eventing-webhook", "mt-broker-controller", "mt-broker-ingress", "mt-broker-filter", "imc-controller", "imc-dispatcher")
	if err != nil {
		return fmt.Errorf("Knative did not become ready: %w\n%s", err, out)
	}
	return nil
}

// knativeDir is where hack/knative.sh has built Knative.
func knativeDir() (string, error) {
	out, err := exec.Command(root+"/hack/knative.sh", "--dir").Output()
	if err != nil {
		return "", fmt.Errorf("asking for the directory of Knative: %w", err)
	}
	dir := strings.TrimSpace(string(out))
	if _, err := os.Stat(filepath.Join(dir, "built-from")); err != nil {
		return "", fmt.Errorf("Knative is not built (%w): run make test-knative", err)
	}
	return dir, nil
}

// programsIn are the programs of Knative, and the operator.
func programsIn(dir string) (map[string]string, error) {
	operator, err := filepath.Abs(root + "/bin/inventory-operator")
	if err != nil {
		return nil, err
	}
	programs := map[string]string{"inventory-operator": operator}
	for _, name := range []string{
		"channel_controller", "channel_dispatcher", "controller", "event_display", "requestreply",
		"filter", "ingress", "mtchannel_broker", "webhook",
	} {
		programs[name] = filepath.Join(dir, name)
	}
	return programs, nil
}

// kubectl runs kubectl as the administrator, in the checkout.
func (w *world) kubectl(arguments ...string) (string, error) {
	command := exec.Command(w.controlPlane.Kubectl(), arguments...)
	command.Dir = root
	command.Env = append(os.Environ(), "KUBECONFIG="+w.kubeconfig)
	out, err := command.CombinedOutput()
	return string(out), err
}
