package controlplane

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"
)

const etcdName = "etcd"

// newEtcd describes a single etcd member. Its peer address is a name only: there
// are no peers.
func newEtcd(o Options, dir *directory, died chan<- error) *server {
	s := &server{program: etcdName, name: etcdName, assets: o.Assets, dir: dir, within: o.StartTimeout, died: died}
	client := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	url := func() string { return "http://" + localAddress(s.port) }
	s.args = func() []string {
		args := []string{
			"--data-dir=" + dir.etcdData(),
			"--listen-client-urls=" + url(),
			"--advertise-client-urls=" + url(),
			"--listen-peer-urls=http://127.0.0.1:0",
			"--initial-advertise-peer-urls=http://127.0.0.1:2380",
			"--initial-cluster=default=http://127.0.0.1:2380",
			"--quota-backend-bytes=8589934592", // 8 GiB, the most etcd recommends: benchmarks fill the default 2
			"--log-format=console",
		}
		if o.UnsafeNoFsync {
			args = append(args, "--unsafe-no-fsync=true")
		}
		return append(args, o.ExtraEtcdArgs...)
	}
	s.ready = func(ctx context.Context) error { return get(ctx, client, url()+"/health") }
	return s
}

// get fails unless a GET is answered with 200, and then says what was answered.
func get(ctx context.Context, client *http.Client, url string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 2<<10))
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("GET %s: %s: %s", url, resp.Status, body)
	}
	return nil
}
