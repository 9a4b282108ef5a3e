package engines

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/test/docs"
	"github.com/acme/inventory-service/test/testbed"
)

// A cluster is new, and the Namespace is made as docs/disaster-recovery.md says. Then Git is
// synchronized, whose Namespace lacks the annotation: still nothing is sold before the restore.
func awaitingRestore(s *stage) {
	s.follow("disaster-recovery.md", v1.AwaitRestoreAnnotation)
	git := []*Object{item("mug", "mug", 10)}
	if !s.LeavesNamespaces {
		namespace := annotated(manifest(namespaceKind, s.Namespace), "kustomize.toolkit.fluxcd.io/prune", "disabled")
		git = append([]*Object{annotated(namespace, "argocd.argoproj.io/sync-options", "Prune=false,Delete=false")}, git...)
	}
	awaits := func() {
		s.Helper()
		s.AwaitLedger(func(l *v1.StockLedger) bool {
			restored := meta.FindStatusCondition(l.Status.Conditions, v1.ConditionRestored)
			return restored != nil && restored.Reason == v1.ReasonAwaitingRestore
		})
	}
	s.sync(git...) // before the journal is founded
	o := s.operate()
	awaits()
	s.sync(git...) // after it is
	o.Kill()
	s.operate()
	awaits()
	if mark := s.live(namespaceKind, s.Namespace).GetAnnotations()[v1.AwaitRestoreAnnotation]; mark != "true" {
		s.Errorf("the annotation of the Namespace is %q", mark)
	}
	s.AwaitItem("mug", func(i *v1.StockItem) bool {
		c := meta.FindStatusCondition(i.Status.Conditions, v1.ConditionInStock)
		return c != nil && c.Reason == v1.ReasonAwaitingRestore && i.Status.Available == 0
	})
}

// follow runs the one command of a page that applies an object with an annotation, in the namespace
// of the stage instead of the page's.
func (s *stage) follow(page, annotation string) {
	s.Helper()
	root, err := testbed.ModuleRoot()
	s.Must(err)
	text, err := os.ReadFile(filepath.Join(root, "docs", page))
	s.Must(err)
	kubeconfig := filepath.Join(s.TempDir(), "kubeconfig")
	s.Must(s.ControlPlane.WriteKubeconfig(kubeconfig))
	ran := 0
	for _, step := range docs.Steps(string(text)) {
		if !strings.Contains(step.Command, "kubectl apply") || !strings.Contains(step.Command, annotation) {
			continue
		}
		ran++
		apply, _, _ := strings.Cut(step.Command, "\nEOF\n")
		command := exec.CommandContext(s.Context(), "bash", "-euo", "pipefail", "-c", strings.ReplaceAll(apply, "name: shop", "name: "+s.Namespace)+"\nEOF\n")
		command.Env = append(os.Environ(), "NEW="+kubeconfig, "PATH="+filepath.Dir(s.ControlPlane.Kubectl())+":"+os.Getenv("PATH"))
		if out, err := command.CombinedOutput(); err != nil {
			s.Fatalf("%s:%d: %v\n%s", page, step.Line, err, out)
		}
	}
	if ran != 1 {
		s.Fatalf("%s has %d commands that apply %s, want 1", page, ran, annotation)
	}
}
