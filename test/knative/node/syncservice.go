package node

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// syncServices has names resolve and ports lead to Pods.
func (n *Node) syncServices(ctx context.Context) error {
	objects, err := n.services.List(labels.Everything())
	if err != nil {
		return err
	}
	n.mu.Lock()
	pods := slices.Clone(n.pods)
	n.mu.Unlock()
	var services []*corev1.Service
	var errs []error
	for _, o := range objects {
		s := o.(*corev1.Service)
		services = append(services, s)
		found, err := endpointsOf(s, pods)
		if err == nil && len(s.Spec.Selector) > 0 {
			err = errors.Join(n.lead(s, found), n.writeEndpoints(ctx, s, found))
		}
		errs = append(errs, err)
	}
	return errors.Join(append(errs, n.writeHosts(services))...)
}

// lead has the ports of a Service's address lead to Pods.
func (n *Node) lead(s *corev1.Service, found []endpoint) error {
	if s.Spec.ClusterIP == "" || s.Spec.ClusterIP == corev1.ClusterIPNone {
		return nil
	}
	for i, port := range s.Spec.Ports {
		address := hostPort(s.Spec.ClusterIP, port.Port)
		f := n.forwarders[address]
		if f == nil {
			var err error
			if f, err = forward(address); err != nil {
				return fmt.Errorf("service %s/%s: %w", s.Namespace, s.Name, err)
			}
			n.forwarders[address] = f
		}
		var targets []string
		for _, e := range found {
			targets = append(targets, hostPort(e.pod.Address, e.ports[i]))
		}
		f.set(targets)
	}
	return nil
}

// writeEndpoints says in the API where a Service is served.
//
//nolint:staticcheck // Knative reads Endpoints, which are deprecated, and no EndpointSlices
func (n *Node) writeEndpoints(ctx context.Context, s *corev1.Service, found []endpoint) error {
	object := &corev1.Endpoints{
		ObjectMeta: metav1.ObjectMeta{Namespace: s.Namespace, Name: s.Name},
		Subsets:    subsetOf(s, found),
	}
	text, err := json.Marshal(object.Subsets)
	if err != nil {
		return err
	}
	key := s.Namespace + "/" + s.Name
	if n.endpoints[key] == string(text) {
		return nil
	}
	client := n.client.CoreV1().Endpoints(s.Namespace)
	if _, err = client.Update(ctx, object, metav1.UpdateOptions{}); apierrors.IsNotFound(err) {
		_, err = client.Create(ctx, object, metav1.CreateOptions{})
	}
	if err == nil {
		n.endpoints[key] = string(text)
	}
	return err
}

// writeHosts has the names of Services resolve, in place, since the file is mounted.
func (n *Node) writeHosts(services []*corev1.Service) error {
	addresses := map[string]string{}
	for _, s := range services {
		if s.Spec.ClusterIP != "" && s.Spec.ClusterIP != corev1.ClusterIPNone {
			addresses[fullName(s)] = s.Spec.ClusterIP
		}
	}
	var lines []string
	for _, s := range services {
		address := addresses[fullName(s)]
		if s.Spec.Type == corev1.ServiceTypeExternalName {
			address = addresses[s.Spec.ExternalName]
		}
		if address != "" {
			lines = append(lines, fmt.Sprintf("%s %s %s.%s.svc %s.%s\n", address, fullName(s), s.Name, s.Namespace, s.Name, s.Namespace))
		}
	}
	slices.Sort(lines)
	text := localhost + strings.Join(lines, "")
	if text == n.hosts {
		return nil
	}
	if err := os.WriteFile("/etc/hosts", []byte(text), 0o600); err != nil {
		return err
	}
	n.hosts = text
	return nil
}

func fullName(s *corev1.Service) string { return s.Name + "." + s.Namespace + ".svc.cluster.local" }
