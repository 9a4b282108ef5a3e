package controlplane

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Options tell Start what to run and where. The zero value is a control plane
// with data of its own, on free ports, that leaves nothing behind.
type Options struct {
	// Assets is the directory of the binaries etcd and kube-apiserver. Default:
	// the variable KUBEBUILDER_ASSETS, else what "make controlplane" built in the
	// module that holds the working directory.
	Assets string

	// Dir holds etcd's data (Dir/etcd), logs (Dir/etcd.log,
	// Dir/kube-apiserver.log) and what a run needs (Dir/run). Data and logs are
	// kept. Default: a temporary directory that Stop removes.
	Dir string

	// APIServerPort and EtcdPort are ports of 127.0.0.1. Zero takes a free one.
	APIServerPort, EtcdPort int

	// EtcdURL is where API servers reach etcd, such as a proxy in front of EtcdPort.
	// Default: ControlPlane.EtcdURL.
	EtcdURL string

	// UnsafeNoFsync makes etcd faster and a machine's crash a loss of data: for
	// tests only. A crash of etcd alone loses nothing.
	UnsafeNoFsync bool

	// StartTimeout bounds the wait for each server to become ready. Default: two
	// minutes, enough for a busy machine of two cores.
	StartTimeout time.Duration

	// ExtraAPIServerArgs and ExtraEtcdArgs go after the servers' other arguments.
	ExtraAPIServerArgs, ExtraEtcdArgs []string
}

// assetsVariable names the environment variable that overrides where binaries are.
const assetsVariable = "KUBEBUILDER_ASSETS"

// complete fills in defaults and makes paths absolute. It makes no directory.
func (o Options) complete() (Options, error) {
	if o.StartTimeout == 0 {
		o.StartTimeout = 2 * time.Minute
	}
	if o.Assets == "" {
		o.Assets = os.Getenv(assetsVariable)
	}
	var err error
	if o.Assets == "" {
		if o.Assets, err = builtAssets(); err != nil {
			return o, err
		}
	}
	if o.Assets, err = filepath.Abs(o.Assets); err != nil {
		return o, err
	}
	for _, name := range []string{etcdName, apiServerName} {
		if _, err := os.Stat(filepath.Join(o.Assets, name)); err != nil {
			return o, fmt.Errorf("no %s in %s: run \"make controlplane\", or let %s name a directory that has it",
				name, o.Assets, assetsVariable)
		}
	}
	if o.Dir != "" {
		o.Dir, err = filepath.Abs(o.Dir)
	}
	return o, err
}

// builtAssets is where "make controlplane" puts the binaries of the module that
// holds the working directory.
func builtAssets() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		version, err := kubernetesVersion(filepath.Join(dir, "hack", "controlplane", "go.mod"))
		switch {
		case err == nil:
			return filepath.Join(dir, "bin", "k8s", strings.TrimPrefix(version, "v")), nil
		case !errors.Is(err, os.ErrNotExist):
			return "", err
		case dir == filepath.Dir(dir):
			return "", fmt.Errorf("outside of the inventory-service checkout: set %s or Options.Assets to the directory of etcd and kube-apiserver",
				assetsVariable)
		}
		dir = filepath.Dir(dir)
	}
}

// kubernetesVersion reads from a go.mod which version of k8s.io/kubernetes it
// requires, the one place that names it.
func kubernetesVersion(goMod string) (string, error) {
	f, err := os.Open(goMod)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		if len(words) >= 2 && words[0] == "k8s.io/kubernetes" && strings.HasPrefix(words[1], "v") {
			return words[1], nil
		}
	}
	if err := lines.Err(); err != nil {
		return "", err
	}
	return "", fmt.Errorf("%s requires no k8s.io/kubernetes", goMod)
}
