package auditor

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
	"github.com/acme/inventory-service/internal/allocator"
	"github.com/acme/inventory-service/internal/journal"
	"github.com/acme/inventory-service/internal/stock"
)

// worldClock is the world's time.
type worldClock struct {
	clock.RealClock
	w *world
}

func (c worldClock) Now() time.Time                  { return c.w.now }
func (c worldClock) Since(t time.Time) time.Duration { return c.w.now.Sub(t) }

// audit is one audit of the world.
func (w *world) audit() *audit {
	return &audit{
		namespace: namespace, runner: w, pages: w, objects: worldReader{w}, clock: worldClock{w: w}, pause: DefaultPause,
		busy: func() bool { return len(w.writing) > 0 },
		wait: func(_ context.Context, d time.Duration) error {
			w.run(d)
			return nil
		},
	}
}

// elapse lets a read take its time.
func (w *world) elapse() { w.run(time.Duration(w.rand.Int64N(int64(w.readTakes) + 1))) }

func (w *world) list(context.Context, string) ([]journal.Page, error) {
	w.elapse()
	pages := w.server.Serve(journal.List{}).(journal.Listed).Pages
	w.elapse()
	return pages, nil
}

func (w *world) get(_ context.Context, _, name string) (*journal.Page, error) {
	w.elapse()
	page := w.server.Serve(journal.Get{Name: name}).(journal.Got).Page
	w.elapse()
	return page, nil
}

func (w *world) Read(read func(*stock.State, *journal.Log)) {
	w.elapse()
	state := w.state()
	if w.alter != nil {
		state = state.Clone()
		w.alter(state)
	}
	read(state, w.alloc.Log())
}

func (w *world) Leading() bool { return w.alloc.Log().Leading() }

func (w *world) Await(_ context.Context, p allocator.Position) error {
	if !allocator.PositionOf(w.alloc.Log()).Covers(p) {
		return fmt.Errorf("%s is not reached", p)
	}
	return nil
}

// worldReader reads the world's objects past all caches.
type worldReader struct{ w *world }

func (r worldReader) Get(_ context.Context, key client.ObjectKey, object client.Object, _ ...client.GetOption) error {
	w := r.w
	w.elapse()
	switch o := object.(type) {
	case *metav1.PartialObjectMetadata:
		o.UID = types.UID(w.server.Namespace.UID)
		if w.server.Namespace.Terminating {
			o.DeletionTimestamp = &metav1.Time{Time: w.now}
		}
		return nil
	case *v1.StockItem:
		if stored, ok := w.objects[subject{KindItem, stock.ID(key.Name)}]; ok {
			stored.(*v1.StockItem).DeepCopyInto(o)
			return nil
		}
	case *v1.Reservation:
		if stored, ok := w.objects[subject{KindReservation, stock.ID(key.Name)}]; ok {
			stored.(*v1.Reservation).DeepCopyInto(o)
			return nil
		}
	}
	return apierrors.NewNotFound(corev1.Resource("objects"), key.Name)
}

// List lists at one version, in pages of three.
func (r worldReader) List(_ context.Context, list client.ObjectList, options ...client.ListOption) error {
	w := r.w
	w.elapse()
	var o client.ListOptions
	o.ApplyOptions(options)
	kind := KindReservation
	if _, ok := list.(*v1.StockItemList); ok {
		kind = KindItem
	}
	if o.Continue == "" {
		w.listed = nil
		for key, object := range w.objects {
			if key.kind == kind {
				w.listed = append(w.listed, object)
			}
		}
		slices.SortFunc(w.listed, func(a, b client.Object) int { return cmp.Compare(a.GetName(), b.GetName()) })
	}
	some := w.listed[:min(3, len(w.listed))]
	w.listed = w.listed[len(some):]
	switch l := list.(type) {
	case *v1.StockItemList:
		l.Items = nil
		for _, object := range some {
			l.Items = append(l.Items, *object.(*v1.StockItem).DeepCopy())
		}
	case *v1.ReservationList:
		l.Items = nil
		for _, object := range some {
			l.Items = append(l.Items, *object.(*v1.Reservation).DeepCopy())
		}
	}
	list.SetContinue("")
	if len(w.listed) > 0 {
		list.SetContinue("more")
	}
	return nil
}
