package argocd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/argoproj/gitops-engine/pkg/cache"
	"github.com/argoproj/gitops-engine/pkg/diff"
	"github.com/argoproj/gitops-engine/pkg/engine"
	"github.com/argoproj/gitops-engine/pkg/health"
	"github.com/argoproj/gitops-engine/pkg/sync"
	"github.com/argoproj/gitops-engine/pkg/sync/common"
	"github.com/argoproj/gitops-engine/pkg/utils/kube"
	"github.com/argoproj/gitops-engine/pkg/utils/tracing"
	"github.com/go-logr/logr"
	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/test/engines"
	"github.com/acme/inventory-service/test/testbed"
)

const (
	// manager is who applies for Argo CD where ServerSideApply=true.
	manager = "argocd-controller"
	// tracking is the annotation by which Argo CD knows what is its own.
	tracking = "argocd.argoproj.io/tracking-id"
)

// argo does what Argo CD's application controller does between rendered manifests and the status
// of an Application that has the options of config/gitops/argocd.
type argo struct {
	config    *rest.Config
	namespace string
	cache     cache.ClusterCache
	engine    engine.GitOpsEngine
	kubectl   kube.Kubectl
}

func newEngine(w *testbed.World) *argo {
	a := &argo{config: w.ControlPlane.RESTConfig(), namespace: w.Namespace}
	a.kubectl = &kube.KubectlCmd{Log: logr.Discard(), Tracer: tracing.NopTracer{}}
	a.cache = cache.NewClusterCache(a.config,
		cache.SetKubectl(a.kubectl),
		cache.SetNamespaces([]string{w.Namespace}), cache.SetClusterResources(true),
		cache.SetSettings(cache.Settings{ResourceHealthOverride: overrides{}, ResourcesFilter: filter{}}),
		cache.SetLogr(logr.Discard()),
		cache.SetPopulateResourceInfoHandler(func(o *engines.Object, _ bool) (any, bool) {
			return o.GetAnnotations()[tracking], true
		}))
	a.engine = engine.NewEngine(a.config, a.cache, engine.WithKubectl(a.kubectl), engine.WithLogr(logr.Discard()))
	stop, err := a.engine.Run()
	w.Must(err)
	w.Cleanup(stop)
	return a
}

// filter keeps the cache to what the tests are about, and, as config/gitops/argocd does, the pages of
// the journal out of it.
type filter struct{}

// IsExcludedResource tells what is not watched.
func (filter) IsExcludedResource(group, kind, _ string) bool {
	return group != v1.GroupVersion.Group || kind == "JournalPage"
}

// tracked are manifests that name the application.
func tracked(manifests []*engines.Object) []*engines.Object {
	for _, o := range manifests {
		annotations := o.GetAnnotations()
		if annotations == nil {
			annotations = map[string]string{}
		}
		annotations[tracking] = fmt.Sprintf("shop:%s/%s:%s/%s", o.GroupVersionKind().Group, o.GetKind(), o.GetNamespace(), o.GetName())
		o.SetAnnotations(annotations)
	}
	return manifests
}

func isTracked(r *cache.Resource) bool { return r.Info != "" }

// Sync is one operation with pruning, which comes first. Nobody collects garbage here, so that
// nothing would ever be deleted in the foreground.
func (a *argo) Sync(ctx context.Context, manifests []*engines.Object) error {
	ctx, cancel := context.WithTimeout(ctx, testbed.Patience)
	defer cancel()
	results, err := a.engine.Sync(ctx, tracked(manifests), isTracked, "revision", a.namespace,
		sync.WithPrune(true), sync.WithPrunePropagationPolicy(ptr.To(metav1.DeletePropagationBackground)), sync.WithLogr(logr.Discard()), sync.WithServerSideApply(true), sync.WithServerSideApplyManager(manager),
		sync.WithManifestValidation(true), sync.WithHealthOverride(overrides{}))
	failed := []error{err}
	for _, r := range results {
		if r.Status == common.ResultCodeSyncFailed {
			failed = append(failed, fmt.Errorf("%s: %s", r.ResourceKey.Name, r.Message))
		}
	}
	return errors.Join(failed...)
}

// Force is a Sync of manifests with the options Replace and Force.
func (a *argo) Force(ctx context.Context, manifests []*engines.Object) error {
	for _, o := range manifests {
		annotations := o.GetAnnotations()
		if annotations == nil {
			annotations = map[string]string{}
		}
		annotations[common.AnnotationSyncOptions] = common.SyncOptionReplace + "," + common.SyncOptionForce
		o.SetAnnotations(annotations)
	}
	return a.Sync(ctx, manifests)
}

