package node

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

func resourceOf(name string) schema.GroupResource { return schema.GroupResource{Resource: name} }

// workload is a Deployment or StatefulSet.
type workload struct {
	kind, namespace, name string
	replicas              int
	template              corev1.PodTemplateSpec
	program               string
	object                any
}

func (w *workload) key() string { return w.kind + "/" + w.namespace + "/" + w.name }

// sync brings what runs closer to what the API says. What is to be done later pokes.
func (n *Node) sync(ctx context.Context) error {
	wanted, err := n.workloads()
	if err != nil {
		return err
	}
	errs := []error{n.aggregateRoles(ctx), n.endForgotten(wanted)}
	for _, w := range wanted {
		if err := n.syncWorkload(ctx, w); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", w.key(), err))
		}
	}
	n.forgetGone()
	return errors.Join(append(errs, n.syncMounts(), n.syncServices(ctx))...)
}

// workloads are those whose program is known.
func (n *Node) workloads() ([]*workload, error) {
	var all []*workload
	deployments, err := n.deployments.List(labels.Everything())
	if err != nil {
		return nil, err
	}
	for _, o := range deployments {
		d := o.(*appsv1.Deployment)
		all = append(all, &workload{
			kind: "Deployment", namespace: d.Namespace, name: d.Name,
			replicas: replicas(d.Spec.Replicas), template: d.Spec.Template, object: d,
		})
	}
	sets, err := n.statefulSets.List(labels.Everything())
	if err != nil {
		return nil, err
	}
	for _, o := range sets {
		s := o.(*appsv1.StatefulSet)
		all = append(all, &workload{
			kind: "StatefulSet", namespace: s.Namespace, name: s.Name,
			replicas: replicas(s.Spec.Replicas), template: s.Spec.Template, object: s,
		})
	}
	return slices.DeleteFunc(all, func(w *workload) bool {
		w.program = n.options.Programs[imageName(w.template.Spec.Containers[0].Image)]
		return w.program == ""
	}), nil
}

func replicas(given *int32) int {
	if given == nil {
		return 1
	}
	return int(*given)
}

// imageName is what stands between the last slash and the tag.
func imageName(image string) string {
	name, _, _ := strings.Cut(path.Base(image), ":")
	return name
}

// endForgotten ends the Pods of workloads that are no more.
func (n *Node) endForgotten(wanted []*workload) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, r := range n.pods {
		if !slices.ContainsFunc(wanted, r.of) {
			r.pod.terminate()
		}
	}
	return nil
}

func (r *running) of(w *workload) bool {
	return r.pod.Namespace == w.namespace && r.pod.workload == w.name
}

// syncWorkload starts what is missing, and ends what is too many or of an older
// template once the newer ones are ready.
func (n *Node) syncWorkload(ctx context.Context, w *workload) error {
	hash, err := hashOf(&w.template)
	if err != nil {
		return err
	}
	n.mu.Lock()
	var current, older []*running
	ready := 0
	for _, r := range n.pods {
		switch {
		case !r.of(w) || r.pod.ending():
		case r.pod.hash == hash:
			current = append(current, r)
			if r.pod.Ready() {
				ready++
			}
		default:
			older = append(older, r)
		}
	}
	n.mu.Unlock()
	for len(current) < w.replicas {
		r, err := n.startPod(ctx, w, hash, len(current))
		if err != nil {
			return err
		}
		current = append(current, r)
	}
	if len(current) > w.replicas {
		older = append(older, current[w.replicas:]...)
		current = current[:w.replicas]
		ready = min(ready, w.replicas)
	}
	if ready >= w.replicas {
		for _, r := range older {
			r.pod.terminate()
		}
	}
	return n.writeStatus(ctx, w, int32(len(current)), int32(ready))
}

// podName is unique for Pods of Deployments, and always the same for those of StatefulSets.
func (w *workload) podName(hash string, number, index int) string {
	if w.kind == "StatefulSet" {
		return fmt.Sprintf("%s-%d", w.name, index)
	}
	return fmt.Sprintf("%s-%s-%d", w.name, hash, number)
}

func hashOf(template *corev1.PodTemplateSpec) (string, error) {
	text, err := json.Marshal(template)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%x", sha256.Sum256(text))[:10], nil
}

// startPod starts one more Pod of a workload.
func (n *Node) startPod(ctx context.Context, w *workload, hash string, index int) (*running, error) {
	n.mu.Lock()
	n.created++
	number := n.created
	n.mu.Unlock()
	container := w.template.Spec.Containers[0].DeepCopy()
	pod := &Pod{
		Name: w.podName(hash, number, index), Namespace: w.namespace, workload: w.name, hash: hash,
		Address: fmt.Sprintf("10.244.%d.%d", number/250, number%250+2),
		labels:  map[string]string{"apps.kubernetes.io/pod-index": fmt.Sprint(index)},
		changed: n.poke, grace: 30 * time.Second,
		log: filepath.Join(n.options.Dir, fmt.Sprintf("%s.%s.%03d.log", w.namespace, w.name, number)),
	}
	for key, value := range w.template.Labels {
		pod.labels[key] = value
	}
	if seconds := w.template.Spec.TerminationGracePeriodSeconds; seconds != nil {
		pod.grace = time.Duration(*seconds) * time.Second
	}
	var err error
	if pod.probe, err = probeOf(container); err != nil {
		return nil, err
	}
	if pod.mounts, err = n.mountsOf(w, pod, container); err != nil {
		return nil, err
	}
	if pod.command, err = n.commandOf(ctx, w, pod, container); err != nil {
		return nil, err
	}
	if err := pod.start(fmt.Sprintf("pod%d", number)); err != nil {
		return nil, err
	}
	if w.kind == "StatefulSet" {
		if err := n.showPod(ctx, w, pod); err != nil {
			pod.kill()
			return nil, err
		}
	}
	r := &running{pod: pod, container: container}
	n.mu.Lock()
	n.pods = append(n.pods, r)
	n.mu.Unlock()
	return r, nil
}

func (n *Node) commandOf(ctx context.Context, w *workload, pod *Pod, c *corev1.Container) (*exec.Cmd, error) {
	env := &environment{client: n.client, pod: pod, account: w.template.Spec.ServiceAccountName}
	if err := env.resolve(ctx, c); err != nil {
		return nil, err
	}
	command := exec.Command(w.program)
	for _, argument := range c.Args {
		command.Args = append(command.Args, env.expand(argument))
	}
	command.Dir = n.options.Dir
	command.Env = append([]string{"PATH=/usr/bin:/bin", "HOME=/", "KUBERNETES_SERVICE_HOST=10.0.0.1", "KUBERNETES_SERVICE_PORT=443"}, env.variables...)
	if env.account != "" {
		kubeconfig, err := n.kubeconfig(ctx, w.namespace, env.account)
		if err != nil {
			return nil, err
		}
		command.Env = append(command.Env, "KUBECONFIG="+kubeconfig)
	}
	return command, nil
}

// forgetGone forgets the Pods that are gone.
func (n *Node) forgetGone() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.pods = slices.DeleteFunc(n.pods, func(r *running) bool {
		select {
		case <-r.pod.gone:
			return true
		default:
			return false
		}
	})
}
