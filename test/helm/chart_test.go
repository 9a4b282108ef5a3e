package helm

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"helm.sh/helm/v4/pkg/action"
	"helm.sh/helm/v4/pkg/chart/common"
	chart "helm.sh/helm/v4/pkg/chart/v2"
	"helm.sh/helm/v4/pkg/chart/v2/lint"
	"helm.sh/helm/v4/pkg/chart/v2/lint/support"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	release "helm.sh/helm/v4/pkg/release/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"

	"github.com/acme/inventory-service/internal/controlplane/controlplanetest"
)

const (
	dir         = "../../dist/chart"
	releaseName = "inventory" // as docs/install.md has it
	name        = "inventory-operator"
	namespace   = "inventory-system"
)

type values = map[string]any

func load(t *testing.T) *chart.Chart {
	t.Helper()
	c, err := loader.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// render is what the chart makes of values, without a cluster.
func render(t *testing.T, v values) (manifest string, err error) {
	t.Helper()
	install := action.NewInstall(action.NewConfiguration())
	install.ReleaseName, install.Namespace, install.DryRunStrategy = releaseName, namespace, action.DryRunClient
	install.KubeVersion, err = common.ParseKubeVersion("v1.37.0")
	must(t, err)
	made, err := install.Run(load(t), v)
	if err != nil {
		return "", err
	}
	return made.(*release.Release).Manifest, nil
}

func TestLint(t *testing.T) {
	for _, v := range []values{nil, {"prometheus": values{"enabled": true}}, {"archive": values{"enabled": true, "bridge": values{"enabled": true}}}} {
		for _, message := range lint.RunAll(dir, v, namespace).Messages {
			if message.Severity >= support.WarningSev {
				t.Error(message)
			}
		}
	}
}

// The chart installs the very objects that config/default does, but for the namespace, which Helm
// makes, and for what names the installer; and those of config/archive where that is turned on.
func TestParity(t *testing.T) {
	archived := values{"enabled": true, "bridge": values{"enabled": true}}
	for what, test := range map[string]struct {
		values     values
		components string
		of         []string
	}{
		"default":                    {nil, "", []string{"default"}},
		"archive, asked by a bridge": {values{"archive": archived}, "components:\n  - ../archive/bridge\n", []string{"default", "archive"}},
	} {
		t.Run(what, func(t *testing.T) {
			manifest, err := render(t, test.values)
			if err != nil {
				t.Fatal(err)
			}
			want, got := map[string]map[string]any{}, objects(t, manifest)
			dir := configWith(t, test.components)
			for _, part := range test.of {
				maps.Copy(want, kustomized(t, filepath.Join(dir, part)))
			}
			delete(want, "Namespace "+namespace)
			if diff := cmp.Diff(slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(got))); diff != "" {
				t.Fatalf("objects (-kustomize +chart): run make chart:\n%s", diff)
			}
			for object := range want {
				if diff := cmp.Diff(want[object], got[object]); diff != "" {
					t.Errorf("%s (-kustomize +chart): run make chart:\n%s", object, diff)
				}
			}
		})
	}
}

// No engine deletes a CRD, and the stock of all shops with it: neither one that installs the chart, nor
// one that installs config/default.
func TestCRDsAreKept(t *testing.T) {
	manifest, err := render(t, nil)
	must(t, err)
	out, err := exec.CommandContext(t.Context(), controlplanetest.Shared(t).Kubectl(), "kustomize", "../../config/default").Output()
	must(t, err)
	byEngines := map[string]string{
		"kustomize.toolkit.fluxcd.io/prune":     "disabled",
		"argocd.argoproj.io/sync-options":       "Prune=false,Delete=false",
		"controller-gen.kubebuilder.io/version": "",
	}
	byHelm := maps.Clone(byEngines)
	byHelm["helm.sh/resource-policy"] = "keep"
	for what, test := range map[string]struct {
		manifests string
		want      map[string]string
	}{"chart": {manifest, byHelm}, "config/default": {string(out), byEngines}} {
		crds := 0
		for _, o := range decode(t, test.manifests) {
			if o.GetKind() != "CustomResourceDefinition" {
				continue
			}
			crds++
			annotations := o.GetAnnotations()
			annotations["controller-gen.kubebuilder.io/version"] = ""
			if diff := cmp.Diff(test.want, annotations); diff != "" {
				t.Errorf("%s: annotations of %s (-want +got):\n%s", what, o.GetName(), diff)
			}
		}
		if crds != 4 {
			t.Errorf("%s has %d CRDs, want 4", what, crds)
		}
	}
}

