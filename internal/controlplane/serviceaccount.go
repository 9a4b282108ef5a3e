package controlplane

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

const (
	tokenLife = time.Hour
	// renewAfter is soon enough for a reader that reads the file once a minute, and
	// for an API server that is away for a while.
	renewAfter = tokenLife / 2
	retryAfter = 5 * time.Second
)

// ServiceAccountKubeconfig writes a kubeconfig whose user is a ServiceAccount,
// which must exist, so that RBAC applies as it does in a cluster. The token lies in
// path + ".token", lasts an hour, and is renewed every half hour until Stop.
func (cp *ControlPlane) ServiceAccountKubeconfig(ctx context.Context, namespace, name, path string) error {
	return cp.serviceAccountKubeconfig(ctx, namespace, name, path, renewAfter)
}

func (cp *ControlPlane) serviceAccountKubeconfig(ctx context.Context, namespace, name, path string, every time.Duration) error {
	path, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	client, err := kubernetes.NewForConfig(cp.RESTConfig())
	if err != nil {
		return err
	}
	tokenPath := path + ".token"
	renew := func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
		defer cancel()
		return writeToken(ctx, client, namespace, name, tokenPath)
	}
	if err := renew(ctx); err != nil {
		return err
	}
	auth := &clientcmdapi.AuthInfo{TokenFile: tokenPath}
	if err := cp.writeKubeconfig(path, name, namespace, auth); err != nil {
		return err
	}
	cp.renewals.Go(func() {
		timer := time.NewTimer(every)
		defer timer.Stop()
		for {
			select {
			case <-cp.renewing.Done():
				return
			case <-timer.C:
			}
			if err := renew(cp.renewing); err != nil {
				timer.Reset(min(every, retryAfter))
			} else {
				timer.Reset(every)
			}
		}
	})
	return nil
}

// writeToken asks for a token of a ServiceAccount and replaces the file with it.
func writeToken(ctx context.Context, client kubernetes.Interface, namespace, name, path string) error {
	seconds := int64(tokenLife.Seconds())
	request := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{ExpirationSeconds: &seconds}}
	answer, err := client.CoreV1().ServiceAccounts(namespace).CreateToken(ctx, name, request, metav1.CreateOptions{})
	switch {
	case apierrors.IsNotFound(err):
		return fmt.Errorf("no ServiceAccount %s/%s: apply the manifest that makes it first: %w", namespace, name, err)
	case err != nil:
		return fmt.Errorf("asking for a token of ServiceAccount %s/%s: %w", namespace, name, err)
	}
	return writeFile(path, []byte(answer.Status.Token))
}
