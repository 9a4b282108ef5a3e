package api

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// "kubectl get inventory" finds what people deal with, and the short names every kind.
func TestKubectlGet(t *testing.T) {
	kubectl := newKubectl(t)
	namespace := newNamespace(t)
	for _, o := range []*object{newStockItem(), newReservation(), newLedger(), newPage()} {
		if _, err := client.Resource(resourceOf(o)).Namespace(namespace).Create(t.Context(), o, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	for what, kinds := range map[string][]string{
		"inventory": {"stockitem", "reservation", "stockledger"}, // pages are nothing to look at every day
		"stk":       {"stockitem"},
		"rsv":       {"reservation"},
		"ledger":    {"stockledger"},
		"jp":        {"journalpage"},
	} {
		t.Run(what, func(t *testing.T) {
			names := strings.Fields(kubectl("get", what, "-n", namespace, "-o", "name"))
			if len(names) != len(kinds) {
				t.Fatalf("got %v, want one of each of %v", names, kinds)
			}
			for _, kind := range kinds {
				if !strings.Contains(strings.Join(names, " "), kind+".inventory.acme.com/") {
					t.Errorf("got %v, which has no %s", names, kind)
				}
			}
		})
	}
}

// Every field that kubectl explain shows is explained.
func TestKubectlExplain(t *testing.T) {
	kubectl := newKubectl(t)
	for _, crd := range crds(t) {
		kind := crd.Spec.Names.Singular
		for path, schema := range objectFields(kind, crd) {
			t.Run(path, func(t *testing.T) {
				text := kubectl("explain", path)
				if strings.Contains(text, "<no description>") {
					t.Errorf("something is not explained:\n%s", text)
				}
				for name := range schema.Properties {
					if !strings.Contains(text, "\n  "+name+"\t<") {
						t.Errorf("field %s is not shown:\n%s", name, text)
					}
				}
			})
		}
	}
}

// newKubectl returns a function that runs kubectl as the admin and returns what
// it prints.
func newKubectl(t *testing.T) func(args ...string) string {
	t.Helper()
	try := tryKubectl(t)
	return func(args ...string) string {
		t.Helper()
		out, err := try(args...)
		if err != nil {
			t.Fatalf("kubectl %s: %v\n%s", strings.Join(args, " "), err, out)
		}
		return out
	}
}

// tryKubectl is newKubectl for what may fail.
func tryKubectl(t *testing.T) func(args ...string) (string, error) {
	t.Helper()
	dir := t.TempDir()
	kubeconfig := filepath.Join(dir, "kubeconfig")
	if err := plane.WriteKubeconfig(kubeconfig); err != nil {
		t.Fatal(err)
	}
	return func(args ...string) (string, error) {
		cmd := exec.CommandContext(t.Context(), plane.Kubectl(), args...)
		// kubectl keeps a cache of what the server serves below HOME.
		cmd.Env = append(os.Environ(), "KUBECONFIG="+kubeconfig, "HOME="+dir)
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
}