// configWith is a copy of config whose default has components.
func configWith(t *testing.T, components string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	must(t, os.CopyFS(dir, os.DirFS("../../config")))
	file, err := os.OpenFile(filepath.Join(dir, "default", "kustomization.yaml"), os.O_APPEND|os.O_WRONLY, 0)
	must(t, err)
	_, err = file.WriteString(components)
	must(t, errors.Join(err, file.Close()))
	return dir
}

// kustomized are the objects of a kustomization.
func kustomized(t *testing.T, dir string) map[string]map[string]any {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), controlplanetest.Shared(t).Kubectl(), "kustomize", dir).Output()
	if err != nil {
		t.Fatalf("kubectl kustomize: %v", err)
	}
	return objects(t, string(out))
}

// objects are those of manifests, without what names the installer.
func objects(t *testing.T, manifests string) map[string]map[string]any {
	t.Helper()
	all := map[string]map[string]any{}
	for _, o := range decode(t, manifests) {
		for _, path := range [][]string{{"metadata"}, {"spec", "template", "metadata"}} {
			normalize(o.Object, path...)
		}
		all[o.GetKind()+" "+o.GetName()] = o.Object
	}
	return all
}

// decode reads all objects of manifests.
func decode(t *testing.T, manifests string) (all []*unstructured.Unstructured) {
	t.Helper()
	documents := yaml.NewYAMLOrJSONDecoder(bytes.NewBufferString(manifests), len(manifests))
	for {
		o := &unstructured.Unstructured{}
		err := documents.Decode(&o.Object)
		switch {
		case errors.Is(err, io.EOF):
			return all
		case err != nil:
			t.Fatal(err)
		case len(o.Object) > 0:
			all = append(all, o)
		}
	}
}

func normalize(object map[string]any, path ...string) {
	metadata, ok, _ := unstructured.NestedMap(object, path...)
	if !ok {
		return
	}
	for field, names := range map[string][]string{
		"labels":      {"app.kubernetes.io/managed-by", "app.kubernetes.io/instance", "helm.sh/chart"},
		"annotations": {"helm.sh/resource-policy"},
	} {
		for _, name := range names {
			unstructured.RemoveNestedField(metadata, field, name)
		}
	}
	_ = unstructured.SetNestedMap(object, metadata, path...)
}

// Values that make no sense are refused, and name themselves.
func TestSchema(t *testing.T) {
	for says, v := range map[string]values{
		"replicas":          {"replicas": 0},
		"image/tag":         {"image": values{"tag": "latest"}},
		"image/digest":      {"image": values{"digest": "sha256:1"}},
		"defaultNamespace":  {"defaultNamespace": "No"},
		"sink":              {"sink": "ftp://x"},
		"replicaCount":      {"replicaCount": 2},
		"prometheus/enable": {"prometheus": values{"enabled": "yes"}},
		"archive/keep":      {"archive": values{"keep": "3 years"}},
		"archive/bridge":    {"archive": values{"bridge": values{"port": 0}}},
	} {
		if _, err := render(t, v); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v: %v, want an error about %s", v, err, says)
		}
	}
}

