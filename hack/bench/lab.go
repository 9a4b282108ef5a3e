package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/controlplane"
	"github.com/acme/inventory-service/internal/postgres"
)

// lab is the machine that contenders are measured on.
type lab struct {
	dir      string // logs and data
	operator string // the operator's binary
	plane    *controlplane.ControlPlane
	scheme   *runtime.Scheme
	admin    client.WithWatch
	config   *rest.Config
	api      rest.Interface
	// kubeconfigs are the operator's and the administrator's.
	operatorConfig, adminConfig string
	// database is nil until somebody needs it.
	database *postgres.Server
	stops    []func() error
}

const (
	systemNamespace = "inventory-system"
	serviceAccount  = "inventory-operator"
)

// openLab starts etcd, with fsync on, and kube-apiserver, and installs the API. The
// control plane's data are in kept, or where that is empty, in dir for as long as the
// lab is open. Each answer of etcd comes later by a delay.
func openLab(ctx context.Context, dir, kept, operator string, delay time.Duration) (*lab, error) {
	data, err := os.MkdirTemp(dir, "bench-")
	if err != nil {
		return nil, err
	}
	l := &lab{dir: data, operator: operator, scheme: runtime.NewScheme()}
	l.stops = append(l.stops, func() error { return os.RemoveAll(data) })
	if err := errors.Join(v1.AddToScheme(l.scheme), clientgoscheme.AddToScheme(l.scheme)); err != nil {
		return nil, err
	}
	options := controlplane.Options{
		Dir: cmp.Or(kept, filepath.Join(data, "controlplane")),
		// Clearing up after a contender takes as long as its turns otherwise.
		ExtraAPIServerArgs: []string{"--delete-collection-workers=16"},
	}
	if delay > 0 {
		if err := l.slowDown(&options, delay); err != nil {
			return nil, errors.Join(err, l.close())
		}
	}
	if l.plane, err = controlplane.Start(ctx, options); err != nil {
		return nil, errors.Join(err, l.close())
	}
	l.stops = append(l.stops, l.plane.Stop)
	if err := l.install(ctx); err != nil {
		return nil, errors.Join(err, l.close())
	}
	return l, nil
}

func (l *lab) install(ctx context.Context) error {
	l.config = l.plane.RESTConfig()
	err := controlplane.Apply(ctx, l.config, "bench", "config/default/namespace.yaml", "config/crd", "config/rbac", "config/manager/flow_schema.yaml")
	if err != nil {
		return err
	}
	if l.admin, err = client.NewWithWatch(l.config, client.Options{Scheme: l.scheme}); err != nil {
		return err
	}
	raw := rest.CopyConfig(l.config)
	raw.NegotiatedSerializer = clientgoscheme.Codecs.WithoutConversion()
	if l.api, err = rest.UnversionedRESTClientFor(raw); err != nil {
		return err
	}
	l.adminConfig, l.operatorConfig = filepath.Join(l.dir, "kubeconfig"), filepath.Join(l.dir, "operator.kubeconfig")
	if err := l.plane.WriteKubeconfig(l.adminConfig); err != nil {
		return err
	}
	return l.plane.ServiceAccountKubeconfig(ctx, systemNamespace, serviceAccount, l.operatorConfig)
}

func (l *lab) close() error {
	var failed error
	for _, stop := range slices.Backward(l.stops) {
		failed = errors.Join(failed, stop())
	}
	return failed
}

// stock makes a namespace with a workload's StockItems. It may be called again
// for the same namespace.
func (l *lab) stock(ctx context.Context, namespace string, w workload) error {
	return l.stockFrom(ctx, namespace, w, 0)
}

// stockFrom is stock without the first products, which are there.
func (l *lab) stockFrom(ctx context.Context, namespace string, w workload, first int) error {
	ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}
	if err := l.admin.Create(ctx, ns); err != nil && !apierrors.IsAlreadyExists(err) {
		return err
	}
	return inParallel(ctx, 32, w.products-first, func(i int) error {
		item := &v1.StockItem{
			ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: fmt.Sprintf("item-%d", first+i)},
			Spec:       v1.StockItemSpec{ProductID: product(first + i), LocationID: location, Received: w.received},
		}
		err := l.admin.Create(ctx, item)
		if apierrors.IsAlreadyExists(err) {
			return nil
		}
		return err
	})
}

const location = "warehouse-1"

// clearTries is how often clear goes on after a deletion that took longer than
// kube-apiserver lets a request take.
const clearTries = 10

// clear deletes what a contender left in its namespace.
func (l *lab) clear(ctx context.Context, namespace string) error {
	var failed error
	for _, kind := range []client.Object{&v1.Reservation{}, &v1.StockItem{}, &v1.StockLedger{}, &v1.JournalPage{}} {
		var err error
		for range clearTries {
			if err = l.admin.DeleteAllOf(ctx, kind, client.InNamespace(namespace)); err == nil || ctx.Err() != nil {
				break
			}
		}
		failed = errors.Join(failed, err)
	}
	return failed
}

// settleTime is the pause between two looks at whether something has come to rest.
const settleTime = 300 * time.Millisecond

// maxSettleTime is that pause when there is much to do: telling its metrics takes
// kube-apiserver some 40 ms of CPU time.
const maxSettleTime = 10 * settleTime

// quiet waits until what the last contender left to do is done: no more writes
// but those of Leases.
func (l *lab) quiet(ctx context.Context) error {
	before := -1.0
	for wait := settleTime; ; wait = min(maxSettleTime, wait+settleTime/2) {
		f, err := scrapeAPIServer(ctx, l.api)
		if err != nil {
			return err
		}
		now := f.writes() - f.leaseWrites()
		if now == before {
			return nil
		}
		before = now
		if err := pause(ctx, wait); err != nil {
			return err
		}
	}
}
