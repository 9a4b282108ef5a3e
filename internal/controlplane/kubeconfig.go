package controlplane

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// WriteKubeconfig writes a kubeconfig of the admin, readable by its owner alone.
func (cp *ControlPlane) WriteKubeconfig(path string) error {
	return cp.writeKubeconfig(path, "admin", "default", &clientcmdapi.AuthInfo{Token: cp.creds.token})
}

func (cp *ControlPlane) writeKubeconfig(path, user, namespace string, auth *clientcmdapi.AuthInfo) error {
	const name = "inventory-service"
	config := clientcmdapi.NewConfig()
	config.Clusters[name] = &clientcmdapi.Cluster{Server: cp.APIServerURL(), CertificateAuthorityData: cp.creds.ca}
	config.AuthInfos[user] = auth
	config.Contexts[name] = &clientcmdapi.Context{Cluster: name, AuthInfo: user, Namespace: namespace}
	config.CurrentContext = name
	content, err := clientcmd.Write(*config)
	if err != nil {
		return fmt.Errorf("encoding the kubeconfig: %w", err)
	}
	return writeFile(path, content)
}

// writeFile replaces a file at once, so that a reader sees the old or the new
// content, and gives it to its owner alone.
func writeFile(path string, content []byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	if _, err := f.Write(content); err != nil {
		return errors.Join(err, f.Close())
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