// Diff compares what Git says with what is there.
func (a *argo) Diff(_ context.Context, manifests []*engines.Object) ([]string, error) {
	live, err := a.cache.GetManagedLiveObjs(tracked(manifests), isTracked)
	if err != nil {
		return nil, err
	}
	reconciled := sync.Reconcile(manifests, live, a.namespace, a.cache)
	return a.compare(reconciled.Target, reconciled.Live)
}

// ways are the three ways in which an Application can choose to compare: on the client's side, by
// structure, and with ServerSideDiff. done ends their use.
func (a *argo) ways() (ways [][]diff.Option, done func(), err error) {
	operations, done, err := kube.ManageServerSideDiffDryRuns(a.config, a.cache.GetOpenAPISchema(), tracing.NopTracer{}, logr.Discard(), nil)
	parser := diff.WithGVKParser(a.cache.GetGVKParser())
	return [][]diff.Option{
		{},
		{diff.WithStructuredMergeDiff(true), parser, diff.WithManager(manager)},
		{diff.WithServerSideDiff(true), diff.WithServerSideDryRunner(diff.NewK8sServerSideDryRunner(operations)), parser, diff.WithManager(manager)},
	}, done, err
}

// compare compares in each of the three ways. They have to agree.
func (a *argo) compare(target, live []*engines.Object) ([]string, error) {
	ways, done, err := a.ways()
	if err != nil {
		return nil, err
	}
	defer done()
	var changed [][]string
	for _, options := range ways {
		results, err := diff.DiffArray(target, live, options...)
		if err != nil {
			return nil, err
		}
		fields, err := changes(results)
		if err != nil {
			return nil, err
		}
		changed = append(changed, fields)
	}
	for _, other := range changed[1:] {
		if difference := cmp.Diff(changed[0], other); difference != "" {
			return nil, fmt.Errorf("the ways to compare do not agree:\n%s", difference)
		}
	}
	return changed[0], nil
}

func changes(results *diff.DiffResultList) (all []string, err error) {
	for _, r := range results.Diffs {
		if !r.Modified {
			continue
		}
		var live, predicted engines.Object
		if err := errors.Join(json.Unmarshal(r.NormalizedLive, &live.Object), json.Unmarshal(r.PredictedLive, &predicted.Object)); err != nil {
			return nil, err
		}
		all = append(all, engines.Changes(&live, &predicted)...)
	}
	slices.Sort(all)
	return all, nil
}

// Health is what the scripts say.
func (*argo) Health(_ context.Context, live *engines.Object) (engines.Health, error) {
	said, err := health.GetResourceHealth(live, overrides{})
	if err != nil || said == nil {
		return "", fmt.Errorf("no health of %s %s: %w", live.GetKind(), live.GetName(), err)
	}
	return engines.Health(said.Status), nil
}

var player = engines.Player{
	New:         func(w *testbed.World) engines.Engine { return newEngine(w) },
	PrunesFirst: true, OfSuspended: engines.Suspended, OfShortfall: engines.Degraded,
}

// With ServerSideDiff the comparison itself fails where one manifest would be refused, and without a
// comparison Argo CD synchronizes nothing. The other ways tell what would change.
func TestServerSideDiffOfARefusedCommit(t *testing.T) {
	w := testbed.NewWorld(t)
	w.ProtectStock()
	a := newEngine(w)
	commit := func(mug, teapot int64) (items []*engines.Object) {
		for name, received := range map[string]int64{"mug": mug, "teapot": teapot} {
			o := &engines.Object{Object: map[string]any{"spec": map[string]any{"productID": name, "received": received}}}
			o.SetGroupVersionKind(v1.GroupVersion.WithKind("StockItem"))
			o.SetName(name)
			o.SetNamespace(w.Namespace)
			items = append(items, o)
		}
		return tracked(items)
	}
	w.Must(a.Sync(t.Context(), commit(120, 24)))
	target := commit(100, 48)
	var live []*engines.Object
	for _, o := range target {
		there := o.DeepCopy()
		w.Must(w.Client.Get(t.Context(), client.ObjectKeyFromObject(o), there))
		live = append(live, there)
	}
	ways, done, err := a.ways()
	w.Must(err)
	defer done()
	for i, options := range ways {
		_, err := diff.DiffArray(target, live, options...)
		if refused := i == len(ways)-1; (err != nil) != refused || refused && !strings.Contains(err.Error(), v1.LowerReceivedToAnnotation) {
			t.Errorf("way %d to compare: %v", i, err)
		}
	}
}

func TestShop(t *testing.T) { engines.Play(t, player) }

func TestExample(t *testing.T) { engines.PlayExample(t, player) }
