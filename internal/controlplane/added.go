package controlplane

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"k8s.io/client-go/rest"
)

// APIServer is one more kube-apiserver on a ControlPlane's etcd. It takes the same
// credentials as the first, ServiceAccount tokens included. Its methods may be
// called from any goroutine.
type APIServer struct {
	cp     *ControlPlane
	server *server
}

// APIServerOptions tell AddAPIServer what to run. The zero value is an API server
// that reaches etcd directly.
type APIServerOptions struct {
	// EtcdURL is where it reaches the ControlPlane's etcd, such as a proxy in front
	// of that. Default: that of the first API server.
	EtcdURL string

	// ExtraArgs go after the arguments that the first API server has, and its
	// Options.ExtraAPIServerArgs.
	ExtraArgs []string
}

// AddAPIServer starts one more kube-apiserver, on a free port, and returns when it
// is ready. Stop ends it with the others. The context bounds the start alone.
func (cp *ControlPlane) AddAPIServer(ctx context.Context, o APIServerOptions) (*APIServer, error) {
	etcdURL := cp.etcdURLOf(cmp.Or(o.EtcdURL, cp.options.EtcdURL))
	options := cp.options
	options.ExtraAPIServerArgs = append(append([]string{}, options.ExtraAPIServerArgs...), o.ExtraArgs...)

	cp.mu.Lock()
	name := fmt.Sprintf("%s-%d", apiServerName, len(cp.added)+2)
	a := &APIServer{cp: cp, server: newAPIServer(name, options, cp.dir, etcdURL, cp.creds, cp.died)}
	cp.added = append(cp.added, a)
	cp.mu.Unlock()

	if err := a.server.startFirst(ctx, 0, apiServerPortOption); err != nil {
		return nil, err
	}
	return a, nil
}

// endAdded ends the added API servers.
func (cp *ControlPlane) endAdded(end func(*server) error) error {
	cp.mu.Lock()
	defer cp.mu.Unlock()
	var errs []error
	for _, a := range cp.added {
		errs = append(errs, end(a.server))
	}
	return errors.Join(errs...)
}

// URL is where this API server listens.
func (a *APIServer) URL() string { return "https://" + localAddress(a.server.port) }

// RESTConfig is the admin's client configuration for this API server, without a
// client-side rate limit. The caller may change it.
func (a *APIServer) RESTConfig() *rest.Config { return a.cp.creds.restConfig(a.server.port) }

// Kill ends the API server as a crash would (SIGKILL) and returns when it is gone.
func (a *APIServer) Kill() error { return a.server.kill() }

// Start starts a killed API server on the same port and returns when it is ready.
func (a *APIServer) Start(ctx context.Context) error { return a.server.start(ctx) }

// Pause stops the API server from running until Resume: connections stay open and
// nothing is answered.
func (a *APIServer) Pause() error { return a.server.pause() }

// Resume lets a paused API server go on.
func (a *APIServer) Resume() error { return a.server.resume() }
