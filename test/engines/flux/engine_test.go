package flux

import (
	"context"
	"testing"
	"time"

	"github.com/fluxcd/cli-utils/pkg/kstatus/polling"
	pollingengine "github.com/fluxcd/cli-utils/pkg/kstatus/polling/engine"
	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	"github.com/fluxcd/cli-utils/pkg/object"
	"github.com/fluxcd/pkg/runtime/cel"
	"github.com/fluxcd/pkg/ssa"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/acme/inventory-service/test/engines"
	"github.com/acme/inventory-service/test/testbed"
)

// engine does what kustomize-controller does between a rendered commit and its status.
type engine struct {
	manager *ssa.ResourceManager
	health  map[schema.GroupKind]*cel.StatusEvaluator
	// inventory is what the last Sync left, as kustomize-controller keeps in its status.
	inventory []*engines.Object
}

func newEngine(w *testbed.World) *engine {
	e := &engine{health: map[schema.GroupKind]*cel.StatusEvaluator{}}
	checks := healthChecks(w, "shop")
	reader, err := cel.NewStatusReader(checks)
	w.Must(err)
	mapper := w.Client.RESTMapper()
	poller := polling.NewStatusPoller(w.Client, mapper, polling.Options{CustomStatusReaders: []pollingengine.StatusReader{reader(mapper)}})
	e.manager = ssa.NewResourceManager(w.Client, poller, ssa.Owner{Field: "kustomize-controller", Group: "kustomize.toolkit.fluxcd.io"})
	for _, check := range checks {
		evaluator, err := cel.NewStatusEvaluator(&check.HealthCheckExpressions)
		w.Must(err)
		e.health[schema.FromAPIVersionAndKind(check.APIVersion, check.Kind).GroupKind()] = evaluator
	}
	return e
}

// Sync applies everything, and then prunes what is no longer there.
func (e *engine) Sync(ctx context.Context, manifests []*engines.Object) error {
	return e.sync(ctx, manifests, applyOptions())
}

// Force is a Sync of a Kustomization with force.
func (e *engine) Force(ctx context.Context, manifests []*engines.Object) error {
	options := applyOptions()
	options.Force = true
	return e.sync(ctx, manifests, options)
}

func (e *engine) sync(ctx context.Context, manifests []*engines.Object, apply ssa.ApplyOptions) error {
	e.manager.SetOwnerLabels(manifests, "shop", "flux-system")
	if _, err := e.manager.ApplyAllStaged(ctx, manifests, apply); err != nil {
		return err
	}
	var stale []*engines.Object
	for _, old := range e.inventory {
		if !contains(manifests, old) {
			stale = append(stale, old)
		}
	}
	options := ssa.DefaultDeleteOptions()
	options.PropagationPolicy = metav1.DeletePropagationBackground
	options.Inclusions = e.manager.GetOwnerLabels("shop", "flux-system")
	options.Exclusions = map[string]string{"kustomize.toolkit.fluxcd.io/prune": "disabled", "kustomize.toolkit.fluxcd.io/reconcile": "disabled"}
	if _, err := e.manager.DeleteAll(ctx, stale, options); err != nil {
		return err
	}
	e.inventory = manifests
	return nil
}

// Wait is what a Kustomization with wait does before it is Ready.
func (e *engine) Wait(ctx context.Context, manifests []*engines.Object) error {
	return e.manager.WaitForSetWithContext(ctx, object.UnstructuredSetToObjMetadataSet(manifests),
		ssa.WaitOptions{Interval: 100 * time.Millisecond, Timeout: testbed.Patience, FailFast: true})
}

func contains(all []*engines.Object, one *engines.Object) bool {
	for _, o := range all {
		if o.GetKind() == one.GetKind() && o.GetName() == one.GetName() {
			return true
		}
	}
	return false
}

// Diff tells what a Sync would change.
func (e *engine) Diff(ctx context.Context, manifests []*engines.Object) ([]string, error) {
	e.manager.SetOwnerLabels(manifests, "shop", "flux-system")
	var changed []string
	for _, o := range manifests {
		entry, live, merged, err := e.manager.Diff(ctx, o, ssa.DefaultDiffOptions())
		if err != nil {
			return nil, err
		}
		if entry.Action != ssa.UnchangedAction {
			changed = append(changed, engines.Changes(live, merged)...)
		}
	}
	return changed, nil
}

// Health is what a Kustomization with the example's healthCheckExprs waits for.
func (e *engine) Health(ctx context.Context, live *engines.Object) (engines.Health, error) {
	got, err := e.evaluate(ctx, live)
	if err != nil {
		return "", err
	}
	return map[status.Status]engines.Health{
		status.CurrentStatus: engines.Healthy, status.InProgressStatus: engines.Progressing, status.FailedStatus: engines.Degraded,
	}[got.Status], nil
}

func (e *engine) evaluate(ctx context.Context, live *engines.Object) (*status.Result, error) {
	if evaluator := e.health[live.GroupVersionKind().GroupKind()]; evaluator != nil {
		return evaluator.Evaluate(ctx, live)
	}
	return status.Compute(live)
}

// applyOptions are those of kustomize-controller, for a Kustomization without force. What kubectl
// wrote is taken from it first.
func applyOptions() ssa.ApplyOptions {
	options := ssa.DefaultApplyOptions()
	options.WaitInterval, options.WaitTimeout = 100*time.Millisecond, testbed.Patience
	options.ForceSelector = map[string]string{"kustomize.toolkit.fluxcd.io/force": "enabled"}
	options.ExclusionSelector = map[string]string{"kustomize.toolkit.fluxcd.io/reconcile": "disabled", "kustomize.toolkit.fluxcd.io/ssa": "ignore"}
	options.IfNotPresentSelector = map[string]string{"kustomize.toolkit.fluxcd.io/ssa": "ifnotpresent"}
	options.Cleanup = ssa.ApplyCleanupOptions{
		Annotations: []string{corev1.LastAppliedConfigAnnotation},
		FieldManagers: []ssa.FieldManager{
			{Name: "kubectl", OperationType: metav1.ManagedFieldsOperationApply},
			{Name: "kubectl", OperationType: metav1.ManagedFieldsOperationUpdate},
			{Name: "before-first-apply", OperationType: metav1.ManagedFieldsOperationUpdate},
			{Name: "kustomize-controller", OperationType: metav1.ManagedFieldsOperationUpdate},
		},
		Exclusions: map[string]string{"kustomize.toolkit.fluxcd.io/ssa": "Merge"},
	}
	return options
}

var player = engines.Player{
	New:          func(w *testbed.World) engines.Engine { return newEngine(w) },
	AllOrNothing: true, OfSuspended: engines.Healthy, OfShortfall: engines.Degraded, TakesKubectlBack: true,
}

func TestShop(t *testing.T) { engines.Play(t, player) }

func TestExample(t *testing.T) { engines.PlayExample(t, player) }
