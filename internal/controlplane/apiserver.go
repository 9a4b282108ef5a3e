package controlplane

import (
	"context"
	"net/http"
	"time"

	"k8s.io/client-go/rest"
)

const apiServerName = "kube-apiserver"

// newAPIServer describes a kube-apiserver with its default admission, priority and
// fairness, and watch cache, as a cluster has them. The etcd's URL is asked for at
// each start.
func newAPIServer(name string, o Options, dir *directory, etcdURL func() string, creds *credentials, died chan<- error) *server {
	s := &server{program: apiServerName, name: name, assets: o.Assets, dir: dir, within: o.StartTimeout, died: died}
	s.args = func() []string {
		args := []string{
			"--etcd-servers=" + etcdURL(),
			"--bind-address=127.0.0.1",
			"--advertise-address=127.0.0.1",
			"--endpoint-reconciler-type=none", // loopback may not be an Endpoint
			"--tls-cert-file=" + creds.certFile,
			"--tls-private-key-file=" + creds.keyFile,
			"--token-auth-file=" + creds.tokenFile,
			"--authorization-mode=RBAC",
			"--service-account-issuer=https://kubernetes.default.svc.cluster.local",
			"--service-account-signing-key-file=" + creds.signingKeyFile,
			"--service-account-key-file=" + creds.signingKeyFile,
			"--service-cluster-ip-range=10.0.0.0/24",
			"--allow-privileged=true",
			"--secure-port=" + portOf(s),
		}
		return append(args, o.ExtraAPIServerArgs...)
	}
	s.ready = func(ctx context.Context) error {
		client, err := readinessClient(creds, s.port)
		if err != nil {
			return err
		}
		defer client.CloseIdleConnections()
		// Namespaces of the system are made a moment after the server calls itself ready.
		for _, path := range []string{"/readyz", "/api/v1/namespaces/default"} {
			if err := get(ctx, client, "https://"+localAddress(s.port)+path); err != nil {
				return err
			}
		}
		return nil
	}
	return s
}

func readinessClient(creds *credentials, port int) (*http.Client, error) {
	cfg := creds.restConfig(port)
	cfg.Timeout = 5 * time.Second
	return rest.HTTPClientFor(cfg)
}
