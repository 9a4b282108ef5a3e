package controlplane

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"

	"k8s.io/client-go/rest"
)

// ControlPlane is a running etcd and kube-apiserver. Its methods may be called
// from any goroutine.
type ControlPlane struct {
	options   Options
	dir       *directory
	creds     *credentials
	etcd      *server
	apiServer *server
	died      chan error

	mu    sync.Mutex
	added []*APIServer

	// renewals keep ServiceAccount tokens fresh until Stop.
	renewals     sync.WaitGroup
	renewing     context.Context
	stopRenewing context.CancelFunc

	stopOnce sync.Once
	stopErr  error
}

// Start starts etcd and kube-apiserver and returns when both are ready. The
// context bounds the start alone; what was started runs until Stop, which the
// caller owes it.
func Start(ctx context.Context, options Options) (*ControlPlane, error) {
	options, err := options.complete()
	if err != nil {
		return nil, err
	}
	dir, err := openDirectory(options.Dir)
	if err != nil {
		return nil, err
	}
	cp := &ControlPlane{options: options, dir: dir, died: make(chan error, 16)}
	cp.renewing, cp.stopRenewing = context.WithCancel(context.Background())
	if cp.creds, err = newCredentials(dir); err != nil {
		return nil, errors.Join(err, dir.close())
	}
	cp.etcd = newEtcd(options, dir, cp.died)
	cp.apiServer = newAPIServer(apiServerName, options, dir, cp.etcdURLOf(options.EtcdURL), cp.creds, cp.died)

	// A taken port is told before anything is started.
	if _, err := choosePort(options.APIServerPort, apiServerPortOption); err != nil {
		return nil, errors.Join(err, cp.Stop())
	}
	if err := cp.etcd.startFirst(ctx, options.EtcdPort, etcdPortOption); err != nil {
		return nil, errors.Join(err, cp.Stop())
	}
	if err := cp.apiServer.startFirst(ctx, options.APIServerPort, apiServerPortOption); err != nil {
		return nil, errors.Join(err, cp.Stop())
	}
	return cp, nil
}

// What a person would change when a port is taken: the option, and how "make run"
// calls it.
const (
	apiServerPortOption = "Options.APIServerPort (make run APISERVER_PORT=...)"
	etcdPortOption      = "Options.EtcdPort (make run ETCD_PORT=...)"
)

// Stop ends every kube-apiserver, then etcd, and removes everything but the data and
// logs in Options.Dir. It is safe to call more than once.
func (cp *ControlPlane) Stop() error {
	cp.stopOnce.Do(func() {
		cp.stopRenewing()
		cp.renewals.Wait()
		end := (*server).stop
		if cp.dir.temp {
			end = (*server).kill // there are no data to close with care
		}
		if err := errors.Join(cp.endAdded(end), end(cp.apiServer), end(cp.etcd)); err != nil {
			cp.stopErr = fmt.Errorf("stopping the control plane: %w", err)
		}
		cp.stopErr = errors.Join(cp.stopErr, cp.dir.close())
	})
	return cp.stopErr
}

// Died tells, once for each time, that a server ended that nobody had told to.
func (cp *ControlPlane) Died() <-chan error { return cp.died }

// RESTConfig returns the admin's client configuration, without a client-side rate
// limit. The caller may change it.
func (cp *ControlPlane) RESTConfig() *rest.Config {
	return cp.creds.restConfig(cp.apiServer.port)
}

// APIServerURL is where kube-apiserver listens.
func (cp *ControlPlane) APIServerURL() string { return "https://" + localAddress(cp.apiServer.port) }

// etcdURLOf returns where an API server reaches etcd: at a given URL, or where it listens.
func (cp *ControlPlane) etcdURLOf(given string) func() string {
	if given == "" {
		return cp.EtcdURL
	}
	return func() string { return given }
}

// EtcdURL is where etcd listens, without credentials.
func (cp *ControlPlane) EtcdURL() string { return "http://" + localAddress(cp.etcd.port) }

// Dir is where data and logs are.
func (cp *ControlPlane) Dir() string { return cp.dir.path }

// SigningKeyFile is the file of the key that signs ServiceAccount tokens, in PEM.
func (cp *ControlPlane) SigningKeyFile() string { return cp.creds.signingKeyFile }

// Kubectl is the path of the kubectl of the same version.
func (cp *ControlPlane) Kubectl() string { return filepath.Join(cp.options.Assets, "kubectl") }

// KillAPIServer ends kube-apiserver as a crash would (SIGKILL) and returns when it
// is gone.
func (cp *ControlPlane) KillAPIServer() error { return cp.apiServer.kill() }

// StartAPIServer starts a killed kube-apiserver on the same port with the same
// credentials and returns when it is ready.
func (cp *ControlPlane) StartAPIServer(ctx context.Context) error { return cp.apiServer.start(ctx) }

// PauseAPIServer stops kube-apiserver from running until ResumeAPIServer:
// connections stay open and nothing is answered.
func (cp *ControlPlane) PauseAPIServer() error { return cp.apiServer.pause() }

// ResumeAPIServer lets a paused kube-apiserver go on.
func (cp *ControlPlane) ResumeAPIServer() error { return cp.apiServer.resume() }

// KillEtcd ends etcd as a crash would (SIGKILL) and returns when it is gone.
func (cp *ControlPlane) KillEtcd() error { return cp.etcd.kill() }

// StartEtcd starts a killed etcd on the same port and data and returns when it is
// ready.
func (cp *ControlPlane) StartEtcd(ctx context.Context) error { return cp.etcd.start(ctx) }

// PauseEtcd stops etcd from running until ResumeEtcd: API requests hang and may
// take effect later.
func (cp *ControlPlane) PauseEtcd() error { return cp.etcd.pause() }

// ResumeEtcd lets a paused etcd go on.
func (cp *ControlPlane) ResumeEtcd() error { return cp.etcd.resume() }
