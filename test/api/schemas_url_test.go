package api

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
)

// As it is installed, events name their schemas where the bridge serves them: at a Service of the same
// installation, over what that speaks.
func TestEventsNameTheirSchemas(t *testing.T) {
	kubectl := newKubectl(t)
	for name, test := range map[string]struct{ text, suffix, scheme string }{
		"default": {kubectl("kustomize", configDir("default")), "", "http"},
		"shard":   {kubectl("kustomize", configDir("shard")), "-a", "http"},
		"TLS":     {kubectl("kustomize", withTLS(t)), "", "https"},
	} {
		t.Run(name, func(t *testing.T) {
			objects := decode(t, test.text)
			deployment := rendered[appsv1.Deployment](t, objects, "Deployment", "inventory-operator"+test.suffix)
			service := rendered[corev1.Service](t, objects, "Service", "inventory-bridge"+test.suffix)
			where, err := url.Parse(argument(t, deployment, "--schemas-url="))
			if err != nil {
				t.Fatal(err)
			}
			if want := service.Name + "." + service.Namespace + ".svc"; where.Host != want || where.Path != "/schemas" || where.Scheme != test.scheme {
				t.Errorf("events name their schemas at %s, want them at %s://%s/schemas", where, test.scheme, want)
			}
			if port := map[string]int32{"http": 80, "https": 443}[test.scheme]; service.Spec.Ports[0].Port != port {
				t.Errorf("the Service has port %d", service.Spec.Ports[0].Port)
			}
		})
	}
}

// withTLS is a kustomization of config/default with the component config/tls.
func withTLS(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	config, err := filepath.Abs(configDir(""))
	if err == nil {
		config, err = filepath.Rel(dir, config) // kustomize refuses roots that are absolute
	}
	if err == nil {
		text := fmt.Sprintf("resources: [%s/default]\ncomponents: [%[1]s/tls]\n", config)
		err = os.WriteFile(filepath.Join(dir, "kustomization.yaml"), []byte(text), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// argument is the value of a flag, as the kubelet starts the operator with it. Of several the last counts.
func argument(t *testing.T, deployment *appsv1.Deployment, flag string) string {
	t.Helper()
	container := deployment.Spec.Template.Spec.Containers[0]
	value := ""
	for _, arg := range container.Args {
		if given, ok := strings.CutPrefix(arg, flag); ok {
			value = given
		}
	}
	for _, variable := range container.Env {
		known := variable.Value
		if variable.Name == "POD_NAMESPACE" {
			known = deployment.Namespace
		}
		value = strings.ReplaceAll(value, "$("+variable.Name+")", known)
	}
	if value == "" || strings.Contains(value, "$(") {
		t.Fatalf("%s is %q", flag, value)
	}
	return value
}
