package api

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/utils/ptr"
)

// Whoever lists by label finds everything that was installed, and of which release.
func TestManifestsAreLabelled(t *testing.T) {
	objects := render(t)
	version := imageTag(t, objects)
	for _, o := range objects {
		want := map[string]string{"name": operator, "part-of": "inventory-service", "managed-by": "kustomize", "version": version}
		got := map[string]string{}
		for name := range want {
			got[name] = o.GetLabels()["app.kubernetes.io/"+name]
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("labels of %s %s: %s", o.GetKind(), o.GetName(), diff)
		}
	}
	deployment := rendered[appsv1.Deployment](t, objects, "Deployment", operator)
	if got := deployment.Spec.Template.Labels["app.kubernetes.io/version"]; got != version {
		t.Errorf("Pods are labelled version %q, want %q", got, version)
	}
	if diff := cmp.Diff(map[string]string{"app.kubernetes.io/name": operator}, deployment.Spec.Selector.MatchLabels); diff != "" {
		t.Errorf("the selector cannot be changed later, and is to stay: %s", diff)
	}
}

// imageTag is the version of the operator's image: never what moves by itself.
func imageTag(t *testing.T, objects []*unstructured.Unstructured) string {
	t.Helper()
	image := rendered[appsv1.Deployment](t, objects, "Deployment", operator).Spec.Template.Spec.Containers[0].Image
	_, tag, _ := strings.Cut(image, ":")
	if tag == "" || tag == "latest" || tag[0] < '0' || tag[0] > '9' {
		t.Errorf("the image is %s, want it by version", image)
	}
	return tag
}

// A replica may write nowhere, is nobody, cannot fill its node, and does not share its
// place with the other one where there is another.
func TestManifestsRestrictPods(t *testing.T) {
	pod := rendered[appsv1.Deployment](t, render(t), "Deployment", operator).Spec.Template.Spec
	container := pod.Containers[0]
	const nobody = 65532
	want := &corev1.PodSecurityContext{
		RunAsNonRoot: ptr.To(true), RunAsUser: ptr.To[int64](nobody), RunAsGroup: ptr.To[int64](nobody),
		SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
	}
	if diff := cmp.Diff(want, pod.SecurityContext); diff != "" {
		t.Errorf("the Pod's security context: %s", diff)
	}
	if diff := cmp.Diff(&corev1.SecurityContext{
		AllowPrivilegeEscalation: ptr.To(false), ReadOnlyRootFilesystem: ptr.To(true),
		Capabilities: &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
	}, container.SecurityContext); diff != "" {
		t.Errorf("the container's security context: %s", diff)
	}
	for _, resource := range []corev1.ResourceName{corev1.ResourceMemory, corev1.ResourceEphemeralStorage} {
		request, limit := container.Resources.Requests[resource], container.Resources.Limits[resource]
		if request.IsZero() || limit.Cmp(request) < 0 {
			t.Errorf("%s: %s is requested and %s the limit", resource, &request, &limit)
		}
	}
	var spread []string
	for _, c := range pod.TopologySpreadConstraints {
		spread = append(spread, c.TopologyKey)
	}
	if !slices.Contains(spread, corev1.LabelTopologyZone) {
		t.Errorf("replicas are spread over %v, want zones", spread)
	}
	apart := pod.Affinity.PodAntiAffinity.PreferredDuringSchedulingIgnoredDuringExecution
	if len(apart) != 1 || apart[0].PodAffinityTerm.TopologyKey != corev1.LabelHostname {
		t.Errorf("replicas keep apart by %v, want nodes", apart)
	}
}

// Who reaches the operator, and whom it reaches, is limited.
func TestManifestsRestrictTraffic(t *testing.T) {
	policy := rendered[networkingv1.NetworkPolicy](t, render(t), "NetworkPolicy", operator)
	if diff := cmp.Diff([]networkingv1.PolicyType{networkingv1.PolicyTypeIngress, networkingv1.PolicyTypeEgress}, policy.Spec.PolicyTypes); diff != "" {
		t.Error(diff)
	}
	for _, rule := range policy.Spec.Ingress {
		if len(rule.From) == 0 || len(rule.Ports) == 0 {
			t.Errorf("anybody may reach %v", rule.Ports)
		}
	}
	for _, rule := range policy.Spec.Egress {
		if len(rule.Ports) == 0 {
			t.Errorf("the operator may reach every port of %v", rule.To)
		}
	}
}

// render is what config/default makes of the manifests.
func render(t *testing.T) []*unstructured.Unstructured {
	t.Helper()
	return decode(t, newKubectl(t)("kustomize", configDir("default")))
}

func decode(t *testing.T, text string) (objects []*unstructured.Unstructured) {
	t.Helper()
	documents := yaml.NewYAMLOrJSONDecoder(bytes.NewBufferString(text), len(text))
	for {
		o := &unstructured.Unstructured{}
		switch err := documents.Decode(o); {
		case errors.Is(err, io.EOF):
			return objects
		case err != nil:
			t.Fatal(err)
		case len(o.Object) > 0:
			objects = append(objects, o)
		}
	}
}

// rendered is the object of that kind and name.
func rendered[T any](t *testing.T, objects []*unstructured.Unstructured, kind, name string) *T {
	t.Helper()
	for _, o := range objects {
		if o.GetKind() == kind && o.GetName() == name {
			typed := new(T)
			if err := runtime.DefaultUnstructuredConverter.FromUnstructured(o.Object, typed); err != nil {
				t.Fatal(err)
			}
			return typed
		}
	}
	t.Fatalf("there is no %s %s", kind, name)
	return nil
}
