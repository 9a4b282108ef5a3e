package node

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
)

// mount is a volume as a container finds it.
type mount struct {
	secrets   []string // whose keys are its files
	path      string   // in the container
	directory string   // of this machine
}

// mountsOf makes the directories of the volumes that a container mounts, and the places
// where they are mounted.
func (n *Node) mountsOf(w *workload, pod *Pod, c *corev1.Container) ([]mount, error) {
	var all []mount
	for _, m := range c.VolumeMounts {
		for _, v := range w.template.Spec.Volumes {
			if v.Name != m.Name {
				continue
			}
			secrets, err := secretsOf(&v)
			if err != nil {
				return nil, err
			}
			all = append(all, mount{
				secrets: secrets, path: m.MountPath,
				directory: filepath.Join(n.options.Dir, pod.Namespace+"."+pod.Name+"."+v.Name),
			})
		}
	}
	for _, m := range all {
		if err := errors.Join(os.MkdirAll(m.directory, 0o700), n.makePlace(m.path), n.fill(pod.Namespace, m)); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// secretsOf are the Secrets that a volume has the keys of.
func secretsOf(v *corev1.Volume) ([]string, error) {
	switch {
	case v.EmptyDir != nil:
		return nil, nil
	case v.Secret != nil:
		return []string{v.Secret.SecretName}, nil
	case v.Projected != nil:
		var all []string
		for _, source := range v.Projected.Sources {
			if source.Secret == nil {
				return nil, fmt.Errorf("volume %s: only Secrets can be projected here", v.Name)
			}
			all = append(all, source.Secret.Name)
		}
		return all, nil
	}
	return nil, fmt.Errorf("volume %s: only Secrets and empty directories can be mounted here", v.Name)
}

// makePlace makes the directory of this machine that volumes are mounted over, each in the
// view of its Pod alone. Stop removes it.
func (n *Node) makePlace(path string) error {
	err := os.Mkdir(path, 0o755)
	switch {
	case err == nil:
		n.places = append(n.places, path)
		return nil
	case errors.Is(err, os.ErrExist):
		return nil
	}
	return fmt.Errorf("making the place of a volume: %w", err)
}

// removePlaces removes what makePlace made.
func (n *Node) removePlaces() error {
	var errs []error
	for _, path := range n.places {
		errs = append(errs, os.Remove(path))
	}
	return errors.Join(errs...)
}

// syncMounts writes what has changed in mounted Secrets.
func (n *Node) syncMounts() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	var errs []error
	for _, r := range n.pods {
		for _, m := range r.pod.mounts {
			if err := n.fill(r.pod.Namespace, m); !apierrors.IsNotFound(err) { // what was there stays
				errs = append(errs, err)
			}
		}
	}
	return errors.Join(errs...)
}

// fill writes the keys of a volume's Secrets as files. Those that are gone stay.
func (n *Node) fill(namespace string, m mount) error {
	for _, secret := range m.secrets {
		object, err := n.secrets.ByNamespace(namespace).Get(secret)
		if err != nil {
			return err
		}
		for key, value := range object.(*corev1.Secret).Data {
			path := filepath.Join(m.directory, key)
			if present, err := os.ReadFile(path); err == nil && bytes.Equal(present, value) {
				continue
			}
			if err := os.WriteFile(path, value, 0o600); err != nil {
				return err
			}
		}
	}
	return nil
}

// showPod makes the object of a Pod, in place of one that was there before.
func (n *Node) showPod(ctx context.Context, w *workload, pod *Pod) error {
	client := n.client.CoreV1().Pods(pod.Namespace)
	err := client.Delete(ctx, pod.Name, metav1.DeleteOptions{GracePeriodSeconds: ptr.To(int64(0))})
	if err != nil && !apierrors.IsNotFound(err) {
		return err
	}
	object := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: pod.Namespace, Name: pod.Name, Labels: pod.labels},
		Spec:       *w.template.Spec.DeepCopy(),
	}
	if object, err = client.Create(ctx, object, metav1.CreateOptions{}); err != nil {
		return err
	}
	object.Status = corev1.PodStatus{
		Phase: corev1.PodRunning, PodIP: pod.Address, PodIPs: []corev1.PodIP{{IP: pod.Address}},
		Conditions: []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}},
	}
	_, err = client.UpdateStatus(ctx, object, metav1.UpdateOptions{})
	return err
}
