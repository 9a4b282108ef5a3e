// Command chart makes the templates of the Helm chart in dist/chart from what kustomize makes of
// config/default and config/archive, so that both install the same. Give it the kubectl to ask:
//
//	go run ./hack/chart bin/k8s/1.37.2/kubectl
//
// It writes dist/chart/templates/generated and dist/chart/README.md. Chart.yaml, values.yaml and its
// schema, NOTES.txt and _helpers.tpl are written by hand. It fails where a place that values fill in is
// not there any more.
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

const chart = "dist/chart"

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "chart:", err)
		os.Exit(1)
	}
}

func run() error {
	if len(os.Args) != 2 {
		return errors.New("give the path of kubectl")
	}
	dir := filepath.Join(chart, "templates", "generated")
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // as git checks it out
		return err
	}
	if err := templates(dir, "config/default", template); err != nil {
		return err
	}
	if err := templates(dir, "config/archive", archive); err != nil {
		return err
	}
	if err := bridgeToArchive(dir); err != nil {
		return err
	}
	if err := watching(dir); err != nil {
		return err
	}
	return readme()
}

// templates makes a template of each manifest of a kustomization.
func templates(dir, kustomization string, of func(kind, name, text string) (string, error)) error {
	rendered, err := exec.Command(os.Args[1], "kustomize", kustomization).Output() //nolint:gosec // the Makefile names it
	if err != nil {
		return fmt.Errorf("kubectl kustomize %s: %w", kustomization, err)
	}
	for document := range strings.SplitSeq(string(rendered), "\n---\n") {
		kind, name := find(document, kindLine), find(document, nameLine)
		if kind == "Namespace" {
			continue // Helm's --create-namespace makes it
		}
		text, err := of(kind, name, strings.TrimSuffix(document, "\n")+"\n")
		if err != nil {
			return fmt.Errorf("%s %s: %w", kind, name, err)
		}
		if err := write(filepath.Join(dir, strings.ToLower(kind)+"-"+name+".yaml"), text); err != nil {
			return err
		}
	}
	return nil
}

// watching makes templates of what the Prometheus operator takes.
func watching(dir string) error {
	for _, name := range []string{"rules", "service_monitor", "metrics_reader_role"} {
		text, err := os.ReadFile(filepath.Join("config/prometheus", name+".yaml"))
		if err != nil {
			return err
		}
		out := "{{- if .Values.prometheus.enabled }}\n" + labelled(inNamespace(escape(string(text)))) + "{{- end }}\n"
		if err := write(filepath.Join(dir, "prometheus-"+name+".yaml"), out); err != nil {
			return err
		}
	}
	return nil
}

var (
	kindLine = regexp.MustCompile(`(?m)^kind: (.*)$`)
	nameLine = regexp.MustCompile(`(?m)^  name: (.*)$`)
	labels   = regexp.MustCompile(`(?m)^( +)app\.kubernetes\.io/managed-by: kustomize\n(?: +app\.kubernetes\.io/(?:component|name|part-of|version): .*\n)+`)
)

func find(text string, line *regexp.Regexp) string {
	if found := line.FindStringSubmatch(text); found != nil {
		return found[1]
	}
	return ""
}

// general lets the release name a manifest's namespace and labels.
func general(text, helper string) string {
	return labels.ReplaceAllStringFunc(inNamespace(escape(text)), func(block string) string {
		indent := len(block) - len(strings.TrimLeft(block, " "))
		kept := ""
		if component := regexp.MustCompile(`(?m)^ +app\.kubernetes\.io/component: .*\n`).FindString(block); component != "" {
			kept = component
		}
		return kept + fmt.Sprintf("%s{{- include %q . | nindent %d }}\n", strings.Repeat(" ", indent), helper, indent)
	})
}

// template lets values fill a manifest of config/default in.
func template(kind, name, text string) (string, error) {
	text = general(text, "inventory.labels")
	unless := func(value string) string { return "{{- if .Values." + value + " }}\n" + text + "{{- end }}\n" }
	switch {
	case kind == "CustomResourceDefinition":
		// Uninstalling must not delete the stock.
		text, err := replace(text, "  annotations:\n", "  annotations:\n    helm.sh/resource-policy: keep\n")
		return "{{- if .Values.crds.enabled }}\n" + text + "{{- end }}\n", err
	case kind == "NetworkPolicy":
		return unless("networkPolicy.enabled"), nil
	case kind == "PodDisruptionBudget":
		return unless("podDisruptionBudget.enabled"), nil
	case kind == "FlowSchema", kind == "PriorityLevelConfiguration":
		return unless("flowSchemas.enabled"), nil
	case kind == "Service" && name == "inventory-metrics":
		return replace(text, "  - appProtocol: http\n", "  - appProtocol: {{ eq (include \"inventory.metricsSecure\" .) \"true\" | ternary \"https\" \"http\" }}\n")
	case kind == "ServiceAccount":
		return replace(text, "metadata:\n", "metadata:\n  {{- with .Values.serviceAccount.annotations }}\n  annotations: {{- toYaml . | nindent 4 }}\n  {{- end }}\n")
	case kind == "Deployment":
		return deployment(text)
	default:
		return text, nil
	}
}

// replace replaces one place, which must be there once.
func replace(text, old, replacement string) (string, error) {
	if old == "" || strings.Count(text, old) != 1 {
		return text, fmt.Errorf("%q is there %d times, want once", old, strings.Count(text, old))
	}
	return strings.Replace(text, old, replacement, 1), nil
}

// escape leaves alone what looks like a template and is none.
func escape(text string) string { return strings.ReplaceAll(text, "{{", "{{ `{{` }}") }

func inNamespace(text string) string {
	return strings.ReplaceAll(text, "namespace: inventory-system\n", "namespace: {{ .Release.Namespace }}\n")
}

// labelled gives labels to a manifest that has none.
func labelled(text string) string {
	return strings.Replace(text, "\nmetadata:\n", "\nmetadata:\n  labels:\n    {{- include \"inventory.labels\" . | nindent 4 }}\n", 1)
}

func write(path, text string) error {
	return os.WriteFile(path, []byte(text), 0o644) //nolint:gosec // as git checks it out
}
