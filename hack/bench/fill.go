package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/acme/inventory-service/api/v1"
)

// open is how many carts a namespace holds, by its StockLedger: not all of them need have an
// object.
func (l *lab) open(ctx context.Context, namespace string) (int, error) {
	var ledger v1.StockLedger
	err := l.admin.Get(ctx, client.ObjectKey{Namespace: namespace, Name: v1.LedgerName}, &ledger)
	return int(ledger.Status.Totals.Open), client.IgnoreNotFound(err)
}

// count returns how many objects a list has.
func (l *lab) count(ctx context.Context, kind string, options ...client.ListOption) (int, error) {
	list := &metav1.PartialObjectMetadataList{}
	list.SetGroupVersionKind(v1.GroupVersion.WithKind(kind))
	for {
		err := l.admin.List(ctx, list, options...)
		// A kube-apiserver that has just started on data that were kept fills its
		// own cache before it lists from it.
		if !apierrors.IsTooManyRequests(err) {
			return len(list.Items), err
		}
		if err := pause(ctx, settleTime); err != nil {
			return 0, err
		}
	}
}

// crowd is a namespace that fills up with StockItems and held carts.
type crowd struct {
	namespace string
	// items is how many StockItems there are, 0 for as many as carts.
	items int
}

// heldProducts bounds the StockItems whose units the Reservations of growth hold: an
// operator that starts has to show each of them anew, and a busy item is where an object
// that grows with holds would show.
const heldProducts = 1000

// fill makes StockItems and Reservations, and returns what one of these takes of the
// operator's heap, in KiB.
func (b *bench) fill(ctx context.Context, c crowd, from, to int) (perOpen float64, err error) {
	w := wide
	w.products = max(1, cmp.Or(c.items, to)) // one that everybody wants
	stocked, err := b.lab.count(ctx, "StockItemList", client.InNamespace(c.namespace))
	if err != nil {
		return 0, err
	}
	if err := b.lab.stockFrom(ctx, c.namespace, w, stocked); err != nil {
		return 0, err
	}
	without, err := b.atRest(ctx, c)
	if err != nil || to == from {
		return 0, err
	}
	if err := b.reserveAll(ctx, c, from, to); err != nil {
		return 0, err
	}
	with, err := b.atRest(ctx, c)
	return (with - without) * 1024 / float64(to-from), err
}

// reserveAll sends carts through the bridge of an operator until so many are reserved, and
// those of them that are to be shown are objects.
func (b *bench) reserveAll(ctx context.Context, c crowd, from, to int) (err error) {
	o := newBridged("bridge", b.growing(c))
	defer func() { err = errors.Join(err, o.leave()) }()
	if err := o.run(ctx); err != nil {
		return err
	}
	o.url = o.bridge
	ctx, cancel := o.operator.whileRunning(ctx)
	defer cancel()
	err = inParallel(ctx, 64, to-from, func(i int) error {
		items := []v1.ReservationItem{{ProductID: product((from + i) % min(cmp.Or(c.items, to), heldProducts)), Quantity: 1}}
		_, reserved, err := o.commands.reserve(ctx, uuid.NewString(), items)
		if err == nil && !reserved {
			err = fmt.Errorf("a cart was refused, product %s", items[0].ProductID)
		}
		return err
	})
	for err == nil {
		if err = b.lab.quiet(ctx); err != nil {
			break
		}
		var open int
		if open, err = b.lab.open(ctx, c.namespace); open >= to {
			break
		}
	}
	if ctx.Err() != nil {
		err = errors.Join(err, context.Cause(ctx))
	}
	return err
}

// atRest returns the live heap, in MiB, of an operator that has nothing to do: the one
// before it showed and delivered everything, and may keep room for as much.
func (b *bench) atRest(ctx context.Context, c crowd) (heap float64, err error) {
	if _, err := b.settle(ctx, c); err != nil {
		return 0, err
	}
	return b.settle(ctx, c)
}

// settle runs an operator until it shows every StockItem and has delivered every
// outcome, so that what is measured next is not disturbed by what filling up left to
// do. An operator that ends meanwhile, as one does that cannot renew its lease in time,
// is started again, as Kubernetes would. It returns the live heap, in MiB.
func (b *bench) settle(ctx context.Context, c crowd) (heap float64, err error) {
	o := b.growing(c)
	if err := o.begin(ctx); err != nil {
		return 0, err
	}
	defer o.end()
	for {
		if heap, err = o.settle(ctx); !errors.Is(err, errEnded) {
			return heap, err
		}
		fmt.Printf("  %v: started again, the log is appended to %s\n", err, o.operator.log)
	}
}

// settle runs the operator once.
func (o *ours) settle(ctx context.Context) (heap float64, err error) {
	defer func() { err = errors.Join(err, o.leave()) }()
	if err := o.run(ctx); err != nil {
		return 0, err
	}
	ctx, cancel := o.operator.whileRunning(ctx)
	defer cancel()
	defer func() {
		if ctx.Err() != nil {
			err = errors.Join(err, context.Cause(ctx))
		}
	}()
	shown := func(i *v1.StockItem) bool { return i.Status.ObservedGeneration == i.Generation }
	if err := o.awaitStock(ctx, o.namespace, shown); err != nil {
		return 0, err
	}
	if _, err := o.decides(ctx, time.Now(), func() error { return nil }); err != nil {
		return 0, err
	}
	for {
		f, err := scrape(ctx, o.metrics)
		if err != nil {
			return 0, err
		}
		if f.sum("inventory_publisher_backlog", nil) == 0 {
			return o.liveHeap(ctx)
		}
		if err := pause(ctx, settleTime); err != nil {
			return 0, err
		}
	}
}
