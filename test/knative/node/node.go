package node

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/acme/inventory-service/internal/controlplane"
)

const (
	// apiAddress is where Pods reach the API server: the address of Service kubernetes.
	apiAddress = "10.0.0.1:443"
	localhost  = "127.0.0.1 localhost\n::1 localhost\n"

	dialTimeout = 5 * time.Second
	retryAfter  = 500 * time.Millisecond
)

// Options tell Start what to run.
type Options struct {
	ControlPlane *controlplane.ControlPlane
	// Programs are the binaries by the names of their images: what stands between the
	// last slash and the tag.
	Programs map[string]string
	// Dir holds logs and kubeconfigs. It must exist.
	Dir string
}

// Node runs Pods. Its methods may be called from any goroutine.
type Node struct {
	options Options
	client  kubernetes.Interface
	changed chan struct{}
	stop    context.CancelFunc
	stopped chan struct{}

	deployments  cache.GenericLister
	statefulSets cache.GenericLister
	services     cache.GenericLister
	clusterRoles cache.GenericLister
	secrets      cache.GenericLister

	mu      sync.Mutex
	pods    []*running
	created int

	// Of the goroutine that syncs alone.
	api        *forwarder
	forwarders map[string]*forwarder // by address
	endpoints  map[string]string     // what was written, by Service
	hosts      string
	lastError  string
	places     []string // made for volumes
}

// running is a Pod and what the node knows of its manifest.
type running struct {
	pod       *Pod
	container *corev1.Container
}

// Start starts a node that runs what the control plane says, inside of what Enter
// made. The context bounds the start alone; Stop ends the node.
func Start(ctx context.Context, o Options) (*Node, error) {
	config := o.ControlPlane.RESTConfig()
	config.WarningHandler = rest.NoWarnings{} // Knative reads Endpoints, which are deprecated
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	n := &Node{
		options: o, client: client,
		changed: make(chan struct{}, 1), stopped: make(chan struct{}),
		forwarders: map[string]*forwarder{}, endpoints: map[string]string{},
	}
	if n.api, err = forward(apiAddress); err != nil {
		return nil, fmt.Errorf("serving the API to Pods: %w", err)
	}
	n.api.set([]string{strings.TrimPrefix(o.ControlPlane.APIServerURL(), "https://")})
	running, stop := context.WithCancel(context.Background())
	n.stop = stop
	if err := n.observe(ctx, running); err != nil {
		close(n.stopped)
		return nil, errors.Join(err, n.Stop())
	}
	go n.loop(running)
	return n, nil
}

// observe keeps what the node needs of the API in memory.
func (n *Node) observe(ctx, running context.Context) error {
	factory := informers.NewSharedInformerFactory(n.client, 0)
	var synced []cache.InformerSynced
	for _, kind := range []struct {
		lister   *cache.GenericLister
		resource string
		informer cache.SharedIndexInformer
	}{
		{&n.deployments, "deployments", factory.Apps().V1().Deployments().Informer()},
		{&n.statefulSets, "statefulsets", factory.Apps().V1().StatefulSets().Informer()},
		{&n.services, "services", factory.Core().V1().Services().Informer()},
		{&n.secrets, "secrets", factory.Core().V1().Secrets().Informer()},
		{&n.clusterRoles, "clusterroles", factory.Rbac().V1().ClusterRoles().Informer()},
	} {
		handler := cache.ResourceEventHandlerFuncs{
			AddFunc:    func(any) { n.poke() },
			UpdateFunc: func(any, any) { n.poke() },
			DeleteFunc: func(any) { n.poke() },
		}
		if _, err := kind.informer.AddEventHandler(handler); err != nil {
			return err
		}
		*kind.lister = cache.NewGenericLister(kind.informer.GetIndexer(), resourceOf(kind.resource))
		synced = append(synced, kind.informer.HasSynced)
	}
	factory.Start(running.Done())
	if !cache.WaitForCacheSync(ctx.Done(), synced...) {
		return errors.New("the node could not read what to run")
	}
	return nil
}

// poke has the node look again at what there is to do.
func (n *Node) poke() {
	select {
	case n.changed <- struct{}{}:
	default:
	}
}

func (n *Node) loop(ctx context.Context) {
	defer close(n.stopped)
	n.poke()
	for {
		select {
		case <-ctx.Done():
			return
		case <-n.changed:
		}
		err := n.sync(ctx)
		if err == nil || ctx.Err() != nil {
			continue
		}
		// Others write the same objects, so conflicts are ordinary.
		if text := err.Error(); text != n.lastError && !apierrors.IsConflict(err) {
			n.lastError = text
			log.Printf("node: %v", err)
		}
		time.AfterFunc(retryAfter, n.poke)
	}
}

// Stop ends all Pods and the node. It is called once.
func (n *Node) Stop() error {
	n.stop()
	<-n.stopped
	n.mu.Lock()
	defer n.mu.Unlock()
	var ending sync.WaitGroup
	for _, r := range n.pods {
		ending.Go(r.pod.kill)
	}
	ending.Wait()
	errs := []error{n.removePlaces(), n.api.listener.Close()}
	for _, f := range n.forwarders {
		errs = append(errs, f.listener.Close())
	}
	return errors.Join(errs...)
}

// Pods are those of a Deployment or StatefulSet that are not ending.
func (n *Node) Pods(namespace, workload string) []*Pod {
	n.mu.Lock()
	defer n.mu.Unlock()
	var found []*Pod
	for _, r := range n.pods {
		if r.pod.Namespace == namespace && r.pod.workload == workload && !r.pod.ending() {
			found = append(found, r.pod)
		}
	}
	return found
}

// Log is what all Pods of a Deployment or StatefulSet have printed, those that are
// gone included, one after another.
func (n *Node) Log(namespace, workload string) ([]byte, error) {
	paths, err := filepath.Glob(filepath.Join(n.options.Dir, namespace+"."+workload+".*.log"))
	if err != nil {
		return nil, err
	}
	var all []byte
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		all = append(all, text...)
	}
	return all, nil
}

// kubeconfig writes a kubeconfig of a ServiceAccount that leads to the API server from
// inside of a Pod, once for each.
func (n *Node) kubeconfig(ctx context.Context, namespace, account string) (string, error) {
	path := filepath.Join(n.options.Dir, namespace+"."+account+".kubeconfig")
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	local := path + ".local"
	if err := n.options.ControlPlane.ServiceAccountKubeconfig(ctx, namespace, account, local); err != nil {
		return "", err
	}
	config, err := clientcmd.LoadFromFile(local)
	if err != nil {
		return "", err
	}
	for _, cluster := range config.Clusters {
		cluster.Server = "https://" + apiAddress
	}
	return path, clientcmd.WriteToFile(*config, path)
}
