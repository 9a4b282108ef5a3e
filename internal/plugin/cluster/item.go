package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/stock"
)

// ErrChanged says that somebody else changed a StockItem between reading and writing it.
var ErrChanged = errors.New("somebody else has changed it meanwhile")

// Item reads a StockItem.
func (c *Cluster) Item(ctx context.Context, key client.ObjectKey) (*v1.StockItem, error) {
	var item v1.StockItem
	if err := c.Get(ctx, key, &item); err != nil {
		return nil, Explained(err)
	}
	return &item, nil
}

// Items reads all StockItems of a namespace, of all namespaces where it is empty.
func (c *Cluster) Items(ctx context.Context, namespace string) ([]v1.StockItem, error) {
	var list v1.StockItemList
	if err := c.List(ctx, &list, client.InNamespace(namespace)); err != nil {
		return nil, Explained(err)
	}
	return list.Items, nil
}

// Edit is a change of a StockItem: fields of its spec by their JSON names, and annotations.
type Edit struct {
	Spec        map[string]any
	Annotations map[string]string
}

// operation is one of a JSON patch.
type operation struct {
	Op    string `json:"op"`
	Path  string `json:"path"`
	Value any    `json:"value"`
}

// lowered is the annotation for lowering received, in words that the item does not have yet: the
// policies want it changed.
func lowered(item *v1.StockItem, to int64) string {
	step := fmt.Sprintf("%d from %d", to, item.Spec.Received)
	if item.Annotations[v1.LowerReceivedToAnnotation] == step {
		return step + " again"
	}
	return step
}

// patch is the edit over an item as it was read. Where it lowers received, it says so on purpose,
// for the policies that refuse this of a commit that was taken back too far.
func (e Edit) patch(item *v1.StockItem) []operation {
	if received, is := e.Spec["received"].(int64); is && received < item.Spec.Received {
		annotations := map[string]string{v1.LowerReceivedToAnnotation: lowered(item, received)}
		maps.Copy(annotations, e.Annotations)
		e.Annotations = annotations
	}
	patch := []operation{{"test", "/metadata/uid", item.UID}, {"test", "/spec/received", item.Spec.Received}}
	for _, name := range slices.Sorted(maps.Keys(e.Spec)) {
		patch = append(patch, operation{"add", "/spec/" + name, e.Spec[name]})
	}
	if len(e.Annotations) > 0 && len(item.Annotations) == 0 {
		return append(patch, operation{"test", "/metadata/annotations", nil}, operation{"add", "/metadata/annotations", e.Annotations})
	}
	for _, name := range slices.Sorted(maps.Keys(e.Annotations)) {
		patch = append(patch, operation{"add", "/metadata/annotations/" + strings.ReplaceAll(name, "/", "~1"), e.Annotations[name]})
	}
	return patch
}

// Change makes an edit and leaves in item what became of it. It fails with ErrChanged, and
// changes nothing, where the item is another or says another received by now: sales in
// between do not matter, since they change no spec.
func (c *Cluster) Change(ctx context.Context, item *v1.StockItem, edit Edit, dryRun bool) error {
	text, err := json.Marshal(edit.patch(item))
	if err != nil {
		return fmt.Errorf("encode the change: %w", err)
	}
	var options []client.PatchOption
	if dryRun {
		options = append(options, client.DryRunAll)
	}
	changed := &v1.StockItem{}
	changed.Namespace, changed.Name = item.Namespace, item.Name
	err = c.Patch(ctx, changed, client.RawPatch(types.JSONPatchType, text), options...)
	if err == nil {
		*item = *changed
		return nil
	}
	if IsRefused(err) { // by a test of the patch, or by a rule: the answer does not tell
		now, readErr := c.Item(ctx, client.ObjectKeyFromObject(item))
		if readErr == nil && (now.UID != item.UID || now.Spec.Received != item.Spec.Received || len(item.Annotations) == 0 && len(now.Annotations) > 0) ||
			apierrors.IsNotFound(readErr) {
			return fmt.Errorf("StockItem %s: %w", item.Name, ErrChanged)
		}
	}
	return Explained(err)
}

// Consumed is how many units were ever shipped of a StockItem's product from its location. The
// journal knows; the item's status may lag, and tells only where the item serves. fromStatus
// says why the journal was not asked.
func (c *Cluster) Consumed(ctx context.Context, item *v1.StockItem) (units int64, fromStatus, err error) {
	state, err := c.State(ctx, item.Namespace)
	if err == nil {
		return state.Consumed(stock.Key{Product: stock.ID(v1.CanonicalID(item.Spec.ProductID)), Location: item.Spec.LocationID}), nil, nil
	}
	if !errors.Is(err, ErrUnreadable) {
		return 0, nil, err
	}
	if !Serves(item) {
		return 0, nil, fmt.Errorf("StockItem %s shows no figures, and %w", item.Name, err)
	}
	return item.Status.Consumed, err, nil
}

// Serves tells whether a StockItem's figures count, by its status.
func Serves(item *v1.StockItem) bool {
	ready := meta.FindStatusCondition(item.Status.Conditions, v1.ConditionReady)
	return ready != nil && ready.Reason != v1.ReasonDuplicateStockItem && ready.Reason != v1.ReasonTakeOverUnconfirmed
}

// Counted fails where the units of a StockItem are not counted, so that received says nothing.
func Counted(item *v1.StockItem) error {
	if item.Spec.Tracking == v1.TrackingUnlimited {
		return fmt.Errorf("StockItem %s: %w", item.Name, ErrNotCounted)
	}
	return nil
}

// ErrNotCounted says that units are not counted.
var ErrNotCounted = errors.New("its units are not counted: tracking is Unlimited")

// Seen tells whether an operator has taken in a StockItem's spec as it is.
func Seen(item *v1.StockItem) bool { return item.Status.ObservedGeneration >= item.Generation }