// What values say is in the objects.
func TestValues(t *testing.T) {
	digest := "sha256:" + strings.Repeat("a", 64)
	manifest, err := render(t, values{
		"replicas": 3, "image": values{"repository": "registry.example.com/inventory", "digest": digest},
		"namespaces": []any{"shop", "outlet"}, "defaultNamespace": "shop", "sink": "http://sink.example.com/in",
		"args": []any{"--retention=48h"}, "prometheus": values{"enabled": true}, "networkPolicy": values{"enabled": false},
		"priorityClassName": "high", "nodeSelector": values{"pool": "shops"},
	})
	if err != nil {
		t.Fatal(err)
	}
	all := objects(t, manifest)
	deployment := all["Deployment "+name]
	pod, _, _ := unstructured.NestedMap(deployment, "spec", "template", "spec")
	container := pod["containers"].([]any)[0].(map[string]any)
	if got, want := container["image"], "registry.example.com/inventory@"+digest; got != want {
		t.Errorf("the image is %v, want %s", got, want)
	}
	for _, want := range []string{"--namespaces=shop,outlet", "--default-namespace=shop", "--sink=http://sink.example.com/in", "--retention=48h", "--metrics-secure"} {
		if !slices.Contains(container["args"].([]any), any(want)) {
			t.Errorf("%v lacks %s", container["args"], want)
		}
	}
	if pod["priorityClassName"] != "high" || pod["nodeSelector"].(map[string]any)["pool"] != "shops" {
		t.Errorf("the Pod is %v", pod)
	}
	manifest, err = render(t, values{"namespaceSelector": "inventory.acme.com/shard in (a,b)"})
	if err != nil {
		t.Fatal(err)
	}
	if want := `- "--namespace-selector=inventory.acme.com/shard in (a,b)"`; !strings.Contains(manifest, want) {
		t.Errorf("the manifest lacks %s", want)
	}
	for object, want := range map[string]bool{
		"ServiceMonitor " + name: true, "PrometheusRule " + name: true, "ClusterRole inventory-metrics-reader": true, "NetworkPolicy " + name: false,
	} {
		if _, is := all[object]; is != want {
			t.Errorf("there is %s: %t, want %t", object, is, want)
		}
	}
	if rules := fmt.Sprint(all["PrometheusRule "+name]["spec"]); !strings.Contains(rules, "{{ $labels.namespace }}") {
		t.Error("the templates of the alerts are lost")
	}
}

// What values say of the archive is in its objects, and in the bridge's.
func TestArchiveValues(t *testing.T) {
	manifest, err := render(t, values{"archive": values{
		"enabled": true, "replicas": 1, "keep": "18m", "keepActors": "30d", "args": []any{"--namespaces=shop"}, "goMemLimit": "920MiB",
		"secret":    values{"name": "writer", "key": "dsn"},
		"resources": values{"limits": values{"memory": "1Gi"}},
		"bridge":    values{"enabled": true, "port": 6432, "secret": values{"name": "reader"}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	all := objects(t, manifest)
	text := fmt.Sprint(all["Deployment inventory-archive"]["spec"])
	for _, want := range []string{
		"replicas:1", "--keep=18m", "--keep-actors=30d", "--namespaces=shop", "value:920MiB", "memory:1Gi",
		"--database-url-file=/etc/inventory-database/dsn", "secretName:writer",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the archive lacks %s: %s", want, text)
		}
	}
	text = fmt.Sprint(all["Deployment "+name]["spec"])
	for _, want := range []string{"--archive-url-file=/etc/inventory/database/url", "secretName:reader", "mountPath:/etc/inventory/database"} {
		if !strings.Contains(text, want) {
			t.Errorf("the operator lacks %s: %s", want, text)
		}
	}
	if policy := fmt.Sprint(all["NetworkPolicy inventory-operator-database"]["spec"]); !strings.Contains(policy, "port:6432") {
		t.Errorf("the policy does not open the port: %s", policy)
	}
}
