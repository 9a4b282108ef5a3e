package kubectl

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/acme/inventory-service/test/engines"
	"github.com/acme/inventory-service/test/testbed"
)

// pipeline is kubectl with one kubeconfig, in one namespace.
type pipeline struct {
	kubectl, kubeconfig, namespace, dir string
	serverSide                          bool
}

func newPipeline(w *testbed.World, serverSide bool) *pipeline {
	p := &pipeline{kubectl: w.ControlPlane.Kubectl(), namespace: w.Namespace, dir: w.TempDir(), serverSide: serverSide}
	p.kubeconfig = filepath.Join(p.dir, "kubeconfig")
	w.Must(w.ControlPlane.WriteKubeconfig(p.kubeconfig))
	return p
}

// run runs kubectl and returns what it prints, and whether it is content.
func (p *pipeline) run(ctx context.Context, arguments ...string) (string, error) {
	command := exec.CommandContext(ctx, p.kubectl, append([]string{"--kubeconfig", p.kubeconfig, "--namespace", p.namespace}, arguments...)...)
	command.Env = append(os.Environ(), "KUBECTL_APPLYSET=true", "KUBECTL_EXTERNAL_DIFF=diff -U0")
	out, err := command.CombinedOutput()
	if err != nil {
		return string(out), fmt.Errorf("kubectl %s: %w\n%s", arguments[0], err, out)
	}
	return string(out), nil
}

// Sync applies a file, and prunes by the ApplySet "stock", which holds no Namespace: that is applied
// before, and never pruned.
func (p *pipeline) Sync(ctx context.Context, manifests []*engines.Object) error {
	first := slices.IndexFunc(manifests, func(o *engines.Object) bool { return o.GetKind() == "Namespace" })
	if first >= 0 {
		if err := p.apply(ctx, manifests[first:first+1]); err != nil {
			return err
		}
		manifests = slices.Delete(manifests, first, first+1)
	}
	return p.apply(ctx, manifests, "--prune", "--applyset=stock")
}

func (p *pipeline) apply(ctx context.Context, manifests []*engines.Object, flags ...string) error {
	file, err := p.write(manifests)
	if err != nil {
		return err
	}
	_, err = p.run(ctx, append([]string{"apply", fmt.Sprintf("--server-side=%t", p.serverSide), "--filename", file}, flags...)...)
	return err
}

func (p *pipeline) write(manifests []*engines.Object) (file string, err error) {
	var documents []string
	for _, o := range manifests {
		text, err := yaml.Marshal(o.Object)
		if err != nil {
			return "", err
		}
		documents = append(documents, string(text))
	}
	file = filepath.Join(p.dir, "stock.yaml")
	return file, os.WriteFile(file, []byte(strings.Join(documents, "---\n")), 0o600)
}

var (
	// header names the item of a difference.
	header = regexp.MustCompile(`^\+\+\+ \S*/\S+\.([a-z0-9-]+)\s`)
	// changedField is one line of a difference.
	changedField = regexp.MustCompile(`^[+-] +(\S+):`)
	// untold are fields of which kubectl diff says more than an apply would change: it leaves the
	// label of the ApplySet out.
	untold = map[string]bool{"generation": true, "labels": true, "applyset.kubernetes.io/part-of": true}
)

// differ is a pipeline whose kubectl diff tells what its apply would change: that on the server's
// side.
type differ struct{ *pipeline }

// Diff reads what kubectl diff prints.
func (p *differ) Diff(ctx context.Context, manifests []*engines.Object) ([]string, error) {
	file, err := p.write(manifests)
	if err != nil {
		return nil, err
	}
	out, err := p.run(ctx, "diff", "--server-side", "--filename", file)
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || exit.ExitCode() > 1) { // 1 tells that there are differences
		return nil, err
	}
	var changed []string
	name, seen := "", map[string]bool{}
	for line := range strings.Lines(out) {
		if found := header.FindStringSubmatch(line); found != nil {
			name = found[1]
		} else if found := changedField.FindStringSubmatch(line); found != nil && !untold[found[1]] && !seen[name+found[1]] {
			seen[name+found[1]] = true
			changed = append(changed, name+" "+found[1])
		}
	}
	return changed, nil
}

// Health is what kubectl wait says, without waiting.
func (p *pipeline) Health(ctx context.Context, live *engines.Object) (engines.Health, error) {
	is := func(condition string) bool {
		_, err := p.run(ctx, "wait", "--for=condition="+condition, "--timeout=0", live.GetKind()+"/"+live.GetName())
		return err == nil
	}
	good := "Ready"
	if live.GetKind() == "Reservation" {
		good = "Decided"
	}
	switch {
	case is("Stalled"), is("Oversold"):
		return engines.Degraded, nil
	case is(good):
		return engines.Healthy, nil
	default:
		return engines.Progressing, nil
	}
}

// forcer is a pipeline that can be forced: that on the client's side.
type forcer struct{ *pipeline }

// Force applies a file with --force, which kubectl does not let be used with --prune.
func (p *forcer) Force(ctx context.Context, manifests []*engines.Object) error {
	return p.apply(ctx, manifests, "--force")
}

func TestServerSideApply(t *testing.T) {
	engines.Play(t, engines.Player{
		New:         func(w *testbed.World) engines.Engine { return &differ{newPipeline(w, true)} },
		OfSuspended: engines.Healthy, OfShortfall: engines.Degraded,
	})
}

func TestClientSideApply(t *testing.T) {
	engines.Play(t, engines.Player{
		New:         func(w *testbed.World) engines.Engine { return &forcer{newPipeline(w, false)} },
		OfSuspended: engines.Healthy, OfShortfall: engines.Degraded, ForgetsOwners: true,
	})
}
