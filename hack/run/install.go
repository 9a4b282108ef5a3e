package main

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/acme/inventory-service/internal/controlplane"
)

const (
	// fieldManager owns what a run applies.
	fieldManager = "make-run"
	// samplesMark is on the shop's namespace once its stock was applied. From
	// then on the stock is the newcomer's, and no later run touches it.
	samplesMark = "inventory.acme.com/samples"
)

// install applies what a cluster would get, less the Deployment, and the sample
// stock on the first run of all. It returns what it did about the stock.
func install(ctx context.Context, o options, admin *rest.Config) (string, error) {
	manifests := []string{o.manifest("default/namespace.yaml"), o.manifest("crd"), o.manifest("rbac")}
	if o.archive {
		manifests = append(manifests, o.manifest("archive/rbac"))
	}
	err := controlplane.Apply(ctx, admin, fieldManager, manifests...)
	if err != nil {
		return "", err
	}
	client, err := kubernetes.NewForConfig(admin)
	if err != nil {
		return "", err
	}
	shop, err := client.CoreV1().Namespaces().Get(ctx, shopNamespace, metav1.GetOptions{})
	if err == nil && shop.Annotations[samplesMark] != "" {
		return fmt.Sprintf("going on with the stock of namespace %s", shopNamespace), nil
	}
	if err != nil && !apierrors.IsNotFound(err) {
		return "", err
	}
	return fmt.Sprintf("made namespace %s with the stock of config/samples", shopNamespace), applySamples(ctx, o, admin, client)
}

// applySamples applies the samples, and the mark last: a run that is killed in
// between leaves them to the next.
func applySamples(ctx context.Context, o options, admin *rest.Config, client kubernetes.Interface) error {
	err := controlplane.Apply(ctx, admin, fieldManager,
		o.manifest("samples/namespace.yaml"), o.manifest("samples/stockitems.yaml"))
	if err != nil {
		return err
	}
	mark := fmt.Appendf(nil, `{"metadata":{"annotations":{%q:"applied"}}}`, samplesMark)
	_, err = client.CoreV1().Namespaces().Patch(ctx, shopNamespace, types.MergePatchType, mark, metav1.PatchOptions{FieldManager: fieldManager})
	return err
}
