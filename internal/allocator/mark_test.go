package allocator

import (
	"context"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
)

// Catching up knows every item as it is stored, however late its watch is and in
// whatever order a list fills the cache.
func TestCatchUpAwaitsTheWatch(t *testing.T) {
	for name, late := range map[string]func(r room, stored client.Client, old v1.StockItem){
		"in time": func(room, client.Client, v1.StockItem) {},
		"late, after a list": func(r room, stored client.Client, old v1.StockItem) {
			r.Cache = &lateCache{Reader: stored, looks: 3, old: old}
		},
		"never": func(r room, stored client.Client, old v1.StockItem) {
			r.Cache = &lateCache{Reader: stored, looks: 1 << 30, old: old}
		},
		"an older CRD": func(r room, stored client.Client, old v1.StockItem) {
			r.Cache = &lateCache{Reader: stored, looks: 3, old: old}
			r.Client = pruning{stored}
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := openRoom(t)
			r.Clock = hasty{}
			stored := r.Client
			r.item("a")
			b := r.item("b")
			r.dispatch(itemSeen(b))
			late(r, stored, *b)
			now := b.DeepCopy()
			now.Spec.Received = 4
			if err := stored.Update(t.Context(), now); err != nil {
				t.Fatal(err)
			}
			got, _ := r.catchUp(t.Context(), CatchUp{Term: 4}).(CaughtUp)
			if len(got.Items) != 2 || got.ItemsVersion < versionOf(now.ResourceVersion) {
				t.Errorf("complete at %d with %d items, want both as of %s", got.ItemsVersion, len(got.Items), now.ResourceVersion)
			}
			if known := r.state.Stock().ItemVersion(b.UID); known != versionOf(now.ResourceVersion) {
				t.Errorf("b is known as of %d, stored at %s", known, now.ResourceVersion)
			}
		})
	}
}

// item makes a StockItem of its own product.
func (r room) item(name string) *v1.StockItem {
	r.t.Helper()
	item := &v1.StockItem{
		ObjectMeta: metav1.ObjectMeta{Namespace: r.namespace, Name: name},
		Spec:       v1.StockItemSpec{ProductID: name, LocationID: "ams", Received: 9},
	}
	if err := r.Client.Create(r.t.Context(), item); err != nil {
		r.t.Fatal(err)
	}
	return item
}

// lateCache shows each version of the object that is marked at the given look only,
// and old as it was until it has shown two of them.
type lateCache struct {
	client.Reader
	looks, looked int
	old           v1.StockItem
	last          string
	shown         int
}

func (c *lateCache) Get(ctx context.Context, key client.ObjectKey, o client.Object, options ...client.GetOption) error {
	if err := c.Reader.Get(ctx, key, o, options...); err != nil {
		return err
	}
	if o.GetResourceVersion() == c.last {
		return nil
	}
	if c.looked++; c.looked < c.looks {
		o.SetResourceVersion("1")
		return nil
	}
	c.looked, c.last = 0, o.GetResourceVersion()
	c.shown++
	return nil
}

func (c *lateCache) List(ctx context.Context, list client.ObjectList, options ...client.ListOption) error {
	err := c.Reader.List(ctx, list, options...)
	if items, ok := list.(*v1.StockItemList); ok && c.shown < 2 {
		for i := range items.Items {
			if items.Items[i].UID == c.old.UID {
				items.Items[i] = c.old
			}
		}
	}
	return err
}

// pruning is a client of an API server whose CRDs do not know marks.
type pruning struct{ client.Client }

func (p pruning) Status() client.SubResourceWriter { return pruningStatus{p.Client.Status()} }

type pruningStatus struct{ client.SubResourceWriter }

func (p pruningStatus) Update(ctx context.Context, o client.Object, options ...client.SubResourceUpdateOption) error {
	if item, ok := o.(*v1.StockItem); ok {
		item.Status.Mark = ""
	}
	return p.SubResourceWriter.Update(ctx, o, options...)
}

// hasty is a clock whose timers do not wait.
type hasty struct{ clock.RealClock }

func (h hasty) NewTimer(time.Duration) clock.Timer { return h.RealClock.NewTimer(0) }
