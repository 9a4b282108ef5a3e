package node

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// environment is what a container's manifest says of its variables.
type environment struct {
	client    kubernetes.Interface
	pod       *Pod
	account   string
	variables []string // NAME=value
	values    map[string]string
}

// resolve reads the variables of a container.
func (e *environment) resolve(ctx context.Context, c *corev1.Container) error {
	e.values = map[string]string{}
	for _, v := range c.Env {
		value, set := e.expand(v.Value), true
		if v.ValueFrom != nil {
			var err error
			if value, set, err = e.from(ctx, v.ValueFrom); err != nil {
				return fmt.Errorf("variable %s: %w", v.Name, err)
			}
		}
		if set {
			e.values[v.Name] = value
			e.variables = append(e.variables, v.Name+"="+value)
		}
	}
	return nil
}

func (e *environment) from(ctx context.Context, source *corev1.EnvVarSource) (value string, set bool, err error) {
	switch {
	case source.FieldRef != nil:
		value, err = e.field(source.FieldRef.FieldPath)
		return value, err == nil, err
	case source.ConfigMapKeyRef != nil:
		ref := source.ConfigMapKeyRef
		found, err := e.client.CoreV1().ConfigMaps(e.pod.Namespace).Get(ctx, ref.Name, metav1.GetOptions{})
		if err != nil {
			return "", false, err
		}
		value, set = found.Data[ref.Key]
		if !set && (ref.Optional == nil || !*ref.Optional) {
			return "", false, fmt.Errorf("ConfigMap %s has no %s", ref.Name, ref.Key)
		}
		return value, set, nil
	}
	return "", false, fmt.Errorf("comes from where this node reads nothing: %v", source)
}

func (e *environment) field(path string) (string, error) {
	switch path {
	case "metadata.name":
		return e.pod.Name, nil
	case "metadata.namespace":
		return e.pod.Namespace, nil
	case "spec.serviceAccountName":
		return e.account, nil
	case "status.podIP":
		return e.pod.Address, nil
	}
	if label, ok := strings.CutPrefix(path, "metadata.labels['"); ok {
		return e.pod.labels[strings.TrimSuffix(label, "']")], nil
	}
	return "", fmt.Errorf("field %s of a Pod is not known here", path)
}

var reference = regexp.MustCompile(`\$\([A-Za-z_][A-Za-z0-9_]*\)`)

// expand replaces $(NAME) by what NAME is, if it is known.
func (e *environment) expand(s string) string {
	return reference.ReplaceAllStringFunc(s, func(r string) string {
		if value, ok := e.values[r[2:len(r)-1]]; ok {
			return value
		}
		return r
	})
}
