package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"k8s.io/client-go/tools/clientcmd"

	"github.com/acme/inventory-service/internal/controlplane"
)

// credentials are the kubeconfigs of one run. They are good for nothing after it.
type credentials struct {
	admin    string // the newcomer's, whose namespace is the shop
	operator string // of the operator's ServiceAccount
	archive  string // of the archive's, where one runs
}

func credentialsIn(o options) credentials {
	return credentials{admin: o.file("kubeconfig"), operator: o.file("operator.kubeconfig"), archive: o.file("archive.kubeconfig")}
}

// write makes the kubeconfigs that a run needs, for their owner's eyes only.
func (c credentials) write(ctx context.Context, plane *controlplane.ControlPlane, o options) error {
	if err := plane.WriteKubeconfig(c.admin); err != nil {
		return err
	}
	if err := useNamespace(c.admin, shopNamespace); err != nil {
		return err
	}
	if o.archive {
		if err := plane.ServiceAccountKubeconfig(ctx, systemNamespace, archiveAccount, c.archive); err != nil {
			return err
		}
	}
	return plane.ServiceAccountKubeconfig(ctx, systemNamespace, serviceAccount, c.operator)
}

// useNamespace makes a namespace the one that kubectl works in.
func useNamespace(path, namespace string) error {
	config, err := clientcmd.LoadFromFile(path)
	if err != nil {
		return err
	}
	current, ok := config.Contexts[config.CurrentContext]
	if !ok {
		return fmt.Errorf("%s has no context %q", path, config.CurrentContext)
	}
	current.Namespace = namespace
	return clientcmd.WriteToFile(*config, path)
}

func (c credentials) remove() error {
	var failed error
	for _, path := range []string{c.admin, c.operator, c.operator + ".token", c.archive, c.archive + ".token"} {
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			failed = errors.Join(failed, err)
		}
	}
	return failed
}
