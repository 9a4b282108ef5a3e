package node

import (
	"cmp"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
)

const (
	// probeEvery is how often a Pod that is not ready is asked. Real probes wait longer.
	probeEvery = 200 * time.Millisecond
	// probeReadyEvery is how often a ready one is.
	probeReadyEvery = 2 * time.Second
)

// probe is how readiness is asked for. The zero value says that whatever runs is ready.
type probe struct {
	scheme, path string
	port         int32
	header       http.Header
}

// probeOf reads the readiness probe of a container.
func probeOf(c *corev1.Container) (*probe, error) {
	if c.ReadinessProbe == nil {
		return &probe{}, nil
	}
	get := c.ReadinessProbe.HTTPGet
	if get == nil {
		return nil, fmt.Errorf("container %s: only readiness probes by httpGet can be made here", c.Name)
	}
	port := get.Port.IntVal
	if get.Port.StrVal != "" {
		port = portNamed(c, get.Port.StrVal)
	}
	if port == 0 {
		return nil, fmt.Errorf("container %s: its readiness probe names no port", c.Name)
	}
	scheme := strings.ToLower(string(cmp.Or(get.Scheme, corev1.URISchemeHTTP)))
	p := &probe{scheme: scheme, path: get.Path, port: port, header: http.Header{}}
	p.header.Set("User-Agent", "kube-probe/1.37") // Knative answers nobody else
	for _, h := range get.HTTPHeaders {
		p.header.Set(h.Name, h.Value)
	}
	return p, nil
}

// portNamed is the port that a container gives a name, 0 if it gives it to none.
func portNamed(c *corev1.Container, name string) int32 {
	for _, port := range c.Ports {
		if port.Name == name {
			return port.ContainerPort
		}
	}
	return 0
}

// watch tells whether the Pod at an address is ready, until the context ends.
func (p *probe) watch(ctx context.Context, address string, tell func(bool)) {
	if p.port == 0 {
		tell(true)
		<-ctx.Done()
		return
	}
	client := &http.Client{
		Timeout: 2 * time.Second,
		Transport: &http.Transport{
			DisableKeepAlives: true,
			TLSClientConfig:   &tls.Config{InsecureSkipVerify: true}, // as a kubelet does
		},
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		ready := p.ask(ctx, client, address)
		if ctx.Err() != nil {
			return
		}
		tell(ready)
		if ready {
			timer.Reset(probeReadyEvery)
		} else {
			timer.Reset(probeEvery)
		}
	}
}

func (p *probe) ask(ctx context.Context, client *http.Client, address string) bool {
	url := fmt.Sprintf("%s://%s/%s", p.scheme, net.JoinHostPort(address, strconv.Itoa(int(p.port))), strings.TrimPrefix(p.path, "/"))
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return false
	}
	request.Header = p.header.Clone()
	response, err := client.Do(request)
	if err != nil {
		return false
	}
	_ = response.Body.Close()
	return response.StatusCode >= 200 && response.StatusCode < 400
}
