package node

import (
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"sync"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// forwarder leads the connections to one port of a Service to the Pods that are ready.
type forwarder struct {
	listener net.Listener
	mu       sync.Mutex
	targets  []string // host:port
	next     int
}

func forward(address string) (*forwarder, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	f := &forwarder{listener: listener}
	go f.accept()
	return f, nil
}

func (f *forwarder) set(targets []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.targets = targets
}

func (f *forwarder) pick() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.targets) == 0 {
		return ""
	}
	f.next++
	return f.targets[f.next%len(f.targets)]
}

func (f *forwarder) accept() {
	for {
		inner, err := f.listener.Accept()
		if err != nil {
			return
		}
		go f.serve(inner.(*net.TCPConn))
	}
}

// serve passes a connection on. Where there is no Pod it is reset.
func (f *forwarder) serve(client *net.TCPConn) {
	defer func() { _ = client.Close() }()
	target := f.pick()
	if target == "" {
		_ = client.SetLinger(0)
		return
	}
	dialed, err := net.DialTimeout("tcp", target, dialTimeout)
	if err != nil {
		_ = client.SetLinger(0)
		return
	}
	server := dialed.(*net.TCPConn)
	defer func() { _ = server.Close() }()
	var both sync.WaitGroup
	both.Go(func() { pass(server, client) })
	both.Go(func() { pass(client, server) })
	both.Wait()
}

// pass copies until the source ends, and tells the destination how it ended.
func pass(to, from *net.TCPConn) {
	if _, err := io.Copy(to, from); err != nil {
		_ = to.SetLinger(0)
		_ = to.Close()
		_ = from.Close()
		return
	}
	_ = to.CloseWrite()
}

// endpoint is a Pod that serves a Service.
type endpoint struct {
	pod   *Pod
	ports []int32 // for each port of the Service
}

// endpointsOf are the ready Pods that a Service selects.
func endpointsOf(s *corev1.Service, pods []*running) ([]endpoint, error) {
	if len(s.Spec.Selector) == 0 {
		return nil, nil
	}
	selector := labels.SelectorFromSet(s.Spec.Selector)
	var found []endpoint
	for _, r := range pods {
		if r.pod.Namespace != s.Namespace || !r.pod.Ready() || !selector.Matches(labels.Set(r.pod.labels)) {
			continue
		}
		e := endpoint{pod: r.pod}
		for _, port := range s.Spec.Ports {
			target := targetPort(&port, r.container)
			if target == 0 {
				return nil, fmt.Errorf("service %s/%s: no container of %s has port %q", s.Namespace, s.Name, r.pod.Name, port.TargetPort.StrVal)
			}
			e.ports = append(e.ports, target)
		}
		found = append(found, e)
	}
	slices.SortFunc(found, func(a, b endpoint) int { return compareAddresses(a.pod.Address, b.pod.Address) })
	return found, nil
}

func targetPort(p *corev1.ServicePort, c *corev1.Container) int32 {
	switch {
	case p.TargetPort.StrVal != "":
		return portNamed(c, p.TargetPort.StrVal)
	case p.TargetPort.IntVal != 0:
		return p.TargetPort.IntVal
	}
	return p.Port
}

func compareAddresses(a, b string) int { return slices.Compare(net.ParseIP(a), net.ParseIP(b)) }

// subsetOf says in the words of the API where a Service is served.
//
//nolint:staticcheck // Knative reads Endpoints, which are deprecated, and no EndpointSlices
func subsetOf(s *corev1.Service, found []endpoint) []corev1.EndpointSubset {
	if len(found) == 0 {
		return nil
	}
	subset := corev1.EndpointSubset{}
	for _, e := range found {
		subset.Addresses = append(subset.Addresses, corev1.EndpointAddress{IP: e.pod.Address})
	}
	for i, port := range s.Spec.Ports {
		subset.Ports = append(subset.Ports, corev1.EndpointPort{
			Name: port.Name, Port: found[0].ports[i], Protocol: port.Protocol, AppProtocol: port.AppProtocol,
		})
	}
	return []corev1.EndpointSubset{subset}
}

func hostPort(host string, port int32) string { return net.JoinHostPort(host, strconv.Itoa(int(port))) }
